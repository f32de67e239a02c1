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

RINGS = {"name": "rings", "source": "payments", "key": "payer", "timestamp": "at", "rules": [
    {"name": "large", "about": ["payer", "payee"], "when": {"amount": {"$gt": 500}}, "severity": "warning"},
    {"name": "huge", "when": {"amount": {"$gt": 5000}}, "severity": "critical"}]}


class CasesTest(InFolder):
    def test_alerts_of_one_cause_are_one_case(self):
        self.write("p.json", json.dumps(RINGS))
        payments = [("06:00", "a", "b", 600), ("06:20", "b", "c", 7000), ("06:30", "x", "y", 900), ("07:10", "c", "d", 800),
                    ("09:00", "a", "d", 700), ("09:30", "p", "q", 100)]
        self.write("payments.ndjson", "".join(
            json.dumps({"at": f"2026-01-05T{at}:00Z", "payer": payer, "payee": payee, "amount": amount}) + "\n" for at, payer, payee, amount in payments))
        throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--store", self.store)
        alerts = query("alerts", self.store)
        self.assertEqual(len(alerts), 11)  # both sides of five payments, and a huge one

        def cases(*options):
            return [(case["start"][11:16], case["end"][11:16], "".join(case["entities"]), case["alerts"], case["severity"])
                    for case in query("cases", self.store, *options)]

        ring, pair, later = ("06:00", "07:10", "abcd", 7, "critical"), ("06:30", "06:30", "xy", 2, "warning"), ("09:00", "09:00", "ad", 2, "warning")
        self.assertEqual(cases(), [ring, pair, later])
        self.assertEqual(cases("--gap", "2h"), [("06:00", "09:00", "abcd", 9, "critical"), pair])
        self.assertEqual(cases("--gap", "15m")[0], ("06:00", "06:00", "ab", 2, "warning"))
        self.assertEqual(cases("--entity", "d"), [ring, later])
        self.assertEqual(cases("--where", '{"severity": "critical"}'), [ring])
        self.assertEqual(cases("--pipeline", "rings", "--from", "2026-01-05T06:10", "--to", "2026-01-05T07:00"), [pair])
        [first, *_] = query("cases", self.store)
        of_case = [each["id"] for each in alerts if each["time"] <= "2026-01-05T07:10" or each["entity"] in "cd" and each["time"] < "2026-01-05T08"]
        self.assertEqual(sorted(first["alert_ids"]), sorted(id for id in of_case if not any(a["id"] == id and a["entity"] in "xy" for a in alerts)))
        self.assertIn(first["id"], first["alert_ids"])
        throng("alerts", "resolve", *first["alert_ids"], "--store", self.store)
        throng("alerts", "right", *first["alert_ids"][:3], "--store", self.store)
        [first, second, _] = query("cases", self.store)
        self.assertEqual((first["status"], first["right"], first["wrong"], second["status"]), ("resolved", 3, 0, "open"))
        _, message = throng("query", "alerts", "--gap", "1h", "--store", self.store, expect=2)
        self.assertIn("alerts have no --gap", message)
        _, message = throng("query", "cases", "--gap", "soon", "--store", self.store, expect=2)
        self.assertIn("--gap soon", message)
