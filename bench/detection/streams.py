"""Labelled series made here, which imitate what public benchmarks of streaming anomaly detection hold: server metrics, request counts,
demand by day and week, machines that fail, prices of ads, bursts of talk, road traffic, and small artificial ones. Nothing in them is
copied from a data set. A family is a function of a random stream; TUNING and HELD_OUT hold different families, so that a choice
made on one can be checked on the other. Everything follows from the seed.

A stream: (name, start, interval in seconds or None where the times are irregular, rows [(seconds, value)], anomalies [(first, last)] as
row numbers of what is really wrong)."""
import math
import random

DAY = 86_400


class Stream:
    def __init__(self, name, times, values, anomalies):
        self.name, self.times, self.values, self.anomalies = name, times, values, sorted(anomalies)

    def windows(self):
        """As the Numenta benchmark labels: 10 % of the rows, shared evenly among the anomalies, around each one's beginning."""
        if not self.anomalies:
            return []
        width = max(int(0.1 * len(self.values) / len(self.anomalies)), 4)
        merged = []
        for first, last in self.anomalies:
            middle = first + min(last - first, width // 2) // 2
            left, right = max(0, middle - width // 2), min(len(self.values) - 1, middle + width // 2)
            if merged and left <= merged[-1][1]:
                merged[-1][1] = right
            else:
                merged.append([left, right])
        return [tuple(w) for w in merged]


def regular(n, interval, start=1_392_388_200):
    return [start + i * interval for i in range(n)]


def places(r, n, count, apart=0.08, first=0.2):
    """Row numbers for anomalies: behind the probation, apart from each other."""
    chosen = []
    for _ in range(1000):
        if len(chosen) == count:
            break
        at = int(r.uniform(first, 0.95) * n)
        if all(abs(at - other) > apart * n for other in chosen):
            chosen.append(at)
    return sorted(chosen)


def ar(r, n, phi, sigma):
    x, out = 0.0, []
    for _ in range(n):
        x = phi * x + r.gauss(0, sigma)
        out.append(x)
    return out


def poisson(r, mean):
    if mean <= 0:
        return 0
    if mean > 50:
        return max(0, round(r.gauss(mean, math.sqrt(mean))))
    limit, k, p = math.exp(-mean), 0, r.random()
    while p > limit:
        p *= r.random()
        k += 1
    return k


def hour_of(t):
    return t % DAY / 3600


def weekday(t):
    return (t // DAY + 3) % 7


# ---------------------------------------------------------------- servers

def cpu_spiky(r):
    n = 4032
    noise = ar(r, n, r.uniform(0, 0.9), r.uniform(0.5, 2))
    base, rate, height = r.uniform(10, 50), r.uniform(0.002, 0.02), r.uniform(5, 20)
    v, bad = [base + e for e in noise], []
    for i in range(n):
        if r.random() < rate:
            for j in range(i, min(n, i + r.randint(1, 3))):
                v[j] += height * r.uniform(0.4, 1.2)
    for at in places(r, n, r.randint(1, 3)):
        kind = r.choice(["spike", "level", "drop", "wide"])
        if kind == "spike":
            for j in range(at, min(n, at + r.randint(1, 4))):
                v[j] += height * r.uniform(2, 4)
            bad.append((at, at + 3))
        elif kind == "level":
            shift, until = r.choice([-1, 1]) * r.uniform(4, 10) * 2, min(n, at + r.choice([150, 600, n]))
            for j in range(at, until):
                v[j] += shift
            bad.append((at, min(until, at + 200) - 1))
        elif kind == "drop":
            for j in range(at, min(n, at + 12)):
                v[j] = r.uniform(0, 1)
            bad.append((at, at + 11))
        else:
            for j in range(at, min(n, at + 30)):
                v[j] += height * r.uniform(0.6, 1.2)
            bad.append((at, at + 29))
    return regular(n, 300), [round(min(100, max(0, x)), 3) for x in v], bad


def cpu_quiet(r):
    """Nearly constant, in coarse digits; now and then another idle level."""
    n = 4032
    level, step = r.uniform(0.05, 2), r.choice([0.002, 0.02, 0.066])
    v, bad = [], []
    for i in range(n):
        v.append(level + step * (r.choice([0, 0, 0, 1, -1]) + (r.randint(2, 6) if r.random() < 0.004 else 0)))
    for at in places(r, n, r.randint(1, 2)):
        kind = r.choice(["burst", "level", "noise"])
        length = r.randint(3, 60)
        for j in range(at, min(n, at + (n if kind == "level" else length))):
            v[j] += {"burst": step * r.uniform(15, 60), "level": step * 8, "noise": step * r.gauss(0, 8)}[kind]
        bad.append((at, min(n - 1, at + length)))
    return regular(n, 300), [round(max(0, x), 4) for x in v], bad


def latency(r):
    n = 4032
    noise = ar(r, n, r.uniform(0.3, 0.8), 0.06)
    v, bad = [45 * math.exp(e) + (r.uniform(3, 12) if r.random() < 0.01 else 0) for e in noise], []
    for at in places(r, n, r.randint(1, 3)):
        kind, length = r.choice(["burst", "climb", "drop"]), r.randint(4, 120)
        for k, j in enumerate(range(at, min(n, at + length))):
            v[j] += {"burst": r.uniform(8, 30), "climb": 20 * k / length, "drop": -15}[kind]
        bad.append((at, min(n - 1, at + length)))
    return regular(n, 300), [round(max(0.1, x), 3) for x in v], bad


def network(r):
    """Heavy bursts, some by a timetable."""
    n, every = 4032, r.choice([0, 12, 48, 288])
    v, bad = [], []
    big = r.uniform(1e6, 2e7)
    for i in range(n):
        x = 1e5 * r.lognormvariate(0, 0.4)
        if every and i % every < 2:
            x += big * r.uniform(0.8, 1.2) * 0.5
        if r.random() < 0.004:
            x += big * 0.3 * r.paretovariate(2.5)
        v.append(x)
    for at in places(r, n, r.randint(1, 3)):
        kind = r.choice(["burst", "high", "long"])
        length = {"burst": 2, "high": 60, "long": 14}[kind]
        for j in range(at, min(n, at + length)):
            v[j] += {"burst": big * 5, "high": 1e5 * r.uniform(4, 12), "long": big * r.uniform(0.3, 1.5)}[kind]
        bad.append((at, min(n - 1, at + length)))
    return regular(n, 300), [round(x) for x in v], bad


def requests(r):
    """Counts over the day, overdispersed."""
    n = 4032
    t = regular(n, 300)
    size, slope = r.uniform(20, 300), r.uniform(0.3, 0.9)
    v, bad = [], []
    for x in t:
        mean = size * (1 - slope * math.cos((hour_of(x) - 4) / 24 * 2 * math.pi)) * (0.8 if weekday(x) > 4 else 1)
        v.append(poisson(r, mean * r.gammavariate(15, 1 / 15)))
    for at in places(r, n, r.randint(1, 3)):
        kind, length = r.choice(["flood", "outage", "wrong time"]), r.randint(2, 60)
        for j in range(at, min(n, at + length)):
            if kind == "flood":
                v[j] = round(v[j] + size * r.uniform(1.5, 3))
            elif kind == "outage":
                v[j] = round(v[j] * 0.1)
            else:
                v[j] = v[(j + 144) % n]
        bad.append((at, min(n - 1, at + length)))
    return t, v, bad


def steps(r):
    """Instances scaled up and down: a level that jumps as a matter of course."""
    n = r.choice([4621, 18050])
    v, bad, level = [], [], 30.0
    for i in range(n):
        if r.random() < 0.004:
            level = r.choice([20.0, 30.0, 40.0, 50.0])
        v.append(level + r.gauss(0, 2))
    for at in places(r, n, r.randint(1, 2)):
        length = n // 20
        kind = r.choice(["high", "stuck", "low"])
        for j in range(at, min(n, at + length)):
            v[j] = {"high": 78 + r.gauss(0, 3), "stuck": v[at], "low": 3 + r.gauss(0, 0.5)}[kind]
        bad.append((at, min(n - 1, at + length)))
    return regular(n, 300), [round(x, 3) for x in v], bad


def sawtooth(r):
    """A disk or a memory that fills and is emptied."""
    n, period = 4032, r.randint(80, 300)
    v, bad, x = [], [], 0.0
    skip = set()
    for at in places(r, n, r.randint(1, 2)):
        skip.update(range(at, at + period))
        bad.append((at + period // 2, at + period))
    for i in range(n):
        x += r.uniform(0.5, 1.5) * (2.2 if i in skip else 1)
        if x > period:
            x = r.uniform(0, 5)
        v.append(x + r.gauss(0, 1))
    return regular(n, 300), [round(max(0, a), 2) for a in v], bad


# ---------------------------------------------------------------- demand, machines, prices, talk, roads

def taxi(r):
    n = r.choice([5000, 10320])
    t = regular(n, 1800, 1_404_172_800)
    v, bad, days = [], [], ar(r, n // 48 + 2, 0.5, 0.04)
    for i, x in enumerate(t):
        h, d = hour_of(x), weekday(x)
        weekend = d > 4
        shape = 0.25 + 0.75 / (1 + math.exp(-(h - (9 if weekend else 7)) * 1.3)) + (0.35 if weekend else 0.25) * math.exp(-((h - 19.5) ** 2) / 6)
        night = math.exp(-(h % 24) / (2.6 if d in (5, 6) else 1.1)) * (0.9 if d in (5, 6) else 0.45)
        v.append(16000 * (shape + night) * (1 + days[i // 48]) * (1 + 0.05 * (d in (3, 4))) + r.gauss(0, 500))
    for at in places(r, n, r.randint(2, 5)):
        day = at // 48 * 48
        kind = r.choice(["holiday", "storm", "party", "evening"])
        if kind == "holiday":
            first, last, f = day + 14, day + 47, lambda _: 0.62
        elif kind == "storm":
            first, last, f = day + 24, day + 60, lambda k: max(0.05, 1 - k / 8)
        elif kind == "party":
            first, last, f = day, day + 8, lambda _: 1.7
        else:
            first, last, f = day + 36, day + 46, lambda _: 1.35
        for k, j in enumerate(range(first, min(n, last))):
            v[j] *= f(k)
        bad.append((first, min(n - 1, last)))
    return t, [round(max(0, x)) for x in v], bad


def machine(r):
    n = r.choice([8000, 22695])
    slow, fast = ar(r, n, 0.9995, 0.25), ar(r, n, 0.9, 0.7)
    v, bad = [85 + a + b for a, b in zip(slow, fast)], []
    for at in places(r, n, r.randint(2, 4)):
        kind = r.choice(["plunge", "drift", "shut", "hot"])
        length = r.randint(60, 400)
        for k, j in enumerate(range(at, min(n, at + length))):
            f = k / length
            v[j] += {"plunge": -60 * math.exp(-f * 5), "drift": -30 * f, "shut": -70 * min(1, f * 6), "hot": 14 * math.sin(f * math.pi)}[kind]
        bad.append((at, min(n - 1, at + length)))
    return regular(n, 300), [round(x, 4) for x in v], bad


def ambient(r):
    n = r.choice([3000, 7267])
    t = regular(n, 3600)
    slow = ar(r, n, 0.995, 0.25)
    v = [70 + 3 * math.sin(hour_of(x) / 24 * 2 * math.pi) + s + r.gauss(0, 0.7) for x, s in zip(t, slow)]
    bad = []
    for at in places(r, n, 2):
        kind, length = r.choice(["off", "on", "jump"]), r.randint(10, 100)
        for j in range(at, min(n, at + length)):
            v[j] += {"off": 9, "on": -9, "jump": r.gauss(0, 5)}[kind]
        bad.append((at, min(n - 1, at + length)))
    return t, [round(x, 4) for x in v], bad


def prices(r):
    n = r.randint(1530, 1650)
    noise = ar(r, n, r.uniform(0.2, 0.7), r.uniform(0.15, 0.4))
    t = regular(n, 3600)
    v = [0.1 * math.exp(e + 0.15 * math.sin(hour_of(x) / 24 * 2 * math.pi)) * (r.uniform(1.5, 3) if r.random() < 0.01 else 1) for e, x in zip(noise, t)]
    bad = []
    for at in places(r, n, r.randint(1, 3)):
        length = r.randint(1, 8)
        for j in range(at, min(n, at + length)):
            v[j] *= r.uniform(5, 15)
        bad.append((at, min(n - 1, at + length)))
    return t, [round(x, 6) for x in v], bad


def talk(r):
    """Counts of messages about something: small, of the day, bursting by nature; a few bursts are news."""
    n = 15_850
    t = regular(n, 300, 1_424_986_973)
    mean, phi = r.choice([3, 12, 30, 80]), 0.97
    v, bad, burst = [], [], 0.0
    news = places(r, n, r.randint(2, 5), apart=0.05)
    for i, x in enumerate(t):
        burst *= phi if burst > 0.5 else 0.9
        if r.random() < 0.004:
            burst += 0.6 * r.paretovariate(1.8)
        if i in news:
            burst += r.uniform(8, 30)
            bad.append((i, i + 40))
        level = mean * (1 - 0.6 * math.cos((hour_of(x) - 9) / 24 * 2 * math.pi)) * (1 + burst)
        v.append(poisson(r, level * r.gammavariate(4, 0.25)))
    return t, v, bad


def roads(r):
    kind = r.choice(["speed", "occupancy", "travel"])
    n = r.randint(1100, 2500)
    t, at = [], 1_441_000_000
    for _ in range(n):
        at += r.choice([300, 300, 300, 600, 600, 900, 3000 if r.random() < 0.1 else 300])
        t.append(at)
    v, bad = [], []
    rush = lambda x: (math.exp(-((hour_of(x) - 8) ** 2) / 2) + math.exp(-((hour_of(x) - 17.5) ** 2) / 4)) * (weekday(x) < 5)
    for x in t:
        if kind == "speed":
            v.append(72 - 14 * rush(x) * r.uniform(0.3, 1) + r.gauss(0, 4) - (r.uniform(5, 20) if r.random() < 0.01 else 0))
        elif kind == "occupancy":
            v.append(5 + 10 * rush(x) * r.uniform(0.3, 1.2) + r.expovariate(0.4))
        else:
            v.append(200 + 120 * rush(x) + r.lognormvariate(3, 0.8))
    for where in places(r, n, r.randint(1, 4)):
        length = r.randint(2, 25)
        for j in range(where, min(n, where + length)):
            v[j] = {"speed": r.uniform(10, 35), "occupancy": r.uniform(25, 50), "travel": r.uniform(600, 2500)}[kind]
        bad.append((where, min(n - 1, where + length)))
    return t, [round(max(0, x), 1) for x in v], bad


def keys(r):
    """How long a person holds keys; then another sits there."""
    n = r.choice([1882, 5315])
    t, v, bad, at = [], [], [], 1_404_842_400
    change = places(r, n, 2)
    for i in range(n):
        at += 300
        t.append(at)
        person = any(c <= i < c + n // 25 for c in change)
        active = 8 < hour_of(at) < 18
        x = r.lognormvariate(-2.6, 0.25 if not person else 0.6) * (1.5 if person else 1)
        v.append(x * (1 if active else r.choice([0.0, 0.7, 1])))
    bad = [(c, min(n - 1, c + n // 25)) for c in change]
    return t, [round(x, 5) for x in v], bad


# ---------------------------------------------------------------- artificial

def daily(r):
    """A block of higher values each day; one day is not as the others."""
    n = 4032
    t = regular(n, 300, 1_396_310_400)
    noise = r.choice([0.0, 1.0, 4.0])
    kind = r.choice(["up", "down", "none", "flat", "noise", "early"])
    which = r.randint(9, 12)
    v, bad = [], []
    for i, x in enumerate(t):
        day, h = i // 288, hour_of(x)
        inside = 9 <= h < 18
        level = 80 if inside else 20
        spread = 1.0
        if day == which:
            if kind == "up" and inside:
                level = 160
            elif kind == "down" and inside:
                level = 35
            elif kind == "none" and inside:
                level = 20
            elif kind == "flat":
                level = 45 if 9 <= h < 20 else level
                spread = 0 if 9 <= h < 20 else 1
            elif kind == "noise":
                spread = 6
            elif kind == "early":
                level = 80 if 4 <= h < 13 else 20
        v.append(level + spread * r.uniform(0, max(noise, 2 if kind == "noise" else 0)) * 2)
    first = which * 288 + {"early": 48}.get(kind, 108 if kind != "noise" else 0)
    return t, [round(x, 4) for x in v], [(first, first + 108)]


def harmless(r):
    """Nothing is wrong: a constant, noise, a day's curve, a square wave."""
    n = 4032
    t = regular(n, 300, 1_396_310_400)
    kind = r.choice(["constant", "noise", "small noise", "curve", "square"])
    v = []
    for x in t:
        v.append({"constant": 45.0, "noise": r.gauss(0, 1) * 10, "small noise": (80 if 9 <= hour_of(x) < 18 else 20) + r.uniform(0, 3),
                  "curve": 50 + 30 * math.sin(hour_of(x) / 24 * 2 * math.pi), "square": 80 if hour_of(x) % 8 < 4 else 20}[kind])
    return t, [round(x, 5) for x in v], []


def spikes(r):
    """Spikes at random; then they come thick, or ever higher."""
    n = 4032
    kind, at = r.choice(["thick", "high", "gone"]), int(r.uniform(0.4, 0.85) * n)
    v = []
    for i in range(n):
        rate = 0.03
        if i >= at:
            rate = {"thick": 0.3 if i < at + 400 else 0.03, "high": 0.03, "gone": 0.0 if i < at + 500 else 0.03}[kind]
        x = r.uniform(0, 0.4)
        if r.random() < rate:
            x += 20 * (2.5 if kind == "high" and at <= i < at + 300 else 1) * r.uniform(0.8, 1)
        v.append(x)
    return regular(n, 300, 1_396_310_400), [round(x, 4) for x in v], [(at, at + 150)]


def sines(r):
    """Hourly: trend, two or three periods and noise, with outliers or a change of amplitude or of trend."""
    n = r.randint(1400, 1700)
    periods = [(r.choice([12, 24, 84, 168]), r.uniform(50, 400), r.random()) for _ in range(3)]
    slope, noise = r.uniform(-0.5, 1), r.uniform(2, 30)
    v = [500 + slope * i + sum(a * math.sin(2 * math.pi * (i / p + f)) for p, a, f in periods) + r.gauss(0, noise) for i in range(n)]
    bad = []
    for at in places(r, n, r.randint(1, 4)):
        if r.random() < 0.7:
            v[at] += r.choice([-1, 1]) * noise * r.uniform(6, 15)
            bad.append((at, at + 1))
        else:
            for j in range(at, n):
                v[j] += noise * 10 + 1.5 * (j - at) * slope
            bad.append((at, at + 10))
    return regular(n, 3600), [round(x, 4) for x in v], bad


def beats(r):
    """A shape that repeats by a period that is no hour's or day's; one time it is another."""
    n, period = r.choice([6000, 12000]), r.randint(40, 180)
    v, at, starts = [], 0, []
    while len(v) < n:
        p = max(10, round(period * r.gauss(1, 0.02)))
        starts.append(len(v))
        v += [math.exp(-((k / p - 0.3) * 14) ** 2) * 3 + math.sin(2 * math.pi * k / p) * 0.8 + math.exp(-((k / p - 0.6) * 9) ** 2) + r.gauss(0, 0.05) for k in range(p)]
    v = v[:n]
    first = r.choice([s for s in starts if 0.4 * n < s < 0.9 * n])
    kind = r.choice(["flat", "double", "missing", "flip"])
    for k, j in enumerate(range(first, min(n, first + period))):
        f = k / period
        if kind == "flat" and f > 0.5:
            v[j] = v[first + period // 2]
        elif kind == "double":
            v[j] += math.exp(-((f - 0.75) * 14) ** 2) * 2
        elif kind == "missing":
            v[j] -= math.exp(-((f - 0.3) * 14) ** 2) * 3
        elif kind == "flip":
            v[j] = -v[j]
    return regular(n, 10), [round(x, 4) for x in v], [(first, min(n - 1, first + period))]


TUNING = {"cpu_spiky": cpu_spiky, "network": network, "requests": requests, "taxi": taxi, "talk": talk, "daily": daily, "roads": roads, "sines": sines,
          "steps": steps}
HELD_OUT = {"cpu_quiet": cpu_quiet, "latency": latency, "sawtooth": sawtooth, "machine": machine, "ambient": ambient, "prices": prices, "keys": keys,
            "harmless": harmless, "spikes": spikes, "beats": beats}


def corpus(families, each, seed):
    for name, make in families.items():
        for i in range(each if name not in ("talk", "machine") else max(1, each // 2)):
            yield Stream(f"{name}-{i}", *make(random.Random(f"{seed}/{name}/{i}")))
