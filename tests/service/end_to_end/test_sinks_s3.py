"""Sinks and exports into S3: one put a file, each message once whatever was killed or refused, and no secret where anybody reads."""
import json
import os
import subprocess
import unittest

from parquet_back import needs_arrow
from s3_server import KEY, SECRET, S3Server
from throng import InFolder, throng

MESSAGES = 6_000
PARTITIONS = 3
WHO = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}


class Lake(InFolder):
    def setUp(self):
        super().setUp()
        self.write("clicks.ndjson", "".join(f'{{"n": {i}, "id": "s{i * 7 % 40}", "at": "2026-01-05T{8 + i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}.000Z"}}\n'
                                            for i in range(MESSAGES)))

    def arguments(self, to, *more, **sink):
        self.write("p.json", json.dumps({"name": "kept", "source": "clicks", "key": "id", "timestamp": "at",
                                         "sinks": [{"name": "lake", "to": to, "rows": 500, **sink}]}))
        return ["analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", str(PARTITIONS), "--store", self.store, *more]

    def check_each_once(self, lines):
        self.assertEqual(sorted(json.loads(line)["n"] for line in lines), list(range(MESSAGES)))


@needs_arrow
class SinksInS3(Lake):
    def setUp(self):
        super().setUp()
        self.s3 = S3Server()
        self.addCleanup(self.s3.close)

    def lines(self):
        return [line for body in self.s3.files("deep/clicks/dt=2026-01-05/").values() for line in body.decode().splitlines()]

    def test_a_file_is_one_put_and_a_new_beginning_makes_room(self):
        arguments = self.arguments(self.s3.url("deep"))
        throng(*arguments, environment=WHO)
        self.check_each_once(self.lines())
        files = self.s3.files()
        puts = [key for command, key, query in self.s3.asked if command == "PUT"]
        self.assertEqual(sorted(puts), sorted(files))
        throng(*arguments, environment=WHO)
        self.assertEqual(self.s3.files(), files)
        throng(*arguments, "--reset", environment=WHO)
        self.check_each_once(self.lines())
        self.assertFalse(set(files) & set(self.s3.files()))

    def test_killed_at_a_put_that_came_or_did_not_each_message_is_there_once(self):
        arguments = self.arguments(self.s3.url("deep"))
        for at, came in ((4, True), (5, False), (1, True)):
            running = self.started(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **WHO})
            self.assertEqual(self.s3.kills_at_put(running, at, came), -9)
        throng(*arguments, environment=WHO)
        self.check_each_once(self.lines())

    def test_a_server_that_is_busy_is_asked_again(self):
        busy = [3]

        def refuse(command, key, query):
            busy[0] -= command == "PUT"
            return (503, "SlowDown") if command == "PUT" and busy[0] >= 0 else None

        self.s3.refuse = refuse
        throng(*self.arguments(self.s3.url("deep")), environment=WHO)
        self.assertLess(busy[0], 0)
        self.check_each_once(self.lines())

    def test_who_is_not_let_in_hears_where_and_no_secret_is_told(self):
        arguments = self.arguments(self.s3.url("deep"))
        _, said = throng(*arguments, expect=2)
        self.assertIn("pipeline kept, sink lake: s3://lake: needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", said)
        who = {"AWS_ACCESS_KEY_ID": "somebody-else", "AWS_SECRET_ACCESS_KEY": "hush-hush"}
        out, said = throng(*arguments, "--log-level", "debug", environment=who, expect=1)
        self.assertIn("s3://lake/deep/clicks", said)
        for secret in who.values():
            self.assertNotIn(secret, out + said)
        _, said = throng(*self.arguments("s3://somebody:hush-hush@lake/deep"), environment=WHO, expect=2)
        self.assertIn("credentials do not stand in an address", said)
        for wrong, why in (("s3://l", "no bucket of 3 to 63"), ("s3://lake/a?user=x", "an option that is not known"), ("s3://lake//a", "a prefix is of")):
            _, said = throng(*self.arguments(wrong), environment=WHO, expect=2)
            self.assertRegex(said, r"sinks\[0\]\.to: " + why)

    def test_an_export_is_there_whole_in_parts_or_not_at_all(self):
        self.write("rows.json", json.dumps({"name": "rows", "source": "clicks", "key": "id", "timestamp": "at",
                                            "derive": {"wide": {"$concat": ["$id", "x" * 2_000]}}}))
        into = ["export", "features", self.path("rows.json"), "--from", f"file:{self.folder}", "--format"]
        for form in ("csv", "ndjson", "parquet"):
            throng(*into, form, "--to", self.path("out"))
            throng(*into, form, "--to", self.s3.url("exports"), environment=WHO)
            with open(self.path(f"out/rows.features.{form}"), "rb") as file:
                self.assertTrue(self.s3.files()[f"exports/rows.features.{form}"] == file.read(), form)
        self.assertTrue(any("partNumber" in query for _, _, query in self.s3.asked))
        _, said = throng(*into, "csv", "--to", self.s3.url("exports"), environment=WHO, expect=2)
        self.assertIn("s3://lake/exports/rows.features.csv is there already: give --force", said)
        before = self.s3.files()
        self.s3.refuse = lambda command, key, query: (403, "AccessDenied") if query.get("partNumber") == ["2"] else None
        _, said = throng(*into, "ndjson", "--to", self.s3.url("other"), environment=WHO, expect=1)
        self.assertIn("s3://lake/other/rows.features.ndjson: ", said)
        self.assertEqual(sorted(self.s3.files()), sorted(before))


if __name__ == "__main__":
    unittest.main()
