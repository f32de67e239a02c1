"""What a user would open a broker's interface for, on a real cluster: topics, groups, messages; and starting where one wants."""
import base64
import json
import os
import re
import signal
import subprocess
import unittest
import uuid

from throng import InFolder, query, throng

BROKERS = os.environ.get("THRONG_TEST_KAFKA", "")
MONGODB = os.environ.get("THRONG_TEST_MONGODB", "")
TROUBLE = ["--set", "trouble.malformed=0.01"]


class OnCluster(InFolder):
    def setUp(self):
        super().setUp()
        self.assertTrue(BROKERS and MONGODB, "THRONG_TEST_KAFKA and THRONG_TEST_MONGODB say where the servers are")
        self.prefix = f"t{uuid.uuid4().hex[:12]}."
        self.kafka = ["--set", f"kafka.brokers={BROKERS}", "--set", f"topics.prefix={self.prefix}"]
        self.settings = self.write("settings.json", json.dumps({"kafka": {"brokers": BROKERS}, "topics": {"prefix": self.prefix}}))

    def on_cluster(self, *arguments, **kind):
        return throng(*arguments, "--brokers", BROKERS, **kind)

    def simulate(self, *more, duration="2m"):
        throng("simulate", "smart-city", "--duration", duration, "--set", "populations.sensors.count=200", *TROUBLE, *more, "--to", "kafka",
               *self.kafka, "--store", "none", "--report", self.path("report.json"))
        return self.report()["events_by_topic"]["iot.readings"]

    def analyze(self, name, *source):
        store = f"sqlite:{self.path(name + '.db')}"
        throng("analyze", "city-climate", *source, "--store", store, "--until-end", "--report", self.path(name + ".json"))
        return query("windows", store)

    def messages(self, topic, *arguments):
        out, _ = self.on_cluster("peek", self.prefix + topic, "--limit", "0", "--format", "ndjson", *arguments)
        return sorted((json.loads(line) for line in out.splitlines()), key=lambda m: (m["partition"], m["offset"]))


class Topics(OnCluster):
    def test_a_topic_is_made_described_listed_and_deleted(self):
        name = self.prefix + "orders"
        out, _ = self.on_cluster("topics", "create", name, "--partitions", "3", "--retention", "7d", "--compact", "--property", "min.insync.replicas=1")
        self.assertEqual(out, f"made {name}: 3 partitions, replication 1, cleanup.policy=compact,delete, min.insync.replicas=1, retention.ms=604800000\n")
        out, _ = self.on_cluster("topics", "describe", name)
        lines = out.splitlines()
        self.assertEqual(lines[:4], [f"{name}: 3 partitions, replication 1, 0 messages", "  cleanup.policy=compact,delete",
                                     "  min.insync.replicas=1", "  retention.ms=604800000"])
        self.assertEqual([re.split(" +", line.strip()) for line in lines[5:]], [[str(p), "1", "1", "1", "0", "0"] for p in range(3)])
        out, _ = self.on_cluster("topics", "list")
        self.assertIn([name, "3", "1", "0"], [line.split() for line in out.splitlines()])
        _, message = self.on_cluster("topics", "create", name, expect=2)
        self.assertIn(name, message)
        self.assertIn("already exists", message)
        out, _ = self.on_cluster("topics", "delete", name)
        self.assertEqual(out, f"deleted {name}\n")
        for command in ("describe", "delete"):
            _, message = self.on_cluster("topics", command, name, expect=2)
            self.assertIn(f'there is no topic "{name}" at {BROKERS}', message)

    def test_what_the_broker_refuses_is_said_in_its_words(self):
        name = self.prefix + "x"
        for more, why in ((["--replication", "7"], "replication"), (["--property", "no.such.property=1"], "no.such.property"),
                          (["--property", "retention.ms=soon"], "retention.ms")):
            _, message = self.on_cluster("topics", "create", name, *more, expect=2)
            self.assertIn(name, message)
            self.assertIn(why, message)
        _, message = self.on_cluster("topics", "create", "no spaces", expect=2)
        self.assertIn("no spaces", message)
        throng("topics", "create", name, "--brokers", BROKERS, "--partitions", "0", expect=2)
        _, message = throng("topics", "list", expect=2)
        self.assertIn("--brokers", message)


