"""`rekey`: windows, sessions, features, rules and detectors by a field that is not the topic's key, held against a recomputation, over crashes."""
import json
import os
import random
import unittest
from collections import defaultdict

import recompute
from comparing import ComparesWindows
from throng import InFolder, killed_again_and_again, query, throng

BEGIN = 1_767_225_600_000  # 2026-01-01T00:00:00Z
PIPELINE = {
    "name": "by-payee", "source": "payments", "key": "payer", "timestamp": "at", "timestamp_unit": "ms", "disorder": "5s",
    "where": {"amount": {"$gt": 0}}, "derive": {"twice": {"$multiply": ["$amount", 2]}}, "rekey": "payee",
    "features": [{"name": "payers_10m", "over": "10m", "distinct": "payer"}, {"name": "in_10m", "over": "10m", "sum": "twice"}],
    "windows": [
        {"name": "minute", "tumbling": "1m", "lateness": "10s", "group_by": ["payee"],
         "aggregate": {"twice": ["count", "mean", "min", "max", "stddev", "p99", "first", "last"], "payer": ["distinct"]}},
        {"name": "sliding", "hopping": {"size": "5m", "every": "2m"}, "lateness": "30s",
         "aggregate": {"amount": ["count", "sum"], "payee": ["distinct", "top_10"]}},
        {"name": "visits", "session": {"gap": "20s"}, "lateness": "30s", "group_by": ["payee"], "aggregate": {"amount": ["count", "sum"]}},
        {"name": "day", "calendar": "1d", "zone": "America/New_York", "group_by": ["payee"], "aggregate": {"amount": ["sum"]}},
    ],
    "detect": [{"name": "shift", "detector": "shift", "field": "amount"}],
    "rules": [{"name": "fan-in", "when": {"payers_10m": {"$gte": 9}}, "cooldown": "5m"}],
}


def payments(count, step_ms, seed=11):
    draw = random.Random(seed)
    for i in range(count):
        at = BEGIN + 5 * 3_600_000 - 600_000 + i * step_ms  # over midnight in New York
        at -= draw.randrange(120_000) if draw.random() < 0.03 else draw.randrange(4_000)
        payee = f"p{int(draw.paretovariate(0.8)) % 60}"
        amount = round(draw.gauss(10 if i < count / 2 or payee != "p1" else 30, 3), 2)
        if i % 997 == 5:
            yield {"payer": "a1", "at": at, "amount": amount}  # nobody to be re-keyed to
        elif i % 991 == 7:
            yield {"payer": "a1", "at": at, "payee": ["p1"], "amount": amount}
        else:
            yield {"payer": f"a{draw.randrange(25)}", "at": at, "payee": payee, "amount": amount}


def fed_in_order(lines, partitions):
    """The documents that features and detectors see, as one stream: on time by their own partition's watermark."""
    fed = []
    for partition, messages in enumerate(recompute.split(lines, "payer", partitions)):
        newest = None
        for offset, line in messages:
            document = json.loads(line)
            on_time = newest is None or document["at"] >= newest - 5_000
            newest = document["at"] if newest is None else max(newest, document["at"])
            if on_time and document["amount"] > 0 and isinstance(document.get("payee"), str):
                fed.append((document["at"], partition, offset, document))
    return sorted(fed, key=lambda x: x[:3])


def fan_in_alerts(fed):
    """(entity, time, source partition, offset) of the rule, by its definition."""
    past, quiet_until, alerts = defaultdict(list), {}, set()
    for at, partition, offset, document in fed:
        payee = document["payee"]
        past[payee].append((at, document["payer"]))
        payers = {payer for t, payer in past[payee] if at - 600_000 < t <= at}
        if len(payers) >= 9 and at >= quiet_until.get(payee, 0):
            quiet_until[payee] = at + 300_000
            alerts.add((payee, recompute.iso(at), partition, offset))
    return alerts


