"""`throng analyze` in a pipe: messages from standard input, results to standard output as they come."""
import json
import os
import random
import signal
import subprocess
import unittest

from throng import InFolder, query, throng

PIPELINE = """{
  "name": "means", "source": "readings", "key": "id", "timestamp": "at", "timestamp_unit": "ms", "disorder": "5s",
  "features": [{"name": "sum_10m", "over": "10m", "sum": "x"}],
  "windows": [
    {"name": "minute", "tumbling": "1m", "lateness": "10s", "group_by": ["id"], "aggregate": {"x": ["count", "mean", "p99"]}},
    {"name": "all", "hopping": {"size": "5m", "every": "1m"}, "aggregate": {"x": ["count", "sum"], "id": ["distinct"]}}
  ],
  "rules": [{"name": "high", "when": {"sum_10m": {"$gt": 320}}, "cooldown": "2m"}]
}
"""


def window_key(window):
    return window["window"], window["start"], json.dumps(window["group"])


class Pipe(InFolder):
    def setUp(self):
        super().setUp()
        draw = random.Random(11)
        lines = []
        for i in range(20_000):
            at = 1_767_225_600_000 + i * 100 - (draw.randrange(90_000) if draw.random() < 0.02 else draw.randrange(4_000))
            lines.append(f'{{"id": "s{draw.randrange(20)}", "at": {at}, "x": {draw.gauss(10, 3):.3f}}}\n')
        self.messages = "".join(lines)
        self.write("p.json", PIPELINE)
        self.write("readings.ndjson", self.messages)

    def stored(self, partitions):
        """What an analysis of the same messages as a file stores."""
        store = f"sqlite:{self.path(f'file{partitions}.db')}"
        throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", partitions, "--store", store)
        return query("windows", store), query("alerts", store)

    def printed(self, text):
        """The last line of each window, and the alerts."""
        windows, alerts = {}, []
        for line in text.splitlines():
            document = json.loads(line)
            if "window" in document:
                windows[window_key(document)] = document
            else:
                alerts.append(document)
        return windows, alerts

    def compare(self, text, partitions):
        windows, alerts = self.printed(text)
        stored_windows, stored_alerts = self.stored(partitions)
        self.assertGreater(len(stored_windows), 300)
        self.assertGreater(len(stored_alerts), 0)
        self.assertEqual(windows, {window_key(w): w for w in stored_windows})
        by_id = lambda documents: sorted(documents, key=lambda a: a["id"])
        self.assertEqual(by_id(alerts), by_id(stored_alerts))

    def test_what_comes_out_of_a_pipe_is_what_a_file_stores(self):
        out, _ = throng("analyze", self.path("p.json"), "--from", "stdin", "--store", "none", "--to", "stdout",
                        input=self.messages, cwd=self.folder)
        self.compare(out, 1)
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("throng.db")], [])

    def test_windows_that_partitions_share_are_printed_merged(self):
        out, _ = throng("analyze", self.path("p.json"), "--from", "stdin", "--partitions", 3, "--store", "none", "--to",
                        "stdout", input=self.messages)
        self.compare(out, 3)
        out, _ = throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", 3, "--store",
                        "none", "--to", "stdout")
        self.compare(out, 3)

    def test_a_result_comes_out_while_more_goes_in(self):
        process = self.started("analyze", self.path("p.json"), "--from", "stdin", "--store", "none", "--to", "stdout", "--quiet",
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for at in (0, 60_000, 200_000):  # the last moves the watermark past the first window's end
            process.stdin.write(f'{{"id": "a", "at": {1_767_225_600_000 + at}, "x": 4}}\n')
            process.stdin.flush()
        first = json.loads(process.stdout.readline())
        self.assertEqual((first["window"], first["start"], first["x"]["count"]), ("minute", "2026-01-01T00:00:00.000Z", 1))
        self.assertIsNone(process.poll())
        process.stdin.write('{"id": "a", "at": 1767225800000, "x": 5')  # half a line does not keep it from stopping
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        windows, _ = self.printed(rest)
        self.assertEqual(windows[("minute", "2026-01-01T00:03:00.000Z", '{"id": "a"}')]["x"]["count"], 1)

    def told_of(self, windows, events):
        """The lines that come out, and the report, of events (entity, second) in their order."""
        self.write("p.json", json.dumps({"name": "p", "source": "t", "key": "k", "timestamp": "ts", "disorder": "0s", "windows": windows}))
        lines = "".join(json.dumps({"k": who, "ts": f"2026-03-01T00:{second // 60:02}:{second % 60:02}Z", "v": 1}) + "\n" for who, second in events)
        out, _ = throng("analyze", self.path("p.json"), "--from", "stdin", "--store", "none", "--to", "stdout", "--quiet", "--report",
                        self.path("report.json"), input=lines)
        return [json.loads(line) for line in out.splitlines()], self.report()

    def test_a_session_that_has_become_part_of_another_is_told_by_its_group_and_start(self):
        sessions = [{"name": "s", "session": {"gap": "10s"}, "lateness": "1m", "group_by": ["k"], "aggregate": {"v": ["sum"]}}]
        told, _ = self.told_of(sessions, [("a", 30), ("b", 30), ("z", 45), ("b", 25), ("z", 46)])
        gone = [line for line in told if line.get("superseded")]
        self.assertEqual([(line["group"], line["start"]) for line in gone], [({"k": "b"}, "2026-03-01T00:00:30.000Z")])
        self.assertNotIn("end", gone[0])

    def test_an_event_left_out_of_one_window_but_not_of_another_is_counted(self):
        windows = [{"name": "ten", "tumbling": "10s", "lateness": "10s", "aggregate": {"v": ["sum"]}},
                   {"name": "minute", "tumbling": "1m", "aggregate": {"v": ["sum"]}}]
        told, report = self.told_of(windows, [("a", 0), ("a", 65), ("a", 55), ("a", 300)])
        self.assertEqual((report["late_by_window"], report["late"]), (1, 0))
        self.assertEqual({line["events"] for line in told if line["window"] == "minute" and line["start"] == "2026-03-01T00:00:00.000Z"}, {1})

    def test_standard_input_goes_into_an_empty_store_only_or_with_reset(self):
        arguments = ["analyze", self.path("p.json"), "--from", "stdin", "--store", self.store, "--report", self.path("report.json")]
        throng(*arguments, input=self.messages)
        self.assertEqual(self.report()["consumed"], 20_000)
        self.assertEqual((query("windows", self.store), query("alerts", self.store)), self.stored(1))
        _, message = throng(*arguments, input=self.messages, expect=2)
        self.assertIn("--reset", message)
        few = "".join(self.messages.splitlines(keepends=True)[:100])
        throng(*arguments, "--reset", input=few)
        self.assertEqual(sum(w["events"] for w in query("windows", self.store, "--window", "minute")) + self.report()["late"], 100)

    def test_choices_that_do_not_go_together_are_refused(self):
        other = self.write("other.json", PIPELINE.replace('"means"', '"other"').replace('"readings"', '"elsewhere"'))
        for arguments, said in (
                ([other, "--from", "stdin", "--store", "none"], "one topic"),
                (["--from", "stdin", "--start", "latest", "--store", "none"], "--start"),
                (["--from", f"file:{self.folder}", "--start", "2026-01-01", "--store", "none"], "--start"),
                (["--from", f"file:{self.folder}", "--start", "soon", "--store", "none"], "--start"),
                (["--from", "stdin", "--to", "stdout", "--store", self.store], "--store none"),
                (["--from", "stdin", "--record", "readings", "--store", "none"], "--record"),
                (["--from", "nowhere", "--store", "none"], "--from nowhere")):
            _, message = throng("analyze", self.path("p.json"), *arguments, input="", expect=2)
            self.assertIn(said, message, arguments)

    def test_a_reader_that_goes_away_ends_it_with_a_sentence(self):
        process = self.started("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--store", "none", "--to", "stdout",
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        _, message = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn("standard output", message)


if __name__ == "__main__":
    unittest.main()
