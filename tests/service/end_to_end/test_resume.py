"""A world that is killed or stopped, and resumed: the union of its messages is that of a run nobody disturbed, byte for byte."""
import json
import os
import signal
import sqlite3
import time

from throng import InFolder, query, throng

WORLD = ["--duration", "2h", "--set", "populations.sensors.count=300", "--set", "trouble.late=0.01", "--set", "trouble.duplicate=0.01",
         "--set", "trouble.malformed=0.001"]


class Resume(InFolder):
    def begin(self, folder, *arguments, speed="600"):
        return self.started("simulate", "metropolis", *WORLD, "--speed", speed, "--to", f"file:{self.path(folder)}", "--store", self.store,
                            "--snapshot-every", "300ms", "--quiet", *arguments)

    def is_under_way(self, world, resumed=0, beyond=0, snapshots=0):
        """Waits until a world has been resumed so often, has written more than so many bytes and keeps so many snapshots; says how many of each."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            self.assertIsNone(world.poll(), "the world has ended")
            written = self.written()
            if written > beyond and self.resumed() == resumed:  # then there is a store
                taken = len(self.snapshots())
                if taken >= snapshots:
                    return written, taken
            time.sleep(0.02)
        self.fail("the world has not come so far within a minute")

    def written(self):
        folder = self.path("out")
        names = os.listdir(folder) if os.path.isdir(folder) else []
        return sum(os.path.getsize(os.path.join(folder, name)) for name in names)

    def snapshots(self):
        """When those in the store were taken, in virtual time, also those that newer ones have replaced."""
        with sqlite3.connect(self.path("throng.db"), timeout=60) as db:
            return sorted(json.loads(body)["at"] for (body,) in db.execute("SELECT body FROM records WHERE kind = 'snapshots'"))

    def resumed(self):
        runs = query("runs", self.store) if os.path.exists(self.path("throng.db")) else []
        return sum(change["what"] == "resume" for run in runs for change in run.get("changes", []))

    def test_a_world_killed_again_and_again_leaves_what_an_undisturbed_one_does(self):
        throng("simulate", "metropolis", *WORLD, "--to", f"file:{self.path('whole')}")
        world = self.begin("out")
        written = snapshots = 0
        for resumed, speed in enumerate(("600", "900", "1500", "max")):
            # Of the newest snapshot some messages may still be on their way into the files; those of the one before are there.
            written, snapshots = self.is_under_way(world, resumed, written + 300_000, snapshots + 2)
            world.kill()
            world.wait()
            self.assertFalse([name for name in os.listdir(self.path("out")) if not name.startswith(".")])
            world = self.begin("out", "--resume", speed=speed)
        self.assertEqual(world.wait(120), 0)
        self.assertEqual(self.hashes("out"), self.hashes("whole"))
        [run] = query("runs", self.store)
        self.assertTrue(run["complete"])
        self.assertEqual([change["what"] for change in run["changes"]], ["resume"] * 4)
        begins = [change["at"] for change in run["changes"]]
        self.assertEqual(begins, sorted(set(begins)), "each went on from a later snapshot than the one before")
        self.assertLess(set(begins), set(self.snapshots()))
        _, said = throng("simulate", "metropolis", *WORLD, "--to", f"file:{self.path('out')}", "--store", self.store, "--resume")
        self.assertIn("come to its end", said)
        self.assertEqual(self.hashes("out"), self.hashes("whole"))

    def test_a_world_stopped_cleanly_goes_on_where_it_stood(self):
        throng("simulate", "metropolis", *WORLD, "--to", f"file:{self.path('whole')}")
        world = self.begin("out")
        self.is_under_way(world)
        world.send_signal(signal.SIGTERM)
        self.assertEqual(world.wait(60), 0)
        self.assertIn("iot.readings.ndjson", os.listdir(self.path("out")))
        throng("simulate", "metropolis", *WORLD, "--to", f"file:{self.path('out')}", "--store", self.store, "--resume", "--report",
               self.path("report.json"))
        self.assertEqual(self.hashes("out"), self.hashes("whole"))
        [run] = query("runs", self.store)
        self.assertEqual([(change["what"], change["at"]) for change in run["changes"]], [("resume", self.snapshots()[-1])])
        lines = 0
        for name in os.listdir(self.path("out")):
            if name != "truth.labels.ndjson":
                with open(self.path(f"out/{name}"), "rb") as file:
                    lines += sum(1 for _ in file)
        self.assertEqual(self.report()["events"], lines)

    def test_what_can_not_be_resumed_is_refused_with_a_reason(self):
        where = ["--to", f"file:{self.path('out')}", "--store", self.store]
        _, message = throng("simulate", "metropolis", *WORLD, *where, "--resume", expect=2)
        self.assertIn("no run of metropolis", message)
        world = self.begin("out")
        self.is_under_way(world)
        world.kill()
        world.wait()
        _, message = throng("simulate", "metropolis", *WORLD, *where, "--resume", "--seed", "5", expect=2)
        self.assertIn("seed", message)
        _, message = throng("simulate", "metropolis", *WORLD, *where, "--append", expect=2)
        self.assertIn("--resume it first", message)
        _, message = throng("simulate", "metropolis", *WORLD, "--to", "null", "--resume", expect=2)
        self.assertIn("--resume", message)
        _, message = throng("simulate", "metropolis", *WORLD, *where, "--resume", "--append", expect=2)
        self.assertIn("exclude each other", message)
        _, message = throng("simulate", "metropolis", *WORLD, *where, "--replay-inputs", "that one", expect=2)
        self.assertIn("no run that one", message)

    def test_append_counts_seq_on_without_a_gap(self):
        world = ["metropolis", "--set", "populations.sensors.count=300", "--duration", "10m", "--set", "trouble.malformed=0",
                 "--set", "trouble.missing_field=0", "--set", "trouble.duplicate=0", "--to", f"file:{self.path('out')}", "--store", self.store]
        throng("simulate", *world)
        first = self.count("iot.readings")
        throng("simulate", *world, "--append", "--set", "start=2026-01-06T06:00:00Z")
        self.assertGreater(self.count("iot.readings"), 1.5 * first)
        for topic, key in (("iot.readings", "sensor_id"), ("web.requests", "client_id"), ("bank.transactions", "account_id")):
            seqs = {}
            for message in self.messages(topic):
                seqs.setdefault(message[key], []).append(message["seq"])
            for who, numbers in seqs.items():
                self.assertEqual(sorted(numbers), list(range(len(numbers))), (topic, who))

    def messages(self, topic):
        with open(self.path(f"out/{topic}.ndjson")) as file:
            return [json.loads(line) for line in file]

    def count(self, topic):
        return len(self.messages(topic))
