"""`throng analyze` killed in the middle, and started again: the store holds what an uninterrupted run stores."""
import os
import random
import signal
import subprocess
import time
import unittest

from throng import PROGRAM, InFolder, query, throng

PIPELINE = """{
  "name": "means", "source": "readings", "key": "id", "timestamp": "at", "timestamp_unit": "ms", "disorder": "5s",
  "features": [{"name": "sum_10m", "over": "10m", "sum": "x"}],
  "windows": [
    {"name": "minute", "tumbling": "1m", "lateness": "10s", "group_by": ["id"],
     "aggregate": {"x": ["count", "mean", "min", "max", "stddev", "p99", "distinct", "first", "last"]}},
    {"name": "all", "hopping": {"size": "5m", "every": "1m"}, "aggregate": {"x": ["count", "sum"], "id": ["distinct", "top_10"]}},
    {"name": "visits", "session": {"gap": "6s"}, "lateness": "30s", "group_by": ["id"], "aggregate": {"x": ["count", "sum"]}}
  ],
  "detect": [{"name": "shift", "detector": "shift", "field": "x"}],
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

    def kill_when_it_has_stored_something(self, store, after):
        """Kills a run once `after` more checkpoints are there; False if it ended before."""
        process = subprocess.Popen([PROGRAM, *self.arguments(store)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        database = store.removeprefix("sqlite:")
        seen, changes = None, 0
        while process.poll() is None:
            try:
                now = os.stat(database + "-wal").st_size
            except FileNotFoundError:
                now = None
            if now != seen:
                seen, changes = now, changes + 1
            if changes > after:
                process.send_signal(signal.SIGKILL)
                process.wait()
                return True
            time.sleep(0.001)  # between two looks at the file; nothing depends on its length
        return False

    def test_killed_again_and_again_it_ends_as_if_nothing_had_been(self):
        whole, killed = f"sqlite:{self.path('whole.db')}", f"sqlite:{self.path('killed.db')}"
        throng(*self.arguments(whole))
        kills = sum(self.kill_when_it_has_stored_something(killed, after) for after in (3, 6, 9, 14, 20))
        self.assertGreaterEqual(kills, 2, "no run was killed in the middle: the test proved nothing")
        throng(*self.arguments(killed))
        self.assertGreater(len(self.everything(whole)[0]), 500)
        self.assertGreater(len(self.everything(whole)[1]), 0)
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
        process = subprocess.Popen([PROGRAM, *self.arguments(self.store)], stderr=subprocess.PIPE, text=True)
        process.send_signal(signal.SIGINT) if process.poll() is None else None
        process.communicate(timeout=60)
        self.assertIn(process.returncode, (0, -signal.SIGINT))  # it may not have got as far as watching for signals
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
