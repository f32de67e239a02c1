"""Streams that meet: lookups, re-keying, topics that a pipeline writes."""
import json
import sqlite3
import unittest

from throng import InFolder, query, throng

START = 1_767_225_600_000


def line(**fields):
    return json.dumps(fields) + "\n"


class Lookups(InFolder):
    PIPELINE = """{
      "name": "zones", "source": "readings", "key": "id", "timestamp": "at", "timestamp_unit": "ms",
      "enrich": [{"lookup": "tables/places.csv", "on": "place", "add": ["zone"], "default": {"zone": "nowhere"}}],
      "windows": [{"name": "hour", "tumbling": "1h", "group_by": ["zone"]}]
    }"""

    def setUp(self):
        super().setUp()
        import os
        os.mkdir(self.path("tables"))
        self.write("p.json", self.PIPELINE)
        self.write("tables/places.csv", "place,zone\nhall,in\nyard,out\n")
        self.lines = "".join(line(id=f"s{i % 5}", at=START + i, place=["hall", "yard", "moon"][i % 3]) for i in range(300))
        self.write("readings.ndjson", self.lines)

    def analyze(self):
        throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--store", self.store)
        return {w["group"]["zone"]: w["events"] for w in query("windows", self.store)}

    def inputs(self):
        with sqlite3.connect(self.path("throng.db")) as db:
            rows = [json.loads(body) for (body,) in db.execute("SELECT body FROM records WHERE kind = 'inputs'")]
        return sorted((row["partition"], row["offset"], row["content"]) for row in rows)

    def test_a_changed_file_takes_effect_where_the_store_says(self):
        self.assertEqual(self.analyze(), {"in": 100, "out": 100, "nowhere": 100})
        first = self.inputs()
        self.assertEqual({(offset, content) for _, offset, content in first}, {(0, "place,zone\nhall,in\nyard,out\n")})
        self.write("tables/places.csv", "place,zone\nhall,in\nyard,out\nmoon,far\n")
        self.write("readings.ndjson", self.lines + "".join(line(id="s1", at=START + 1000, place="moon") for _ in range(7)))
        self.assertEqual(self.analyze(), {"in": 100, "out": 100, "nowhere": 100, "far": 7})
        second = [x for x in self.inputs() if x not in first]
        self.assertEqual({content for _, _, content in second}, {"place,zone\nhall,in\nyard,out\nmoon,far\n"})
        # Each partition stood at its own end, all together at 300.
        self.assertEqual(sum(offset for _, offset, _ in second), 300)

    def test_what_is_wrong_with_a_file_has_its_place(self):
        self.write("tables/places.csv", "place,zone\nhall,in\nhall,out\nyard\n")
        _, err = throng("pipeline", "check", self.path("p.json"), expect=2)
        self.assertIn("tables/places.csv:3:1: enrich[0].lookup: there is another row for \"hall\"", err)
        self.assertIn("tables/places.csv:4:1: enrich[0].lookup: this row has 1 cells, the header 2", err)
        self.write("p.json", self.PIPELINE.replace("places.csv", "place.csv"))
        _, err = throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--store", self.store, expect=2)
        self.assertIn("p.json:3:29: enrich[0].lookup: ", err)
        self.assertIn("there is no such file", err)


if __name__ == "__main__":
    unittest.main()
