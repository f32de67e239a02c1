"""bank-learner over a bank whose frauds become known by labels: what it finds, from when on, and on what that depends."""
import json
import os
import random
import unittest

from throng import InFolder, query, throng


def minutes(text):
    return int(text[8:10]) * 1440 + int(text[11:13]) * 60 + int(text[14:16])


class Learner(InFolder):
    def setUp(self):
        super().setUp()
        world = {"name": "learning", "seed": 4, "start": "2026-01-05T09:00:00Z", "duration": "4d", "speed": "max",
                 "populations": {"accounts": {"kind": "account", "count": 2000}},
                 "incidents": [{"kind": "bank.card_testing", "population": "accounts", "rate": "3/h", "subtlety": 0.2},
                               {"kind": "bank.account_takeover", "population": "accounts", "rate": "3/h", "subtlety": 0.2},
                               {"kind": "bank.club_collection", "population": "accounts", "rate": "1/h", "subtlety": 0}]}
        throng("simulate", self.write("world.json", json.dumps(world)), "--to", f"file:{self.path('out')}")

    def analysed(self, name, *more, folder="out"):
        store = f"sqlite:{self.path(name + '.db')}"
        throng("analyze", "bank-learner", "--from", f"file:{self.path(folder)}", "--partitions", "1", "--store", store, *more)
        return store

    def test_it_finds_what_labels_of_the_days_before_have_taught(self):
        store = self.analysed("all", "--record", "truth.labels")
        alerts = query("alerts", store)
        labels = [each for each in query("labels", store) if each["malicious"]]
        # Nothing was known in the first day, and little in the hours after.
        begin = minutes("2026-01-05T09:00")
        self.assertGreater(min(minutes(each["time"]) for each in alerts), begin + 1440)
        late = [each for each in labels if minutes(each["start"]) >= begin + 2 * 1440]
        self.assertGreater(len(late), 150)
        found = [each for each in late if any(alert["entity"] == each["entity"] and each["start"] <= alert["time"] and
                                              (each["end"] is None or alert["time"] <= each["end"]) for alert in alerts)]
        self.assertGreater(len(found), 0.55 * len(late))
        score = json.loads(throng("score", "--store", store, "--report", "-")[0])
        self.assertGreater(score["all"]["precision"], 0.9)
        for alert in alerts:
            self.assertRegex(alert["reason"], r"^looks as bad as one good event in \S+, learnt from \d+ bad and \d+ good; most by ")
            self.assertGreaterEqual(alert["evidence"]["learnt"]["bad"], 20)
            shares = alert["evidence"]["log_odds"]
            self.assertEqual(set(shares), set(alert["evidence"]["values"]))
            told = alert["reason"].split("; most by ")[1].split(" is ")[0]
            self.assertEqual(told, max(shares, key=lambda name: abs(shares[name])))

    def test_a_label_that_comes_later_changes_nothing_before(self):
        whole = query("alerts", self.analysed("all"))
        known = "2026-01-07T21:00:00.000Z"
        os.mkdir(self.path("part"))
        os.symlink(self.path("out/bank.transactions.ndjson"), self.path("part/bank.transactions.ndjson"))
        with open(self.path("out/truth.labels.ndjson")) as file:
            self.write("part/truth.labels.ndjson", "".join(line for line in file if json.loads(line)["timestamp"] <= known))
        part = query("alerts", self.analysed("part", folder="part"))

        def before(alerts):
            return sorted((a["entity"], a["time"], a["score"], a["reason"]) for a in alerts if a["time"] <= known)
        self.assertGreater(len(before(whole)), 20)
        self.assertEqual(before(whole), before(part))
        self.assertNotEqual(len(whole), len(part))


class Verdicts(InFolder):
    """A rule rings for large payments; people say which were fraud; the learner sees that it is those to a new payee."""

    PIPELINE = {
        "name": "payments", "source": "payments", "key": "payer", "timestamp": "at",
        "enrich": [{"verdicts": True, "on": "payer", "add": ["time", "right"]}],
        "rules": [{"name": "large", "when": {"amount": {"$gte": 900}}}],
        "detect": [{"name": "learnt", "detector": "learner", "fields": ["amount", "payee"], "labels": "verdicts", "begin": "time", "end": "time",
                    "bad": "right", "wait": "20h", "least": 10}]}

    def payments(self):
        draw = random.Random(5)
        for i in range(4000):
            fraud = draw.random() < 0.03
            yield {"payer": f"p{draw.randrange(2000)}", "at": f"2026-01-{5 + i // 1440:02d}T{i // 60 % 24:02d}:{i % 60:02d}:00.000Z",
                   "amount": draw.randrange(900, 2000) if fraud or draw.random() < 0.05 else draw.randrange(10, 800),
                   "payee": "new" if fraud else draw.choice(["shop", "rent", "friend"])}

    def analysed(self, events):
        self.write("in/payments.ndjson", "".join(json.dumps(each) + "\n" for each in events))
        throng("analyze", self.write("p.json", json.dumps(self.PIPELINE)), "--from", f"file:{self.path('in')}", "--partitions", "1",
               "--store", self.store)
        return query("alerts", self.store)

    def test_what_people_say_of_alerts_teaches(self):
        os.mkdir(self.path("in"))
        events = list(self.payments())
        at = {(each["payer"], each["at"]): each for each in events}
        # As long as the first 64 KiB that tell one file from another, and within the wait.
        first = 1000
        alerts = self.analysed(events[:first])
        self.assertEqual({each["detector"] for each in alerts}, {"large"})
        fraud = [each for each in alerts if at[(each["entity"], each["time"])]["payee"] == "new"]
        self.assertGreater(len(fraud), 15)
        throng("alerts", "right", *(each["id"] for each in fraud), "--store", self.store)
        throng("alerts", "wrong", *(each["id"] for each in alerts if each not in fraud), "--store", self.store)

        learnt = [each for each in self.analysed(events) if each["detector"] == "learnt"]
        told = [at[(each["entity"], each["time"])] for each in learnt]
        # Not all: those of later days, of which nobody has said anything, it takes for good.
        self.assertGreater(len(told), 12)
        self.assertGreater(sum(each["payee"] == "new" for each in told), 0.9 * len(told))
        for each in learnt:
            self.assertLessEqual(each["evidence"]["learnt"]["bad"], len(fraud))
        self.assertEqual(max(each["evidence"]["learnt"]["bad"] for each in learnt), len(fraud))
        again = {**self.PIPELINE, "enrich": [{"verdicts": True, "on": "payee", "add": ["time", "who"]}]}
        _, said = throng("pipeline", "check", self.write("p.json", json.dumps(again)), expect=2)
        self.assertIn("alerts, and so verdicts, are of that", said)
        self.assertIn("verdicts have: entity, time, verdict, right", said)


if __name__ == "__main__":
    unittest.main()
