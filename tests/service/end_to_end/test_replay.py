"""`throng replay` of files without a server: into files and to standard output, keys, formats, what is wrong with a line."""
import base64
import glob
import gzip
import json
import subprocess

from parquet_back import ARROW_PYTHON, needs_arrow
from throng import InFolder, query, throng

LINES = [{"id": "a", "at": "2026-01-05T06:00:00Z", "x": 1}, {"id": "b", "at": "2026-01-05T06:00:01Z", "x": 2}]


class ReplayTest(InFolder):
    def lines(self, name, of=LINES):
        return self.write(name, "".join(json.dumps(each) + "\n" for each in of))

    def test_files_come_out_as_they_were_one_behind_the_other(self):
        first = self.lines("first.ndjson")
        with gzip.open(self.path("second.ndjson.gz"), "wt") as file:
            file.write('{"id": "c"}\n\n{"id": "d"}')
        out, said = throng("replay", first, self.path("second.ndjson.gz"), "--topic", "t", "--to", "stdout", "--key", "id",
                           "--report", self.path("report.json"))
        self.assertEqual(out, open(first).read() + '{"id": "c"}\n{"id": "d"}\n')
        self.assertIn("4 messages", said)
        self.assertEqual(self.report()["events"], 4)

    def test_records_give_their_values(self):
        pack = lambda text: base64.b64encode(text.encode()).decode()
        records = self.write("t.records.ndjson", "".join(
            json.dumps({"partition": 0, "offset": i, "timestamp": 5, "key": pack("k"), "headers": [], "value": value and pack(value)}) + "\n"
            for i, value in enumerate(['{"x":1}', None, "not json"])))
        throng("replay", records, "--topic", "t", "--to", f"file:{self.path('out')}")
        self.assertEqual(open(self.path("out/t.ndjson")).read(), '{"x":1}\nnot json\n')

    def replayed(self, *files):
        out, _ = throng("replay", *files, "--topic", "t", "--to", "stdout")
        return out

    def test_rows_of_csv_are_objects_of_the_header_s_names(self):
        text = ('\ufeffid,at,n,text,ok\r\n"007",2026-01-05T06:00:00Z,1.50,"a ""b"",\nsecond",true\r\n\n'
                '007,2026-01-05 06:00,,5" pipe,false\n1e3,,12345678901234567890,"",\n')
        wanted = ('{"id":"007","at":"2026-01-05T06:00:00Z","n":1.50,"text":"a \\"b\\",\\u000asecond","ok":true}\n'
                  '{"id":"007","at":"2026-01-05 06:00","n":null,"text":"5\\" pipe","ok":false}\n'
                  '{"id":1e3,"at":null,"n":12345678901234567890,"text":"","ok":null}\n')
        plain = self.write("a.csv", text.encode())
        self.assertEqual(self.replayed(plain), wanted)
        self.assertEqual(self.replayed(self.write("b.csv.gz", gzip.compress(text.encode()))), wanted)
        self.assertEqual(self.replayed(plain, "--text", "id,n"), wanted.replace("1.50", '"1.50"').replace("1e3", '"1e3"').replace("12345678901234567890", '"12345678901234567890"'))

    def lake(self, **sink):
        """What a sink makes of messages of all kinds, and the values that should come back."""
        lines = [json.dumps({"id": f"k{i % 3}", "at": f"2026-01-05T06:00:{i:02}.000Z", "x": i / 4, "n": i, "text": f'a, "{i}"', "ok": i % 2 == 0}) for i in range(20)]
        self.write("rooms.ndjson", "\n".join([*lines, "not json"]) + "\n")
        self.write("p.json", json.dumps({"name": "p", "source": "rooms", "key": "id", "timestamp": "at", "sinks": [{"name": "lake", "to": self.path("lake"), **sink}]}))
        throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", "1", "--store", self.store)
        return sorted(glob.glob(self.path("lake/**/*.*"), recursive=True)), [json.loads(line) for line in lines]

    def check_lake(self, files, wanted):
        lines = self.replayed(*files).splitlines()
        self.assertEqual(len(lines), 21)
        self.assertIn("not json", lines)
        self.assertEqual(sorted((json.loads(line) for line in lines if line != "not json"), key=lambda row: row["n"]), wanted)

    def test_a_sink_s_csv_gives_its_messages_back_without_what_says_where_they_stood(self):
        files, wanted = self.lake(format="csv", compression="zstd")
        self.assertTrue(all(name.endswith(".csv.zst") for name in files))
        self.check_lake(files, wanted)

    @needs_arrow
    def test_a_sink_s_parquet_gives_its_messages_back(self):
        files, wanted = self.lake(format="parquet")
        self.check_lake(files, wanted)
        # Their own times are times to go by.
        (of_times,) = (file for file in files if "dt=2026-01-05" in file)
        throng("replay", of_times, "--topic", "t", "--to", "null", "--timestamp", "at", "--speed", "1e6")

    @needs_arrow
    def test_columns_of_parquet_that_others_wrote(self):
        write = """
import datetime, decimal, sys
import pyarrow as pa, pyarrow.parquet
day = datetime.datetime(2026, 1, 5, 6, 0, 0, 123456)
pa.parquet.write_table(pa.table({
    "i8": pa.array([-1, None], pa.int8()), "u64": pa.array([2**64 - 1, 0], pa.uint64()), "f": pa.array([0.1, float("nan")], pa.float32()),
    "d": pa.array([decimal.Decimal("1.20"), None], pa.decimal128(9, 2)), "day": pa.array([day.date(), None], pa.date32()),
    "us": pa.array([day, datetime.datetime(1969, 12, 31, 23, 59, 59, 999999)], pa.timestamp("us")), "word": pa.array(["a", "b"]).dictionary_encode(),
    "list": pa.array([[1, None], []], pa.list_(pa.int32())), "deep": pa.array([{"x": [{"y": "z"}], "t": True}, None]),
    "bytes": pa.array([b"\\xff\\x00", b"plain"])}), sys.argv[1])
pa.parquet.write_table(pa.table({"a": pa.array([1]), "b": pa.array([datetime.time(1)])}), sys.argv[2])
"""
        good, bad = self.path("good.parquet"), self.path("bad.parquet")
        done = subprocess.run([ARROW_PYTHON, "-c", write.replace("\\\\", "\\"), good, bad], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(list(map(json.loads, self.replayed(good).splitlines())), [
            {"i8": -1, "u64": 2**64 - 1, "f": 0.1, "d": 1.2, "day": "2026-01-05T00:00:00.000Z", "us": "2026-01-05T06:00:00.123Z", "word": "a",
             "list": [1, None], "deep": {"x": [{"y": "z"}], "t": True}, "bytes": "base64:/wA="},
            {"i8": None, "u64": 0, "f": None, "d": None, "day": None, "us": "1969-12-31T23:59:59.999Z", "word": "b", "list": [], "deep": None, "bytes": "plain"}])
        _, said = throng("replay", bad, "--topic", "t", "--to", "null", expect=2)
        self.assertIn("bad.parquet: the column b is time64[us], which no field of a message can be", said)

    def test_what_was_rejected_is_given_back_once_the_cause_is_mended(self):
        """Refused for want of their row's unit; a mended copy goes beside the rest, and every message counts once."""
        good = [{"id": "a", "at": f"2026-01-05T06:00:{i:02}Z", "x": i} for i in range(10)]
        bad = [{"id": "a", "at": 1767592800 + i, "x": 100} for i in range(10, 13)]
        self.lines("rooms.ndjson", good[:5] + bad + good[5:])
        pipeline = {"name": "p", "source": "rooms", "key": "id", "timestamp": "at", "lateness": "1h"}
        del pipeline["lateness"]
        pipeline["windows"] = [{"name": "w", "tumbling": "1m", "aggregate": {"x": ["count", "sum"]}}]
        self.write("p.json", json.dumps(pipeline))
        throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--store", self.store, "--rejects", self.path("rejects"))
        self.assertEqual(query("windows", self.store)[0]["x"], {"count": 10, "sum": 45, "missing": 0})
        pipeline["timestamp_unit"] = "s"
        self.write("p.json", json.dumps(pipeline))
        throng("replay", self.path("rejects/analytics.dead_letter.ndjson"), "--topic", "rooms", "--to", f"file:{self.path('again')}")
        throng("replay", self.path("rooms.ndjson"), self.path("again/rooms.ndjson"), "--topic", "rooms", "--to", "null")
        self.assertEqual([json.loads(line)["at"] for line in open(self.path("again/rooms.ndjson"))], [1767592810, 1767592811, 1767592812])
        store = f"sqlite:{self.path('again.db')}"
        throng("analyze", self.path("p.json"), "--from", f"file:{self.path('again')}", "--store", store)
        self.assertEqual(query("windows", store)[0]["x"], {"count": 3, "sum": 300, "missing": 0})

    def test_what_can_not_be_is_said(self):
        first = self.lines("first.ndjson")
        short = self.write("short.csv", "a,b\n1,2\n\n3\n")
        for arguments, sentence in [
                ([first, "--topic", "t", "--to", "null", "--rate", "0"], "--rate: 0 is not a number above 0\n"),
                ([short, "--topic", "t", "--to", "null"], "short.csv:4:1: this row has 1 cells, the header 2"),
                ([self.write("open.csv", 'a,b\n1,"2\n'), "--topic", "t", "--to", "null"], "open.csv:2:3: the quotes that begin here have no end"),
                ([self.write("twice.csv", "a,b,a\n"), "--topic", "t", "--to", "null"], "twice.csv:1:5: the column a stands here twice"),
                ([self.write("latin.csv", b"a\n\xe9\n"), "--topic", "t", "--to", "null"], "latin.csv:2: this row is not UTF-8"),
                ([self.write("none.csv", ""), "--topic", "t", "--to", "null"], "none.csv: is empty"),
                ([short, "--topic", "t", "--to", "null", "--text", "aa"], "there is no column aa (--text); did you mean a?; the columns are: a, b"),
                ([short, "--topic", "t", "--to", "null", "--timestamp", "b"], "short.csv:2: b is 2, which is no time"),
                ([self.write("no.parquet", "a,b\n"), "--topic", "t", "--to", "null"], "no.parquet: "),
                ([first, "--topic", "t", "--to", "null", "--speed", "10"], "first.ndjson:1: this message has no time that --speed could go by"),
                ([first, "--to", "stdout"], "--topic says where"),
                (["--topic", "t"], "give files to replay, or --from-dead-letter"),
                ([self.path("none.ndjson"), "--topic", "t", "--to", "null"], "none.ndjson"),
                ([first, "--topic", "t", "--to", "nowhere"], "must be kafka, null, stdout or file:DIR"),
                ([first, "--topic", "t"], "name it with --brokers"),
                ([first, "--topic", "t", "--to", "null", "--speed", "fast"], "--speed fast"),
                ([first, "--topic", "t", "--to", "null", "--speed", "2", "--rate", "5"], "two paces"),
                ([first, "--topic", "t", "--to", "null", "--timestamp", "x"], "first.ndjson:1: x is 1, which is no time; a number needs --timestamp-unit"),
                ([first, "--topic", "t", "--to", "null", "--timestamp", "when"], "first.ndjson:1: there is no field when"),
                ([first, "--from-dead-letter"], "leave out files")]:
            _, said = throng("replay", *arguments, expect=2)
            self.assertIn(sentence, said)

    def test_who_has_no_key_is_counted(self):
        _, said = throng("replay", self.lines("first.ndjson", [*LINES, {"at": "2026-01-05T06:00:02Z"}]), "--topic", "t", "--to", "null", "--key", "id")
        self.assertIn("3 messages; 1 had no field id and went without a key\n", said)

    def test_a_file_that_is_there_is_not_replaced_unasked(self):
        first = self.lines("first.ndjson")
        throng("replay", first, "--topic", "t", "--to", f"file:{self.path('out')}")
        _, said = throng("replay", first, "--topic", "t", "--to", f"file:{self.path('out')}", expect=2)
        self.assertIn("--force", said)
        throng("replay", first, first, "--topic", "t", "--to", f"file:{self.path('out')}", "--force")
        self.assertEqual(len(open(self.path("out/t.ndjson")).readlines()), 4)
