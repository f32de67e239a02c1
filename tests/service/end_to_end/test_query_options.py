"""Every option of `throng query`, over SQLite and, where THRONG_QUERY_BOTH says so, over MongoDB too: both must print the same, byte for byte,
and it must be what plain Python makes of all documents."""
import csv
import io
import json
import os
import re
import subprocess
import tempfile
import unittest
import uuid
from collections import defaultdict

from parquet_back import needs_arrow, read_parquet
from throng import PROGRAM, throng

MONGODB = os.environ.get("THRONG_TEST_MONGODB", "")
BOTH = os.environ.get("THRONG_QUERY_BOTH", "") == "1"
WORLD = ["--duration", "20m", "--set", "populations.sensors.count=400", "--set", "populations.visitors.count=300",
         "--set", "populations.accounts.count=300", "--set", "populations.helpdesk.count=40", "--set", 'record.topics=["bank.transactions"]']
SUBJECTS = ("windows", "alerts", "entities", "labels", "events", "runs")
TIME = {"windows": "start", "alerts": "time", "entities": "time", "labels": "start", "events": "time"}


def at(document, path):
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


class QueryOptions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.stores = [f"sqlite:{folder.name}/throng.db"]
        if BOTH:
            assert MONGODB, "THRONG_TEST_MONGODB says where the server is"
            cls.stores.append(f"{MONGODB}/throng_{uuid.uuid4().hex[:12]}")
        for store in cls.stores:
            throng("run", "metropolis", *WORLD, "--store", store, "--quiet", "--report", os.path.join(folder.name, "report.json"))

    def ask(self, *arguments, expect=0):
        """What `throng query ARGUMENTS` prints over the store, or over both alike: (stdout, stderr)."""
        done = [subprocess.run([PROGRAM, "query", *arguments, "--store", store], capture_output=True, text=True, timeout=60)
                for store in self.stores]
        for each in done:
            self.assertEqual(each.returncode, expect, (arguments, each.stderr))
        if arguments[0] != "runs":  # of which each store has its own
            for each in done[1:]:
                self.assertEqual((each.stdout, each.stderr), (done[0].stdout, done[0].stderr), arguments)
        return done[-1].stdout, done[-1].stderr

    def documents(self, subject, *arguments):
        """All that match, and their number by --count."""
        found = json.loads(self.ask(subject, *arguments, "--limit", "0", "--format", "json")[0])
        self.assertEqual(self.ask(subject, *arguments, "--count")[0], f"{len(found)}\n")
        return found

    def check(self, subject, arguments, wanted):
        """The option chooses just the documents that the predicate does, in the order of all; some, and not all."""
        every = self.documents(subject)
        chosen = [document for document in every if wanted(document)]
        self.assertEqual(self.documents(subject, *arguments), chosen, arguments)
        self.assertTrue(0 < len(chosen) < len(every), (arguments, len(chosen), len(every)))

    def test_each_subject_in_each_format(self):
        for subject in SUBJECTS:
            every = self.documents(subject)
            self.assertGreater(len(every), 0, subject)
            lines = self.ask(subject, "--limit", "0", "--format", "ndjson")[0].splitlines()
            self.assertEqual([json.loads(line) for line in lines], every)
            rows = list(csv.DictReader(io.StringIO(self.ask(subject, "--limit", "0", "--format", "csv")[0])))
            self.assertEqual(len(rows), len(every))
            for row, document in zip(rows, every):
                for name, text in row.items():
                    value = at(document, name)
                    if isinstance(value, str):
                        self.assertEqual(text, value)
                    elif value is None and not name.startswith("events_by_topic."):  # topics have dots in their names
                        self.assertEqual(text, "")
                    elif value is not None and not isinstance(value, dict):
                        self.assertEqual(json.loads(text), value)
            table = self.ask(subject, "--limit", "0")[0].splitlines()
            self.assertGreaterEqual(len(table), len(every) + 1)
        self.ask("windows", "--format", "xml", expect=2)

    def export(self, subject, *arguments):
        """The file that `throng export SUBJECT --to DIR ARGUMENTS` makes of the store, or of both alike."""
        made = []
        for store in self.stores:
            with tempfile.TemporaryDirectory() as folder:
                throng("export", subject, "--store", store, "--to", folder, *arguments)
                [name] = os.listdir(folder)
                with open(os.path.join(folder, name), newline="") as file:
                    made.append((name, file.read()))
        for each in made[1:]:
            self.assertEqual(each, made[0])
        return made[0]

    def test_an_export_is_the_whole_answer_in_a_file(self):
        for subject in ("windows", "alerts", "events"):
            for form in ("csv", "ndjson"):
                name, text = self.export(subject, "--format", form)
                self.assertEqual(name, f"{subject}.{form}")
                self.assertEqual(text, self.ask(subject, "--limit", "0", "--format", form)[0].replace("\n", "\r\n" if form == "csv" else "\n"))
        store = ["--store", self.stores[0]]
        times = sorted(document["start"] for document in self.documents("windows"))
        first, last = times[len(times) // 3], times[2 * len(times) // 3]
        for subject, chosen in (("windows", ["--pipeline", "city-climate", "--group", "district=district-03"]),
                                ("windows", ["--window", "flow-5m", "--where", '{"events": {"$gt": 3}}']),
                                ("alerts", ["--pipeline", "bank-fraud"]),
                                ("events", ["--where", '{"message.type": "card"}'])):
            out, _ = throng("export", subject, *store, "--format", "ndjson", "--from", first, "--before", last, *chosen)
            self.assertEqual(out, self.ask(subject, "--limit", "0", "--format", "ndjson", "--from", first, "--to", last, *chosen)[0])
        nothing, said = throng("export", "events", *store, "--entity", "no-such")
        self.assertEqual((nothing, said), ("", "0 events\n"))

    @needs_arrow
    def test_an_export_to_parquet_has_the_same_rows_with_types(self):
        def leaves(document, path=""):
            for name, value in document.items():
                if isinstance(value, dict) and value:
                    yield from leaves(value, f"{path}{name}.")
                else:
                    yield path + name, value

        for subject, times in (("windows", {"start", "end"}), ("alerts", {"time"}), ("events", {"time"})):
            with tempfile.TemporaryDirectory() as folder:
                into = ["export", subject, "--store", self.stores[-1], "--to", folder, "--format", "parquet"]
                throng(*into)
                self.assertEqual(os.listdir(folder), [f"{subject}.parquet"])
                read = read_parquet(f"{folder}/{subject}.parquet")
                self.assertIn(f"{subject}.parquet is there already: give --force", throng(*into, expect=2)[1])
                throng(*into, "--force", "--before", "1970-01-01T00:00:00Z")
                self.assertEqual(read_parquet(f"{folder}/{subject}.parquet"), {"rows": [], "types": {}, "groups": []})
            table = csv.reader(io.StringIO(self.ask(subject, "--limit", "0", "--format", "csv")[0]))
            self.assertEqual(list(read["types"]), next(table))
            self.assertEqual({name for name, kind in read["types"].items() if kind == "timestamp"}, times)
            documents = self.documents(subject)
            self.assertGreater(len(documents), 10)
            self.assertEqual(len(read["rows"]), len(documents))
            for row, document in zip(read["rows"], documents):
                for name, value in leaves(document):
                    if value is None:
                        self.assertIsNone(row[name])
                    elif isinstance(value, (int, float, bool)) and isinstance(row[name], str):
                        self.assertEqual(json.loads(row[name]), value)  # a column whose values are of several types
                    elif isinstance(value, (list, dict)):
                        self.assertEqual(json.loads(row[name]), value)
                    else:
                        self.assertEqual(row[name], value, name)
                self.assertEqual({name for name, value in row.items() if value is not None},
                                 {name for name, value in leaves(document) if value is not None})
        self.assertIn("needs a folder, --to DIR", throng("export", "alerts", "--format", "parquet", "--store", self.stores[0], expect=2)[1])

    def test_without_an_order_it_is_by_time(self):
        for subject, field in TIME.items():
            times = [document[field] for document in self.documents(subject)]
            self.assertEqual(times, sorted(times), subject)

    def test_pipeline_window_group_and_entity(self):
        self.check("windows", ["--pipeline", "city-climate"], lambda d: d["pipeline"] == "city-climate")
        self.check("alerts", ["--pipeline", "support-load"], lambda d: d["pipeline"] == "support-load")
        self.check("windows", ["--window", "status-1m"], lambda d: d["window"] == "status-1m")
        self.check("windows", ["--pipeline", "bank-fraud", "--window", "flow-5m"], lambda d: d["window"] == "flow-5m")
        self.check("windows", ["--group", "district=district-03"], lambda d: d["group"].get("district") == "district-03")
        self.check("windows", ["--pipeline", "city-climate", "--group", "district=district-03"],
                   lambda d: d["pipeline"] == "city-climate" and d["group"].get("district") == "district-03")
        self.check("windows", ["--group", "status=200"], lambda d: d["group"].get("status") == 200)  # a number
        [first, *_] = [d for d in self.documents("windows") if d["window"] == "load-15m"]
        two = list(first["group"].items())[:2]
        self.check("windows", [word for name, value in two for word in ("--group", f"{name}={value}")],
                   lambda d: all(d["group"].get(k) == v for k, v in two))
        entity = self.documents("alerts")[0]["entity"]
        for subject in ("alerts", "entities"):
            self.check(subject, ["--entity", entity], lambda d: d["entity"] == entity)
        labelled = self.documents("labels")[3]["entity"]
        self.check("labels", ["--entity", labelled], lambda d: d["entity"] == labelled)
        sender = self.documents("events")[5]["key"]
        self.check("events", ["--entity", sender], lambda d: d["key"] == sender)
        self.assertEqual(self.documents("windows", "--pipeline", "no-such"), [])
        self.assertIn("no-such", self.ask("windows", "--pipeline", "no-such", "--format", "json")[1])

    def test_from_is_included_and_to_is_not(self):
        for subject, field in TIME.items():
            times = sorted({document[field] for document in self.documents(subject)})
            first, last = times[len(times) // 3], times[2 * len(times) // 3]
            self.check(subject, ["--from", first], lambda d: d[field] >= first)
            self.check(subject, ["--to", last], lambda d: d[field] < last)
            self.check(subject, ["--from", first, "--to", last], lambda d: first <= d[field] < last)
            self.assertEqual(self.documents(subject, "--from", "now"), [])

    def test_where_is_held_against_the_merged_documents(self):
        for subject, definition, wanted in (
                ("windows", {"events": {"$gt": 100}}, lambda d: d["events"] > 100),
                ("windows", {"temperature.mean": {"$lt": -2}}, lambda d: (at(d, "temperature.mean") or 0) < -2),
                ("windows", {"$or": [{"window": "flow-5m"}, {"events": {"$lte": 2}}]}, lambda d: d["window"] == "flow-5m" or d["events"] <= 2),
                ("windows", {"final": False}, lambda d: not d["final"]),
                ("windows", {"group.district": {"$exists": True}}, lambda d: "district" in d["group"]),
                ("windows", {"group.status": {"$in": [200, 404]}}, lambda d: d["group"].get("status") in (200, 404)),
                ("alerts", {"severity": "warning"}, lambda d: d["severity"] == "warning"),
                ("alerts", {"reason": {"$regex": "^[0-9]+ tickets"}}, lambda d: re.match("[0-9]+ tickets", d["reason"])),
                ("alerts", {"source.partition": {"$ne": 0}}, lambda d: d["source"]["partition"] != 0),
                ("entities", {"message.amount": {"$gte": 50}}, lambda d: (at(d, "message.amount") or 0) >= 50),
                ("labels", {"end": None}, lambda d: d["end"] is None),
                ("labels", {"cause": {"$not": {"$regex": "^trouble"}}}, lambda d: not d["cause"].startswith("trouble")),
                ("events", {"message.type": "card", "message.amount": {"$lt": 20}},
                 lambda d: at(d, "message.type") == "card" and at(d, "message.amount") < 20)):
            self.check(subject, ["--where", json.dumps(definition)], wanted)
        self.assertEqual(len(self.documents("runs", "--where", '{"lost": 0}')), 1)
        self.assertEqual(self.documents("runs", "--where", '{"lost": 1}'), [])
        self.ask("windows", "--where", "{", expect=2)
        self.ask("windows", "--where", '{"events": {"$near": 1}}', expect=2)

    def test_sort_in_both_directions(self):
        for subject, field in (("windows", "events"), ("windows", "end"), ("windows", "window"), ("alerts", "entity"), ("alerts", "score"),
                               ("alerts", "source.offset"), ("entities", "entity"), ("labels", "cause"), ("labels", "end"),
                               ("events", "offset"), ("events", "message.amount")):
            rising = self.documents(subject, "--sort", field)
            falling = self.documents(subject, "--sort", f"-{field}")
            values = [at(document, field) for document in rising]
            self.assertEqual(values, sorted(values, key=lambda x: (x is not None, x)), (subject, field))
            self.assertEqual([at(document, field) for document in falling], values[::-1], (subject, field))
            self.assertCountEqual(map(json.dumps, rising), map(json.dumps, self.documents(subject)))
        self.assertIn("no-such", self.ask("windows", "--sort", "no-such", expect=2)[1])

    def test_pages_follow_each_other_without_gap_or_double(self):
        for subject, arguments in (("windows", ["--pipeline", "web-traffic"]), ("windows", ["--sort", "-events", "--window", "climate-1m"]),
                                   ("alerts", ["--sort", "-score"]), ("entities", ["--where", '{"topic": "bank.transactions"}']),
                                   ("labels", []), ("events", ["--sort", "message.amount"])):
            every = self.documents(subject, *arguments)
            self.assertGreater(len(every), 20)
            size = str(len(every) // 3)
            pages, cursor = [], []
            while True:
                out, log = self.ask(subject, *arguments, "--limit", size, *cursor, "--format", "ndjson")
                page = [json.loads(line) for line in out.splitlines()]
                self.assertLessEqual(len(page), int(size))
                pages += page
                more = re.search(r"--cursor (\S+)", log)
                if more is None:
                    break
                cursor = ["--cursor", more.group(1)]
            self.assertEqual(pages, every, (subject, arguments))
        self.assertEqual(len(self.ask("windows", "--format", "ndjson")[0].splitlines()), 100)  # where nothing is asked
        self.ask("alerts", "--cursor", "00", expect=2)

    def test_rollup_merges_windows_into_longer_ones(self):
        minutes = self.documents("windows", "--window", "climate-1m")
        fives = self.documents("windows", "--window", "climate-1m", "--rollup", "5m")
        wanted = defaultdict(list)
        for each in minutes:
            minute = int(each["start"][14:16])
            wanted[each["start"][:14] + f"{minute - minute % 5:02}:00.000Z", each["group"]["district"]].append(each)
        self.assertEqual([(d["start"], d["group"]["district"]) for d in sorted(fives, key=lambda d: (d["start"], d["group"]["district"]))],
                         sorted(wanted))
        for each in fives:
            parts = wanted[each["start"], each["group"]["district"]]
            self.assertEqual(each["events"], sum(part["events"] for part in parts))
            self.assertEqual(each["temperature"]["max"], max(part["temperature"]["max"] for part in parts))
            self.assertEqual(each["temperature"]["count"], sum(part["temperature"]["count"] for part in parts))
            mean = sum(part["temperature"]["mean"] * part["temperature"]["count"] for part in parts) / each["temperature"]["count"]
            self.assertAlmostEqual(each["temperature"]["mean"], mean, places=9)
            self.assertLessEqual(each["final"], all(part["final"] for part in parts))
        some = self.documents("windows", "--window", "climate-1m", "--rollup", "5m", "--group", "district=district-03",
                              "--where", '{"temperature.mean": {"$lt": 100}}', "--sort", "-temperature.max")
        self.assertCountEqual(map(json.dumps, some), map(json.dumps, (d for d in fives if d["group"]["district"] == "district-03")))
        self.ask("windows", "--window", "climate-1m", "--rollup", "90s", expect=2)
        self.ask("windows", "--window", "climate-5m", "--rollup", "10m", expect=2)  # hopping
        self.ask("alerts", "--rollup", "5m", expect=2)

    def test_options_that_do_not_go_with_a_subject_are_refused_alike(self):
        for arguments in (["alerts", "--window", "x"], ["labels", "--pipeline", "x"], ["entities", "--group", "a=b"],
                          ["windows", "--group", "district"], ["windows", "--from", "yesterday"], ["things"]):
            self.assertTrue(self.ask(*arguments, expect=2)[1], arguments)


if __name__ == "__main__":
    unittest.main()
