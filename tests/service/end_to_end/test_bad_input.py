"""Bad input on the command line and in files: exit status 2, every problem at its place, nothing started."""
import os
import re
import unittest

from throng import InFolder, query, throng

SCENARIO = """{
  "name": "small", "seed": 1, "start": "2026-01-05T06:00:00Z", "duration": "1m",
  "populations": {"sensors": {"kind": "sensor", "count": 10}}
}
"""
PIPELINE = """{
  "name": "means", "source": "readings", "key": "id", "timestamp": "at",
  "windows": [{"name": "m", "tumbling": "1m", "group_by": ["id"], "aggregate": {"x": ["mean", "count"]}}]
}
"""


class BadInput(InFolder):
    def refuse_scenario(self, old, new, *expected):
        name = self.write("s.json", SCENARIO.replace(old, new))
        _, message = throng("simulate", name, "--to", "null", expect=2)
        for text in expected:
            self.assertIn(text, message)
        return message

    def test_an_unknown_key_is_named_with_its_place_and_the_nearest_known_one(self):
        self.refuse_scenario('"seed"', '"sead"', "s.json:2:", "sead", "seed")

    def test_a_wrong_type_is_refused(self):
        self.refuse_scenario('"count": 10', '"count": "ten"', "s.json:3:", "populations.sensors.count", "ten")

    def test_an_interval_of_zero_is_refused(self):
        self.refuse_scenario('"count": 10', '"count": 10, "interval": "0s"', "populations.sensors.interval")

    def test_a_duration_of_zero_is_refused(self):
        self.refuse_scenario('"1m"', '"0s"', "s.json:2:", "duration", "0s")

    def test_a_negative_count_is_refused(self):
        self.refuse_scenario('"count": 10', '"count": -1', "populations.sensors.count", "-1")

    def test_a_count_of_a_million_millions_is_refused(self):
        self.refuse_scenario('"count": 10', '"count": 1000000000000', "populations.sensors.count")

    def test_all_problems_are_told_at_once(self):
        message = self.refuse_scenario('"seed": 1', '"seed": "x", "sped": 1', "seed", "sped")
        self.assertGreaterEqual(len(message.strip().splitlines()), 2)

    def test_a_file_that_is_not_there_is_named(self):
        _, message = throng("run", self.path("nothing.json"), expect=2)
        self.assertIn("nothing.json", message)

    def refuse_pipeline(self, old, new, *expected):
        name = self.write("p.json", PIPELINE.replace(old, new))
        self.write("readings.ndjson", '{"id": "a", "at": "2026-01-01T00:00:00Z", "x": 1}\n')
        _, message = throng("analyze", name, "--from", f"file:{self.folder}", "--store", self.store, expect=2)
        for text in expected:
            self.assertIn(text, message)
        self.assertFalse(os.path.exists(self.path("throng.db")), "something was started")

    def test_a_window_of_nothing_is_refused(self):
        self.refuse_pipeline('"1m"', '"0s"', "p.json:3:", "windows[0].tumbling", "0s")

    def test_a_window_shorter_than_nothing_is_refused(self):
        self.refuse_pipeline('"1m"', '"-1m"', "p.json:3:", "windows[0].tumbling", "-1m")

    def test_an_aggregate_that_does_not_exist_is_refused(self):
        self.refuse_pipeline('"mean"', '"meen"', "windows[0].aggregate.x", "meen", "mean")

    def test_an_operator_that_does_not_exist_is_refused(self):
        self.refuse_pipeline('"windows"', '"where": {"x": {"$gtt": 1}}, "windows"', "where.x", "$gtt", "$gt")

    def test_pipelines_of_two_files_that_can_not_be_together_are_refused(self):
        first = self.write("p.json", PIPELINE)
        self.write("readings.ndjson", '{"id": "a", "at": "2026-01-01T00:00:00Z", "x": 1}\n')
        for old, new, *expected in (('"key": "id"', '"key": "room"', "q.json:2:", "key", "room", "id", "rekey"),
                                    ("", "", "q.json:2:", "name", "means")):
            text = PIPELINE.replace(old, new)
            second = self.write("q.json", text.replace("means", "others") if old else text)
            _, message = throng("analyze", first, second, "--from", f"file:{self.folder}", "--store", self.store, expect=2)
            for each in expected:
                self.assertIn(each, message)
            self.assertFalse(os.path.exists(self.path("throng.db")), "something was started")

    def test_an_unknown_option_is_refused(self):
        _, message = throng("run", "metropolis", "--sped", "max", expect=2)
        self.assertIn("--sped", message)

    def analyze(self, content, reset=False):
        self.write("p.json", PIPELINE)
        self.write("readings.ndjson", content)
        return throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", 1,
                      "--store", self.store, "--report", self.path("report.json"), *(["--reset"] if reset else []))

    def test_each_message_that_cannot_be_read_is_a_dead_letter_with_its_reason_and_the_rest_counts(self):
        good = b'{"id": "a", "at": "2026-01-01T00:00:%02dZ", "x": %d}'
        time = b'{"id": "a", "at": "2026-01-01T00:00:00Z", '
        bad = [
            (b"not json", "not_json", "At byte 0: expected a value, found `n`."),
            (b'{"id": "a"', "not_json", "At byte 10: expected `,` or `}`, found the end."),
            (b"[1, 2]", "not_an_object", "The message is an array, not an object."),
            (b'"text"', "not_an_object", "The message is text, not an object."),
            (b"17", "not_an_object", "The message is a number, not an object."),
            (b"[" * 10_000 + b"]" * 10_000, "too_deep", "At byte 64: nested deeper than 64."),
            (time + b'"x": ' + b'{"x": ' * 10_000 + b"1" + b"}" * 10_001, "too_deep", "At byte 425: nested deeper than 64."),
            (time + b'"t": "' + b"x" * (17 << 20) + b'"}', "too_long", "The message is longer than max_message, 16777216 bytes."),
            (time + b'"x": NaN}', "not_finite_text", "At byte 47: NaN and Infinity are not JSON."),
            (time + b'"x": -Infinity}', "not_finite_text", "At byte 48: NaN and Infinity are not JSON."),
            (time + b'"x": \xff}', "not_json", "At byte 47: expected a value, found byte 0xff."),
            (time + b'"t": "\xc3\x28"}', "not_utf8", "At byte 48: byte 0xc3 is not UTF-8."),
            (b'{"id": "a", "at": "-0001-01-01T00:00:00Z"}', "timestamp_out_of_range",
             '`at` is "-0001-01-01T00:00:00Z", outside the years 1970 to 9999.'),
            (b'{"id": "a", "at": "30000-01-01T00:00:00Z"}', "bad_timestamp",
             '`at` is "30000-01-01T00:00:00Z", which is no time in ISO 8601.'),
            (b'{"id": "a", "at": "+30000-01-01T00:00:00Z"}', "timestamp_out_of_range",
             '`at` is "+30000-01-01T00:00:00Z", outside the years 1970 to 9999.'),
            (b'{"id": "a", "at": "yesterday"}', "bad_timestamp", '`at` is "yesterday", which is no time in ISO 8601.'),
            (b'{"id": "a", "at": 5}', "bad_timestamp", "`at` is 5, a number, and the pipeline has no timestamp_unit."),
            (b'{"id": "a"}', "no_timestamp", "`at` is absent."),
            (b'{"id": "a", "at": null}', "no_timestamp", "`at` is null."),
            (b'{"id": null, "at": "2026-01-01T00:00:00Z"}', "no_key", "`id` is null."),
            (b'{"id": "a", "id": [1], "at": "2026-01-01T00:00:00Z"}', "no_key", "`id` is [1]: a key is text or a number."),
        ]
        for message, reason, detail in bad:
            with self.subTest(reason=reason, message=message[:60]):
                self.store = f"sqlite:{self.path('one.db')}"
                _, log = self.analyze(b"\n".join([good % (1, 1), message, good % (2, 3)]) + b"\n", reset=True)
                found = re.findall(r"first dead message: readings \[0\] offset 1: (\w+) \((.*)\)$", log, re.MULTILINE)
                self.assertEqual(found, [(reason, detail)], log)
                report = self.report()
                self.assertEqual((report["dead_letters"], report["consumed"], report["late"]), (1, 3, 0))
                [window] = query("windows", self.store)
                self.assertEqual((window["events"], window["x"]), (2, {"mean": 2, "count": 2, "missing": 0}))

    def test_repeated_keys_and_messages_of_ten_megabytes_and_numbers_too_large_are_taken_in(self):
        time = b'{"id": "a", "at": "2026-01-01T00:00:00Z", '
        self.analyze(b"\n".join([
            time + b'"x": 100, "x": 2}',  # of repeated keys the last counts
            time + b'"x": 4, "t": "' + b"y" * (10 << 20) + b'"}',
            time + b'"x": "NaN"}',  # text is text
            time + b'"x": 1e400}',  # too large for a double counts as missing
            time + b'"x": ' + b"[" * 62 + b"]" * 62 + b"}",
        ]) + b"\n")
        self.assertEqual((self.report()["dead_letters"], self.report()["consumed"]), (0, 5))
        [window] = query("windows", self.store)
        self.assertEqual((window["events"], window["x"]), (5, {"mean": 3, "count": 2, "missing": 3}))

    def test_an_empty_file_gives_no_window_and_no_error(self):
        self.analyze(b"")
        self.assertEqual((self.report()["consumed"], self.report()["windows"]), (0, 0))

    def test_an_analysis_of_a_topic_whose_file_is_not_there_names_it(self):
        self.write("p.json", PIPELINE)
        _, message = throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--store", self.store, expect=2)
        self.assertIn("readings", message)


if __name__ == "__main__":
    unittest.main()
