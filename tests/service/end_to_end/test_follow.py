"""`throng query --follow` and `--tz`: results as they come, and times on a zone's clock."""
import json
import signal
import subprocess
import unittest
from datetime import datetime

from throng import InFolder, query, throng

SMALL = ["--set", "populations.sensors.count=60", "--quiet"]


class Follow(InFolder):
    def follow(self, subject, *options):
        return self.started("query", subject, "--store", self.store, "--follow", "--format", "ndjson", *options, stdout=subprocess.PIPE)

    def test_what_is_there_comes_first_then_what_a_later_run_writes_and_a_stop_is_clean(self):
        throng("run", "smart-city", "--duration", "3m", "--set", "incidents=[]", *SMALL, "--store", self.store)
        there = query("windows", self.store, "--window", "climate-1m", "--group", "district=district-03")
        following = self.follow("windows", "--window", "climate-1m", "--group", "district=district-03")
        alerts = self.follow("alerts")
        self.assertEqual([json.loads(following.stdout.readline()) for _ in there], there)
        throng("run", "smart-city", "--duration", "25m", *SMALL, "--store", self.store)
        expected = query("windows", self.store, "--window", "climate-1m", "--group", "district=district-03")
        latest = {each["start"]: each for each in there}
        while latest != {each["start"]: each for each in expected}:  # a window comes again whenever it changes
            told = json.loads(following.stdout.readline())
            latest[told["start"]] = told
        self.assertIn(json.loads(alerts.stdout.readline()), query("alerts", self.store))
        for each in (following, alerts):
            each.send_signal(signal.SIGTERM)
            self.assertEqual(each.wait(10), 0)

    def test_times_on_a_zones_clock_are_the_same_moments(self):
        throng("run", "smart-city", "--duration", "10m", *SMALL, "--store", self.store)
        utc = query("windows", self.store, "--window", "climate-1m")
        vienna = query("windows", self.store, "--window", "climate-1m", "--tz", "Europe/Vienna")
        self.assertEqual(len(vienna), len(utc))
        for there, here in zip(utc, vienna):
            for name in ("start", "end"):
                self.assertTrue(here[name].endswith("+01:00"), here[name])
                self.assertEqual(datetime.fromisoformat(here[name]), datetime.fromisoformat(there[name]))
        self.assertEqual(vienna[0]["start"], "2026-01-05T07:00:00.000+01:00")
        newfoundland = query("entities", self.store, "--tz", "America/St_Johns", "--entity", "sensor-000007")
        self.assertTrue(newfoundland[0]["time"].endswith("-03:30"))
        self.assertTrue(newfoundland[0]["message"]["timestamp"].endswith("Z"), "what a message says stays")

    def test_what_can_not_be_is_said(self):
        throng("run", "smart-city", "--duration", "1m", "--set", "incidents=[]", *SMALL, "--store", self.store)
        for options, said in ((["--tz", "Vienna"], "--tz Vienna: there is no time zone"), (["--follow", "--format", "csv"], "ndjson"),
                              (["--follow", "--sort", "-start"], "--sort"), (["--follow", "--count"], "--count")):
            _, error = throng("query", "windows", "--store", self.store, *options, expect=2)
            self.assertIn(said, error)


if __name__ == "__main__":
    unittest.main()
