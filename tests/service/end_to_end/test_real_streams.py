"""`throng analyze` on two real streams: every stored window equals its recomputation by definition."""
import json
import os
import unittest

import recompute
from throng import SHARED_DATA, InFolder, query, throng

STREAMS = {"building-climate": "building.readings", "site-requests": "site.requests"}


@unittest.skipUnless(os.path.isdir(SHARED_DATA), "the real streams are not at hand")
class RealStreams(InFolder):
    def check(self, preset, partitions):
        out, _ = throng("pipeline", "show", preset)
        pipelines = json.loads(recompute.without_comments(out))
        pipelines = pipelines if isinstance(pipelines, list) else [pipelines]
        throng("analyze", preset, "--from", f"file:{SHARED_DATA}", "--partitions", partitions, "--store", self.store,
               "--report", self.path("report.json"))
        with open(os.path.join(SHARED_DATA, STREAMS[preset] + ".ndjson")) as file:
            lines = file.read().split("\n")
        report = self.report()
        total = 0
        for pipeline in pipelines:
            expected, counts = recompute.recompute(pipeline, lines, partitions)
            stored = query("windows", self.store, "--pipeline", pipeline["name"])
            self.compare(pipeline, expected, stored)
            total += len(expected)
        self.assertGreater(total, 100)
        self.assertEqual(report["consumed"], sum(1 for line in lines if line.strip()))
        self.assertEqual(report["windows"], total if partitions == 1 else report["windows"])
        if len(pipelines) == 1:
            self.assertEqual(report["late"], counts["late"])
            self.assertEqual(report["dead_letters"], counts["dead_letters"])

    def compare(self, pipeline, expected, stored):
        found = {}
        for document in stored:
            start = recompute.parse_time(document["start"], None)
            found[(document["window"], start, json.dumps(document["group"], sort_keys=True))] = document
        self.assertEqual(len(found), len(stored), "a window stands twice in the answer")
        self.assertEqual(set(found), set(expected))
        for where, want in expected.items():
            got = found[where]
            for name in ("window", "start", "end", "group", "events", "late", "final"):
                self.assertEqual(got[name], want[name], (where, name))
            window = next(w for w in pipeline["windows"] if w["name"] == where[0])
            for field in window.get("aggregate", {}):
                self.compare_field(got[field], want[field], (where, field))

    def compare_field(self, got, want, place):
        self.assertEqual(set(got), set(want), place)
        for name, value in want.items():
            at = (*place, name, got[name], value)
            if name == "top_10":
                for entry in got[name]:
                    true = value[json.dumps(entry["value"], sort_keys=True)]
                    self.assertTrue(entry["count"] - entry["error"] <= true <= entry["count"], at)
                if got[name] and all(entry["error"] == 0 for entry in got[name]):
                    counts = [entry["count"] for entry in got[name]]
                    self.assertEqual(counts, [n for _, n in value.most_common(10)], at)
            elif name == "distinct" and value > 256:
                self.assertLess(abs(got[name] - value), 0.08 * value, at)  # five standard errors of 1.6 %
            elif name[0] == "p" and name[1:2].isdigit() and value is not None:
                self.assertLessEqual(abs(got[name] - value), 0.01 * abs(value) + 1e-9, at)
            elif isinstance(value, float) and value is not None:
                self.assertLessEqual(abs(got[name] - value), 1e-9 * max(1.0, abs(value)), at)
            else:
                self.assertEqual(got[name], value, at)

    def test_building_readings_over_four_partitions(self):
        self.check("building-climate", 4)

    def test_building_readings_in_one_partition(self):
        self.check("building-climate", 1)

    def test_site_requests_over_four_partitions(self):
        self.check("site-requests", 4)

    def test_site_requests_in_one_partition(self):
        self.check("site-requests", 1)


if __name__ == "__main__":
    unittest.main()
