"""`throng export features`: one row an event, features as a page of Python computes them, labels as the truth has them; and a model of those rows
in a pipeline, whose alerts are those that the same rows give."""
import csv
import io
import json
import math
import unittest

from parquet_back import needs_arrow, read_parquet
from throng import InFolder, query, throng

WORLD = ["--duration", "2h", "--set", "populations.accounts.count=400", "--seed", "6", "--set", "trouble={}"]
PIPELINE = {
    "name": "cards", "source": "bank.transactions", "key": "account_id", "timestamp": "timestamp", "disorder": "0s",
    "derive": {"out": {"$in": ["$type", ["transfer_out", "cash"]]}, "odd": {"$concat": ["a \"b\", ", "$type"]}},
    "features": [{"name": "n_1h", "over": "1h", "count": True},
                 {"name": "to_habit", "over": "30d", "habit": {"of": "amount", "by": "type"}}],
    "windows": [{"name": "w", "tumbling": "1h", "group_by": [], "aggregate": {"amount": ["sum"]}}],
}


def seqs_of(text):
    for part in filter(None, (text or "").split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


class Export(InFolder):
    def setUp(self):
        super().setUp()
        throng("simulate", "bank", *WORLD, "--to", f"file:{self.path('out')}")
        with open(self.path("out/bank.transactions.ndjson")) as file:
            self.events = [json.loads(line) for line in file]

    def rows(self, *more, pipeline=PIPELINE):
        file = self.write("p.json", json.dumps(pipeline))
        out, said = throng("export", "features", file, "--from", f"file:{self.path('out')}", *more)
        return list(csv.DictReader(io.StringIO(out))), said

    def test_rows_are_the_events_with_features_and_labels(self):
        rows, said = self.rows("--fields", "amount,type,merchant_id")
        self.assertEqual(list(rows[0]), ["entity", "time", "amount", "type", "merchant_id", "out", "odd", "n_1h", "to_habit", "label", "cause"])
        self.assertIn(f"{len(self.events)} rows of {len(self.events)} messages", said)
        labels = {}
        with open(self.path("out/truth.labels.ndjson")) as file:
            for line in file:
                label = json.loads(line)
                labels[label["label_id"]] = label
        made_by = {(label["entity"], seq): label for label in labels.values() for seq in seqs_of(label["seqs"])}
        self.assertTrue(any(label["malicious"] for label in made_by.values()))
        past = {}
        for event, row in zip(self.events, rows, strict=True):
            self.assertEqual((row["entity"], row["time"], row["type"], float(row["amount"])),
                             (event["account_id"], event["timestamp"], event["type"], event["amount"]))
            self.assertEqual(row["merchant_id"], event["merchant_id"] or "")
            self.assertEqual(row["out"], "1" if event["type"] in ("transfer_out", "cash") else "0")
            self.assertEqual(row["odd"], 'a "b", ' + event["type"])
            mine = past.setdefault(event["account_id"], [])
            same = [other["amount"] for other in mine if other["type"] == event["type"]]
            mine.append(event)
            hour = event["timestamp"][:11] + f"{int(event['timestamp'][11:13]) - 1:02d}" + event["timestamp"][13:]
            self.assertEqual(int(row["n_1h"]), sum(other["timestamp"] > hour for other in mine))
            if same:
                self.assertAlmostEqual(float(row["to_habit"]), event["amount"] / (math.fsum(same) / len(same)), places=9)
            else:
                self.assertEqual(row["to_habit"], "")
            label = made_by.get((event["account_id"], event["seq"]))
            self.assertEqual((row["label"], row["cause"]), (str(int(label["malicious"])) if label else "0", label["cause"] if label else ""))

    def test_lines_of_json_and_parquet_have_the_same_rows_with_types(self):
        rows, _ = self.rows("--fields", "amount,type,merchant_id")
        file = self.path("p.json")
        into = ["export", "features", file, "--from", f"file:{self.path('out')}", "--fields", "amount,type,merchant_id"]
        lines = [json.loads(line) for line in throng(*into, "--format", "ndjson")[0].splitlines()]

        def cell(value):
            return "" if value is None else str(int(value)) if isinstance(value, bool) else value if isinstance(value, str) else json.dumps(value)

        for line, row in zip(lines, rows, strict=True):
            self.assertEqual(list(line), list(row))
            self.assertEqual({name: float(x) if x and name in ("amount", "to_habit") else x for name, x in row.items()},
                             {name: float(x) if x and name in ("amount", "to_habit") else cell(x) for name, x in line.items()})
        self.check_parquet(into, lines)
        _, said = throng(*into[:-1], "time", expect=2)
        self.assertIn("two columns would be called time", said)

    @needs_arrow
    def check_parquet(self, into, lines):
        throng(*into, "--format", "parquet", "--to", self.path("rows"))
        read = read_parquet(self.path("rows/cards.features.parquet"))
        self.assertEqual(read["rows"], lines)
        self.assertEqual(read["types"], {"entity": "string", "time": "timestamp", "amount": "double", "type": "string", "merchant_id": "string", "out": "bool",
                                         "odd": "string", "n_1h": "int64", "to_habit": "double", "label": "int64", "cause": "string"})

    def test_a_file_appears_whole_and_is_not_written_over(self):
        rows, _ = self.rows()
        self.rows("--to", self.path("rows"))
        with open(self.path("rows/cards.features.csv"), newline="") as file:
            self.assertEqual(list(csv.DictReader(file)), rows)
        file = self.path("p.json")
        out = ["export", "features", file, "--from", f"file:{self.path('out')}", "--to", self.path("rows")]
        _, said = throng(*out, expect=2)
        self.assertIn("cards.features.csv is there already: give --force to replace it", said)
        throng(*out, "--force")
        _, said = throng("export", "features", file, "--from", "kafka", expect=2)
        self.assertIn("--from kafka: must be file:DIR", said)

    def test_a_rekeyed_pipeline_has_rows_too(self):
        rows, _ = self.rows(pipeline={**PIPELINE, "rekey": "type", "features": [{"name": "n_1h", "over": "1h", "count": True}]})
        self.assertEqual(len(rows), len(self.events))
        self.assertEqual({row["entity"] for row in rows}, {event["type"] for event in self.events})
        self.assertIn("1", {row["label"] for row in rows})

    def test_tables_and_joined_topics_are_read_as_an_analysis_reads_them(self):
        first = self.events[0]
        self.write("out/customers.ndjson", json.dumps({"account_id": first["account_id"], "tier": 3}) + "\n")
        table = {"topic": "customers", "on": "account_id", "add": ["tier"]}
        rows, _ = self.rows(pipeline={**PIPELINE, "enrich": [table]})
        self.assertEqual([row["tier"] for row in rows], ["3" if event["account_id"] == first["account_id"] else "" for event in self.events])
        self.write("out/calls.ndjson", json.dumps({"account_id": first["account_id"], "timestamp": first["timestamp"], "agent": 7}) + "\n")
        join = {"with": "calls", "on": "account_id", "within": "1ms", "add": ["agent"]}
        rows, _ = self.rows("--fields", "agent", pipeline={**PIPELINE, "join": join})
        self.assertEqual([(row["entity"], row["time"], row["agent"]) for row in rows], [(first["account_id"], first["timestamp"], "7")])

    def test_a_model_alerts_where_the_exported_rows_say_so(self):
        # By hand: a tree of two levels over a number and a truth, another that asks for what is often missing.
        trees = [{"left_children": [1, -1, 3, -1, -1], "right_children": [2, -1, 4, -1, -1], "split_indices": [0, 0, 1, 0, 0],
                  "split_conditions": [20, -1.5, 0.5, -0.25, 1.25], "default_left": [1, 0, 1, 0, 0], "sum_hessian": [9, 5, 4, 2, 2]},
                 {"left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [2, 0, 0],
                  "split_conditions": [1.0, -0.5, 0.75], "default_left": [1, 0, 0], "sum_hessian": [9, 6, 3]}]
        self.write("model.json", json.dumps({"learner": {
            "feature_names": ["amount", "out", "to_habit"], "gradient_booster": {"name": "gbtree", "model": {"trees": trees}},
            "learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": "3"}, "objective": {"name": "binary:logistic"}}}))
        model = {"name": "learnt", "detector": "model", "file": "model.json", "threshold": 0.8}
        rows, _ = self.rows("--fields", "amount", pipeline={**PIPELINE, "detect": [model]})
        expected = {}
        for event, row in zip(self.events, rows, strict=True):
            margin = -1.5 if float(row["amount"]) < 20 else 1.25 if row["out"] == "1" else -0.25
            margin += 0.75 if row["to_habit"] and float(row["to_habit"]) >= 1.0 else -0.5
            if 1 / (1 + math.exp(-margin)) >= 0.8:
                expected[(event["account_id"], event["seq"])] = 1 / (1 + math.exp(-margin))
        self.assertGreater(len(expected), 5)
        throng("analyze", self.path("p.json"), "--from", f"file:{self.path('out')}", "--store", self.store)
        alerts = query("alerts", self.store, "--pipeline", "cards")
        self.assertEqual(len(alerts), len(expected))
        times = {(event["account_id"], event["timestamp"]): event["seq"] for event in self.events}
        for alert in alerts:
            self.assertAlmostEqual(alert["score"], expected[(alert["entity"], times[(alert["entity"], alert["time"])])], places=6)
            self.assertRegex(alert["reason"], r"^probability 0\.8\d+, threshold 0\.8; most by amount is .*, to_habit is ")
        self.write("p.json", json.dumps({**PIPELINE, "detect": [{**model, "file": "no.json"}]}))
        _, said = throng("pipeline", "check", self.path("p.json"), expect=2)
        self.assertRegex(said, r"detect\[0\]\.file: .*no\.json can't be read")
        self.write("p.json", json.dumps({**PIPELINE, "detect": [{**model, "file": "p.json"}]}))
        _, said = throng("pipeline", "check", self.path("p.json"), expect=2)
        self.assertRegex(said, r"detect\[0\]\.file: no model that XGBoost saved as JSON, or none that is taken: `learner` is missing")


if __name__ == "__main__":
    unittest.main()
