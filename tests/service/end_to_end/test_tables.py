"""`enrich` with a `topic`: rows of a compacted topic as of each event's own time, held against a recomputation."""
import base64
import json
import os
import random
import subprocess
import time
import unittest
import uuid

import recompute
from comparing import ComparesWindows
from throng import InFolder, query, throng

BEGIN = 1_767_225_600_000  # 2026-01-01T00:00:00Z
TABLE = {"topic": "shops", "on": "shop", "add": ["town", "rent"], "default": {"town": "nowhere"}}
PIPELINE = {
    "name": "by-town", "source": "orders", "key": "payer", "timestamp": "at", "timestamp_unit": "ms", "disorder": "5s",
    "enrich": [TABLE], "derive": {"cost": {"$add": ["$amount", "$rent"]}},
    "windows": [{"name": "minute", "tumbling": "1m", "lateness": "30s", "group_by": ["town"], "aggregate": {"cost": ["count", "sum", "max"]}}],
}


def orders(count, step_ms=100, seed=3):
    draw = random.Random(seed)
    for i in range(count):
        at = BEGIN + i * step_ms - (draw.randrange(20_000) if draw.random() < 0.05 else draw.randrange(4_000))
        yield {"payer": f"p{draw.randrange(30)}", "at": max(at, BEGIN), "amount": round(draw.gauss(8, 4), 2), "shop": draw.randrange(12)}


def changes(count, span_ms, seed=4):
    """(time, key, row or None) in the order of their topic, which is not quite that of their times."""
    draw = random.Random(seed)
    for i in range(count):
        time = BEGIN + i * span_ms // count - draw.choice([0, 0, 0, 15_000])
        row = None if draw.random() < 0.2 else {"town": draw.choice(["Graz", "Linz", "Wien"]), "rent": draw.randrange(5), "more": i}
        yield max(time, BEGIN), str(draw.randrange(10)), row


def record(partition, offset, time, key, row):
    text = lambda x: base64.b64encode(x.encode()).decode()
    return json.dumps({"partition": partition, "offset": offset, "timestamp": time, "key": text(key), "headers": [],
                       "value": None if row is None else text(json.dumps(row))})


def as_of(table, key, time):
    """The row by its definition: of those not later the latest, of one time the last."""
    found = None
    for since, of, row in table:
        if of == key and since <= time and (found is None or since >= found[0]):
            found = since, row
    return found[1] if found else None


BROKERS = os.environ.get("THRONG_TEST_KAFKA", "")


