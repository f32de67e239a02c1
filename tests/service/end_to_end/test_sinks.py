"""Sinks of a pipeline: every message of a topic stands once in the files, whatever was killed, stopped or taken over meanwhile."""
import csv
import glob
import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import unittest

from throng import InFolder, query, signalled_at_write, throng

ARROW_PYTHON = os.environ.get("THRONG_ARROW_PYTHON")
# Rows by n with times as text, and what the files say of columns; of pyarrow alone.
READ_BACK = """
import json, sys
import pyarrow.parquet
rows, types, statistics, compression = [], {}, set(), set()
for path in sys.argv[1:]:
    file = pyarrow.parquet.ParquetFile(path)
    for row in file.read().to_pylist():
        row["at"] = row["at"].strftime("%Y-%m-%dT%H:%M:%S.") + f"{row['at'].microsecond // 1000:03}Z"
        rows.append({name: x for name, x in row.items() if not name.startswith("_")})
    for field in file.schema_arrow:
        if field.name in ("n", "id", "x", "at"):
            types.setdefault(field.name, set()).add(str(field.type).split("[")[0])
    group = file.metadata.row_group(0)
    for i in range(group.num_columns):
        compression.add(group.column(i).compression)
        if group.column(i).path_in_schema == "n":
            statistics.add(group.column(i).statistics.has_min_max)
print(json.dumps({"rows": sorted(rows, key=lambda row: row["n"]), "types": {name: "|".join(sorted(x)) for name, x in types.items()},
                  "statistics": sorted(statistics), "compression": "|".join(sorted(compression))}))
"""
MESSAGES = 60_000
PARTITIONS = 3


def pipeline(**sink):
    return json.dumps({
        "name": "kept", "source": "clicks", "key": "id", "timestamp": "at", "where": {"id": "nobody"},
        "sinks": [{"name": "lake", "to": "lake", **sink}]})


