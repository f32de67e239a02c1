"""Disks and servers that fail: an error within seconds that names the place, and nothing half-written."""
import os
import sqlite3
import subprocess
import time
import unittest

from faults import may_mount, no_file_over, nobody, on_a_disk, silent_server
from throng import PROGRAM, InFolder, query, throng

PIPELINE = """{
  "name": "means", "source": "readings", "key": "id", "timestamp": "at", "timestamp_unit": "ms",
  "windows": [{"name": "m", "tumbling": "10s", "group_by": ["id"], "aggregate": {"x": ["mean", "count", "p99", "distinct"]}}]
}
"""
SMALL = ["--duration", "5m", "--set", "populations.sensors.count=50"]
WITHIN = 20  # seconds, on a machine that is busy; each server's own limit is 2 to 5


class Places(InFolder):
    def readings(self, messages=30_000):
        self.write("p.json", PIPELINE)
        self.write("readings.ndjson", "".join(f'{{"id": "s{i % 7}", "at": {1_767_225_600_000 + i * 100}, "x": {i % 50}}}\n'
                                              for i in range(messages)))

    def analyze(self, store, **kind):
        return throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--store", store, "--checkpoint-every", "20ms",
                      "--report", self.path("report.json"), **kind)

    def at_once(self, commands):
        """Runs them all side by side, each of which must end within the limit; [(command, exit status, stdout, stderr)]."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("THRONG_")}
        began = time.monotonic()
        running = [(command, self.started(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=self.folder)) for command in commands]
        done = []
        for command, process in running:
            try:
                out, log = process.communicate(timeout=max(began + WITHIN - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                self.fail(f"throng {' '.join(command)} still runs after {WITHIN} s")
            done.append((command, process.returncode, out, log))
        return done


class Disks(Places):
    def test_a_simulation_whose_file_finds_no_room_says_so_and_leaves_no_file(self):
        _, message = throng("simulate", "smart-city", "--duration", "10m", "--to", f"file:{self.path('out')}", expect=1,
                            before=no_file_over(1 << 20))
        self.assertIn(self.path("out/iot.readings.ndjson") + ": no space is left for it", message)
        self.assertEqual(os.listdir(self.path("out")), [])

    def test_a_simulation_into_a_stream_that_takes_no_more_says_so(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, "simulate", "smart-city", "--duration", "1m", "--to", "stdout"], stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("standard output: No space left on device", done.stderr)

    def test_a_reader_that_has_seen_enough_is_no_news(self):
        seen, written = os.pipe()
        os.close(seen)
        done = subprocess.run([PROGRAM, "scenario", "show", "metropolis"], stdout=written, stderr=subprocess.PIPE, text=True, timeout=60)
        os.close(written)
        self.assertEqual((done.returncode, done.stderr), (1, ""))

    def test_nor_is_one_that_leaves_in_the_middle(self):
        self.readings()
        self.analyze(self.store)
        lines = self.path("readings.ndjson")
        for command in (["replay", lines, "--topic", "t", "--to", "stdout"], ["query", "windows", "--store", self.store, "--limit", "0", "--format", "csv"],
                        ["export", "windows", "--store", self.store, "--format", "ndjson"]):
            running = self.started(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder)
            self.assertTrue(running.stdout.readline())
            running.stdout.close()
            said = running.stderr.read()
            self.assertEqual(running.wait(60), 1, command)
            self.assertNotIn("throng:", said)

    def test_an_answer_or_a_report_that_cannot_be_written_is_an_error(self):
        self.readings(100)
        self.analyze(self.store)
        with open("/dev/full", "w") as full:
            for command in (["query", "windows", "--store", self.store], ["query", "windows", "--store", self.store, "--count"],
                            ["simulate", "smart-city", "--duration", "1m", "--to", "null", "--report", "-"],
                            ["pipeline", "show", "bank-fraud"], ["scenario", "schema"]):
                done = subprocess.run([PROGRAM, *command], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
                self.assertEqual(done.returncode, 1, (command, done.stderr))
                self.assertIn("No space left on device", done.stderr, command)
        _, message = throng("simulate", "smart-city", "--duration", "1m", "--to", "null", "--report", "/dev/full", expect=1)
        self.assertIn("/dev/full: No space left on device", message)

    def test_an_analysis_whose_store_finds_no_room_ends_and_goes_on_from_there_once_there_is(self):
        self.readings()
        whole = f"sqlite:{self.path('whole.db')}"
        self.analyze(whole)
        _, message = self.analyze(self.store, expect=1, before=no_file_over(1 << 20))
        self.assertIn(self.path("throng.db") + ": the disk is full", message)
        self.analyze(self.store)
        self.assertGreater(len(query("windows", whole)), 2000)
        self.assertEqual(query("windows", self.store), query("windows", whole))

    def test_a_run_whose_store_finds_no_room_says_so(self):
        _, message = throng("run", "smart-city", "--duration", "10m", "--store", self.store, expect=1, before=no_file_over(1 << 20))
        self.assertIn(self.path("throng.db") + ": the disk is full", message)

    @unittest.skipUnless(may_mount(), "needs a mount table of its own")
    def test_a_disk_that_is_really_full(self):
        self.readings()
        whole = f"sqlite:{self.path('whole.db')}"
        self.analyze(whole)
        os.mkdir(self.path("disk"))
        out, log = on_a_disk(self.path("disk"), "1500k", f"""
            throng simulate smart-city --duration 10m --to file:out; echo "$? left: $(ls -A out)"
            throng run smart-city --duration 10m --store sqlite:run.db --quiet; echo "$?"; rm -f run.db*
            analyze="throng analyze {self.path('p.json')} --from file:{self.folder} --store sqlite:t.db --checkpoint-every 20ms --quiet"
            $analyze; echo "$?"
            throng query windows --store sqlite:t.db --count >/dev/null; echo "$?"
            mount -o remount,size=64m .
            $analyze; echo "$?"
            throng query windows --store sqlite:t.db --limit 0 --format json >{self.path('windows.json')}; echo "$?"
        """)
        self.assertEqual(out.split("\n"), ["1 left: ", "1", "1", "0", "0", "0", ""], log)
        self.assertIn("out/iot.readings.ndjson: no space is left for it", log)
        self.assertIn("run.db: the disk is full", log)
        self.assertIn("t.db: the disk is full", log)
        self.assertEqual(self.report("windows.json"), query("windows", whole))


class Stores(Places):
    def refused(self, *sentences):
        """All commands that write into, or with a file that is no store read from, the store at hand."""
        self.readings(100)
        for command in (["analyze", self.path("p.json"), "--from", f"file:{self.folder}"], ["run", "smart-city", *SMALL]):
            _, message = throng(*command, "--store", self.store, expect=1, limit=30)
            for sentence in (self.path("throng.db"), *sentences):
                self.assertIn(sentence, message)

    def test_a_store_that_is_no_database_is_refused_and_left_as_it_was(self):
        text = "this is not a database, and has been here before" * 100
        self.write("throng.db", text)
        self.refused("it is not an SQLite database")
        for command in (["query", "alerts"], ["serve", "127.0.0.1:0"], ["audit"], ["score"]):
            _, message = throng(*command, "--store", self.store, expect=1, limit=30)
            self.assertIn(self.path("throng.db") + ": it is not an SQLite database", message)
        out, _ = throng("doctor", "--store", self.store, expect=3)
        self.assertIn(self.path("throng.db") + ": it is not an SQLite database", out)
        with open(self.path("throng.db")) as file:
            self.assertEqual(file.read(), text)
        self.assertEqual(sorted(os.listdir(self.folder)), ["p.json", "readings.ndjson", "throng.db"])

    def test_a_store_that_is_locked_is_an_error_within_seconds_and_can_be_read(self):
        self.readings(100)
        self.analyze(self.store)
        before = query("windows", self.store)
        holder = sqlite3.connect(self.path("throng.db"), isolation_level=None)
        self.addCleanup(holder.close)
        holder.execute("BEGIN EXCLUSIVE")
        self.refused("another program holds the database's lock")
        self.assertEqual(query("windows", self.store), before)

    @unittest.skipUnless(may_mount(), "needs a mount table of its own")
    def test_a_store_that_is_read_only_is_refused_by_who_writes_and_answers_who_reads(self):
        self.readings(100)
        self.analyze(self.store)
        os.mkdir(self.path("disk"))
        out, log = on_a_disk(self.path("disk"), "16m", f"""
            cp {self.path('throng.db')} t.db; cp t.db before.db; mkdir empty
            mount --bind t.db t.db; mount -o remount,bind,ro t.db
            throng analyze {self.path('p.json')} --from file:{self.folder} --store sqlite:t.db; echo $?
            mount -o remount,ro .
            throng analyze {self.path('p.json')} --from file:{self.folder} --store sqlite:t.db; echo $?
            throng run smart-city --duration 1m --store sqlite:t.db; echo $?
            throng run smart-city --duration 1m --store sqlite:empty/t.db; echo $?
            throng simulate smart-city --duration 1m --to file:empty; echo $?
            throng query windows --store sqlite:t.db --limit 0 --format json >{self.path('windows.json')}; echo $?
            cmp t.db before.db && ls -A empty
        """)
        self.assertEqual(out.split(), ["1", "1", "1", "1", "1", "0"], log)
        self.assertEqual(log.count(" t.db: it can't be written: the file or its folder is read-only\n"), 3, log)
        self.assertEqual(log.count("t.db: it can't be opened: look at the rights of the file and its folder\n"), 1, log)
        self.assertIn("empty/iot.readings.ndjson: Read-only file system\n", log)
        self.assertEqual(self.report("windows.json"), query("windows", self.store))


class Servers(Places):
    def ask_brokers(self, brokers, why):
        settings = ["--set", f"kafka.brokers={brokers}", "--set", "topics.prefix=t."]
        failed = [["topics", "list", "--brokers", brokers],
                  ["analyze", "city-climate", "--brokers", brokers, "--store", f"sqlite:{self.path('analyze.db')}"],
                  ["run", "smart-city", *SMALL, *settings, "--store", f"sqlite:{self.path('run.db')}"],
                  ["simulate", "smart-city", *SMALL, *settings, "--to", "kafka", "--store", f"sqlite:{self.path('simulate.db')}"]]
        examined = ["doctor", "--brokers", brokers, "--store", "none"]
        for command, status, out, log in self.at_once([*failed, examined]):
            self.assertEqual(status, 3 if command == examined else 1, (command, log))
            self.assertIn(brokers, out + log, command)
            self.assertIn(why, out + log, command)
        self.assertEqual(os.listdir(self.folder), [], "something was left behind")

    def test_a_broker_that_is_not_there(self):
        self.ask_brokers(nobody(self), "Connection refused")

    def test_a_broker_that_listens_and_never_answers(self):
        self.ask_brokers(silent_server(self), "no broker")

    def ask_mongodb(self, place):
        store = f"mongodb://user:s3cret@{place}/db"
        failed = [[*command, "--store", store] for command in (
            ["query", "alerts"], ["serve", "127.0.0.1:0"], ["audit"], ["score"], ["run", "smart-city", *SMALL],
            ["analyze", "p.json", "--from", "file:."])]
        examined = ["doctor", "--store", store]
        self.readings(100)
        for command, status, out, log in self.at_once([*failed, examined]):
            self.assertEqual(status, 3 if command == examined else 1, (command, log))
            self.assertIn(f"MongoDB at {place}/db", out + log, command)
            self.assertNotIn("s3cret", out + log, command)
        self.assertEqual(sorted(os.listdir(self.folder)), ["p.json", "readings.ndjson"])

    def test_a_mongodb_that_is_not_there(self):
        self.ask_mongodb(nobody(self))

    def test_a_mongodb_that_listens_and_never_answers(self):
        self.ask_mongodb(silent_server(self))


if __name__ == "__main__":
    unittest.main()