class Rekey(InFolder, ComparesWindows):
    def lay_out(self, count, step_ms):
        self.write("p.json", json.dumps(PIPELINE))
        self.lines = [json.dumps(each) for each in payments(count, step_ms)]
        self.write("payments.ndjson", "\n".join(self.lines) + "\n")

    def arguments(self, store, *more, partitions=3):
        return ["analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", partitions, "--store", store,
                "--report", self.path("report.json"), *more]

    def test_every_kind_of_result_is_what_the_recomputation_says(self):
        self.lay_out(12_000, 100)
        for partitions in (1, 4):
            store = f"sqlite:{self.path(f'{partitions}.db')}"
            throng(*self.arguments(store, partitions=partitions))
            expected, counts = recompute.recompute(PIPELINE, self.lines, partitions)
            self.compare(PIPELINE, expected, query("windows", store))
            report = self.report()
            for figure in ("consumed", "late", "dead_letters"):
                self.assertEqual(report[figure], counts[figure], figure)
            self.assertGreater(counts["late"] + counts["late_by_window"], 0)
            fed = fed_in_order(self.lines, partitions)
            alerts = query("alerts", store)
            found = {(a["entity"], a["time"], a["source"]["partition"], a["source"]["offset"]) for a in alerts if a["detector"] == "fan-in"}
            self.assertGreater(len(found), 10)
            self.assertEqual(found, fan_in_alerts(fed))
            # The detector sees the stream that it would see if it had been written in order under the new key.
            folder = self.path(f"ordered-{partitions}")
            os.mkdir(folder)
            with open(os.path.join(folder, "payments.ndjson"), "w") as file:
                file.writelines(json.dumps(document) + "\n" for *_, document in fed)
            ordered = {**PIPELINE, "key": "payee", "disorder": "0s", "windows": [], "rules": [], "features": []}
            del ordered["rekey"]
            self.write("ordered.json", json.dumps(ordered))
            throng("analyze", self.path("ordered.json"), "--from", f"file:{folder}", "--partitions", "1", "--store", f"{store}.ordered")
            told = lambda documents: sorted((a["entity"], a["time"], a["score"], a["reason"]) for a in documents if a["detector"] == "shift")
            self.assertEqual(told(alerts), told(query("alerts", f"{store}.ordered")))
            self.assertGreater(len(told(alerts)), 0)

    def test_killed_again_and_again_it_ends_as_if_nothing_had_been(self):
        self.lay_out(60_000, 60)
        whole, killed = f"sqlite:{self.path('whole.db')}", f"sqlite:{self.path('killed.db')}"
        everything = lambda store: [query("windows", store), query("alerts", store)]
        throng(*self.arguments(whole))
        killed_again_and_again(self.arguments(killed, "--checkpoint-every", "50ms"))
        throng(*self.arguments(killed))
        self.assertEqual(everything(killed), everything(whole))
        expected, _ = recompute.recompute(PIPELINE, self.lines, 3)
        self.compare(PIPELINE, expected, query("windows", killed))
        throng(*self.arguments(killed))
        self.assertEqual(self.report()["consumed"], 0)
        self.assertEqual(everything(killed), everything(whole))

    def test_a_file_that_has_grown_is_gone_on_with(self):
        self.lay_out(4_000, 100)
        self.write("payments.ndjson", "\n".join(self.lines[:2_500]) + "\n")
        throng(*self.arguments(self.store))
        self.write("payments.ndjson", "\n".join(self.lines) + "\n")
        throng(*self.arguments(self.store))
        self.assertEqual((self.report()["consumed"], self.report()["resumed_messages"]), (1_500, 2_500))
        expected, _ = recompute.recompute(PIPELINE, self.lines, 3)
        self.compare(PIPELINE, expected, query("windows", self.store))

    def test_what_is_taken_in_at_the_end_is_counted(self):
        self.write("t.ndjson", "".join(json.dumps({"k": f"k{i}", "ts": BEGIN + i * 1_000, "v": 1, "p": "x"}) + "\n" for i in range(8)))
        self.write("p.json", json.dumps({"name": "p", "source": "t", "key": "k", "timestamp": "ts", "timestamp_unit": "ms", "rekey": "p",
                                         "rules": [{"name": "r", "when": {"v": {"$gte": 1}}}], "to": "out"}))
        throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", "4", "--store", self.store, "--output",
               self.path("out"), "--report", self.path("report.json"))
        self.assertEqual(len(query("alerts", self.store)), 8)
        report = self.report()
        self.assertEqual((report["alerts"], report["written"]), (8, 8))

    def test_a_pipe_gives_what_a_file_gives(self):
        self.lay_out(3_000, 100)
        piped = f"sqlite:{self.path('piped.db')}"
        throng(*self.arguments(self.store, partitions=2))
        throng("analyze", self.path("p.json"), "--from", "stdin", "--partitions", "2", "--store", piped, input="\n".join(self.lines))
        self.assertEqual(query("windows", piped), query("windows", self.store))
        self.assertEqual(query("alerts", piped), query("alerts", self.store))

    def test_a_run_gives_what_its_files_give(self):
        world = ["bank", "--duration", "2h", "--seed", "3", "--set", "populations.accounts.count=800", "--set", 'pipelines=["payee-fan-in"]']
        throng("run", *world, "--store", self.store, "--report", self.path("report.json"))
        self.assertEqual(self.report()["lost"], 0)
        throng("simulate", *world, "--to", f"file:{self.folder}")
        files = f"sqlite:{self.path('files.db')}"
        throng("analyze", "payee-fan-in", "--from", f"file:{self.folder}", "--store", files)
        self.assertGreater(len(query("windows", files)), 100)
        self.assertEqual(query("windows", self.store), query("windows", files))
        self.assertEqual(query("alerts", self.store), query("alerts", files))

    def test_another_definition_is_refused_until_reset(self):
        self.lay_out(1_000, 100)
        throng(*self.arguments(self.store))
        self.write("p.json", json.dumps({**PIPELINE, "rekey": "payer_too", "derive": {"payer_too": "$payer", "twice": "$amount"}, "windows": []}))
        _, message = throng(*self.arguments(self.store), expect=2)
        self.assertIn("--reset", message)
        throng(*self.arguments(self.store, "--reset"))
        self.assertEqual(self.report()["consumed"], 1_000)


if __name__ == "__main__":
    unittest.main()
