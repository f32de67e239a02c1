"""`throng analyze` killed in the middle, and started again: the store holds what an uninterrupted run stores."""
import random
import signal
import unittest

from throng import InFolder, killed_again_and_again, query, signalled_at_write, throng

PIPELINE = """{
  "name": "means", "source": "readings", "key": "id", "timestamp": "at", "timestamp_unit": "ms", "disorder": "5s",
  "features": [{"name": "sum_10m", "over": "10m", "sum": "x"}],
  "windows": [
    {"name": "minute", "tumbling": "1m", "lateness": "10s", "group_by": ["id"],
     "aggregate": {"x": ["count", "mean", "min", "max", "stddev", "p99", "distinct", "first", "last"]}},
    {"name": "all", "hopping": {"size": "5m", "every": "1m"}, "aggregate": {"x": ["count", "sum"], "id": ["distinct", "top_10"]}},
    {"name": "visits", "session": {"gap": "6s"}, "lateness": "30s", "group_by": ["id"], "aggregate": {"x": ["count", "sum"]}}
  ],
  "detect": [{"name": "shift", "detector": "shift", "field": "x"}, {"name": "limit", "detector": "threshold", "field": "x", "above": 18, "margin": 6}],
  "rules": [{"name": "high", "when": {"sum_10m": {"$gt": 320}}, "cooldown": "2m"}]
}
"""
MESSAGES = 120_000


class Recovery(InFolder):
    def setUp(self):
        super().setUp()
        self.write("p.json", PIPELINE)
        draw = random.Random(7)
        with open(self.path("readings.ndjson"), "w") as file:
            for i in range(MESSAGES):
                at = 1_767_225_600_000 + i * 50 - (draw.randrange(90_000) if draw.random() < 0.02 else draw.randrange(4_000))
                file.write(f'{{"id": "s{draw.randrange(40)}", "at": {at}, "x": {draw.gauss(10, 3):.3f}}}\n')

    def arguments(self, store):
        return ["analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", "3", "--store", store,
                "--checkpoint-every", "100ms", "--report", self.path("report.json")]

    def everything(self, store):
        return [query(subject, store) for subject in ("windows", "alerts")]

    def test_killed_again_and_again_it_ends_as_if_nothing_had_been(self):
        whole, killed = f"sqlite:{self.path('whole.db')}", f"sqlite:{self.path('killed.db')}"
        throng(*self.arguments(whole))
        killed_again_and_again(self.arguments(killed))
        throng(*self.arguments(killed))
        self.assertGreater(len(self.everything(whole)[0]), 500)
        ended = [alert for alert in self.everything(whole)[1] if alert.get("end")]
        self.assertGreater(len(ended), 100)
        for alert in ended:
            self.assertLessEqual(alert["time"], alert["peak_time"])
            self.assertLessEqual(alert["peak_time"], alert["end"])
        self.assertEqual(self.everything(killed), self.everything(whole))

    def test_a_second_run_over_the_same_file_finds_it_done_and_changes_nothing(self):
        throng(*self.arguments(self.store))
        before = self.everything(self.store)
        throng(*self.arguments(self.store))
        report = self.report()
        self.assertEqual((report["consumed"], report["resumed_messages"]), (0, MESSAGES))
        self.assertEqual(self.everything(self.store), before)

    def test_a_clean_stop_goes_on_where_it_was(self):
        whole = f"sqlite:{self.path('whole.db')}"
        throng(*self.arguments(whole))
        signalled_at_write(self.arguments(self.store), 300, signal.SIGINT)
        self.assertLess(self.report()["consumed"], MESSAGES)
        throng(*self.arguments(self.store))
        self.assertEqual(self.everything(self.store), self.everything(whole))

    def test_another_definition_under_the_same_name_is_refused_until_reset(self):
        throng(*self.arguments(self.store))
        self.write("p.json", PIPELINE.replace('"lateness": "10s"', '"lateness": "20s"'))
        _, message = throng(*self.arguments(self.store), expect=2)
        self.assertIn("--reset", message)
        throng(*self.arguments(self.store), "--reset")
        self.assertEqual(self.report()["consumed"], MESSAGES)
        other = f"sqlite:{self.path('other.db')}"
        throng(*self.arguments(other))
        self.assertEqual(self.everything(self.store), self.everything(other))

    def test_a_file_that_has_grown_is_gone_on_with(self):
        lines = [f'{{"id": "a", "at": {1_767_225_600_000 + i * 1000}, "x": {i}}}\n' for i in range(300)]
        self.write("readings.ndjson", "".join(lines[:2]))  # far below the 64 KiB that make a file's identity
        throng(*self.arguments(self.store))
        self.write("readings.ndjson", "".join(lines))
        throng(*self.arguments(self.store))
        self.assertEqual((self.report()["consumed"], self.report()["resumed_messages"]), (298, 2))
        whole = f"sqlite:{self.path('whole.db')}"
        throng(*self.arguments(whole))
        self.assertEqual(self.everything(self.store), self.everything(whole))

    def test_another_file_under_the_same_name_is_refused(self):
        throng(*self.arguments(self.store))
        with open(self.path("readings.ndjson"), "w") as file:
            file.write('{"id": "a", "at": 1, "x": 1}\n')
        _, message = throng(*self.arguments(self.store), expect=2)
        self.assertIn("--reset", message)


if __name__ == "__main__":
    unittest.main()
