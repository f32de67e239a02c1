"""The clicks' whole way over real Kafka (docs/tutorials/clicks-to-parquet.md): three topics, Parquet files, killed in the middle, each event once."""
import base64
import glob
import json
import os
import signal
import unittest
import uuid

from parquet_back import needs_arrow, read_parquets
from throng import InFolder, preset, signalled_at_write, throng

BROKERS = os.environ.get("THRONG_TEST_KAFKA", "")
TOPICS = ("web.clicks", "web.views", "web.ratings")


@needs_arrow
class Clicks(InFolder):
    def setUp(self):
        super().setUp()
        self.assertTrue(BROKERS, "THRONG_TEST_KAFKA says where the server is")
        self.prefix = f"t{uuid.uuid4().hex[:12]}."
        os.chdir(self.folder)  # where the preset's folder `lake` is from
        self.addCleanup(os.chdir, "/")

    def in_topic(self, topic):
        """Key and event of each message, by its place."""
        found = {}
        for line in throng("peek", self.prefix + topic, "--brokers", BROKERS, "--format", "records")[0].splitlines():
            record = json.loads(line)
            found[record["partition"], record["offset"]] = base64.b64decode(record["key"]).decode(), json.loads(base64.b64decode(record["value"]))
        return found

    def in_files(self, topic):
        """The same of the files, each in the folder of its hour; twice nowhere."""
        found = {}
        paths = glob.glob(f"lake/{topic}/**/*.parquet", recursive=True)
        for path, file in zip(paths, read_parquets(paths)):
            for row in file["rows"]:
                place = row.pop("_partition"), row.pop("_offset")
                self.assertNotIn(place, found)
                self.assertIn(f"/dt={row['timestamp'][:10]}/hour={row['timestamp'][11:13]}/", path)
                self.assertIsNone(row.pop("_raw"))
                del row["_time"]
                found[place] = row.pop("_key"), row
        return found

    def test_killed_in_the_middle_the_files_hold_each_event_once(self):
        throng("simulate", "web-shop", "--duration", "1h", "--to", "kafka", "--store", self.store, "--set", f"kafka.brokers={BROKERS}", "--set",
               f"topics.prefix={self.prefix}", "--set", "incidents=[]", "--set", 'trouble={"duplicate": 0.01}')
        wanted = {topic: self.in_topic(topic) for topic in TOPICS}
        pipelines = preset("pipeline", "web-lake")
        for each in pipelines:  # files so small that there is a middle
            each["sinks"][0].update(every="50ms", rows=100)
        self.write("web-lake.json", json.dumps(pipelines))
        settings = {"kafka": {"brokers": BROKERS, "session.timeout.ms": 6000, "fetch.message.max.bytes": 8192}, "topics": {"prefix": self.prefix}}
        self.write("settings.json", json.dumps(settings))
        analyze = ["analyze", "web-lake.json", "--settings", "settings.json", "--store", self.store, "--checkpoint-every", "50ms"]
        signalled_at_write(analyze, 8, signal.SIGKILL, part="/lake/")
        left = {topic: self.in_files(topic) for topic in TOPICS}
        throng(*analyze, "--until-end")
        self.assertTrue(0 < sum(map(len, left.values())) < sum(map(len, wanted.values())), "there was no middle")
        for topic in TOPICS:
            self.assertGreater(len(wanted[topic]), 50)
            self.assertEqual(self.in_files(topic), wanted[topic])
        windows = json.loads(throng("query", "windows", "--pipeline", "web-lake-clicks", "--rollup", "1d", "--store", self.store, "--format", "json")[0])
        self.assertEqual(sum(each["click_duration"]["count"] for each in windows), len(wanted["web.clicks"]))


if __name__ == "__main__":
    unittest.main()
