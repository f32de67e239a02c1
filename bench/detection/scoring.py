"""The Numenta Anomaly Benchmark's scoring, written anew from its paper (Lavin and Ahmad, "Evaluating Real-Time Anomaly Detection
Algorithms", ICMLA 2015), and the area under precision and recall.

Per stream, rows of the probation (the first 15 %, at most 750) do not count. Of the rows at or over the threshold, the earliest in a
window earns up to 1 by a sigmoid of its place in it; each outside costs the profile's weight, less just behind a window; a window
without any costs 1 (2 if missing one is dear). 100 is perfect, 0 is to say nothing. One threshold for all streams: the best."""
import math

PROFILES = {"standard": (1.0, 0.11, 1.0), "low FP": (1.0, 0.22, 1.0), "low FN": (1.0, 0.11, 2.0)}


def sigmoid(position):
    return -1.0 if position > 3 else 2 / (1 + math.exp(5 * position)) - 1


def probation(n):
    return int(min(0.15 * n, 0.15 * 5000))


def points(stream, scores):
    """(score, window or None, gain) of each row that counts; and the windows."""
    windows = [w for w in stream.windows() if w[1] >= probation(len(scores))]
    best = sigmoid(-1.0)
    found, w, last = [], 0, None
    for i, score in enumerate(scores):
        while w < len(windows) and i > windows[w][1]:
            last = windows[w]
            w += 1
        if i < probation(len(scores)):
            continue
        if w < len(windows) and i >= windows[w][0]:
            left, right = windows[w]
            found.append((score, w, sigmoid(-(right - i + 1) / (right - left + 1)) / best))
        elif last is None:
            found.append((score, None, -1.0))
        else:
            found.append((score, None, sigmoid((i - last[1]) / max(1, last[1] - last[0]))))
    return found, len(windows)


def sweep(streams, profile):
    """[(stream, scores)] -> (best normalised score, its threshold)."""
    tp, fp, fn = PROFILES[profile]
    everything, windows = [], 0
    for k, (stream, scores) in enumerate(streams):
        found, count = points(stream, scores)
        windows += count
        everything += [(s, -1 if w is None else k * 1000 + w, g) for s, w, g in found]
    everything.sort(key=lambda p: -p[0])
    total, earned = -fn * windows, {}
    best = (total, math.inf)
    for i, (score, window, gain) in enumerate(everything):
        if window < 0:
            total += gain * fp
        elif window not in earned:
            earned[window] = gain * tp
            total += gain * tp + fn
        elif gain * tp > earned[window]:
            total += gain * tp - earned[window]
            earned[window] = gain * tp
        if total > best[0] and (i + 1 == len(everything) or everything[i + 1][0] < score):
            best = (total, score)
    perfect, nothing = tp * windows, -fn * windows
    return 100 * (best[0] - nothing) / max(1e-9, perfect - nothing), best[1]


def at_threshold(stream, scores, threshold, profile="standard"):
    """(score earned less that of silence, what a perfect one would earn, windows found, windows, rows that were wrong)"""
    tp, fp, fn = PROFILES[profile]
    found, count = points(stream, scores)
    earned, cost, wrong = {}, 0.0, 0
    for score, window, gain in found:
        if score < threshold:
            continue
        if window is None:
            cost += gain * fp
            wrong += 1
        else:
            earned[window] = max(earned.get(window, -9), gain * tp)
    return sum(earned.values()) + fn * len(earned) + cost, (tp + fn) * count, len(earned), count, wrong


def average_precision(stream, scores):
    bad = set()
    for first, last in stream.anomalies:
        bad.update(range(first, last + 1))
    order = sorted(range(probation(len(scores)), len(scores)), key=lambda i: -scores[i])
    hits, total = 0, 0.0
    for rank, i in enumerate(order, 1):
        if i in bad:
            hits += 1
            total += hits / rank
    return total / max(1, hits)


def hit_at_the_top(stream, scores):
    """Whether the highest score lies within 100 rows of an anomaly (as the UCR archive asks)."""
    start = probation(len(scores))
    top = max(range(start, len(scores)), key=lambda i: scores[i])
    return any(first - 100 <= top <= last + 100 for first, last in stream.anomalies)
