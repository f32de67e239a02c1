"""`throng simulate` as a user runs it: the same bytes again, whatever the threads; whole files or none."""
import csv
import io
import json
import os
import subprocess
import sys
import unittest
from collections import defaultdict

from throng import InFolder, throng

WORLD = ["--duration", "5m", "--set", "populations.sensors.count=300", "--set", "populations.visitors.count=200",
         "--set", "populations.accounts.count=200", "--set", "populations.helpdesk.count=20",
         "--set", "trouble.late=0", "--set", "trouble.malformed=0", "--set", "trouble.missing_field=0",
         "--set", "trouble.duplicate=0", "--set", "trouble.out_of_order=0", "--set", "incidents=[]"]


class Simulate(InFolder):
    def test_the_same_seed_gives_the_same_files_whatever_the_threads_and_shards(self):
        first = None
        for threads in (1, 2, 4):
            for shards in (1, 3, 8):
                folder = f"{threads}-{shards}"
                throng("simulate", "metropolis", "--duration", "10m", "--to", f"file:{self.path(folder)}", "--threads", threads,
                       "--shards", shards)
                first = first or self.hashes(folder)
                self.assertEqual(len(first), 8)
                self.assertEqual(self.hashes(folder), first, folder)

    def test_a_processor_without_fused_multiplication_gives_the_same_files(self):
        """glibc's exp, log, sin and pow give other last bits where it may use FMA: two machines agree only if none are used."""
        without = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX512F,-AVX512VL"}
        for folder, environment in (("a", {}), ("b", without)):
            throng("simulate", "metropolis", "--duration", "30m", "--to", f"file:{self.path(folder)}", environment=environment)
        self.assertEqual(self.hashes("a"), self.hashes("b"))
        # The proof that the switch switches something: the same in Python, whose math is glibc's.
        sums = "import math; print(hash(tuple(math.exp(i / 997) + math.sin(i / 7) + (1 + i / 1e4) ** 2.3 for i in range(20000))))"
        one, other = (subprocess.run([sys.executable, "-c", sums], env={**os.environ, **environment}, capture_output=True, check=True)
                      .stdout for environment in ({}, without))
        if one == other:
            self.skipTest("the files are the same, but this machine's glibc has no variants to switch off")

    def test_the_report_accounts_for_every_cent_that_accounts_opened_with(self):
        self.write("bank.json", """{"name": "bank", "duration": "2d", "speed": "max",
            "populations": {"accounts": {"kind": "account", "count": 60, "payments_per_day": 20}}}""")
        throng("simulate", self.path("bank.json"), "--to", f"file:{self.folder}", "--report", self.path("report.json"))
        opening = {}
        with open(self.path("bank.transactions.ndjson")) as file:
            for line in map(json.loads, file):
                if line["seq"] == 0:
                    comes = line["type"] in ("salary", "transfer_in", "deposit")
                    moved = 0 if line["status"] == "declined" else -line["amount"] if comes else line["amount"]
                    opening[line["account_id"]] = round(100 * line["balance"]) + round(100 * moved)
        self.assertEqual(len(opening), 60)
        self.assertEqual(self.report()["money"], {"opening_cents": sum(opening.values()), "accounted_cents": sum(opening.values())})

    def test_another_seed_gives_other_files(self):
        for folder, seed in (("a", 1), ("b", 2)):
            throng("simulate", "metropolis", *WORLD, "--seed", seed, "--to", f"file:{self.path(folder)}")
        self.assertNotEqual(self.hashes("a")["iot.readings.ndjson"], self.hashes("b")["iot.readings.ndjson"])

    def test_seq_counts_from_zero_without_a_gap_by_topic_and_key(self):
        throng("simulate", "metropolis", *WORLD, "--to", f"file:{self.folder}", "--report", self.path("report.json"))
        keys = {"iot.readings": "sensor_id", "web.requests": "client_id", "web.views": "user_id", "web.clicks": "user_id",
                "web.ratings": "user_id", "bank.transactions": "account_id", "support.tickets": "client_id"}
        total = 0
        for topic, key in keys.items():
            seen = defaultdict(list)
            with open(self.path(topic + ".ndjson")) as file:
                for line in file:
                    message = json.loads(line)
                    seen[message[key]].append(message["seq"])
            for who, numbers in seen.items():
                self.assertEqual(numbers, list(range(len(numbers))), (topic, who))
            count = sum(map(len, seen.values()))
            self.assertEqual(count, self.report()["events_by_topic"][topic])
            total += count
        self.assertEqual(total, self.report()["events"])
        self.assertGreater(total, 2500)

    def test_csv_holds_the_same_messages_as_ndjson_by_field(self):
        world = ["--duration", "20m", "--set", "populations.sensors.count=300", "--set", "trouble.missing_field=0.01",
                 "--set", "trouble.malformed=0.01"]
        throng("simulate", "metropolis", *world, "--to", f"file:{self.path('n')}")
        _, log = throng("simulate", "metropolis", *world, "--to", f"file:{self.path('c')}", "--format", "csv")
        names = [name.removesuffix(".ndjson") for name in sorted(os.listdir(self.path("n")))]
        self.assertEqual(sorted(os.listdir(self.path("c"))), [name + ".csv" for name in names])
        self.assertIn("truth.labels", names)
        malformed = cut = 0
        for name in names:
            with open(self.path(f"c/{name}.csv"), newline="") as file:
                text = file.read()
            self.assertEqual(text.count("\n"), text.count("\r\n"), name)
            rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
            fields = None
            with open(self.path(f"n/{name}.ndjson")) as file:
                for line in file:
                    try:
                        message = json.loads(line, parse_float=str, parse_int=str)
                    except ValueError:
                        malformed += 1
                        continue
                    row = next(rows)
                    fields = fields or rows.fieldnames
                    self.assertLessEqual(set(message), set(fields))
                    cut += len(message) < len(fields)
                    wanted = {field: {None: "", True: "true", False: "false"}.get(value, value)
                              for field, value in ((field, message.get(field)) for field in fields)}
                    self.assertEqual(row, wanted)
            self.assertIsNone(next(rows, None))
        self.assertGreater(malformed, 10)
        self.assertGreater(cut, 10)
        self.assertIn(f"{malformed} malformed messages", log)
        _, message = throng("simulate", "metropolis", "--to", "stdout", "--format", "csv", expect=2)
        self.assertIn("file:DIR", message)

    def test_a_folder_that_holds_the_topic_is_refused_without_force(self):
        where = f"file:{self.path('out')}"
        throng("simulate", "smart-city", "--duration", "1m", "--to", where)
        before = self.hashes("out")
        _, message = throng("simulate", "smart-city", "--duration", "2m", "--to", where, expect=2)
        self.assertIn("--force", message)
        self.assertEqual(self.hashes("out"), before)
        throng("simulate", "smart-city", "--duration", "2m", "--to", where, "--force")
        self.assertNotEqual(self.hashes("out"), before)

    def test_a_full_disk_leaves_nothing_half_written(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        _, message = throng("simulate", "smart-city", "--duration", "5m", "--to", "stdout", "--report", "/dev/full", expect=1)
        self.assertIn("report", message)


if __name__ == "__main__":
    unittest.main()
