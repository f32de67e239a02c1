"""Dead letters given back through a real broker: to the pipeline that refused them, each counted once, however often they are asked for."""
import base64
import json
import os
import unittest
import uuid

from bulk_server import BulkServer
from throng import InFolder, query, throng

BROKERS = os.environ.get("THRONG_TEST_KAFKA", "")


@unittest.skipUnless(BROKERS, "needs THRONG_TEST_KAFKA")
class DeadLettersTest(InFolder):
    def setUp(self):
        super().setUp()
        # Topics of this test alone.
        self.prefix = f"dead-{uuid.uuid4().hex[:8]}."
        self.write("settings.json", json.dumps({"topics": {"prefix": self.prefix, "partitions": 2}, "store": self.store,
                                                "kafka": {"brokers": BROKERS}}))
        window = [{"name": "w", "tumbling": "1h", "lateness": "1d", "group_by": ["id"], "aggregate": {"x": ["count", "sum"]}}]
        base = {"source": "rooms", "key": "id", "timestamp": "at", "windows": window}
        self.write("p.json", json.dumps([{**base, "name": "strict", "max_ahead": "1m"}, {**base, "name": "patient", "max_ahead": "1d"}]))

    def cluster(self, *arguments, **more):
        return throng(*arguments, "--settings", self.path("settings.json"), **more)

    def analyze(self):
        self.cluster("analyze", self.path("p.json"), "--until-end", "--report", self.path("report.json"))
        return self.report()

    def sums(self, pipeline):
        return {each["group"]["id"]: (each["x"]["count"], each["x"]["sum"]) for each in query("windows", self.store, "--pipeline", pipeline)}

    def test_a_pipeline_gets_back_what_it_refused_and_counts_each_once(self):
        # Every third message says that it is of an hour after it was sent: `strict` refuses it, `patient` does not.
        lines = [{"id": "ab"[i % 2], "at": f"2026-01-05T{7 if i % 3 == 0 else 6}:00:{i:02}Z", "sent": f"2026-01-05T06:01:{i:02}Z", "x": 2 ** i}
                 for i in range(12)]
        for each in lines:
            each["at"] = each["at"].replace("T7", "T07").replace("T6", "T06")
        self.write("rooms.ndjson", "".join(json.dumps(each) + "\n" for each in lines))
        self.cluster("replay", self.path("rooms.ndjson"), "--topic", "rooms", "--key", "id", "--timestamp", "sent")
        report = self.analyze()
        self.assertEqual((report["consumed"], report["dead_letters"]), (12, 4))
        of = lambda keep: {(each["id"], each["at"][11:13]): None for each in lines if keep(each)}
        self.assertEqual(len(of(lambda each: True)), 4)
        total = lambda documents: (sum(n for n, _ in documents), sum(s for _, s in documents))
        whole = (12, sum(each["x"] for each in lines))
        refused = [each for each in lines if each["at"][11:13] == "07"]
        counted = lambda pipeline: total([(w["x"]["count"], w["x"]["sum"]) for w in query("windows", self.store, "--pipeline", pipeline)])
        self.assertEqual(counted("patient"), whole)
        self.assertEqual(counted("strict"), (8, whole[1] - sum(each["x"] for each in refused)))

        # Sent now, they are of the past. Only `strict` takes them in; asked for twice, each is sent once.
        _, said = self.cluster("replay", "--from-dead-letter", "--pipeline", "strict", "--reason", "too_far_ahead")
        self.assertIn("4 messages", said)
        _, said = self.cluster("replay", "--from-dead-letter")
        self.assertIn("0 messages", said)
        report = self.analyze()
        self.assertEqual((report["consumed"], report["dead_letters"]), (4, 0))
        self.assertEqual(counted("patient"), whole)
        self.assertEqual(counted("strict"), whole)

    def test_a_dead_letter_longer_than_its_topic_takes_is_cut_and_not_given_back(self):
        self.cluster("topics", "create", self.prefix + "analytics.dead_letter", "--partitions", "2", "--property", "max.message.bytes=2000")
        good = {"id": "a", "at": "2026-01-05T06:00:00Z", "x": 1}
        long = json.dumps({**good, "x": 2, "at": "no time", "text": "t" * 5000})
        short = json.dumps({**good, "x": 4, "at": "none either"})
        self.write("rooms.ndjson", "\n".join([long, short, json.dumps(good)]) + "\n")
        self.cluster("replay", self.path("rooms.ndjson"), "--topic", "rooms", "--key", "id")
        report = self.analyze()
        self.assertEqual((report["consumed"], report["dead_letters"]), (3, 4))  # two pipelines refuse two
        out, _ = self.cluster("peek", self.prefix + "analytics.dead_letter", "--format", "records")
        letters = [json.loads(line) for line in out.splitlines()]
        cut = [base64.b64decode(value).decode() for each in letters for name, value in each["headers"] if name == "cut_from"]
        self.assertEqual(len(letters), 4)
        self.assertEqual(cut, [str(len(long))] * 2)
        _, said = self.cluster("replay", "--from-dead-letter")
        self.assertIn("2 messages", said)
        self.assertIn("cut_from", said)

    def test_what_the_server_of_a_sink_refuses_is_a_dead_letter_that_is_not_given_back(self):
        server = BulkServer()
        self.addCleanup(server.close)
        server.item = lambda row: 400 if row.get("x") == 4 or "events" in row else 201
        sinks = [{"name": of, "of": of, "to": server.url(of), "format": "elasticsearch"} for of in ("events", "windows")]
        window = {"name": "w", "tumbling": "1h", "group_by": ["id"], "aggregate": {"x": ["sum"]}}
        self.write("p.json", json.dumps({"name": "p", "source": "rooms", "key": "id", "timestamp": "at", "windows": [window], "sinks": sinks}))
        lines = [{"id": "a", "at": f"2026-01-05T{6 + i:02}:00:00Z", "x": 2 ** i} for i in range(4)] + [{"id": "a", "x": 4}]
        self.write("rooms.ndjson", "".join(json.dumps(each) + "\n" for each in lines))
        self.cluster("replay", self.path("rooms.ndjson"), "--topic", "rooms", "--key", "id")
        report = self.analyze()
        self.assertEqual((report["consumed"], report["dead_letters"]), (5, 1))
        self.assertEqual(sorted(row["x"] for row in server.taken), [1, 2, 8])
        out, _ = self.cluster("peek", self.prefix + "analytics.dead_letter", "--format", "records")
        text = lambda of: base64.b64decode(of).decode()
        letters = [{name: text(value) for name, value in json.loads(line)["headers"]} for line in out.splitlines()]
        # Two of x = 4, of which the pipeline refuses one itself, and the two windows that are final.
        self.assertEqual(sorted(each["reason"] for each in letters), ["no_timestamp"] + ["refused"] * 4)
        self.assertEqual(len({each["id"] for each in letters}), 5)
        self.assertEqual({each["detail"] for each in letters if each["reason"] == "refused"},
                         {f"sink {of}: mapper_parsing_exception: said by the tests" for of in ("events", "windows")})
        _, said = self.cluster("replay", "--from-dead-letter")
        self.assertIn("1 messages", said)
        self.assertIn("4 dead letters are left out: a sink's server has refused them", said)