class Peek(OnCluster):
    def test_records_are_the_topic_and_analysed_from_a_file_they_give_what_the_topic_gives(self):
        count = self.simulate()
        out, _ = self.on_cluster("peek", self.prefix + "iot.readings", "--format", "records")
        records = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(len(records), count)
        for partition in range(4):
            offsets = [each["offset"] for each in records if each["partition"] == partition]
            self.assertEqual(offsets, list(range(len(offsets))))
        sensors = {base64.b64decode(each["key"]) for each in records}
        self.assertEqual(len(sensors), 200)
        os.mkdir(self.path("held"))
        self.write("held/iot.readings.records.ndjson", out)
        held = self.analyze("held", "--from", f"file:{self.path('held')}")
        self.assertGreater(len(held), 20)
        self.assertEqual(held, self.analyze("topic", "--settings", self.settings, "--consumer-group", self.prefix + "g"))
        self.assertGreater(self.report("held.json")["dead_letters"], 5)
        for figure in ("consumed", "dead_letters", "late", "windows"):
            self.assertEqual(self.report("held.json")[figure], self.report("topic.json")[figure], figure)
        # What can't be read came to a topic of its own, with headers that say why and from where.
        dead = self.messages("analytics.dead_letter")
        self.assertEqual(len(dead), self.report("topic.json")["dead_letters"])
        headers = dict(dead[0]["headers"])
        self.assertEqual(headers["source_topic"], "iot.readings")
        self.assertTrue(headers["reason"])
        [original] = self.messages("iot.readings", "--partition", headers["source_partition"], "--start", headers["source_offset"])[:1]
        self.assertEqual((original["value"], original["key"]), (dead[0]["value"], dead[0]["key"]))

    def test_where_to_begin_and_what_to_show(self):
        self.simulate()
        every = self.messages("iot.readings")
        lines = self.on_cluster("peek", self.prefix + "iot.readings")[0].splitlines()
        self.assertEqual(len(lines), 10)
        for line in lines:
            self.assertRegex(line, r"^[0-3]:\d+  2026-01-05T06:0\d:\d\d\.\d{3}Z  sensor-\d{6}  \{\"timestamp\"")
        ends = {p: max(m["offset"] for m in every if m["partition"] == p) + 1 for p in range(4)}
        self.assertEqual(self.messages("iot.readings", "--start", "-2"), [m for m in every if m["offset"] >= ends[m["partition"]] - 2])
        self.assertEqual(self.messages("iot.readings", "--partition", "1", "--start", "5"),
                         [m for m in every if m["partition"] == 1 and m["offset"] >= 5])
        middle = "2026-01-05T06:01:00.000Z"
        later = [m for m in every if m["time"] >= middle]
        self.assertTrue(0 < len(later) < len(every))
        self.assertEqual(self.messages("iot.readings", "--start", middle), later)
        key = every[7]["key"]
        self.assertEqual(self.messages("iot.readings", "--key", key), [m for m in every if m["key"] == key])
        cold = self.messages("iot.readings", "--where", '{"temperature": {"$lt": 1}, "district": "district-03"}')
        self.assertEqual(cold, [m for m in every if isinstance(m["value"], dict) and m["value"].get("temperature", 9) < 1
                                and m["value"]["district"] == "district-03"])
        self.assertGreater(len(cold), 0)
        out, log = self.on_cluster("peek", self.prefix + "iot.readings", "--start", "latest")
        self.assertEqual(out, "")
        self.assertIn("no message there", log)

    def test_what_is_not_there_is_said(self):
        self.simulate(duration="10s")
        topic = self.prefix + "iot.readings"
        for more, why in ((["--partition", "9"], "has the partitions 0 to 3, not 9"), (["--partition", "0", "--start", "99999999"], "not 99999999"),
                          (["--start", "yesterday"], "--start yesterday"), (["--where", "{"], "--where {"), (["--format", "xml"], "--format")):
            self.assertIn(why, self.on_cluster("peek", topic, *more, expect=2)[1])
        self.assertIn(f'there is no topic "{topic}x"', self.on_cluster("peek", topic + "x", expect=2)[1])

    def test_bytes_that_are_no_text_are_shown_safely(self):
        self.simulate(duration="10s")
        self.analyze("a", "--settings", self.settings, "--consumer-group", self.prefix + "g")  # its offsets are committed in binary messages
        out, _ = self.on_cluster("peek", "__consumer_offsets", "--limit", "20")
        self.assertIn("\\x00", out)
        self.assertTrue(all(c.isprintable() or c == "\n" for c in out))

    def test_it_follows_what_comes_until_it_is_stopped(self):
        topic = self.prefix + "iot.readings"
        self.on_cluster("topics", "create", topic, "--partitions", "4", "--retention", "forever")
        process = self.started("peek", topic, "--brokers", BROKERS, "--start", "latest", "--follow", "--format", "ndjson",
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        count = self.simulate(duration="10s")
        seen = [json.loads(process.stdout.readline()) for _ in range(count)]
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)
        self.assertEqual(sorted(seen, key=lambda m: (m["partition"], m["offset"])), self.messages("iot.readings"))


