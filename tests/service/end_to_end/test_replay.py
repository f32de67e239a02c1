"""`throng replay` of files without a server: into files and to standard output, keys, records, what is wrong with a line."""
import base64
import gzip
import json

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
        for arguments, sentence in [
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

    def test_a_file_that_is_there_is_not_replaced_unasked(self):
        first = self.lines("first.ndjson")
        throng("replay", first, "--topic", "t", "--to", f"file:{self.path('out')}")
        _, said = throng("replay", first, "--topic", "t", "--to", f"file:{self.path('out')}", expect=2)
        self.assertIn("--force", said)
        throng("replay", first, first, "--topic", "t", "--to", f"file:{self.path('out')}", "--force")
        self.assertEqual(len(open(self.path("out/t.ndjson")).readlines()), 4)
