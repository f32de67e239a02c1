"""The whole path over real Kafka and the MongoDB-wire server: the same answers as embedded and SQLite give."""
import base64
import contextlib
import glob
import json
import os
import re
import shutil
import subprocess
import time
import unittest
import uuid
from urllib.parse import urlencode
from urllib.request import urlopen

import recompute
from comparing import ComparesWindows
from throng import InFolder, query, signalled_at_write, throng

BROKERS = os.environ.get("THRONG_TEST_KAFKA", "")
MONGODB = os.environ.get("THRONG_TEST_MONGODB", "")
SMALL = ["--duration", "20m", "--set", "populations.sensors.count=400", "--set", "populations.visitors.count=300",
         "--set", "populations.accounts.count=300", "--set", "populations.helpdesk.count=40"]
SMALL_BATCHES = ["--set", "kafka.batch.num.messages=2"]


class Servers(InFolder, ComparesWindows):
    def setUp(self):
        super().setUp()
        self.assertTrue(BROKERS and MONGODB, "THRONG_TEST_KAFKA and THRONG_TEST_MONGODB say where the servers are")
        self.prefix = f"t{uuid.uuid4().hex[:12]}."
        self.mongodb = f"{MONGODB}/throng_{uuid.uuid4().hex[:12]}"
        self.kafka = ["--set", f"kafka.brokers={BROKERS}", "--set", f"topics.prefix={self.prefix}"]

    def settings(self, **properties):
        return self.write("settings.json", json.dumps({"kafka": {"brokers": BROKERS, **properties}, "topics": {"prefix": self.prefix}}))

    def killed_at_sends(self, arguments, sends):
        """Runs `throng ARGUMENTS`, which goes on where it was, and kills it each time before it has sent the broker so much. It reads so little at a
        time, of what SMALL_BATCHES wrote, that it is in the middle of it; and is not waited for long."""
        self.settings(**{"fetch.message.max.bytes": 512, "session.timeout.ms": 6000})
        for send in sends:
            signalled_at_write(arguments, send, part="tcp:" + BROKERS.rsplit(":", 1)[1])
        self.settings()

    def answers(self, store):
        return {subject: query(subject, store) for subject in ("windows", "alerts", "labels", "entities")}

    def test_a_run_on_real_servers_stores_what_the_embedded_one_stores(self):
        recorded = ["--set", 'record={"topics": ["bank.transactions"], "keep": "5m"}']
        throng("run", "metropolis", *SMALL, *recorded, "--store", self.store, "--report", self.path("embedded.json"))
        throng("run", "metropolis", *SMALL, *recorded, *self.kafka, "--store", self.mongodb, "--report", self.path("real.json"))
        embedded, real = self.report("embedded.json"), self.report("real.json")
        for figure in ("events", "events_by_topic", "consumed", "alerts", "late", "dead_letters", "lost"):
            self.assertEqual(real[figure], embedded[figure], figure)
        self.assertEqual(real["lost"], 0)
        here, there = self.answers(self.store), self.answers(self.mongodb)
        self.assertGreater(len(here["windows"]), 100)
        self.assertGreater(len(here["alerts"]), 0)
        here["events"], there["events"] = query("events", self.store), query("events", self.mongodb)
        self.assertTrue(0 < len(here["events"]) < real["events_by_topic"]["bank.transactions"])  # some have left
        for subject, documents in here.items():
            self.assertEqual(there[subject], documents, subject)
        throng("audit", "--store", self.mongodb)
        group = f"district={here['windows'][0]['group'].get('district', 'district-01')}"
        one = ["--pipeline", "city-climate", "--group", group]
        self.assertEqual(query("windows", self.mongodb, *one), query("windows", self.store, *one))

    def test_a_world_of_another_run_in_the_same_topics_is_refused(self):
        throng("simulate", "smart-city", "--duration", "1m", "--to", "kafka", *self.kafka, "--store", self.store)
        _, message = throng("simulate", "smart-city", "--duration", "1m", "--to", "kafka", *self.kafka,
                            "--store", self.store, expect=2)
        self.assertIn("topics.prefix", message)

    def test_an_analyser_killed_and_started_again_ends_as_if_nothing_had_been(self):
        throng("simulate", "smart-city", "--duration", "30m", "--set", "populations.sensors.count=100", *SMALL_BATCHES, "--to", "kafka",
               *self.kafka, "--store", self.store)
        settings = self.settings()
        def arguments(store, group):
            return ["analyze", "city-climate", "--settings", settings, "--store", store, "--consumer-group",
                    f"{self.prefix}{group}", "--record", "iot.readings", "--record", "truth.labels", "--until-end",
                    "--checkpoint-every", "10ms", "--report", self.path(group + ".json")]
        throng(*arguments(self.store, "whole"))
        self.assertEqual(self.report("whole.json")["resumed_messages"], 0)
        throng("audit", "--store", self.store)
        self.killed_at_sends(arguments(self.mongodb, "killed"), (800, 800))
        throng(*arguments(self.mongodb, "killed"), limit=180)
        self.assertGreater(self.report("killed.json")["resumed_messages"], 0)
        self.assertEqual(query("windows", self.mongodb), query("windows", self.store))
        self.assertEqual(query("alerts", self.mongodb), query("alerts", self.store))

    def records(self, prefix, topic):
        """By partition: offset, timestamp, key and value of every message."""
        out, _ = throng("peek", prefix + topic, "--brokers", BROKERS, "--format", "records")
        found = {}
        for line in out.splitlines():
            record = json.loads(line)
            found.setdefault(record["partition"], []).append([record[key] for key in ("offset", "timestamp", "key", "value")])
        return found

    def test_a_world_killed_again_and_again_leaves_the_topics_of_an_undisturbed_one(self):
        world = ["simulate", "metropolis", "--duration", "1h", "--set", "populations.sensors.count=300", "--to", "kafka", "--set",
                 f"kafka.brokers={BROKERS}", "--snapshot-every", "300ms", "--quiet"]
        whole, killed = self.prefix, self.prefix + "killed."
        throng(*world, "--set", f"topics.prefix={whole}", "--store", self.store, "--report", self.path("whole.json"))
        # The first on the server's store, too: snapshots and inputs come back from there.
        command = [*world, "--set", f"topics.prefix={killed}", "--store", self.mongodb]
        process = self.started(*command, "--speed", "300")
        for seconds, speed in ((3, "300"), (2, "500"), (2, "max")):
            time.sleep(seconds)
            self.assertIsNone(process.poll(), "the world was to be killed before its end")
            process.kill()
            process.wait()
            process = self.started(*command, "--speed", speed, "--resume")
        self.assertEqual(process.wait(180), 0)
        topics = ("iot.readings", "web.requests", "web.views", "web.clicks", "web.ratings", "bank.transactions", "support.tickets",
                  "truth.labels")
        for topic in topics:
            self.assertEqual(self.records(killed, topic), self.records(whole, topic), topic)
        self.assertEqual(sum(map(len, self.records(whole, "iot.readings").values())), self.report("whole.json")["events_by_topic"]["iot.readings"])
        self.assertGreater(self.report("whole.json")["events_by_topic"]["iot.readings"], 30_000)

    def test_topics_messages_and_groups_are_told_over_http(self):
        throng("simulate", "smart-city", "--duration", "1m", "--to", "kafka", *self.kafka, "--store", self.store,
               "--report", self.path("report.json"))
        settings = self.settings()
        throng("analyze", "city-climate", "--settings", settings, "--store", self.mongodb, "--until-end", "--consumer-group", self.prefix + "group")
        server = self.started("serve", "127.0.0.1:0", "--store", self.mongodb, "--brokers", BROKERS, stderr=subprocess.PIPE)
        address = re.search(r"http://\S+", server.stderr.readline()).group(0)
        def get(path, **parameters):
            with urlopen(f"{address}{path}?{urlencode(parameters)}", timeout=30) as answer:
                return json.load(answer)
        topic, sent = self.prefix + "iot.readings", self.report()["events_by_topic"]["iot.readings"]
        [told] = [each for each in get("/api/topics")["items"] if each["topic"] == topic]
        self.assertEqual((told["messages"], len(told["partitions"])), (sent, 4))
        found = get(f"/api/topics/{topic}/messages", start="earliest", key="sensor-000007", limit=1000)
        self.assertEqual((found["looked_at"], found["at_end"]), (sent, True))
        self.assertEqual([each["value"]["seq"] for each in found["items"]], list(range(len(found["items"]))))
        self.assertGreater(len(found["items"]), 3)
        last = get(f"/api/topics/{topic}/messages", start="-1")["items"]
        self.assertEqual({each["partition"]: each["offset"] for each in last}, {each["partition"]: each["end"] - 1 for each in told["partitions"]})
        [group] = [each for each in get("/api/groups")["items"] if each["group"] == self.prefix + "group"]
        self.assertEqual((group["lag"], sum(each["committed"] for each in group["partitions"])), (0, sent))
        self.assertIn("/api/groups", get("/openapi.json")["paths"])

    def test_a_rekeyed_pipeline_killed_and_started_again_gives_what_the_recomputation_says(self):
        world = ["simulate", "bank", "--duration", "3h", "--set", "populations.accounts.count=1500", "--seed", "5"]
        pipeline = {
            "name": "by-payee", "source": "bank.transactions", "key": "account_id", "timestamp": "timestamp",
            "where": {"counterparty_id": {"$ne": None}}, "rekey": "counterparty_id",
            "features": [{"name": "payers_1h", "over": "1h", "distinct": "account_id"}],
            "windows": [
                {"name": "minutes", "hopping": {"size": "5m", "every": "2m"}, "lateness": "30s", "group_by": ["counterparty_id"],
                 "aggregate": {"amount": ["count", "sum", "max"], "account_id": ["distinct"]}},
                {"name": "visits", "session": {"gap": "10m"}, "group_by": ["counterparty_id"], "aggregate": {"amount": ["count", "sum"]}}],
            "rules": [{"name": "fan-in", "when": {"payers_1h": {"$gte": 2}}, "cooldown": "1h"}],
        }
        self.write("p.json", json.dumps(pipeline))
        throng(*world, *SMALL_BATCHES, "--to", "kafka", *self.kafka, "--store", self.store, limit=300)
        throng(*world, "--to", f"file:{self.folder}", limit=300)
        settings = self.settings()
        def arguments(store, group):
            return ["analyze", self.path("p.json"), "--settings", settings, "--store", store, "--consumer-group",
                    f"{self.prefix}{group}", "--until-end", "--checkpoint-every", "10ms", "--report", self.path(group + ".json")]
        whole = f"sqlite:{self.path('whole.db')}"
        _, said = throng(*arguments(whole, "whole"), limit=300)
        with open(self.path("bank.transactions.ndjson")) as file:
            expected, counts = recompute.recompute(pipeline, file.read().splitlines(), 4)
        self.assertEqual(self.report("whole.json")["consumed"], counts["consumed"], said)
        self.killed_at_sends(arguments(self.mongodb, "killed"), (500, 400, 300))
        _, said = throng(*arguments(self.mongodb, "killed"), limit=300)
        self.assertGreater(self.report("killed.json")["resumed_messages"], 0)
        self.assertGreater(len(expected), 500)
        self.compare(pipeline, expected, query("windows", whole))
        self.assertEqual(query("windows", self.mongodb), query("windows", whole), said)
        alerts = query("alerts", whole)
        self.assertGreater(len(alerts), 0)
        self.assertEqual(query("alerts", self.mongodb), alerts)
        # Begun anew, the internal topic holds nothing of before.
        throng(*arguments(whole, "whole"), "--reset", limit=300)
        self.assertEqual(query("windows", self.mongodb), query("windows", whole))
        self.assertEqual(query("alerts", whole), alerts)

    def test_what_pipelines_write_to_topics_stands_there_after_kills_and_is_read_by_the_next(self):
        first = {"name": "large", "source": "bank.transactions", "key": "account_id", "timestamp": "timestamp", "where": {"amount": {"$gt": 20}},
                 "derive": {"cents": {"$multiply": ["$amount", 100]}}, "to": "bank.large",
                 "project": {"account_id": 1, "cents": 1, "whole": {"$add": ["$cents", 1]}, "timestamp": 1}}
        second = {"name": "second", "source": "bank.large", "key": "account_id",
                  "windows": [{"name": "hour", "tumbling": "1h", "lateness": "1h", "group_by": ["account_id"], "aggregate": {"cents": ["count", "sum"]}}]}
        for name, pipeline in (("first", first), ("second", second)):
            self.write(name + ".json", json.dumps(pipeline))
        world = ["simulate", "bank", "--duration", "3h", "--set", "populations.accounts.count=1500", "--seed", "5"]
        throng(*world, *SMALL_BATCHES, "--to", "kafka", *self.kafka, "--store", self.store, limit=300)
        throng(*world, "--to", f"file:{self.folder}", limit=300)
        # A topic that is there keeps its partitions.
        throng("topics", "create", self.prefix + "bank.large", "--partitions", "2", "--brokers", BROKERS)
        settings = self.settings()
        def arguments(name, store):
            return ["analyze", self.path(name + ".json"), "--settings", settings, "--store", store, "--consumer-group", self.prefix + name,
                    "--until-end", "--checkpoint-every", "10ms", "--report", self.path(name + "-report.json")]
        self.killed_at_sends(arguments("first", self.mongodb), (500, 300))
        throng(*arguments("first", self.mongodb), limit=300)
        self.assertGreater(self.report("first-report.json")["resumed_messages"], 0)
        with open(self.path("bank.transactions.ndjson")) as file:
            expected = recompute.onward(first, file.read().splitlines(), 4)
        out, _ = throng("peek", self.prefix + "bank.large", "--brokers", BROKERS, "--format", "records")
        found, partitions = {}, set()
        text = lambda of: base64.b64decode(of).decode()
        for record in map(json.loads, out.splitlines()):
            headers = {name: text(value) for name, value in record["headers"]}
            partitions.add(record["partition"])
            place = int(headers["source_partition"]), int(headers["source_offset"])
            what = text(record["key"]), record["timestamp"], json.loads(text(record["value"]))
            self.assertEqual(found.setdefault(place, (headers["id"], what)), (headers["id"], what))
        self.assertEqual({place: what for place, (_, what) in found.items()}, expected)
        self.assertGreater(len(expected), 500)
        self.assertEqual(partitions, {0, 1})
        throng(*arguments("second", self.mongodb), limit=300)
        self.assertEqual(self.report("second-report.json")["consumed"], len(out.splitlines()))
        self.assertGreater(int(throng("query", "windows", "--store", self.mongodb, "--pipeline", "second", "--count")[0]), 100)

    def test_a_sink_that_is_down_is_a_group_that_waits_and_each_message_is_in_the_files_once(self):
        throng("simulate", "bank", "--duration", "3h", "--set", "populations.accounts.count=1500", "--to", "kafka", *self.kafka, "--store", self.store, limit=300)
        wanted, _ = throng("peek", self.prefix + "bank.transactions", "--brokers", BROKERS, "--format", "records")
        wanted = sorted((x["partition"], x["offset"]) for x in map(json.loads, wanted.splitlines()))
        self.write("p.json", json.dumps({
            "name": "kept", "source": "bank.transactions", "key": "account_id", "timestamp": "timestamp",
            "windows": [{"name": "minute", "tumbling": "1m", "aggregate": {"amount": ["sum"]}}],
            "sinks": [{"name": name, "to": self.path(name), "rows": 200, "every": "50ms"} for name in ("lake", "shut")]}))
        settings = self.settings(**{"fetch.message.max.bytes": 8192, "session.timeout.ms": 6000})
        arguments = ["analyze", self.path("p.json"), "--settings", settings, "--store", self.mongodb,
                     "--consumer-group", self.prefix + "group", "--checkpoint-every", "50ms"]

        def rows(name):
            paths = glob.glob(self.path(f"{name}/bank.transactions/dt=*/**/*.ndjson"), recursive=True)
            found = []
            for path in paths:
                # What was written behind the last checkpoint is removed when the next life begins, which may be now.
                with contextlib.suppress(FileNotFoundError), open(path) as file:
                    found += [(row["_partition"], row["_offset"]) for row in map(json.loads, file)]
            return sorted(found)

        def until(holds, process):
            by = time.monotonic() + 120
            while not holds():
                self.assertIsNone(process.poll())
                self.assertLess(time.monotonic(), by)
                time.sleep(0.02)

        os.makedirs(self.path("shut/bank.transactions"))
        self.write("shut/bank.transactions/dt=2026-01-05", "a file, so that no folder can be made")
        signalled_at_write(arguments, 8, part="/lake/")
        self.assertLess(len(rows("lake")), len(wanted))
        process = self.started(*arguments, stderr=subprocess.DEVNULL)
        until(lambda: rows("lake") == wanted, process)
        self.assertEqual(rows("shut"), [])
        shutil.rmtree(self.path("shut"))
        until(lambda: rows("shut") == wanted, process)
        process.terminate()
        self.assertEqual(process.wait(60), 0)
        self.assertEqual(rows("lake"), wanted)
        groups, _ = throng("groups", "--brokers", BROKERS)
        for group in ("group", "group.kept.lake", "group.kept.shut"):
            self.assertIn(self.prefix + group + ":", groups.split())
        self.assertGreater(int(throng("query", "windows", "--store", self.mongodb, "--pipeline", "kept", "--count")[0]), 30)

    def test_doctor_and_topics_tell_what_there_is(self):
        out, _ = throng("doctor", "--brokers", BROKERS, "--store", self.mongodb)
        self.assertEqual([line[:3] for line in out.splitlines()], ["ok "] * 6, out)  # the cluster, four things done in it, the store
        throng("simulate", "smart-city", "--duration", "1m", "--to", "kafka", *self.kafka, "--store", self.store,
               "--report", self.path("report.json"))
        out, _ = throng("topics", "list", "--brokers", BROKERS)
        row = next(line.split() for line in out.splitlines() if line.startswith(self.prefix + "iot.readings"))
        self.assertEqual((row[1], row[3]), ("4", str(self.report()["events_by_topic"]["iot.readings"])))


if __name__ == "__main__":
    unittest.main()