class Groups(OnCluster):
    def test_members_and_lag_by_partition(self):
        group = self.prefix + "readers"
        _, message = self.on_cluster("groups", group, expect=2)
        self.assertIn(f'there is no group "{group}"', message)
        self.simulate()
        ends = {p: len([m for m in self.messages("iot.readings") if m["partition"] == p]) for p in range(4)}
        self.analyze("whole", "--settings", self.settings, "--consumer-group", group)
        lines = self.on_cluster("groups", group)[0].splitlines()
        self.assertEqual(lines[0], f"{group}: Empty, 0 members, lag 0")
        self.assertEqual([line.split() for line in lines[2:]],
                         [[self.prefix + "iot.readings", str(p), str(end), str(end), "0", "-"] for p, end in ends.items()])
        self.assertIn(lines[0], self.on_cluster("groups")[0].splitlines())
        process = self.started("analyze", "city-climate", "--settings", self.settings, "--consumer-group", group, "--store", self.store,
                               stderr=subprocess.DEVNULL)
        while True:  # until it has joined
            lines = self.on_cluster("groups", group)[0].splitlines()
            if lines[0].startswith(f"{group}: Stable, 1 member") and all(line.endswith("at /127.0.0.1") for line in lines[2:]):
                break
            self.assertIsNone(process.poll())
        self.assertEqual(len(lines), 6)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 0)