class Tables(InFolder, ComparesWindows):
    def write_table(self, table):
        lines, offsets = [], {}
        for time, key, row in table:
            partition = int(key) % 3
            lines.append(record(partition, offsets.setdefault(partition, 0), time, key, row))
            offsets[partition] += 2  # compacted: offsets have gaps
        self.write("shops.records.ndjson", "\n".join(lines) + "\n")

    def lay_out(self, count):
        self.orders = list(orders(count))
        self.table = list(changes(200, count * 100))
        self.write("p.json", json.dumps(PIPELINE))
        self.write("orders.ndjson", "".join(json.dumps(each) + "\n" for each in self.orders))
        self.write_table(self.table)

    def arguments(self, *more, store=None):
        return ["analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", "3", "--store", store or self.store,
                "--report", self.path("report.json"), *more]

    def expected(self, looked_up):
        """The windows over orders with the fields that `looked_up` gives each."""
        lines = []
        for each in self.orders:
            row = looked_up(each)
            lines.append(json.dumps({**each, "town": row["town"] if row else "nowhere", "rent": row["rent"] if row else None}))
        plain = {key: value for key, value in PIPELINE.items() if key != "enrich"}
        return recompute.recompute(plain, lines, 3)[0]

    def test_an_event_gets_the_row_of_its_own_time(self):
        self.lay_out(6_000)
        throng(*self.arguments())
        expected = self.expected(lambda each: as_of(self.table, str(each["shop"]), each["at"]))
        self.assertEqual({json.loads(where[2])["town"] for where in expected}, {"Graz", "Linz", "Wien", "nowhere"})
        self.compare(PIPELINE, expected, query("windows", self.store))
        explained, _ = throng("pipeline", "explain", self.path("p.json"))
        self.assertIn("town and rent of the row that the topic shops had under its shop at the event's own time", explained)

    @unittest.skipUnless(BROKERS, "THRONG_TEST_KAFKA says where Kafka is: ./dev test --servers")
    def test_a_compacted_topic_of_a_real_cluster_is_a_table_too(self):
        self.lay_out(3_000)
        prefix = f"t{uuid.uuid4().hex[:12]}."
        settings = self.write("settings.json", json.dumps({"kafka": {"brokers": BROKERS}, "topics": {"prefix": prefix}}))
        throng("topics", "create", prefix + "shops", "--partitions", "3", "--compact", "--brokers", BROKERS)
        throng("replay", self.path("shops.records.ndjson"), "--topic", "shops", "--settings", settings)
        throng("replay", self.path("orders.ndjson"), "--topic", "orders", "--key", "payer", "--timestamp", "at", "--timestamp-unit", "ms",
               "--settings", settings)
        arguments = ["analyze", self.path("p.json"), "--settings", settings, "--store", self.store, "--consumer-group", prefix + "group",
                     "--report", self.path("report.json")]
        throng(*arguments, "--until-end")
        plain = {key: value for key, value in PIPELINE.items() if key != "enrich"}
        row = lambda each: as_of(self.table, str(each["shop"]), each["at"])
        lines = [json.dumps({**each, "town": (row(each) or {"town": "nowhere"})["town"], "rent": (row(each) or {"rent": None})["rent"]})
                 for each in self.orders]
        self.compare(PIPELINE, recompute.recompute(plain, lines, 4)[0], query("windows", self.store))
        # What is added to the table while the analysis runs counts for what comes behind it.
        running = self.started(*arguments, stderr=subprocess.DEVNULL)
        late = BEGIN + 10_000_000
        self.write("more.records.ndjson", record(1, 0, late, "3", {"town": "Bregenz", "rent": 1}) + "\n")
        throng("replay", self.path("more.records.ndjson"), "--topic", "shops", "--settings", settings)
        for i in range(60):  # until the table has come; each order is a minute of its own
            self.write("later.ndjson", json.dumps({"payer": "p1", "at": late + (i + 1) * 60_000, "amount": 1, "shop": 3}) + "\n")
            throng("replay", self.path("later.ndjson"), "--topic", "orders", "--key", "payer", "--timestamp", "at", "--timestamp-unit", "ms",
                   "--settings", settings)
            if query("windows", self.store, "--group", "town=Bregenz"):
                return
            time.sleep(0.5)
        self.fail("the table's new row did not count within half a minute")

    @unittest.skipUnless(BROKERS, "THRONG_TEST_KAFKA says where Kafka is: ./dev test --servers")
    def test_a_world_is_watched_with_a_table_of_its_cluster(self):
        prefix = f"t{uuid.uuid4().hex[:12]}."
        cluster = ["--set", f"kafka.brokers={BROKERS}", "--set", f"topics.prefix={prefix}"]
        world = self.write_world({"topic": "districts", "on": "district", "add": ["people"]})
        _, message = throng("run", world, *cluster, "--store", self.store, expect=2)
        self.assertIn('no topic "' + prefix + 'districts", which a pipeline uses as a table', message)
        throng("topics", "create", prefix + "districts", "--compact", "--brokers", BROKERS)
        self.write("districts.records.ndjson", "".join(record(0, i, BEGIN, f"district-{i:02d}", {"people": 7}) + "\n" for i in range(20)))
        settings = self.write("settings.json", json.dumps({"kafka": {"brokers": BROKERS}, "topics": {"prefix": prefix}}))
        throng("replay", self.path("districts.records.ndjson"), "--topic", "districts", "--settings", settings)
        throng("run", world, *cluster, "--store", self.store)
        windows = query("windows", self.store)
        self.assertGreater(len(windows), 0)
        self.assertEqual({window["group"]["people"] for window in windows}, {7})

    def write_world(self, enrich):
        self.write("p.json", json.dumps({
            "name": "rooms", "source": "iot.readings", "key": "sensor_id", "timestamp": "timestamp", "enrich": [enrich],
            "windows": [{"name": "w", "tumbling": "1m", "group_by": enrich["add"], "aggregate": {"temperature": ["count"]}}]}))
        return self.write("world.json", json.dumps({
            "name": "town", "seed": 1, "start": "2026-01-05T09:00:00Z", "duration": "5m", "speed": "max", "pipelines": ["p.json"],
            "populations": {"sensors": {"kind": "sensor", "count": 20}}}))

    def test_a_world_can_not_be_watched_with_what_it_writes_itself(self):
        own = {"topic": "truth.labels", "key": "entity", "on": "sensor_id", "add": ["cause"]}
        other = {"topic": "districts", "on": "district", "add": ["people"]}
        for enrich, said in ((own, "truth.labels, which this world writes"), (other, "the embedded cluster begins empty")):
            _, message = throng("run", self.write_world(enrich), "--store", self.store, expect=2)
            self.assertIn(said, message)
        self.assertFalse(os.path.exists(self.path("throng.db")))

    def test_lines_without_keys_of_their_own_are_a_table_too(self):
        self.lay_out(500)
        self.write("p.json", json.dumps({**PIPELINE, "enrich": [{**TABLE, "key": "id", "timestamp": "since"}]}))
        rows = [(time, key, row) for time, key, row in self.table if row]
        os.remove(self.path("shops.records.ndjson"))
        self.write("shops.ndjson", "".join(json.dumps({**row, "id": int(key), "since": recompute.iso(time)}) + "\n" for time, key, row in rows))
        throng(*self.arguments())
        self.compare(PIPELINE, self.expected(lambda each: as_of(rows, str(each["shop"]), each["at"])), query("windows", self.store))

    def test_what_was_taken_in_keeps_the_rows_that_were_known_then(self):
        self.lay_out(3_000)
        first, half = self.orders[:1_500], self.table[:60]
        self.write("orders.ndjson", "".join(json.dumps(each) + "\n" for each in first))
        self.write_table(half)
        throng(*self.arguments())
        self.write("orders.ndjson", "".join(json.dumps(each) + "\n" for each in self.orders))
        self.write_table(self.table)
        throng(*self.arguments())
        self.assertEqual(self.report()["resumed_messages"], 1_500)
        numbers = {id(each): i for i, each in enumerate(self.orders)}
        known = lambda each: half if numbers[id(each)] < 1_500 else self.table
        self.compare(PIPELINE, self.expected(lambda each: as_of(known(each), str(each["shop"]), each["at"])), query("windows", self.store))

    def test_what_can_not_be_is_refused(self):
        self.lay_out(20)

        def refused(enrich, *expected, arguments=None):
            self.write("p.json", json.dumps({**PIPELINE, "enrich": [enrich]}))
            _, message = throng(*(arguments or self.arguments()), expect=2)
            for text in expected:
                self.assertIn(text, message)

        refused({**TABLE, "topic": "nothing"}, "nothing.ndjson")
        refused({**TABLE, "lookup": "x.csv"}, "enrich[0]")
        refused({"on": "shop", "add": ["town"]}, "enrich[0]")
        refused({"lookup": "x.csv", "on": "shop", "add": ["town"], "keep": "1d"}, "enrich[0].keep", "belongs to a table that is a `topic`")
        refused({**TABLE, "keep": "0s"}, "enrich[0].keep")
        refused(TABLE, "--from stdin is one topic", "shops", arguments=["analyze", self.path("p.json"), "--from", "stdin", "--store", self.store])
        self.write("loop.json", json.dumps({**PIPELINE, "to": "shops"}))
        _, message = throng("pipeline", "check", self.path("loop.json"), expect=2)
        self.assertIn("would come back to it", message)


if __name__ == "__main__":
    unittest.main()