class Sinks(InFolder):
    def messages(self, count=MESSAGES):
        draw = random.Random(11)
        lines = []
        for i in range(count):
            minute = i * 180 // count + (draw.randrange(-40, 0) if draw.random() < 0.01 else 0)
            at = f"2026-01-05T{8 + minute // 60:02}:{minute % 60:02}:{i % 60:02}.000Z"
            lines.append(f'{{"n": {i}, "id": "s{draw.randrange(40)}", "at": "{at}", "x": {draw.gauss(10, 3):.3f}}}')
        return lines

    def start(self, lines, **sink):
        self.write("clicks.ndjson", "\n".join(lines) + "\n")
        self.write("p.json", pipeline(**sink))
        os.chdir(self.folder)  # where the sink's folder is from
        self.addCleanup(os.chdir, "/")

    def arguments(self, *more):
        return ["analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", str(PARTITIONS), "--store", self.store,
                "--checkpoint-every", "50ms", *more]

    def files(self):
        return sorted(glob.glob(self.path("lake/**/*"), recursive=True))

    def rows(self):
        """All rows of the NDJSON files; each lies in the folder of its hour, within the offsets of its file's name."""
        rows = []
        for path in filter(os.path.isfile, self.files()):
            _, partition, first, last, _ = os.path.basename(path).split(".")[0].split("-")
            with open(path) as file:
                for row in map(json.loads, file):
                    self.assertEqual(row["_partition"], int(partition))
                    self.assertTrue(int(first) <= row["_offset"] <= int(last), (path, row))
                    if "at" in row:
                        self.assertIn(f"/clicks/dt={row['at'][:10]}/hour={row['at'][11:13]}/", path)
                    rows.append(row)
        return rows

    def check_each_once(self, count=MESSAGES):
        rows = self.rows()
        self.assertEqual(len(rows), count)
        self.assertEqual(sorted(row["n"] for row in rows), list(range(count)))
        self.assertEqual(len({(row["_partition"], row["_offset"]) for row in rows}), count)
        self.assertFalse([name for name in os.listdir(self.path("lake/clicks")) if not name.startswith("dt=")])
        hidden = [name for _, _, names in os.walk(self.path("lake")) for name in names if name.startswith(".")]
        self.assertEqual(hidden, [])

    def test_killed_again_and_again_each_message_is_in_the_files_once(self):
        self.start(self.messages(), every="50ms", rows=2_000)
        for write, part in ((3, "/lake/"), (40, "throng.db"), (6, "/lake/"), (50, "throng.db"), (9, "/lake/")):
            signalled_at_write(self.arguments(), write, part=part)
        throng(*self.arguments())
        self.check_each_once()
        # At the end already: nothing is written again.
        before = self.files()
        throng(*self.arguments())
        self.assertEqual(self.files(), before)
        # From the beginning: the files of before make room.
        throng(*self.arguments("--reset"))
        self.check_each_once()

    def test_a_zombie_that_wakes_leaves_no_double(self):
        self.start(self.messages(), every="50ms", rows=1_000)
        zombie = signalled_at_write(self.arguments(), 60, signal.SIGSTOP, "/lake/")
        throng(*self.arguments())
        self.check_each_once()
        zombie.send_signal(signal.SIGCONT)
        zombie.communicate(timeout=60)
        self.check_each_once()

    def test_what_is_no_json_object_is_a_row_too(self):
        odd = ["not json", "[1, 2]", '{"n": 4, "id": "a", "at": "2026-01-05T08:00:00Z", "list": [1, {"b": "c"}]}', '{"n": 5}']
        self.start(odd)
        throng(*self.arguments())
        rows = self.rows()
        self.assertEqual(len(rows), 4)
        self.assertEqual(sorted(row["_raw"] for row in rows if "_raw" in row), ["[1, 2]", "not json"])
        self.assertEqual([row["list"] for row in rows if "list" in row], [[1, {"b": "c"}]])

    @unittest.skipUnless(ARROW_PYTHON, "this throng was built without Apache Arrow, or without a Python that reads Parquet")
    def test_parquet_is_read_back_with_types_by_pyarrow(self):
        lines = self.messages(2_000)
        lines[10] = '{"n": 10, "id": "s1", "at": "2026-01-05T08:00:10.000Z", "x": null}'
        lines.append('{"n": 2000, "id": "s1", "at": "2026-01-05T11:30:00.250Z", "x": 2.5, "tags": ["a", {"b": 1}], "ok": true}')
        self.start(lines, format="parquet", rows=500)
        throng(*self.arguments())
        files = [path for path in self.files() if path.endswith(".parquet")]
        self.assertGreater(len(files), 5)
        read = subprocess.run([ARROW_PYTHON, "-c", READ_BACK, *files], capture_output=True, text=True)
        self.assertEqual(read.returncode, 0, read.stderr)
        found = json.loads(read.stdout)
        wanted = [json.loads(line) for line in lines]
        self.assertEqual([row["n"] for row in found["rows"]], list(range(2_001)))
        for row, message in zip(found["rows"], wanted):
            self.assertEqual((row["id"], row["x"], row["at"]), (message["id"], message["x"], message["at"]))
        self.assertEqual(json.loads(found["rows"][-1]["tags"]), ["a", {"b": 1}])
        self.assertIs(found["rows"][-1]["ok"], True)
        self.assertEqual(found["types"], {"n": "int64", "id": "string", "x": "double", "at": "timestamp"})
        self.assertEqual(found["compression"], "ZSTD")
        self.assertEqual(found["statistics"], [True])

    def test_without_arrow_parquet_is_refused_before_anything_is_read(self):
        if ARROW_PYTHON:
            self.skipTest("this throng has Apache Arrow")
        self.start(self.messages(10), format="parquet")
        _, said = throng(*self.arguments(), expect=2)
        self.assertIn("Apache Arrow", said)

    def test_csv_has_typed_columns_and_gzip_packs_it(self):
        self.start(['{"id": "a", "at": "2026-01-05T08:00:00Z", "n": 1, "text": "one, \\"two\\"", "only": true}',
                    '{"id": "a", "at": "2026-01-05T08:00:01Z", "n": 2.5, "text": "", "list": [1]}'], format="csv", compression="gzip")
        throng(*self.arguments())
        (path,) = [x for x in self.files() if os.path.isfile(x)]
        self.assertTrue(path.endswith(".csv.gz"), path)
        with gzip.open(path, "rt", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(list(rows[0]), ["_partition", "_offset", "_time", "_key", "id", "at", "n", "text", "only", "list"])
        self.assertEqual([row["n"] for row in rows], ["1", "2.5"])
        self.assertEqual([row["text"] for row in rows], ['one, "two"', ""])
        self.assertEqual([row["only"] for row in rows], ["true", ""])
        self.assertEqual([row["list"] for row in rows], ["", "[1]"])

    def test_a_folder_of_another_store_is_refused(self):
        self.start(self.messages(100))
        throng(*self.arguments())
        before = self.files()
        self.store = f"sqlite:{self.path('other.db')}"
        _, said = throng(*self.arguments(), expect=2)
        self.assertIn("which the store knows nothing of; give the sink another folder", said)
        self.assertEqual(self.files(), before)

    def test_a_sink_that_fails_holds_back_no_window_and_no_other_sink(self):
        self.start(self.messages(5_000))
        self.write("p.json", json.dumps({
            "name": "kept", "source": "clicks", "key": "id", "timestamp": "at",
            "windows": [{"name": "hours", "tumbling": "1h", "lateness": "1h", "aggregate": {"x": ["count"]}}],
            "sinks": [{"name": "shut", "to": "shut", "rows": 100}, {"name": "lake", "to": "lake", "rows": 100}]}))
        self.write("shut", "a file")
        _, said = throng(*self.arguments(), expect=1)
        self.assertIn("pipeline kept, sink shut: shut", said)
        self.check_each_once(5_000)
        self.assertEqual(sum(window["events"] for window in query("windows", self.store)), 5_000)
        # It goes on by itself when it can be written.
        os.remove(self.path("shut"))
        throng(*self.arguments())
        self.check_each_once(5_000)
        shutil.rmtree(self.path("lake"))
        os.rename(self.path("shut"), self.path("lake"))
        self.check_each_once(5_000)

    def results(self, name):
        """The rows of a sink of results, which lie by their time; without what says where they stood."""
        rows = []
        for path in glob.glob(self.path(f"{name}/**/*.ndjson"), recursive=True):
            with open(path) as file:
                for row in map(json.loads, file):
                    at = row.get("start") or row["time"]
                    self.assertIn(f"/dt={at[:10]}/hour={at[11:13]}/", path)
                    rows.append({key: value for key, value in row.items() if not key.startswith("_")})
        return rows

    def test_final_windows_and_alerts_are_in_the_files_once_and_as_queries_show_them(self):
        self.start(self.messages(20_000))
        self.write("p.json", json.dumps({
            "name": "kept", "source": "clicks", "key": "id", "timestamp": "at", "disorder": "1m",
            "windows": [{"name": "minutes", "tumbling": "1m", "group_by": ["id"], "aggregate": {"x": ["count", "sum"]}}],
            "rules": [{"name": "large", "when": {"x": {"$gt": 18}}, "reason": "{x} is large"}],
            "sinks": [{"name": of, "of": of, "to": of, "rows": 300, "every": "50ms"} for of in ("windows", "alerts")]}))
        for write, part in ((3, "/windows/"), (2, "/alerts/"), (60, "throng.db"), (9, "/windows/")):
            signalled_at_write(self.arguments(), write, part=part)
        throng(*self.arguments())
        by = lambda row: json.dumps(row, sort_keys=True)
        stored = [window for window in query("windows", self.store) if window["final"]]
        self.assertGreater(len(stored), 4_000)
        self.assertEqual(sorted(self.results("windows"), key=by), sorted(stored, key=by))
        alerts = [{key: value for key, value in alert.items() if key != "status"} for alert in query("alerts", self.store)]
        self.assertGreater(len(alerts), 30)
        self.assertEqual(sorted(self.results("alerts"), key=by), sorted(alerts, key=by))
        self.assertTrue(glob.glob(self.path("alerts/kept.alerts/dt=2026-01-05/hour=08/kept.alerts-*.ndjson")))

    def test_results_have_their_leaves_as_columns(self):
        self.start(self.messages(1_000))
        self.write("p.json", json.dumps({
            "name": "kept", "source": "clicks", "key": "id", "timestamp": "at",
            "windows": [{"name": "hours", "tumbling": "1h", "group_by": ["id"], "aggregate": {"x": ["mean"]}}],
            "sinks": [{"name": "lake", "of": "windows", "to": "lake", "format": "csv"}]}))
        throng(*self.arguments())
        for path in filter(os.path.isfile, self.files()):
            with open(path, newline="") as file:
                rows = list(csv.DictReader(file))
            for column in ("pipeline", "window", "start", "end", "group.id", "events", "x.mean"):
                self.assertIn(column, rows[0])
            self.assertIn(f"/hour={rows[0]['start'][11:13]}/", path)

    def test_standard_input_is_read_once_for_the_results_and_their_sinks(self):
        lines = self.messages(3_000)
        self.start(lines)
        rule = {"name": "large", "when": {"x": {"$gt": 16}}, "reason": "{x} is large"}
        self.write("p.json", json.dumps({"name": "kept", "source": "clicks", "key": "id", "timestamp": "at", "rules": [rule],
                                         "sinks": [{"name": "lake", "to": "lake"}, {"name": "alerts", "of": "alerts", "to": "alerts"}]}))
        throng("analyze", self.path("p.json"), "--from", "stdin", "--store", self.store, "--report", self.path("report.json"), input="\n".join(lines) + "\n")
        self.check_each_once(3_000)
        alerts = len(query("alerts", self.store))
        self.assertGreater(alerts, 5)
        self.assertEqual((len(self.results("alerts")), self.report()["alerts"], self.report()["consumed"]), (alerts, alerts, 3_000))

    def test_results_that_there_are_none_of_are_refused(self):
        self.start(self.messages(10))
        for of, more, why in (("windows", {}, "the pipeline has no windows"), ("alerts", {}, "no detectors and no rules"),
                              ("windows", {"rekey": "n", "windows": [{"name": "w", "tumbling": "1h"}]}, "`rekey` or `join` are no sink's")):
            self.write("p.json", json.dumps({"name": "kept", "source": "clicks", "key": "id", **more, "sinks": [{"name": "lake", "of": of, "to": "lake"}]}))
            _, said = throng("pipeline", "check", self.path("p.json"), expect=2)
            self.assertRegex(said, r"sinks\[0\]\.of: .*" + why)

    def test_a_folder_that_cannot_be_written_is_said(self):
        self.start(self.messages(100))
        self.write("lake", "a file")
        _, said = throng(*self.arguments(), expect=1)
        self.assertIn("lake", said)


if __name__ == "__main__":
    unittest.main()
