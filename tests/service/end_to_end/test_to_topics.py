"""`to`: events and final windows that go on to other topics, held against a recomputation, over kills and resumptions."""
import base64
import json
import os
import random
import unittest

import recompute
from comparing import ComparesWindows
from throng import InFolder, killed_again_and_again, query, throng

BEGIN = 1_767_225_600_000  # 2026-01-01T00:00:00Z
PIPELINE = {
    "name": "big", "source": "orders", "key": "shop", "timestamp": "at", "timestamp_unit": "ms", "disorder": "5s",
    "where": {"amount": {"$gt": 5}}, "derive": {"vat": {"$multiply": ["$amount", 0.2]}},
    "to": "orders.big", "project": {"shop": 1, "vat": 1, "gross": {"$add": ["$amount", "$vat"]}, "town": "$place.town", "note": 1, "at": 1},
    "windows": [{"name": "minute", "tumbling": "1m", "lateness": "10s", "group_by": ["shop"], "to": "orders.minutes",
                 "aggregate": {"amount": ["count", "sum"]}}],
}
SECOND = {"name": "second", "source": "orders.big", "key": "shop", "disorder": "5s",
          "windows": [{"name": "all", "tumbling": "5m", "group_by": ["shop"], "aggregate": {"gross": ["count", "sum", "max"]}}]}


def orders(count, step_ms=100, seed=5):
    draw = random.Random(seed)
    for i in range(count):
        at = BEGIN + i * step_ms - (draw.randrange(90_000) if draw.random() < 0.03 else draw.randrange(4_000))
        made = {"shop": f"s{draw.randrange(20)}", "at": max(at, BEGIN), "amount": round(draw.gauss(8, 4), 2), "payee": f"p{draw.randrange(7)}"}
        if i % 7:
            made["place"] = {"town": draw.choice(["Graz", "Linz"])}
        if i % 5 == 0:
            made["note"] = draw.choice([None, "é", [1, {"a": True}]])
        yield json.dumps(made) if i % 499 else '{"shop": "s1", "at"'


def sent(file):
    """The records of a topic's file: headers as a dictionary, value and key as they were."""
    with open(file) as lines:
        for line in lines:
            record = json.loads(line)
            text = lambda of: base64.b64decode(of).decode()
            yield {**record, "key": text(record["key"]), "value": json.loads(text(record["value"])),
                   "headers": {name: text(value) for name, value in record["headers"]}}


