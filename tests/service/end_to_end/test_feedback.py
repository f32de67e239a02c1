"""People mark alarms wrong or right: the detector's threshold rises or stays, what changed is told, and the same after kills."""
import json
import random
import shutil

from throng import InFolder, query, signalled_at_write, throng

HALF = "2026-01-07T00:00:00.000Z"


def pipeline(rekey=None, **detect):
    return {**({"rekey": rekey} if rekey else {}), "name": "rooms", "source": "rooms", "key": "room", "timestamp": "at",
            "detect": [{"name": "odd", "detector": "hampel", "field": "t", "sensitivity": 0.7, **detect}]}


def readings():
    draw = random.Random(3)
    for minute in range(4 * 1440):
        for room in ("r0", "r1", "r2"):
            spike = draw.uniform(4, 12) if draw.random() < 0.01 else 0
            yield {"room": room, "at": f"2026-01-{5 + minute // 1440:02d}T{minute // 60 % 24:02d}:{minute % 60:02d}:00.000Z",
                   "t": round(20 + draw.gauss(0, 1) + spike, 3)}


class Feedback(InFolder):
    def setUp(self):
        super().setUp()
        self.all = list(readings())

    def options(self, store, name="p.json"):
        return ["analyze", self.path(name), "--from", f"file:{self.folder}", "--partitions", "2", "--store", store]

    def analysed(self, store, until="2027", *more, **detect):
        self.write("p.json", json.dumps(pipeline(**detect)))
        self.write("rooms.ndjson", "".join(json.dumps(each) + "\n" for each in self.all if each["at"] < until))
        throng(*self.options(store), *more)
        return self.alerts(store)

    def alerts(self, store):
        return sorted((each["entity"], each["time"], each["score"]) for each in query("alerts", store))

    def mark(self, store, verdict, chosen, by="ann"):
        throng("alerts", verdict, *(each["id"] for each in query("alerts", store) if chosen(each)), "--by", by, "--store", store)

    def test_an_entity_whose_alarms_are_wrong_rings_less(self):
        untaught = self.analysed(f"sqlite:{self.path('untaught.db')}")
        first = self.analysed(self.store, HALF)
        self.assertEqual(first, [each for each in untaught if each[1] < HALF])
        wrong = max(score for room, _, score in first if room == "r0")
        held = min(score for room, _, score in first if room == "r1")
        self.mark(self.store, "wrong", lambda each: each["entity"] == "r0")
        self.mark(self.store, "right", lambda each: each["entity"] == "r1" and each["score"] == held, "bob")
        self.mark(self.store, "wrong", lambda each: each["entity"] == "r1" and each["score"] > held)
        for name in ("killed", "again"):
            shutil.copy(self.path("throng.db"), self.path(name + ".db"))

        taught = self.analysed(self.store)
        self.assertEqual([each for each in taught if each[1] < HALF], first)
        self.assertEqual([each for each in taught if each[0] == "r0" and each[1] >= HALF and each[2] <= wrong], [])
        self.assertEqual([each for each in taught if each[0] == "r2"], [each for each in untaught if each[0] == "r2"])
        self.assertLess(len(taught) + 3, len(untaught))

        changes = query("thresholds", self.store)
        self.assertEqual({(each["entity"], each["by"]) for each in changes}, {("r0", "ann"), ("r1", "ann")})
        self.assertIsNone(changes[0]["from"])
        last = {each["entity"]: each["to"] for each in changes}
        self.assertAlmostEqual(last["r0"], wrong + 0.001, 12)
        self.assertEqual(last["r1"], held)

        killed = f"sqlite:{self.path('killed.db')}"
        for write in (20, 30, 40):
            signalled_at_write([*self.options(killed), "--checkpoint-every", "10ms"], write)
        throng(*self.options(killed))
        self.assertEqual(self.alerts(killed), taught)
        # From the begin: what was marked wrong rings again, as nothing had been said of what lies before it.
        again = f"sqlite:{self.path('again.db')}"
        repeated = self.analysed(again, "2027", "--reset")
        self.assertEqual([each for each in repeated if each[0] == "r2"], [each for each in untaught if each[0] == "r2"])
        self.assertEqual(repeated[0], untaught[0])
        self.assertLess(len(repeated), len(untaught))

    def test_a_pipeline_may_teach_all_entities_alike_or_none(self):
        untaught = self.analysed(f"sqlite:{self.path('untaught.db')}")
        for feedback in ("detector", "off"):
            store = f"sqlite:{self.path(feedback + '.db')}"
            first = self.analysed(store, HALF, feedback=feedback)
            wrong = sorted(score for room, _, score in first if room == "r0")[1]
            self.mark(store, "wrong", lambda each: each["entity"] == "r0" and each["score"] == wrong)
            taught = self.analysed(store, feedback=feedback)
            if feedback == "off":
                self.assertEqual(taught, untaught)
                self.assertEqual(query("thresholds", store), [])
            else:
                self.assertEqual([each for each in taught if each[1] < HALF], first)
                self.assertEqual([each for each in taught if each[1] >= HALF and each[2] <= wrong], [])
                self.assertTrue(any(each[1] >= HALF for each in taught))
                self.assertLess(len(taught), len(untaught))
                [change] = query("thresholds", store)
                self.assertIsNone(change["entity"])

    def test_behind_rekey_too(self):
        for each in self.all:
            each["floor"] = each["room"]
            each["room"] += each["at"][15]
        untaught = self.analysed(f"sqlite:{self.path('untaught.db')}", rekey="floor")
        first = self.analysed(self.store, HALF, rekey="floor")
        self.mark(self.store, "wrong", lambda each: each["entity"] == "r0")
        wrong = max(score for floor, _, score in first if floor == "r0")
        taught = self.analysed(self.store, rekey="floor")
        self.assertEqual([each for each in taught if each[0] == "r0" and each[1] >= HALF and each[2] <= wrong], [])
        self.assertEqual([each for each in taught if each[0] != "r0"], [each for each in untaught if each[0] != "r0"])
        self.assertLess(len(taught) + 3, len(untaught))

    def test_it_is_said_what_can_not_be(self):
        _, said = throng("pipeline", "check", self.write("p.json", json.dumps(pipeline(feedback="always", feedback_most=1))), expect=2)
        self.assertIn("detect[0].feedback", said)
        self.assertIn("entity, detector, off", said)
        self.assertIn("detect[0].feedback_most", said)


if __name__ == "__main__":
    import unittest
    unittest.main()
