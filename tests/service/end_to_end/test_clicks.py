"""The clicks' whole way over real Kafka (docs/tutorials/clicks-to-parquet.md): three topics, Parquet files, killed in the middle, each event once."""
import glob
import json
import signal
import unittest

from lake import OfKafka
from parquet_back import needs_arrow
from throng import preset, signalled_at_write, throng

TOPICS = ("web.clicks", "web.views", "web.ratings")


def files_of(topic):
    return glob.glob(f"lake/{topic}/**/*.parquet", recursive=True)


@needs_arrow
class Clicks(OfKafka):
    def test_killed_in_the_middle_the_files_hold_each_event_once(self):
        throng("simulate", "web-shop", "--duration", "1h", "--to", "kafka", "--store", self.store, *self.brokers,
               "--set", "incidents=[]", "--set", 'trouble={"duplicate": 0.01}')
        wanted = {topic: self.in_topic(topic) for topic in TOPICS}
        pipelines = preset("pipeline", "web-lake")
        for each in pipelines:  # files so small that there is a middle
            each["sinks"][0].update(every="50ms", rows=100)
        self.write("web-lake.json", json.dumps(pipelines))
        analyze = ["analyze", "web-lake.json", "--settings", "settings.json", "--store", self.store, "--checkpoint-every", "50ms"]
        signalled_at_write(analyze, 8, signal.SIGKILL, part="/lake/")
        left = {topic: self.in_files(files_of(topic)) for topic in TOPICS}
        throng(*analyze, "--until-end", *self.another_group)
        self.assertTrue(0 < sum(map(len, left.values())) < sum(map(len, wanted.values())), "there was no middle")
        for topic in TOPICS:
            self.assertGreater(len(wanted[topic]), 50)
            self.assertEqual(self.in_files(files_of(topic)), wanted[topic])
        windows = json.loads(throng("query", "windows", "--pipeline", "web-lake-clicks", "--rollup", "1d", "--store", self.store, "--format", "json")[0])
        self.assertEqual(sum(each["click_duration"]["count"] for each in windows), len(wanted["web.clicks"]))
        # What the files hold goes into a topic again, under the keys that it had.
        throng("replay", *files_of("web.clicks"), "--topic", "again", "--settings", "settings.json")
        in_order = lambda topic: sorted(((partition, key, event) for (partition, _), (key, event) in topic.items()), key=lambda x: (x[0], x[1], x[2]["seq"]))
        self.assertEqual(in_order(self.in_topic("again")), in_order(wanted["web.clicks"]))


if __name__ == "__main__":
    unittest.main()
