"""The tickets' whole way over real Kafka (docs/tutorials/tickets-to-s3.md): counted by team, type and priority, and every event once in S3, killed at a put."""
import json
import os
import subprocess
import unittest
from collections import Counter

from lake import BROKERS, OfKafka
from parquet_back import needs_arrow, read_parquet
from s3_server import KEY, SECRET, S3Server
from throng import preset, query, throng

TEAMS = {"delivery": "logistics", "refund": "money", "billing": "money", "payment": "money", "account": "accounts", "product": "shop",
         "technical": "technicians"}
DESK = {"name": "desk", "start": "2026-01-05T06:00:00Z", "duration": "12h",
        "populations": {"helpdesk": {"kind": "support_client", "count": 400, "tickets_per_day": 4}}}


@needs_arrow
class Tickets(OfKafka):
    def setUp(self):
        super().setUp()
        self.s3 = S3Server()
        self.addCleanup(self.s3.close)
        self.environment = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "LAKE": self.s3.url("desk")}
        self.write("teams.csv", "request_type,team\n" + "".join(f"{kind},{team}\n" for kind, team in TEAMS.items()))

    def in_s3(self, prefix):
        """The rows of what is there, by way of files of the same names."""
        paths = []
        for key, body in self.s3.files(prefix).items():
            paths.append(self.path(key))
            os.makedirs(os.path.dirname(paths[-1]), exist_ok=True)
            with open(paths[-1], "wb") as file:
                file.write(body)
        return paths

    def test_killed_at_a_put_each_event_is_in_s3_once_and_the_counts_are_those_of_the_topic(self):
        self.write("desk.json", json.dumps(DESK))
        replication = min(3, len(BROKERS.split(",")))
        throng("simulate", "desk.json", "--to", "kafka", "--store", self.store, *self.brokers, "--set", f"topics.replication={replication}")
        wanted = self.in_topic("support.tickets")
        self.assertGreater(len(wanted), 1_000)
        pipeline = preset("pipeline", "support-teams")
        pipeline["sinks"][0].update(every="50ms", rows=200)
        self.write("teams.json", json.dumps(pipeline))
        analyze = ["analyze", "teams.json", "--settings", "settings.json", "--store", self.store, "--checkpoint-every", "50ms"]
        running = self.started(*analyze, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **self.environment})
        self.assertEqual(self.s3.kills_at_put(running, 6), -9)
        self.assertLess(len(self.s3.files()), len(wanted) // 200)
        throng(*analyze, "--until-end", *self.another_group, environment=self.environment)
        self.assertEqual(self.in_files(self.in_s3("desk/")), wanted)

        events = (event for _, event in wanted.values() if event["status"] == "opened")
        counted = Counter((TEAMS.get(event["request_type"], "nobody's"), event["request_type"], event["priority"]) for event in events)
        throng("export", "windows", "--pipeline", "support-teams", "--format", "parquet", "--to", self.s3.url("counts"), "--store", self.store,
               environment=self.environment)
        (path,) = self.in_s3("counts/")
        exported = Counter()
        for row in read_parquet(path)["rows"]:
            exported[row["group.team"], row["group.request_type"], row["group.priority"]] += row["ticket_id.distinct"]
        self.assertEqual(exported, counted)
        self.assertEqual(len(query("windows", self.store)), len(read_parquet(path)["rows"]))


if __name__ == "__main__":
    unittest.main()
