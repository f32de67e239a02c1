"""Sinks that are servers: every message there once by its id, whatever is refused, broken off or killed in the middle of a batch."""
import json
import os
import subprocess
import unittest

from bulk_server import BulkServer
from throng import PROGRAM, InFolder, query, throng

MESSAGES = 6_000
PARTITIONS = 3
SECRET = "ApiKey hush-hush"


class SinksOverHttp(InFolder):
    def setUp(self):
        super().setUp()
        self.server = BulkServer()
        self.addCleanup(self.server.close)
        self.write("clicks.ndjson", "".join(f'{{"n": {i}, "id": "s{i * 7 % 40}", "at": "2026-01-05T{8 + i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}.000Z"}}\n'
                                            for i in range(MESSAGES)))

    def arguments(self, *more, path="clicks", pipeline=None, **sink):
        self.write("p.json", json.dumps({"name": "kept", "source": "clicks", "key": "id", "timestamp": "at",
                                         "windows": [{"name": "hours", "tumbling": "1h", "lateness": "1h", "aggregate": {"n": ["count"]}}],
                                         "sinks": [{"name": "index", "to": self.server.url(path), "format": "elasticsearch", "rows": 700, "every": "50ms", **sink}], **(pipeline or {})}))
        return ["analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", str(PARTITIONS), "--store", self.store,
                "--checkpoint-every", "50ms", *more]

    def check_each_once(self, but=()):
        self.assertEqual(sorted(row["n"] for row in self.server.documents.values()), [n for n in range(MESSAGES) if n not in but])
        for name, row in self.server.documents.items():
            self.assertEqual(name, f"clicks-{row['_partition']}-{row['_offset']}")

    def test_what_breaks_in_the_middle_of_a_batch_is_sent_again_and_overwrites(self):
        fates = {2: "half", 3: 503, 5: "half", 6: 429, 8: 502}
        self.server.fate = lambda number: fates.get(number)
        busy = {n: 1 for n in range(0, MESSAGES, 97)}

        def item(row):
            busy[row["n"]] = busy.get(row["n"], 0) - 1
            return 429 if busy[row["n"]] == 0 else 201

        self.server.item = item
        throng(*self.arguments())
        self.check_each_once()
        self.assertEqual(sum(window["events"] for window in query("windows", self.store)), MESSAGES)
        # At its end already: nothing is sent again.
        before = self.server.requests
        throng(*self.arguments())
        self.assertEqual(self.server.requests, before)

    def test_killed_at_a_request_that_came_or_did_not_each_message_is_there_once(self):
        for at in (2, 3, 1, 4):
            first = self.server.requests
            running = subprocess.Popen([PROGRAM, *self.arguments()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

            def kill(number):
                if number - first < at:
                    return None
                running.kill()
                return "half"

            self.server.fate = kill
            self.assertEqual(running.wait(60), -9)
        self.server.fate = lambda number: None
        throng(*self.arguments())
        self.check_each_once()

    def test_a_row_that_is_refused_is_a_dead_letter_and_the_rest_goes_on(self):
        bad = {17, 1_234, 5_999}
        self.server.item = lambda row: 400 if row["n"] in bad else 201
        throng(*self.arguments("--rejects", self.path("rejects"), "--report", self.path("report.json")))
        self.check_each_once(but=bad)
        with open(self.path("rejects/analytics.dead_letter.ndjson")) as file:
            letters = [json.loads(line) for line in file]
        self.assertEqual({letter["n"] for letter in letters}, bad)

    def test_lines_go_to_any_server(self):
        throng(*self.arguments(path="lines", format="ndjson"))
        self.assertEqual(sorted(row["n"] for row in self.server.taken), list(range(MESSAGES)))

    def test_results_are_documents_too(self):
        throng(*self.arguments(of="windows", pipeline={"windows": [{"name": "minutes", "tumbling": "1m", "group_by": ["id"], "aggregate": {"n": ["count"]}}]}))
        final = [window for window in query("windows", self.store) if window["final"]]
        self.assertGreater(len(final), 1_000)
        shown = lambda rows: sorted(((row["start"], row["group"]["id"], row["events"]) for row in rows))
        self.assertEqual(shown(self.server.documents.values()), shown(final))

    def test_who_is_not_let_in_hears_it_and_no_secret_is_told(self):
        said = []
        self.server.fate = lambda number: None if self.server.headers[-1].get("Authorization") == SECRET else 401
        arguments = self.arguments("--log-level", "debug", authorization="INDEX_KEY")
        out, err = throng(*arguments, environment={"INDEX_KEY": "ApiKey somebody-else"}, expect=1)
        said += [out, err]
        self.assertIn("pipeline kept, sink index: the answer was 401", err)
        self.assertEqual(sum(window["events"] for window in query("windows", self.store)), MESSAGES)  # which it did not hold back
        out, err = throng(*arguments, environment={"INDEX_KEY": SECRET})
        said += [out, err, throng("pipeline", "show", self.path("p.json"))[0]]
        self.check_each_once()
        _, err = throng(*arguments, expect=2)
        self.assertIn("pipeline kept, sink index: authorization: INDEX_KEY is not in the environment", err)
        for text in said:
            for secret in ("hush-hush", "somebody-else"):
                self.assertNotIn(secret, text)

    def test_addresses_that_hold_secrets_and_what_does_not_go_together_are_refused(self):
        for sink, why in (({"to": "http://me:hush-hush@host/index"}, r"\.to: credentials do not stand in an address"),
                          ({"to": "https://host/index?key=hush-hush"}, r"\.to: an address of http has no \? and #"),
                          ({"to": "http:///index"}, r"\.to: no address"),
                          ({"format": "parquet"}, r"\.format: .*a server is sent ndjson or elasticsearch"),
                          ({"compression": "gzip"}, r"\.compression: belongs to files"),
                          ({"to": "folder"}, r"\.format: \"elasticsearch\" is of a server"),
                          ({"to": "folder", "format": "csv", "authorization": "KEY"}, r"\.authorization: belongs to a server")):
            self.arguments(**sink)
            _, err = throng("pipeline", "check", self.path("p.json"), expect=2)
            self.assertRegex(err, r"sinks\[0\]" + why)


if __name__ == "__main__":
    unittest.main()
