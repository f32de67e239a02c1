"""A world in several processes: the same bytes as in one, and an error that names the worker where one is lost or does not fit."""
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from throng import PROGRAM, InFolder, query, throng

TROUBLE = ["--set", "trouble.late=0.01", "--set", "trouble.duplicate=0.01", "--set", "trouble.malformed=0.001"]
WORLD = ["--duration", "40m", *TROUBLE]


class Workers(InFolder):
    def worker(self, program=PROGRAM):
        """(process, HOST:PORT) of a worker at a port that the system picked."""
        process = self.started("worker", "--listen", "127.0.0.1:0", "--threads", "1", program=program, stderr=subprocess.PIPE)
        return process, re.search(r"a worker listens at (127\.0\.0\.1:\d+)", process.stderr.readline()).group(1)

    def begin(self, folder, *arguments, duration="40m", speed="30"):
        """A world that takes its time, once it has written something."""
        world = self.started("simulate", "metropolis", *TROUBLE, "--duration", duration, "--speed", speed, "--to", f"file:{self.path(folder)}",
                             *arguments, stderr=subprocess.PIPE)
        written = self.path(f"{folder}/.iot.readings.ndjson.partial")
        end = time.monotonic() + 60
        while not os.path.exists(written) or os.path.getsize(written) == 0:
            self.assertIsNone(world.poll())
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)
        return world

    def test_two_workers_write_the_same_files_as_one_process(self):
        throng("simulate", "metropolis", *WORLD, "--to", f"file:{self.path('one')}", "--store", self.store, "--report", self.path("one.json"))
        books = throng("audit", "--store", self.store, expect=3)[0]  # nothing was analysed; the world's side counts
        (_, a), (_, b) = self.worker(), self.worker()
        for shards in (1, 5):
            folder = f"two-{shards}"
            throng("simulate", "metropolis", *WORLD, "--to", f"file:{self.path(folder)}", "--shards", shards, "--workers", f"{a},{b}",
                   "--store", self.store, "--report", self.path("two.json"))
            self.assertEqual(len(self.hashes("one")), 8)
            self.assertEqual(self.hashes(folder), self.hashes("one"))
            self.assertEqual(throng("audit", "--store", self.store, expect=3)[0], books)
        one, two = self.report("one.json"), self.report("two.json")
        for figure in ("actors", "events", "events_by_topic", "restarts"):
            self.assertEqual(one[figure], two[figure], figure)

    def test_a_world_that_is_stopped_and_then_killed_is_resumed_on_its_workers(self):
        throng("simulate", "metropolis", *WORLD, "--to", f"file:{self.path('whole')}")
        (_, a), (_, b) = self.worker(), self.worker()
        session = ["--workers", f"{a},{b}", "--store", self.store, "--snapshot-every", "200ms"]
        world = self.begin("out", *session)
        time.sleep(0.5)
        world.send_signal(signal.SIGTERM)
        self.assertEqual(world.wait(60), 0)
        world = self.begin("out", *session, "--resume")
        time.sleep(0.5)
        self.assertIsNone(world.poll(), "the world was to be killed before its end")
        world.kill()
        world.wait()
        done = throng("simulate", "metropolis", *WORLD, "--to", f"file:{self.path('out')}", *session, "--resume")
        at = re.search(r"goes on from 2026-01-05T(\d\d:\d\d:\d\d)", done[1]).group(1)
        self.assertGreater(at, "08:00:00")  # from what the workers gave for the snapshot, not from the begin
        self.assertEqual(self.hashes("out"), self.hashes("whole"))

    def test_what_is_changed_while_it_runs_changes_on_the_workers_too(self):
        (_, a), (_, b) = self.worker(), self.worker()
        world = self.begin("out", "--workers", f"{a},{b}", "--store", self.store, "--serve", "127.0.0.1:0", duration="1h", speed="60")
        at = re.search(r"serving at http://(127\.0\.0\.1:\d+)", world.stderr.readline()).group(1)
        throng("control", "set", "populations.sensors.count=70", "populations.visitors.count=900", "trouble.duplicate=0.05", "--at", at)
        throng("control", "incident", "sensor.stuck", "--count", "2", "--for", "5m", "--at", at)
        throng("control", "speed", "max", "--at", at)
        self.assertEqual(world.wait(60), 0)
        [run] = query("runs", self.store)
        self.assertEqual([change["what"] for change in run["changes"]], ["set", "incident", "speed"])
        throng("simulate", "metropolis", *TROUBLE, "--duration", "1h", "--to", f"file:{self.path('again')}", "--store", self.store,
               "--replay-inputs", run["id"])
        self.assertEqual(self.hashes("again"), self.hashes("out"))

    def lose(self, how):
        """What is said when a worker is killed or frozen."""
        (first, a), (second, b) = self.worker(), self.worker()
        world = self.begin("out", "--workers", f"{a},{b}", "--store", self.store)
        began = time.monotonic()
        second.send_signal(how)
        self.assertEqual(world.wait(60), 1)
        self.assertLess(time.monotonic() - began, 40)  # long before it would have ended
        said = world.stderr.read()
        self.assertIn(f"worker {b} is lost", said)
        self.assertNotIn(a, said)
        self.assertEqual(os.listdir(self.path("out")), [])
        # The other one is there for the next world: the same, gone on with.
        self.assertIsNone(first.poll())
        throng("simulate", "metropolis", *WORLD, "--to", f"file:{self.path('out')}", "--store", self.store, "--workers", a, "--resume")
        throng("simulate", "metropolis", *WORLD, "--to", f"file:{self.path('one')}")
        self.assertEqual(self.hashes("out"), self.hashes("one"))

    def test_a_worker_that_is_killed_ends_the_world_with_its_name_and_leaves_nothing_half_written(self):
        self.lose(signal.SIGKILL)

    def test_a_worker_that_is_stopped_cleanly_does_too(self):
        self.lose(signal.SIGTERM)

    def test_a_worker_that_freezes_does_too_within_seconds(self):
        self.lose(signal.SIGSTOP)

    def test_a_worker_of_another_build_is_refused(self):
        shutil.copy(PROGRAM, self.path("throng"))
        with open(self.path("throng"), "ab") as program:
            program.write(b"another")
        (_, a), (_, b) = self.worker(), self.worker(self.path("throng"))
        _, message = throng("simulate", "metropolis", *WORLD, "--to", f"file:{self.path('out')}", "--workers", f"{a},{b}", expect=2)
        self.assertIn(f"worker {b} is another build", message)
        self.assertFalse(os.path.exists(self.path("out")))

    def test_a_worker_that_lives_another_world_is_refused_and_goes_on_with_that(self):
        _, a = self.worker()
        world = self.begin("first", "--workers", a)
        _, message = throng("simulate", "smart-city", "--duration", "1m", "--to", f"file:{self.path('second')}", "--workers", a, expect=2)
        self.assertRegex(message, f"worker {a} is busy with the world metropolis .seed \\d+. of another leader")
        self.assertFalse(os.path.exists(self.path("second")))
        world.send_signal(signal.SIGTERM)
        self.assertEqual(world.wait(60), 0)

    def test_where_no_worker_is_the_world_does_not_begin(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            at = f"127.0.0.1:{taken.getsockname()[1]}"

            def answer():
                while True:
                    try:
                        connection, _ = taken.accept()
                    except OSError:
                        return
                    with connection:
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            threading.Thread(target=answer, daemon=True).start()
            _, message = throng("simulate", "metropolis", *WORLD, "--to", f"file:{self.path('out')}", "--workers", at, expect=1)
            self.assertIn(f"worker {at} does not answer as a throng worker does", message)
            _, message = throng("worker", "--listen", at, expect=1)
            self.assertIn(f"cannot listen at {at}", message)
            taken.shutdown(socket.SHUT_RDWR)
        _, message = throng("simulate", "metropolis", *WORLD, "--to", f"file:{self.path('out')}", "--workers", at, expect=1)
        self.assertIn(f"worker {at} cannot be reached", message)
        for wrong in (f"{at},{at}", "127.0.0.1:no", "127.0.0.1:0"):
            throng("simulate", "metropolis", "--to", "null", "--workers", wrong, expect=2)
        self.assertFalse(os.path.exists(self.path("out")))
