"""`throng control` and an edited file on a running world: what is right takes effect wholly between two ticks, what is wrong changes nothing,
and what was done can be repeated to the byte."""
import http.client
import json
import os
import re
import signal
import subprocess
import time

from throng import InFolder, query, throng

SCENARIO = """{
  // edited while it runs
  "name": "tuned", "seed": 9, "start": "2026-01-05T09:00:00Z", "duration": "%s", "speed": 60,
  "populations": {
    "sensors": {"kind": "sensor", "count": %d, "interval": "10s", "districts": 4},
    "visitors": {"kind": "web_client", "count": 60, "sessions_per_day": 60},
    "accounts": {"kind": "account", "count": 60, "payments_per_day": 60}
  }
}"""


class Control(InFolder):
    def start(self, *arguments, token=None, duration="3h"):
        self.write("world.json", SCENARIO % (duration, 40))
        environment = {k: v for k, v in os.environ.items() if not k.startswith("THRONG_")}
        if token:
            environment["THRONG_TOKEN"] = token
        self.world = self.started("simulate", self.path("world.json"), "--to", f"file:{self.path('out')}", "--store", self.store, "--serve",
                                  "127.0.0.1:0", *arguments, stderr=subprocess.PIPE, env=environment)
        self.at = re.search(r"serving at http://(127\.0\.0\.1:\d+)", self.world.stderr.readline()).group(1)

    def control(self, verb, *arguments, expect=0, **more):
        out, err = throng("control", verb, *arguments, "--at", self.at, expect=expect, **more)
        return json.loads(out) if expect == 0 else err

    def wait_for(self, what, limit=60):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            found = what()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError("waited in vain")

    def finish(self):
        self.world.send_signal(signal.SIGTERM)
        self.assertEqual(self.world.wait(60), 0)

    def messages(self, topic, folder="out"):
        with open(self.path(f"{folder}/{topic}.ndjson")) as file:
            return [json.loads(line) for line in file]

    def test_changes_take_effect_and_can_be_repeated_to_the_byte(self):
        self.start(duration="40m")
        state = self.control("get")
        self.assertEqual((state["scenario"], state["speed"], state["paused"]), ("tuned", 60, False))
        grown = self.control("set", "populations.sensors.count=70", "trouble.duplicate=0.05")
        self.assertEqual(grown["changes"], 1)
        self.assertEqual(grown["populations"]["sensors"]["count"], 70)
        stuck = self.control("incident", "sensor.stuck", "--count", "2", "--for", "5m", "--subtlety", "0")
        self.assertEqual(stuck["changes"], 2)
        self.write("world.json", (SCENARIO % ("40m", 40)).replace('"count": 60, "payments', '"count": 20, "payments'))
        edited = self.wait_for(lambda: (lambda s: s if s["changes"] == 3 else None)(self.control("get")))
        self.assertEqual(edited["populations"]["accounts"]["count"], 20)
        self.assertEqual(edited["populations"]["sensors"]["count"], 70)  # what was set lies over the file
        self.assertTrue(self.control("pause")["paused"])
        stands = self.wait_for(lambda: (lambda a, b: a if a["at"] == b["at"] else None)(self.control("get"), self.control("get")))
        self.control("resume")
        self.control("speed", "max")
        self.assertEqual(self.world.wait(60), 0)
        self.assertIn("what was set over it stays: populations.sensors.count, trouble.duplicate\n", self.world.stderr.read())

        sensors = {m["sensor_id"] for m in self.messages("iot.readings")}
        self.assertEqual(len(sensors), 70)
        labels = [m for m in self.messages("truth.labels") if m["cause"] == "sensor.stuck"]
        self.assertEqual({m["start"] for m in labels}, {stuck["last_change"]})
        self.assertEqual(len({m["entity"] for m in labels}), 2)
        self.assertGreater(len([m for m in self.messages("truth.labels") if m["cause"] == "trouble.duplicate"]), 5)
        late = {m["account_id"] for m in self.messages("bank.transactions") if m["timestamp"] > edited["last_change"]}
        self.assertLess(len([a for a in late if a >= "account-000020" and
                             any(m["account_id"] == a and m["type"] == "card" and m["timestamp"] > edited["last_change"]
                                 for m in self.messages("bank.transactions"))]), 1)

        [run] = query("runs", self.store)
        self.assertEqual([change["what"] for change in run["changes"]], ["set", "incident", "file", "pause", "resume", "speed"])
        self.assertTrue(run["complete"])
        throng("simulate", self.path("world.json"), "--to", f"file:{self.path('again')}", "--store", self.store, "--speed", "max",
               "--replay-inputs", run["id"])
        self.assertEqual(self.hashes("again"), self.hashes("out"))
        self.assertLess(stands["at"], "2026-01-05T09:40:00Z")

    def test_a_wrong_request_or_file_changes_nothing(self):
        self.start()
        before = self.control("get")
        for request, sentence in (
                (["set", "populations.sensors.count=-1"], "count"),
                (["set", "populations.sensors.count=50", "populations.sensors.interval=soon"], "interval"),
                (["set", "populations.nobody.count=5"], "populations.nobody"),
                (["set", "populations.sensors.districts=9"], "districts"),
                (["set", "seed=4"], "seed"),
                (["set", "message_delay=2s"], "message_delay"),
                (["set", "kafka.brokers=elsewhere:9092"], "kafka"),
                (["incident", "sensor.stucked"], "kind"),
                (["incident", "sensor.stuck", "--count", "41"], "count"),
                (["speed", "-3"], "speed"),
                (["speed", "fast"], "speed")):
            self.assertIn(sentence, self.control(*request, expect=2), request)
        self.write("world.json", (SCENARIO % ("3h", 90)).replace('"interval": "10s"', '"interval": 10'))
        self.wait_for(lambda: "not taken up" in self.world.stderr.readline())
        after = self.control("get")
        for key in ("changes", "populations", "speed", "paused"):
            self.assertEqual(after[key], before[key])
        self.finish()
        self.assertEqual(len({m["sensor_id"] for m in self.messages("iot.readings")}), 40)
        self.assertNotIn("changes", query("runs", self.store)[0])

    def test_a_change_needs_the_token_where_there_is_one(self):
        self.start(token="secret")
        self.assertIn("THRONG_TOKEN", self.control("pause", expect=2))
        self.assertIn("THRONG_TOKEN", self.control("set", "trouble.late=0.1", expect=2, environment={"THRONG_TOKEN": "guess"}))
        self.assertFalse(self.control("get")["paused"])
        self.control("pause", environment={"THRONG_TOKEN": "secret"})
        self.assertTrue(self.control("get")["paused"])
        connection = http.client.HTTPConnection(self.at, timeout=30)
        self.addCleanup(connection.close)
        connection.request("POST", "/api/world/resume", headers={"Authorization": "Bearer secret", "Origin": "http://elsewhere.example"})
        self.assertEqual(connection.getresponse().status, 403)
        self.finish()

    def test_nobody_there_is_said(self):
        _, message = throng("control", "get", "--at", "127.0.0.1:1", expect=1)
        self.assertIn("--serve", message)