class Starting(OnCluster):
    def test_an_analysis_starts_at_a_time_of_kafkas(self):
        self.simulate(duration="6m")
        middle = "2026-01-05T06:03:20Z"
        out, _ = self.on_cluster("peek", self.prefix + "iot.readings", "--format", "records", "--start", middle)
        os.mkdir(self.path("held"))
        self.write("held/iot.readings.records.ndjson", out)
        from_file = self.analyze("held", "--from", f"file:{self.path('held')}")
        from_topic = self.analyze("topic", "--settings", self.settings, "--consumer-group", self.prefix + "g", "--start", middle)
        self.assertEqual(from_topic, from_file)
        everything = self.analyze("all", "--settings", self.settings, "--consumer-group", self.prefix + "h")
        self.assertTrue(0 < len(from_topic) < len(everything))
        self.assertEqual(self.report("topic.json")["consumed"], len(out.splitlines()))

    def test_a_run_makes_what_is_missing_says_so_and_refuses_another_partition_count_than_its_checkpoints_know(self):
        world = ["smart-city", "--duration", "1m", "--set", "populations.sensors.count=50", *self.kafka, "--store", self.store]
        self.on_cluster("topics", "create", self.prefix + "iot.readings", "--partitions", "4", "--retention", "forever")
        _, log = throng("run", *world)
        made = re.findall(r"made topic (\S+) with 4 partitions", log)
        self.assertEqual(sorted(made), sorted(self.prefix + name for name in ("truth.labels", "analytics.alerts", "analytics.late",
                                                                              "analytics.dead_letter")))
        before = query("windows", self.store)
        topics = [self.prefix + "iot.readings", *made]
        self.on_cluster("topics", "delete", *topics)
        _, message = throng("run", *world, "--set", "topics.partitions=2", expect=2)
        self.assertIn("4 partitions, and now there are 2; --reset", message)
        self.assertEqual(query("windows", self.store), before)
        throng("run", *world, "--set", "topics.partitions=2", "--reset")
        def counts(windows):
            return [(each["window"], each["start"], each["group"], each["events"]) for each in windows]
        self.assertEqual(counts(query("windows", self.store)), counts(before))
        throng("audit", "--store", self.store)

    def test_a_run_refuses_a_topic_with_another_partition_count_before_anything_is_made(self):
        self.on_cluster("topics", "create", self.prefix + "iot.readings", "--partitions", "3", "--retention", "forever")
        _, message = throng("run", "smart-city", "--duration", "1m", *self.kafka, "--store", self.store, expect=2)
        self.assertIn(f'topic "{self.prefix}iot.readings" has 3 partitions, not the 4 of topics.partitions', message)
        self.assertFalse(os.path.exists(self.path("throng.db")))
        self.assertEqual([line.split()[0] for line in self.on_cluster("topics", "list")[0].splitlines() if self.prefix in line],
                         [self.prefix + "iot.readings"])


class Examined(OnCluster):
    def test_doctor_tries_what_is_needed_and_leaves_nothing_behind(self):
        mongodb = f"{MONGODB}/throng_{uuid.uuid4().hex[:12]}"
        out, _ = throng("doctor", "--settings", self.settings, "--store", mongodb)
        self.assertEqual([line.split(":")[0] for line in out.splitlines()],
                         ["ok    kafka", "ok    kafka, make topics", "ok    kafka, write", "ok    kafka, read", "ok    kafka, delete topics", "ok    store"])
        self.assertNotIn(self.prefix, self.on_cluster("topics", "list")[0])
        wrong = self.write("wrong.json", json.dumps({"kafka": {"brokers": BROKERS}, "topics": {"prefix": self.prefix, "replication": 5}}))
        out, _ = throng("doctor", "--settings", wrong, "--store", "none", expect=3)
        self.assertRegex(out, r"FAIL  kafka, make topics: .*replication")

    def test_both_stores_hold_the_same_and_are_pruned_alike(self):
        stores = [self.store, f"{MONGODB}/throng_{uuid.uuid4().hex[:12]}"]
        answers = []
        for store in stores:
            throng("run", "smart-city", "--duration", "20m", "--set", "populations.sensors.count=100", "--set",
                   'record.topics=["iot.readings"]', "--store", store, "--quiet", "--report", self.path("report.json"))
            stats = lambda: [line.split()[:2] for line in throng("store", "stats", "--store", store)[0].splitlines()]
            before = [row for row in stats() if row[0] not in ("checkpoints", "checkpoint_chunks")]
            out, _ = throng("store", "prune", "--before", "2026-01-05T06:10:00Z", "--store", store)
            answers.append([before, out, query("windows", store), query("alerts", store), query("events", store), query("labels", store)])
        self.assertEqual(answers[0], answers[1])
        self.assertRegex(answers[0][1], r"deleted what was over before 2026-01-05T06:10:00.000Z: [1-9]\d* windows, \d+ alerts, [1-9]\d* events\n")
        self.assertTrue(all(each["end"] > "2026-01-05T06:10" for each in answers[0][2]))
        throng("audit", "--store", stores[1])


if __name__ == "__main__":
    unittest.main()
