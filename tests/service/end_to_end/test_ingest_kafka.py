"""`throng ingest` into real Kafka: killed at any time it loses and doubles nothing; and the energy certificates' whole way, from three departments to answers."""
import base64
import json
import os
import random
import signal
import subprocess
import time
import unittest
import uuid
from collections import Counter

from rest_api import RestApi
from throng import PROGRAM, InFolder, preset, query, throng

BROKERS = os.environ.get("THRONG_TEST_KAFKA", "")
MONGODB = os.environ.get("THRONG_TEST_MONGODB", "")
DEPARTMENTS = ("69", "01", "38")


def certificates(n):
    """As the API has them: each department by itself, a week of days."""
    return [{"numero_dpe": f"26{department}E{i:06}", "department": department, "code_departement_ban": department, "nom_commune_ban": f"Commune {i % 9}",
             "date_reception_dpe": f"2026-01-{5 + i % 7:02}", "etiquette_dpe": "ABCDEFG"[(i * 5 + i // 3) % 7], "surface_habitable_logement": 40 + i % 60}
            for department in DEPARTMENTS for i in range(n)]


class IngestIntoKafka(InFolder):
    def setUp(self):
        super().setUp()
        self.assertTrue(BROKERS and MONGODB, "THRONG_TEST_KAFKA and THRONG_TEST_MONGODB say where the servers are")
        self.prefix = f"t{uuid.uuid4().hex[:12]}."
        self.mongodb = f"{MONGODB}/throng_{uuid.uuid4().hex[:12]}"
        self.settings = self.write("settings.json", json.dumps({"kafka": {"brokers": BROKERS, "session.timeout.ms": 6000}, "topics": {"prefix": self.prefix, "partitions": 4}}))
        self.seed = random.randrange(1 << 32)
        self.random = random.Random(self.seed)
        print(f"seed {self.seed}", flush=True)

    def source(self, rows):
        """The preset, asked of an API of the test's own."""
        self.api = RestApi(rows, size=50)
        self.addCleanup(self.api.close)
        source = preset("source", "energy-certificates")
        source.update(url=f"{self.api.url}/next", query={"department": "{department}"}, for_each={"department": list(DEPARTMENTS)}, retry={"backoff": "1ms"})
        source["paging"]["size"] = 50
        del source["rate"]
        return self.write("certificates.json", json.dumps(source))

    def arguments(self, config, store):
        return ["ingest", config, "--settings", self.settings, "--store", store, "--report", self.path("report.json")]

    def numbers(self):
        out, _ = throng("peek", self.prefix + "energy.certificates", "--brokers", BROKERS, "--format", "records")
        return Counter(json.loads(base64.b64decode(json.loads(line)["value"]))["numero_dpe"] for line in out.splitlines())

    def killed_again_and_again(self, store):
        rows = certificates(400)
        config = self.source(rows)
        kills = 0
        # Each life until the API has been asked so often more; then at any moment of what follows the page.
        for _ in range(8):
            wanted = len(self.api.requests) + self.random.randrange(1, 5)
            process = self.started(*self.arguments(config, store), stderr=subprocess.DEVNULL)
            while process.poll() is None and len(self.api.requests) < wanted:
                time.sleep(0.0005)
            time.sleep(self.random.random() * 0.01)  # where it is killed, not what is expected
            kills += process.poll() is None
            process.kill()
            process.wait()
        throng(*self.arguments(config, store))
        self.assertGreater(kills, 2)
        self.assertEqual(self.numbers(), Counter(row["numero_dpe"] for row in rows))
        throng(*self.arguments(config, store))
        self.assertEqual(self.report()["events"], 0)
        # What is new comes once.
        self.api.rows = certificates(420)
        throng(*self.arguments(config, store))
        self.assertEqual(self.numbers(), Counter(row["numero_dpe"] for row in self.api.rows))

    def test_killed_again_and_again_with_sqlite_every_row_is_there_once(self):
        self.killed_again_and_again(self.store)

    def test_killed_again_and_again_with_mongodb_every_row_is_there_once(self):
        self.killed_again_and_again(self.mongodb)

    def test_a_position_is_of_its_request_and_of_one_process(self):
        config = self.source(certificates(5))
        throng(*self.arguments(config, self.store))
        _, said = throng(*self.arguments(config, self.store), "--set", "query.sort=x", expect=2)
        self.assertIn("of another request", said)
        throng(*self.arguments(config, self.store), "--set", "query.sort=x", "--reset")
        first = self.started(*self.arguments(config, self.mongodb), "--set", "every=20ms", stderr=subprocess.PIPE)
        asked = len(self.api.requests)
        while len(self.api.requests) < asked + 6:
            self.assertIsNone(first.poll())
            time.sleep(0.005)
        throng(*self.arguments(config, self.mongodb))
        _, said = first.communicate(timeout=60)
        self.assertEqual(first.returncode, 1)
        self.assertIn("another process reads it now", said)

    def test_the_certificates_whole_way(self):
        rows = certificates(300)
        throng(*self.arguments(self.source(rows), self.store))
        self.assertEqual([each["rows"] for each in self.report()["sources"]], [300] * 3)
        self.assertEqual(self.numbers(), Counter(row["numero_dpe"] for row in rows))

        labels = self.write("labels.json", json.dumps({**preset("pipeline", "energy-labels"), "idle": "200ms"}))
        plain = self.write("plain.json", json.dumps({"name": "kept", "source": "energy.certificates", "key": "numero_dpe", "timestamp": "date_reception_dpe"}))
        # Two groups that know nothing of each other: one keeps what came, one counts.
        def group(name, *arguments):
            return ["analyze", *arguments, "--settings", self.settings, "--store", self.mongodb, "--consumer-group", self.prefix + name,
                    "--checkpoint-every", "200ms"]
        first = self.started(*group("count", labels), stderr=subprocess.DEVNULL)
        second = self.started(*group("count", labels), stderr=subprocess.DEVNULL)
        kept = subprocess.run([PROGRAM, *group("keep", plain, "--record", "energy.certificates"), "--until-end"], capture_output=True, text=True)
        self.assertEqual(kept.returncode, 0, kept.stderr)

        def counted():
            return sum(window["events"] for window in query("windows", self.mongodb, "--pipeline", "energy-labels", "--window", "by-day"))
        limit = time.monotonic() + 120
        while counted() == 0:
            self.assertLess(time.monotonic(), limit)
        first.kill()
        first.wait()
        # What comes now is the second one's alone, and so is what the first had not stored.
        self.api.rows = certificates(320)
        throng(*self.arguments(self.path("certificates.json"), self.store))
        while counted() < 960:
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.1)
        second.send_signal(signal.SIGINT)
        self.assertEqual(second.wait(60), 0)
        self.assertEqual(counted(), 960)
        by_day = Counter()
        for window in query("windows", self.mongodb, "--pipeline", "energy-labels", "--window", "by-day"):
            by_day[window["start"][:10]] += window["events"]
        self.assertEqual(by_day, Counter(row["date_reception_dpe"] for row in self.api.rows))
        by_label = Counter()
        for window in query("windows", self.mongodb, "--pipeline", "energy-labels", "--window", "by-label"):
            by_label[window["group"]["etiquette_dpe"]] += window["events"]
        self.assertEqual(by_label, Counter(row["etiquette_dpe"] for row in self.api.rows))
        poor = {alert["entity"] for alert in query("alerts", self.mongodb, "--pipeline", "energy-labels")}
        self.assertEqual(poor, {row["numero_dpe"] for row in self.api.rows if row["etiquette_dpe"] in "FG"})
        out, _ = throng("query", "entities", "--store", self.mongodb, "--count")
        self.assertEqual(int(out), 900)


if __name__ == "__main__":
    unittest.main()