class ToTopics(InFolder, ComparesWindows):
    def lay_out(self, count, pipeline=PIPELINE):
        self.pipeline = pipeline
        self.write("p.json", json.dumps(pipeline))
        self.lines = list(orders(count))
        self.write("orders.ndjson", "\n".join(self.lines) + "\n")

    def arguments(self, store, *more, output="out", pipeline="p.json", folder=None):
        return ["analyze", self.path(pipeline), "--from", f"file:{folder or self.folder}", "--partitions", "3", "--store", store,
                "--output", self.path(output), "--report", self.path("report.json"), *more]

    def events(self, output="out", topic="orders.big"):
        """By source partition and offset, what stands in the file; what stands there twice is the same."""
        found = {}
        for each in sent(self.path(f"{output}/{topic}.records.ndjson")):
            place = int(each["headers"]["source_partition"]), int(each["headers"]["source_offset"])
            what = each["key"], each["timestamp"], each["value"]
            self.assertEqual(found.setdefault(place, (each["headers"], what)), (each["headers"], what))
        return found

    def windows_sent(self, output="out"):
        """By id; what stands there twice is the same."""
        found = {}
        for each in sent(self.path(f"{output}/orders.minutes.records.ndjson")):
            self.assertEqual(found.setdefault(each["headers"]["id"], each["value"]), each["value"])
            self.assertEqual(each["timestamp"], recompute.parse_time(each["value"]["end"], None))
            self.assertEqual(each["key"], each["value"]["group"]["shop"])
        return found

    def same_windows(self, sent_windows, stored):
        by_start = lambda documents: sorted(documents, key=lambda d: (d["start"], d["group"]["shop"]))
        self.assertEqual(by_start(sent_windows), by_start(d for d in stored if d["final"]))

    def test_events_and_final_windows_go_to_their_topics_as_recomputed(self):
        for pipeline in (PIPELINE, {k: v for k, v in PIPELINE.items() if k != "project"}):
            output = "whole" if "project" in pipeline else "plain"
            self.lay_out(6_000, pipeline)
            store = f"sqlite:{self.path(output)}.db"
            throng(*self.arguments(store, output=output))
            found, expected = self.events(output), recompute.onward(pipeline, self.lines, 3)
            self.assertEqual({place: what for place, (_, what) in found.items()}, expected)
            self.assertGreater(len(expected), 3_000)
            headers = found[next(iter(found))][0]
            self.assertEqual((headers["pipeline"], headers["source_topic"], len(headers["id"])), ("big", "orders", 32))
            self.assertEqual(len({headers["id"] for headers, _ in found.values()}), len(found))
            windows, _ = recompute.recompute(pipeline, self.lines, 3)
            self.compare(pipeline, windows, query("windows", store))
            self.same_windows(self.windows_sent(output).values(), query("windows", store))
            self.assertEqual(self.report()["written"], len(found) + len(self.windows_sent(output)))

    def test_what_was_written_is_the_source_of_another_pipeline(self):
        self.lay_out(6_000)
        throng(*self.arguments(self.store))
        self.write("second.json", json.dumps(SECOND))
        throng("analyze", self.path("second.json"), "--from", f"file:{self.path('out')}", "--store", self.store)
        lines = [json.dumps(value) for _, (_, _, value) in sorted(recompute.onward(PIPELINE, self.lines, 3).items())]
        # By a field what the program took from Kafka's timestamp; partitions and their order stay.
        expected, counts = recompute.recompute({**SECOND, "timestamp": "at", "timestamp_unit": "ms"}, lines, 3)
        self.assertGreater(counts["late"], 0)
        self.compare(SECOND, expected, query("windows", self.store, "--pipeline", "second"))

    def test_killed_again_and_again_nothing_is_missing_and_repeats_are_known_by_their_id(self):
        self.lay_out(60_000)
        killed, whole = f"sqlite:{self.path('killed.db')}", f"sqlite:{self.path('whole.db')}"
        throng(*self.arguments(whole, output="whole"))
        killed_again_and_again(self.arguments(killed, "--checkpoint-every", "50ms", output="killed"))
        throng(*self.arguments(killed, output="killed"))
        self.assertEqual(self.events("killed"), self.events("whole"))
        self.assertEqual(self.windows_sent("killed"), self.windows_sent("whole"))
        self.assertEqual({p: what for p, (_, what) in self.events("killed").items()}, recompute.onward(PIPELINE, self.lines, 3))
        offsets = {}
        for each in sent(self.path("killed/orders.big.records.ndjson")):
            self.assertEqual(each["offset"], offsets.get(each["partition"], 0))
            offsets[each["partition"]] = each["offset"] + 1
        self.assertEqual(query("windows", killed), query("windows", whole))

    def test_a_file_that_has_grown_adds_to_what_was_written(self):
        self.lay_out(4_000)
        self.write("orders.ndjson", "\n".join(self.lines[:2_500]) + "\n")
        throng(*self.arguments(self.store))
        before = self.events()
        self.write("orders.ndjson", "\n".join(self.lines) + "\n")
        throng(*self.arguments(self.store))
        self.assertGreater(len(self.events()), len(before))
        self.assertEqual({p: what for p, (_, what) in self.events().items()}, recompute.onward(PIPELINE, self.lines, 3))
        self.assertEqual(len(list(sent(self.path("out/orders.big.records.ndjson")))), len(self.events()), "something stands there twice")

    def test_behind_rekey_events_go_on_under_the_new_key(self):
        pipeline = {**PIPELINE, "rekey": "payee", "windows": [], "project": {**PIPELINE["project"], "payee": 1}}
        self.lay_out(4_000, pipeline)
        throng(*self.arguments(self.store))
        found, expected = self.events(), recompute.onward(pipeline, self.lines, 3)
        self.assertEqual({place: what for place, (_, what) in found.items()}, expected)
        self.assertEqual({key for _, (key, _, _) in found.values()}, {f"p{i}" for i in range(7)})

    def test_a_pipe_writes_what_a_file_writes(self):
        self.lay_out(3_000)
        throng(*self.arguments(self.store))
        throng("analyze", self.path("p.json"), "--from", "stdin", "--partitions", "3", "--store", f"sqlite:{self.path('piped.db')}",
               "--output", self.path("piped"), input="\n".join(self.lines))
        self.assertEqual(self.events("piped"), self.events())
        self.assertEqual(self.windows_sent("piped"), self.windows_sent())

    def test_a_run_writes_what_its_files_would(self):
        pipeline = {"name": "large", "source": "bank.transactions", "key": "account_id", "timestamp": "timestamp",
                    "where": {"amount": {"$gt": 100}}, "to": "bank.large", "project": {"account_id": 1, "amount": 1}}
        self.write("large.json", json.dumps(pipeline))
        world = ["bank", "--duration", "1h", "--seed", "3", "--set", "populations.accounts.count=400", "--set", f'pipelines=["{self.path("large.json")}"]']
        throng("run", *world, "--store", self.store, "--report", self.path("report.json"))
        throng("simulate", *world, "--to", f"file:{self.folder}")
        with open(self.path("bank.transactions.ndjson")) as file:
            expected = recompute.onward(pipeline, file.read().splitlines(), 4)
        self.assertGreater(len(expected), 20)
        self.assertEqual(self.report()["written"], len(expected))
        self.write("large.json", json.dumps({**pipeline, "to": "web.clicks"}))
        throng("run", *world, "--store", self.store)  # nobody writes it in this world
        self.write("large.json", json.dumps({**pipeline, "to": "bank.transactions"}))
        _, message = throng("run", *world, "--store", self.store, expect=2)
        self.assertIn("what it wrote would come back to it", message)

    def test_what_can_not_be_is_refused_before_anything_starts(self):
        self.lay_out(50)

        def refused(change, *expected, arguments=None):
            self.write("p.json", json.dumps(change if isinstance(change, list) else {**PIPELINE, **change}))
            _, message = throng(*(arguments or self.arguments(self.store)), expect=2)
            for text in expected:
                self.assertIn(text, message)

        without = ["analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--store", self.store]
        refused({}, "orders.big", "--output DIR", arguments=without)
        refused({"to": "analytics.alerts"}, "p.json:1:", "to: \"analytics.alerts\"", "writes itself")
        refused({"to": "truth.labels"}, "writes itself")
        refused({"to": "orders"}, "to:", "would come back")
        refused({"to": "no topic"}, "to:", "letters, digits")
        refused({"project": {"a.b": 1}}, "project.a.b", "$place.city")
        refused({"project": {"amount": 0}}, "project.amount", "$literal")
        refused({"project": {"x": {"$nope": 1}}}, "p.json:1:", "project.x.$nope")
        refused({"project": {}}, "project")
        refused([{**PIPELINE, "windows": [{**PIPELINE["windows"][0], "group_by": ["payee"]}]}], "[0].windows[0].to", "shop")
        refused([{k: v for k, v in PIPELINE.items() if k != "to"}], "project", "belongs to a pipeline with `to`")
        back = {"name": "back", "source": "orders.big", "key": "shop", "to": "orders"}
        refused([PIPELINE, back], "[0].to", "[1].to", "round for ever")
        self.write("back.json", json.dumps(back))
        refused({}, "p.json:1:", "back.json:1:", "round for ever",
                arguments=["analyze", self.path("p.json"), self.path("back.json"), *self.arguments(self.store)[2:]])
        refused([PIPELINE, {**back, "to": "further"}], "one after the other")
        self.assertFalse(os.path.exists(self.path("throng.db")), "something was started")
        self.write("p.json", json.dumps(PIPELINE))
        throng(*self.arguments(self.store))
        refused({}, "orders.big.records.ndjson is there already", arguments=self.arguments(f"sqlite:{self.path('other.db')}"))
        throng(*self.arguments(self.store, "--reset"))
        self.assertEqual({p: what for p, (_, what) in self.events().items()}, recompute.onward(PIPELINE, self.lines, 3))


if __name__ == "__main__":
    unittest.main()
