"""`throng analyze` on two real streams: every stored window equals its recomputation by definition."""
import json
import os
import unittest

import recompute
from comparing import ComparesWindows
from throng import SHARED_DATA, InFolder, query, throng

STREAMS = {"building-climate": "building.readings", "site-requests": "site.requests"}


@unittest.skipUnless(os.path.isdir(SHARED_DATA), "the real streams are not at hand")
class RealStreams(ComparesWindows, InFolder):
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
