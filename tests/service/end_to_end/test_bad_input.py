"""Bad input on the command line and in files: exit status 2, every problem at its place, nothing started."""
import os
import sqlite3
import time
import unittest

from throng import InFolder, throng

SCENARIO = """{
  "name": "small", "seed": 1, "start": "2026-01-05T06:00:00Z", "duration": "1m",
  "populations": {"sensors": {"kind": "sensor", "count": 10}}
}
"""
PIPELINE = """{
  "name": "means", "source": "readings", "key": "id", "timestamp": "at",
  "windows": [{"name": "m", "tumbling": "1m", "group_by": ["id"], "aggregate": {"x": ["mean", "count"]}}]
}
"""


class BadInput(InFolder):
    def refuse_scenario(self, old, new, *expected):
        name = self.write("s.json", SCENARIO.replace(old, new))
        _, message = throng("simulate", name, "--to", "null", expect=2)
        for text in expected:
            self.assertIn(text, message)
        return message

    def test_an_unknown_key_is_named_with_its_place_and_the_nearest_known_one(self):
        self.refuse_scenario('"seed"', '"sead"', "s.json:2:", "sead", "seed")

    def test_a_wrong_type_is_refused(self):
        self.refuse_scenario('"count": 10', '"count": "ten"', "s.json:3:", "populations.sensors.count", "ten")

    def test_an_interval_of_zero_is_refused(self):
        self.refuse_scenario('"count": 10', '"count": 10, "interval": "0s"', "populations.sensors.interval")

    def test_a_negative_count_is_refused(self):
        self.refuse_scenario('"count": 10', '"count": -1', "populations.sensors.count", "-1")

    def test_a_count_of_a_million_millions_is_refused(self):
        self.refuse_scenario('"count": 10', '"count": 1000000000000', "populations.sensors.count")

    def test_all_problems_are_told_at_once(self):
        message = self.refuse_scenario('"seed": 1', '"seed": "x", "sped": 1', "seed", "sped")
        self.assertGreaterEqual(len(message.strip().splitlines()), 2)

    def test_a_file_that_is_not_there_is_named(self):
        _, message = throng("run", self.path("nothing.json"), expect=2)
        self.assertIn("nothing.json", message)

    def refuse_pipeline(self, old, new, *expected):
        name = self.write("p.json", PIPELINE.replace(old, new))
        self.write("readings.ndjson", '{"id": "a", "at": "2026-01-01T00:00:00Z", "x": 1}\n')
        _, message = throng("analyze", name, "--from", f"file:{self.folder}", "--store", self.store, expect=2)
        for text in expected:
            self.assertIn(text, message)
        self.assertFalse(os.path.exists(self.path("throng.db")), "something was started")

    def test_a_window_of_nothing_is_refused(self):
        self.refuse_pipeline('"1m"', '"0s"', "p.json:3:", "windows[0].tumbling")

    def test_an_aggregate_that_does_not_exist_is_refused(self):
        self.refuse_pipeline('"mean"', '"meen"', "windows[0].aggregate.x", "meen", "mean")

    def test_an_operator_that_does_not_exist_is_refused(self):
        self.refuse_pipeline('"windows"', '"where": {"x": {"$gtt": 1}}, "windows"', "where.x", "$gtt", "$gt")

    def test_an_unknown_option_is_refused(self):
        _, message = throng("run", "metropolis", "--sped", "max", expect=2)
        self.assertIn("--sped", message)

    def analyze(self, content, **kind):
        self.write("p.json", PIPELINE)
        self.write("readings.ndjson", content)
        return throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", 1,
                      "--store", self.store, "--report", self.path("report.json"), **kind)

    def test_messages_that_cannot_be_read_are_dead_letters_and_the_rest_counts(self):
        good = b'{"id": "a", "at": "2026-01-01T00:00:%02dZ", "x": %d}'
        bad = [
            b"not json", b"[1, 2]", b'"text"', b"[" * 10_000 + b"]" * 10_000,
            b'{"id": "a", "at": "2026-01-01T00:00:00Z", "x": NaN}', b'{"id": "a", "at": "2026-01-01T00:00:00Z", "x": \xff}',
            b'{"id": "a", "at": "2026-01-01T00:00:00Z", "t": "\xc3\x28"}', b'{"id": "a", "at": "-0001-01-01T00:00:00Z"}',
            b'{"id": "a", "at": "30000-01-01T00:00:00Z"}', b'{"id": null, "at": "2026-01-01T00:00:00Z"}', b'{"id": "a"}',
            b'{"id": "a", "at": 5}', b'{"id": "a", "at": "yesterday"}',
            b'{"id": "a", "at": "2026-01-01T00:00:00Z", "t": "' + b"x" * (17 << 20) + b'"}',
        ]
        twice = b'{"id": "a", "at": "2026-01-01T00:00:30Z", "x": 100, "x": 2}'  # of repeated keys the last counts
        long = b'{"id": "a", "at": "2026-01-01T00:00:31Z", "x": 3, "t": "' + b"y" * (10 << 20) + b'"}'
        lines = [good % (1, 1)]
        for each in bad:
            lines += [each, good % (2, 1)]
        _, log = self.analyze(b"\n".join([*lines, twice, long]) + b"\n")
        report = self.report()
        self.assertEqual(report["dead_letters"], len(bad))
        self.assertEqual(report["consumed"], 2 * len(bad) + 3)
        out, _ = throng("query", "windows", "--store", self.store, "--format", "ndjson")
        self.assertEqual(len(out.splitlines()), 1)
        self.assertIn(f'"count":{len(bad) + 3}', out.replace(" ", ""))
        self.assertAlmostEqual(float(out.split('"mean":')[1].split(",")[0].split("}")[0]), (len(bad) + 6) / (len(bad) + 3))
        self.assertIn("dead", log)  # the first of each reason is shown

    def test_an_empty_file_gives_no_window_and_no_error(self):
        self.analyze(b"")
        self.assertEqual((self.report()["consumed"], self.report()["windows"]), (0, 0))

    def test_a_store_that_is_no_database_is_refused_and_left_as_it_was(self):
        self.write("throng.db", "this is not a database, and has been here before" * 100)
        _, message = self.analyze(b'{"id": "a", "at": "2026-01-01T00:00:00Z", "x": 1}\n', expect=1)
        self.assertIn("throng.db", message)
        with open(self.path("throng.db")) as file:
            self.assertTrue(file.read().startswith("this is not"))

    def test_a_store_that_is_locked_is_an_error_within_seconds(self):
        throng("doctor", "--store", self.store)
        holder = sqlite3.connect(self.path("throng.db"), isolation_level=None)
        self.addCleanup(holder.close)
        holder.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        _, message = self.analyze(b'{"id": "a", "at": "2026-01-01T00:00:00Z", "x": 1}\n', expect=1)
        self.assertLess(time.monotonic() - began, 30)
        self.assertIn("lock", message)

    def test_a_broker_that_is_not_there_is_an_error_within_seconds(self):
        for arguments in (["topics", "list"], ["analyze", "city-climate", "--store", self.store]):
            _, message = throng(*arguments, "--brokers", "127.0.0.1:1", expect=1, limit=30)
            self.assertIn("127.0.0.1:1", message)

    def test_a_mongodb_that_is_not_there_is_an_error_without_its_password(self):
        _, message = throng("query", "alerts", "--store", "mongodb://user:s3cret@127.0.0.1:1/db", expect=1, limit=30)
        self.assertIn("127.0.0.1:1", message)
        self.assertNotIn("s3cret", message)

    def test_an_analysis_of_a_topic_whose_file_is_not_there_names_it(self):
        self.write("p.json", PIPELINE)
        _, message = throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--store", self.store, expect=2)
        self.assertIn("readings", message)


if __name__ == "__main__":
    unittest.main()
