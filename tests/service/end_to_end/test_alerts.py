"""What people do to alerts: acknowledged, resolved, reopened, marked right or wrong, asked for by what they are, and kept when the same alerts are raised again."""
import json
import math

from throng import InFolder, query, throng

PIPELINE = {"name": "heat", "source": "rooms", "key": "room", "timestamp": "at",
            "rules": [{"name": "hot", "when": {"t": {"$gt": 30}}, "severity": "critical"}]}


class AlertsTest(InFolder):
    def setUp(self):
        super().setUp()
        self.write("p.json", json.dumps(PIPELINE))
        self.write("rooms.ndjson", "".join(
            json.dumps({"room": f"r{i}", "at": f"2026-01-05T06:00:0{i}Z", "t": 25 + 3 * i}) + "\n" for i in range(6)))
        self.analyze()

    def analyze(self, *more):
        throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--store", self.store, *more)

    def status(self):
        return {alert["entity"]: alert["status"] for alert in query("alerts", self.store)}

    def of(self, entity):
        return query("alerts", self.store, "--entity", entity)[0]["id"]

    def test_alerts_are_open_until_somebody_says_otherwise(self):
        self.assertEqual(self.status(), {"r2": "open", "r3": "open", "r4": "open", "r5": "open"})
        out, _ = throng("alerts", "acknowledge", self.of("r2")[:12], self.of("r3"), "--by", "ann", "--note", "on it", "--store", self.store)
        shown = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([each["entity"] for each in shown], ["r2", "r3"])
        self.assertEqual([(d["status"], d["by"], d["note"]) for d in shown[0]["deeds"]], [("acknowledged", "ann", "on it")])
        throng("alerts", "resolve", self.of("r3"), "--store", self.store)
        self.assertEqual(self.status(), {"r2": "acknowledged", "r3": "resolved", "r4": "open", "r5": "open"})
        open_ones = query("alerts", self.store, "--where", '{"status": "open"}')
        self.assertEqual([each["entity"] for each in open_ones], ["r4", "r5"])
        throng("alerts", "reopen", self.of("r3"), "--store", self.store)
        self.assertEqual(self.status()["r3"], "open")

    def test_the_same_alert_raised_again_is_as_people_left_it(self):
        throng("alerts", "resolve", self.of("r4"), "--store", self.store)
        self.analyze("--reset")
        self.assertEqual(self.status(), {"r2": "open", "r3": "open", "r4": "resolved", "r5": "open"})

    def test_what_can_not_be_done_is_said(self):
        _, message = throng("alerts", "resolve", "ffff-no-such", "--store", self.store, expect=2)
        self.assertIn("there is no alert with the id ffff-no-such", message)
        throng("alerts", "resolve", self.of("r4"), "--store", self.store)
        _, message = throng("alerts", "acknowledge", self.of("r4"), "--store", self.store, expect=2)
        self.assertIn("is resolved: reopen it first", message)
        throng("alerts", "acknowledge", "--store", self.store, expect=2)

    def test_marks_of_people_give_the_precision_of_each_rule(self):
        _, message = throng("score", "--against", "verdicts", "--store", self.store, expect=2)
        self.assertIn("no alert of this store has a verdict", message)
        throng("alerts", "right", self.of("r2"), self.of("r3"), self.of("r4"), "--by", "ann", "--store", self.store)
        out, _ = throng("alerts", "wrong", self.of("r4"), "--by", "bob", "--note", "it was the oven", "--store", self.store)
        shown = json.loads(out)
        self.assertEqual((shown["verdict"], shown["status"]), ("wrong", "open"))
        self.assertEqual([(d["verdict"], d["by"], d["note"]) for d in shown["deeds"]], [("right", "ann", ""), ("wrong", "bob", "it was the oven")])
        self.assertEqual([each["entity"] for each in query("alerts", self.store, "--where", '{"verdict": "right"}')], ["r2", "r3"])
        self.assertEqual([each["entity"] for each in query("alerts", self.store, "--where", '{"verdict": null}')], ["r5"])
        self.analyze("--reset")
        throng("score", "--against", "verdicts", "--store", self.store, "--report", self.path("score.json"))
        [row] = self.report("score.json")["by_detector"]
        low, high = row.pop("precision_interval")
        self.assertEqual(row, {"name": "hot", "alerts": 4, "right": 2, "wrong": 1, "precision": 2 / 3})
        z, p, n = 1.959963984540054, 2 / 3, 3
        middle, half = (p + z * z / (2 * n)) / (1 + z * z / n), z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        self.assertAlmostEqual(low, middle - half, 12)
        self.assertAlmostEqual(high, middle + half, 12)
        throng("score", "--against", "verdicts", "--store", self.store, "--min-precision", "0.7", expect=3)
        throng("alerts", "retract", self.of("r4"), "--store", self.store)
        throng("score", "--against", "verdicts", "--store", self.store, "--min-precision", "0.7")
        _, message = throng("alerts", "retract", self.of("r4"), "--store", self.store, expect=2)
        self.assertIn("has no verdict to retract", message)
        _, message = throng("score", "--against", "verdicts", "--store", self.store, "--min-recall", "0.7", expect=2)
        self.assertIn("--min-recall belongs to labels", message)
