"""`throng run`: a world simulated, watched, stored and queried in one process, with numbers that agree."""
import json
import signal
import subprocess
import unittest
from collections import Counter
from datetime import datetime

from throng import InFolder, query, throng

SMALL = ["--duration", "35m", "--set", "populations.sensors.count=400", "--set", "populations.visitors.count=300",
         "--set", "populations.accounts.count=300", "--set", "populations.helpdesk.count=40"]


def seconds_between(one, other):
    one, other = (datetime.fromisoformat(time.replace("Z", "+00:00")) for time in (one, other))
    return (other - one).total_seconds()


class Run(InFolder):
    def run_small(self, *more):
        throng("run", "metropolis", *SMALL, "--store", self.store, "--report", self.path("report.json"), *more)
        return self.report()

    def test_a_world_that_reads_its_alerts_back_repeats_to_the_byte(self):
        known = ["--set", 'record.topics=["bank.transactions"]', "--set", 'react={"analytics.alerts": {"delay": "30s", "for": "10m"}}',
                 "--set", "populations.accounts.payments_per_day=200"]
        events = []
        for threads in (1, 2):
            report = self.run_small(*known, "--threads", threads)
            self.assertEqual(report["lost"], 0)
            events.append(query("events", self.store))
        self.assertEqual(events[0], events[1])
        def blocked_of(stored):
            return [event["message"] for event in stored if event.get("message", {}).get("decline_reason") == "account_blocked"]
        blocked = blocked_of(events[0])
        self.assertGreater(len(blocked), 0)
        alerts = {}
        for alert in query("alerts", self.store):
            alerts.setdefault(alert["entity"], []).append(alert["time"])
        for event in blocked:
            self.assertTrue([time for time in alerts[event["account_id"]] if time < event["timestamp"]], event)
        score = json.loads(throng("score", "--store", self.store, "--block-for", "10m", "--report", "-")[0])
        self.assertEqual(score["all"]["money"], self.money_by_hand(events[0], alerts, 600))
        self.assertGreater(min(score["all"]["money"].values()), 0)
        self.run_small("--set", 'record.topics=["bank.transactions"]')
        self.assertEqual(blocked_of(query("events", self.store)), [])

    def money_by_hand(self, events, alerts, block_seconds):
        """In cents, of what was paid or would have been, had nobody blocked the account."""
        named = set()
        for label in query("labels", self.store):
            if label["malicious"]:
                for first, _, last in (part.partition("-") for part in (label["seqs"] or "").split(",") if part):
                    named.update((label["entity"], seq) for seq in range(int(first), int(last or first) + 1))
        made = Counter({"saved": 0, "lost": 0, "stopped_wrongly": 0})
        priced = [event for event in events if "amount" in event.get("message", {})]
        paid = {(event["key"], event["message"]["seq"]): event for event in priced}  # a doubled one once
        for key, event in paid.items():
            message = event["message"]
            if message.get("type") in ("salary", "transfer_in", "deposit") or message.get("decline_reason") == "insufficient_funds":
                continue
            stopped = any(0 < seconds_between(time, event["time"]) <= block_seconds for time in alerts.get(key[0], []))
            made["saved" if key in named and stopped else "lost" if key in named else "stopped_wrongly" if stopped else "paid"] += round(100 * message["amount"])
        del made["paid"]
        return dict(made)

    def test_raw_events_leave_the_store_by_event_time(self):
        recorded = ["--set", 'record.topics=["bank.transactions"]']
        others = ("windows", "alerts", "labels", "entities")
        self.run_small(*recorded)
        everything = query("events", self.store)
        rest = [query(subject, self.store) for subject in others]
        self.run_small(*recorded, "--set", "record.keep=10m")
        kept = query("events", self.store)
        self.assertEqual([query(subject, self.store) for subject in others], rest)
        times = sorted(event["time"] for event in kept)
        minutes = (datetime.fromisoformat(times[-1]) - datetime.fromisoformat(times[0])).total_seconds() / 60
        self.assertTrue(9 < minutes < 14, minutes)
        by = lambda event: (event["partition"], event["offset"])
        self.assertEqual(sorted(kept, key=by), sorted((event for event in everything if event["time"] >= times[0]), key=by))

    def test_what_the_world_made_was_taken_in_stored_and_audited(self):
        report = self.run_small()
        self.assertEqual(report["lost"], 0)
        self.assertEqual(report["consumed"], report["events"])
        self.assertEqual(report["actors"], 1040)
        self.assertEqual(report["virtual_seconds"], 2100)
        self.assertEqual(report["events"], sum(n for topic, n in report["events_by_topic"].items() if topic != "truth.labels"))
        alerts = query("alerts", self.store)
        self.assertGreater(len(alerts), 0)
        self.assertEqual(len({alert["id"] for alert in alerts}), len(alerts))
        self.assertGreater(len(query("labels", self.store)), 0)
        audit, _ = throng("audit", "--store", self.store, "--report", "-")
        audit = json.loads(audit)
        self.assertTrue(audit["holds"])
        self.assertEqual(audit["lost"], 0)
        # Every reading stands in exactly one 1-minute window, or was late, dead, or dropped by where.
        windows = query("windows", self.store, "--pipeline", "city-climate", "--window", "climate-1m")
        in_windows = sum(window["events"] for window in windows)
        readings = report["events_by_topic"]["iot.readings"]
        self.assertLessEqual(in_windows, readings)
        self.assertGreaterEqual(in_windows, 0.99 * readings - report["late"] - report["dead_letters"])

    def test_a_group_can_be_asked_for_and_rolled_up(self):
        self.run_small()
        minutes = query("windows", self.store, "--pipeline", "city-climate", "--window", "climate-1m")
        district = minutes[0]["group"]["district"]
        own = query("windows", self.store, "--pipeline", "city-climate", "--window", "climate-1m", "--group", f"district={district}")
        self.assertEqual({window["group"]["district"] for window in own}, {district})
        self.assertEqual(own, [window for window in minutes if window["group"]["district"] == district])
        rolled = query("windows", self.store, "--pipeline", "city-climate", "--window", "climate-1m", "--rollup", "5m",
                       "--group", f"district={district}")
        events = Counter()
        for window in own:
            hour, minute = window["start"][11:16].split(":")
            events[f"{hour}:{int(minute) // 5 * 5:02d}"] += window["events"]
        self.assertEqual({window["start"][11:16]: window["events"] for window in rolled}, dict(events))

    def test_two_runs_of_one_seed_store_the_same(self):
        first = self.run_small()
        windows, alerts = query("windows", self.store), query("alerts", self.store)
        second = self.run_small()  # over the first one's store: it says so and begins anew
        self.assertEqual((first["events"], first["alerts"]), (second["events"], second["alerts"]))
        self.assertEqual(query("windows", self.store), windows)
        self.assertEqual(query("alerts", self.store), alerts)
        self.assertEqual(len(query("runs", self.store)), 2)

    def test_a_run_leaves_the_results_of_other_sources_in_its_store(self):
        self.write("p.json", '{"name": "mine", "source": "own", "key": "id", "timestamp": "at",'
                             ' "windows": [{"name": "w", "tumbling": "1m", "aggregate": {"x": ["sum"]}}]}')
        self.write("own.ndjson", '{"id": "a", "at": "2026-01-01T00:00:00Z", "x": 7}\n')
        throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--store", self.store)
        mine = query("windows", self.store, "--pipeline", "mine")
        for _ in range(2):
            self.run_small()
        self.assertEqual(query("windows", self.store, "--pipeline", "mine"), mine)
        self.assertEqual(mine[0]["x"]["sum"], 7)

    def test_ctrl_c_ends_it_cleanly_and_nothing_is_lost(self):
        process = self.started("run", "metropolis", *SMALL[2:], "--duration", "30d", "--store", self.store, "--report", self.path("report.json"),
                               "--log-level", "info", stderr=subprocess.PIPE)
        for line in process.stderr:
            if "world begins" in line:
                break
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        report = self.report()
        self.assertEqual(report["lost"], 0)
        self.assertEqual(report["consumed"], report["events"])
        throng("audit", "--store", self.store)

    def test_every_preset_raises_an_alert_within_thirty_virtual_minutes(self):
        names, _ = throng("scenario", "list")
        self.assertEqual(set(names.split()), {"smart-city", "web-shop", "bank", "metropolis"})
        for name in names.split():
            store = f"sqlite:{self.path(name + '.db')}"
            throng("run", name, "--duration", "30m", "--store", store)
            self.assertGreater(len(query("alerts", store)), 0, name)

    def test_a_query_of_a_pipeline_that_is_not_there_says_which_there_are(self):
        throng("run", "bank", "--duration", "5m", "--store", self.store)
        out, why = throng("query", "windows", "--store", self.store, "--pipeline", "bank-frawd", "--format", "json")
        self.assertEqual(json.loads(out), [])
        self.assertIn("bank-fraud", why)


if __name__ == "__main__":
    unittest.main()
