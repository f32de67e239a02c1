"""`throng analyze` on a nasty stream of our own making: windows of every shape equal their recomputation by definition."""
import json
import random
import unittest

import recompute
from comparing import ComparesWindows
from throng import InFolder, query, throng

NUMBERS = ["count", "sum", "mean", "min", "max", "stddev", "variance", "p50", "p99"]
SHAPES = {
    "name": "shapes", "source": "events", "key": "user", "timestamp": "at", "disorder": "20s",
    "where": {"kind": {"$ne": "noise"}},
    "derive": {"big": {"$cond": [{"$gt": ["$x", 50]}, "yes", "no"]}},
    "windows": [
        {"name": "odd-hops", "hopping": {"size": "7m", "every": "3m"}, "offset": "1m", "lateness": "2m",
         "group_by": ["big"], "aggregate": {"x": [*NUMBERS, "distinct", {"histogram": [-10, 0, 12.5, 50, 1000]}], "user": ["distinct", "first", "last", "top_10"]}},
        {"name": "visits", "session": {"gap": "4m"}, "lateness": "3m", "group_by": ["user"],
         "aggregate": {"x": [*NUMBERS, "first", "last", "rate", "delta", {"ewma": "90s"}], "kind": ["top_10"]}},
        {"name": "visits-by-kind", "session": {"gap": "90s"}, "emit": {"every": "30s"}, "group_by": ["kind", "user"],
         "aggregate": {"x": ["count", "sum"]}},
    ],
}
LONG = {
    "name": "long", "source": "events", "key": "user", "timestamp": "at", "disorder": "20s",
    "windows": [
        {"name": "long-hops", "hopping": {"size": "1h", "every": "10m"}, "emit": {"every": "1m"}, "aggregate": {"x": NUMBERS}},
        {"name": "paris-days", "calendar": "1d", "zone": "Europe/Paris", "lateness": "1h", "group_by": ["kind"],
         "aggregate": {"x": NUMBERS}},
        {"name": "new-york-months", "calendar": "1mo", "zone": "America/New_York", "aggregate": {"x": ["count", "mean"]}},
        {"name": "quarters", "calendar": "3mo", "aggregate": {"x": ["count"]}},
        {"name": "weeks", "calendar": "1w", "zone": "Australia/Lord_Howe", "aggregate": {"x": ["count"]}},
    ],
}
PIPELINES = [SHAPES, LONG]
START = 1_774_706_400_000  # 2026-03-28T14:00:00Z: Paris changes its clocks eleven hours later


def nasty(seed, messages, disorder_ms, lateness_ms):
    """Lines in an order of arrival that is not that of time, with duplicates, gaps, odd values and broken lines."""
    draw = random.Random(seed)
    now, lines = START, []
    while len(lines) < messages:
        now += draw.choice([50, 200, 3_000, 12_000]) if draw.random() < 0.995 else draw.randrange(7_200_000)
        at = now - draw.randrange(disorder_ms)
        if draw.random() < 0.05:
            at -= draw.randrange(lateness_ms)
        event = {"user": draw.choice(["ann", "bob", "cy", "dée", 7]), "at": recompute.iso(at),
                 "kind": draw.choice(["view", "click", "noise", None]), "x": round(draw.gauss(40, 25), 2)}
        odd = draw.random()
        if odd < 0.03:
            event["x"] = draw.choice(["many", None, True, 1e6, -0.0, [1]])
        elif odd < 0.05:
            del event[draw.choice(["x", "kind"])]
        line = json.dumps(event, ensure_ascii=False)
        if odd > 0.995:
            line = line[: len(line) // 2]
        lines.append(line)
        if draw.random() < 0.02:
            lines.append(line)
    return lines


class Windows(ComparesWindows, InFolder):
    def analyze(self, lines, partitions, name="throng"):
        self.write("p.json", json.dumps(PIPELINES))
        self.write("events.ndjson", "".join(line + "\n" for line in lines))
        store = f"sqlite:{self.path(name + '.db')}"
        throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", partitions, "--store", store,
               "--checkpoint-every", "200ms", "--report", self.path("report.json"))
        return {pipeline["name"]: query("windows", store, "--pipeline", pipeline["name"]) for pipeline in PIPELINES}

    def check(self, seed, partitions):
        lines = nasty(seed, 12_000, 15_000, 1_200_000)
        stored = self.analyze(lines, partitions)
        late = dead = 0
        for pipeline in PIPELINES:
            expected, counts = recompute.recompute(pipeline, lines, partitions)
            self.assertEqual({where[0] for where in expected}, {window["name"] for window in pipeline["windows"]})
            self.compare(pipeline, expected, stored[pipeline["name"]])
            self.assertGreater(counts["late_by_window"], 50)
            late, dead = late + counts["late"], dead + counts["dead_letters"]
        self.assertGreater(late, 50)
        self.assertEqual((self.report()["late"], self.report()["dead_letters"]), (late, dead))
        if partitions == 1:  # of more, a group's window has a document in each
            self.assertEqual(self.report()["windows"], sum(len(documents) for documents in stored.values()))

    def test_in_one_partition(self):
        self.check(1, 1)

    def test_over_five_partitions(self):
        self.check(2, 5)

    def test_any_number_of_partitions_agrees_where_disorder_stays_within_bounds(self):
        lines = nasty(3, 8_000, 15_000, 3_000)
        for partitions in (1, 4, 16):
            stored = self.analyze(lines, partitions, f"by-{partitions}")
            for pipeline in PIPELINES:
                documents = stored[pipeline["name"]]
                expected, counts = recompute.recompute(pipeline, lines, 1)
                self.assertEqual(counts["late_by_window"], 0)
                # Whether a window is final, and how many came behind its end, is a partition's own matter: the rest is not.
                for document in (*expected.values(), *documents):
                    document.update(final=True, late=0)
                # So is which of two events at one moment came last.
                self.compare(pipeline, {k: self.without_ends(v) for k, v in expected.items()},
                             [self.without_ends(v) for v in documents])

    @staticmethod
    def without_ends(document):
        ends = ("first", "last", "rate", "delta")
        return {name: {k: v for k, v in value.items() if k not in ends} if isinstance(value, dict) else value
                for name, value in document.items()}


if __name__ == "__main__":
    unittest.main()
