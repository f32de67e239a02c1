"""What a test of a lake needs: a topic's messages and the rows of a sink's files, by their place."""
import base64
import json
import os
import re
import uuid

from parquet_back import read_parquets
from throng import InFolder, throng

BROKERS = os.environ.get("THRONG_TEST_KAFKA", "")


class OfKafka(InFolder):
    """Topics of one test's own in real Kafka; settings.json is of somebody who reads so little at a time that there is a middle to be killed in."""

    def setUp(self):
        super().setUp()
        self.assertTrue(BROKERS, "THRONG_TEST_KAFKA says where the server is")
        self.prefix = f"t{uuid.uuid4().hex[:12]}."
        self.brokers = ["--set", f"kafka.brokers={BROKERS}", "--set", f"topics.prefix={self.prefix}"]
        # Who goes on does so from the store; in the first one's group it would wait until the broker believes that it is gone.
        self.another_group = ["--consumer-group", self.prefix + "again"]
        properties = {"brokers": BROKERS, "session.timeout.ms": 6000, "fetch.message.max.bytes": 8192}
        self.write("settings.json", json.dumps({"kafka": properties, "topics": {"prefix": self.prefix}}))
        os.chdir(self.folder)
        self.addCleanup(os.chdir, "/")

    def in_topic(self, topic):
        """Key and event of each message, by its place."""
        found = {}
        for line in throng("peek", self.prefix + topic, "--brokers", BROKERS, "--format", "records")[0].splitlines():
            record = json.loads(line)
            found[record["partition"], record["offset"]] = base64.b64decode(record["key"]).decode(), json.loads(base64.b64decode(record["value"]))
        return found

    def in_files(self, paths):
        """The same of Parquet files, each in the folder of its hour; twice nowhere."""
        found = {}
        for path, file in zip(paths, read_parquets(paths)):
            for row in file["rows"]:
                place = row.pop("_partition"), row.pop("_offset")
                self.assertNotIn(place, found)
                self.assertTrue(re.search(f"/dt={row['timestamp'][:10]}/hour={row['timestamp'][11:13]}/", path), path)
                self.assertIsNone(row.pop("_raw"))
                del row["_time"]
                found[place] = row.pop("_key"), row
        return found
