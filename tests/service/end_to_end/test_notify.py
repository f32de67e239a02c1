"""Webhooks and the log are told of alerts: what the other side gets, that it can check it, and that no secret is shown."""
import hashlib
import hmac
import http.server
import json
import threading

from throng import InFolder, query, throng

PIPELINE = {"name": "heat", "source": "rooms", "key": "room", "timestamp": "at", "rules": [
    {"name": "hot", "when": {"t": {"$gt": 30}}, "severity": "critical", "reason": "{t} degrees"},
    {"name": "warm", "when": {"t": {"$gt": 25}}, "severity": "info"}]}


class Hook(http.server.BaseHTTPRequestHandler):
    """Refuses the first request, and takes every later one."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((dict(self.headers), body))
        self.send_response(503 if len(self.server.seen) == 1 else 200)
        self.end_headers()

    def log_message(self, *_):
        pass


class NotifyTest(InFolder):
    def setUp(self):
        super().setUp()
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
        self.server.seen = []
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(lambda: (self.server.shutdown(), thread.join(), self.server.server_close()))
        self.write("p.json", json.dumps(PIPELINE))
        self.write("rooms.ndjson", "".join(
            json.dumps({"room": f"r{i}", "at": f"2026-01-05T06:00:0{i}Z", "t": 24 + 2 * i}) + "\n" for i in range(6)))

    def test_alerts_reach_a_webhook_signed_and_the_log(self):
        port = self.server.server_address[1]
        self.write("settings.json", json.dumps({"store": self.store, "notify": {"log": True, "webhooks": [
            {"url": f"http://ann:pass-word@127.0.0.1:{port}/hook?token=hidden-token", "secret": "${HOOK_SECRET}", "severity": "warning"}]}}))
        _, said = throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--settings", self.path("settings.json"),
                         "--report", self.path("report.json"), environment={"HOOK_SECRET": "a-key"})
        stored = {each["id"]: each for each in query("alerts", self.store)}
        self.assertEqual(sorted(each["detector"] for each in stored.values()), ["hot"] * 2 + ["warm"] * 5)
        told = {}
        for headers, body in self.server.seen:
            self.assertEqual(headers["X-Throng-Signature"], "sha256=" + hmac.new(b"a-key", body, hashlib.sha256).hexdigest())
            alert = json.loads(body)
            self.assertEqual(headers["X-Throng-Alert"], alert["id"])
            told[alert["id"]] = alert
        self.assertEqual(told, {id: {k: v for k, v in each.items() if k != "status"} for id, each in stored.items() if each["severity"] == "critical"})
        self.assertEqual(self.report()["notified"],
                         {"log": 7, "muted": 0, "repeated": 0, "webhooks": [{"delivered": 2, "retried": 1, "failed": 0, "dropped": 0}]})
        for id, each in stored.items():
            self.assertIn(f"alert {id} {each['severity']}: {each['detector']} of {each['entity']} at {each['time']}", said)
        for secret in ["a-key", "pass-word", "hidden-token"]:
            self.assertNotIn(secret, said)

    def test_nobody_is_told_of_what_is_muted_and_it_is_stored_all_the_same(self):
        self.server.seen.append("the first is taken too")
        port = self.server.server_address[1]
        self.write("settings.json", json.dumps({"store": self.store, "notify": {"log": True, "webhooks": [{"url": f"http://127.0.0.1:{port}/hook"}]}}))

        def told():
            self.server.seen[1:] = []
            _, said = throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--settings", self.path("settings.json"),
                             "--report", self.path("report.json"), "--reset")
            by_hook = sorted((each["detector"], each["entity"]) for each in (json.loads(body) for _, body in self.server.seen[1:]))
            self.assertEqual(len(by_hook), said.count("alert "))
            self.assertEqual(self.report()["notified"]["log"], len(by_hook))
            return by_hook, self.report()["notified"]["muted"]

        everything, muted = told()
        self.assertEqual((len(everything), muted), (7, 0))
        stored = query("alerts", self.store)
        out, _ = throng("alerts", "mute", "--detector", "warm", "--from", "2026-01-05", "--until", "2026-01-05T06:00:04Z", "--by", "ann",
                        "--note", "summer", "--store", self.store)
        mute = json.loads(out)
        throng("alerts", "mute", "--pipeline", "heat", "--entity", "r5", "--from", "2026-01-05", "--until", "2026-01-06", "--store", self.store)
        still = [("hot", "r4"), ("warm", "r4")]
        self.assertEqual(told(), (still, 5))
        now_stored = query("alerts", self.store)
        self.assertEqual([{k: v for k, v in each.items() if k != "muted"} for each in now_stored], stored, "what is stored is the same")
        self.assertEqual(sorted((each["detector"], each["entity"]) for each in query("alerts", self.store, "--where", '{"muted": null}')), still)
        [shown] = query("alerts", self.store, "--where", '{"entity": "r2"}')
        self.assertEqual(shown["muted"], {"id": mute["id"], "until": "2026-01-05T06:00:04.000Z", "by": "ann", "note": "summer"})
        throng("alerts", "unmute", mute["id"][:8], "--until", "2026-01-05", "--by", "bob", "--store", self.store)
        [ended, other] = query("mutes", self.store)
        self.assertEqual((ended["ended"]["by"], ended["ended"]["until"], other["entity"]), ("bob", "2026-01-05T06:00:04.000Z", "r5"))
        self.assertEqual(told()[1], 2)
        _, said = throng("alerts", "mute", "--entity", "r5", "--store", self.store, expect=2)
        self.assertIn("a mute needs an end", said)
        _, said = throng("alerts", "mute", "--until", "+8h", "--store", self.store, expect=2)
        self.assertIn("a mute needs a pipeline, a detector or an entity", said)
        _, said = throng("alerts", "mute", "--entity", "r5", "--until", "2026-01-06", "--store", self.store, expect=2)
        self.assertIn("it goes by event time", said)

    def test_what_is_wrong_with_a_webhook_shows_no_secret(self):
        self.write("settings.json", json.dumps({"store": self.store, "notify": {"webhooks": [
            {"url": "ftp://127.0.0.1/hidden-token", "secret": "a-key", "severity": "bad"}]}}))
        _, said = throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--settings", self.path("settings.json"), expect=2)
        self.assertIn("notify.webhooks[0].url", said)
        self.assertIn("notify.webhooks[0].severity", said)
        self.assertNotIn("hidden-token", said)
        self.assertNotIn("a-key", said)
