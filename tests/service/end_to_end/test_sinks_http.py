"""Sinks that are servers: every message there once by its id, whatever is refused, broken off or killed in the middle of a batch."""
import json
import re
import ssl
import subprocess
import time
import unittest
import urllib.request

from bulk_server import BulkServer
from throng import InFolder, query, throng

MESSAGES = 6_000
PARTITIONS = 3
SECRET = "ApiKey hush-hush"


class SinksOverHttp(InFolder):
    def setUp(self):
        super().setUp()
        self.server = self.a_server()
        self.write("clicks.ndjson", "".join(f'{{"n": {i}, "id": "s{i * 7 % 40}", "at": "2026-01-05T{8 + i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}.000Z"}}\n'
                                            for i in range(MESSAGES)))

    def a_server(self, **options):
        made = BulkServer(**options)
        self.addCleanup(made.close)
        return made

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
        fates = {2: "half", 3: 503, 5: "half", 6: 429, 8: 502, 9: "gone", 10: "slow"}
        self.server.fate = lambda number: fates.get(number)
        busy = {n: 1 for n in range(0, MESSAGES, 97)}

        def item(row):
            busy[row["n"]] = busy.get(row["n"], 0) - 1
            return 429 if busy[row["n"]] == 0 else 201

        self.server.item = item
        throng(*self.arguments(timeout="500ms"))
        self.check_each_once()
        self.assertGreater(self.server.requests, max(fates))
        self.assertGreater(len(self.server.taken), MESSAGES)  # so it was the ids that replaced the doubles
        self.assertEqual(sum(window["events"] for window in query("windows", self.store)), MESSAGES)
        # At its end already: nothing is sent again.
        before = self.server.requests
        throng(*self.arguments())
        self.assertEqual(self.server.requests, before)

    def test_killed_at_a_request_that_came_or_did_not_each_message_is_there_once(self):
        for at in (2, 3, 1, 4):
            first = self.server.requests
            running = self.started(*self.arguments(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

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

    def test_a_server_that_asks_for_a_rest_has_it(self):
        for status, path, form in ((429, "clicks", "elasticsearch"), (503, "lines", "ndjson")):
            first = self.server.requests + 1
            self.server.fate = lambda number: (status, {"Retry-After": 1}) if number == first + 1 else None
            throng(*self.arguments("--reset", path=path, format=form))
            self.assertGreater(self.server.arrived[first + 1] - self.server.arrived[first], 1)
        self.assertEqual(sorted(row["n"] for row in self.server.taken), sorted([*range(MESSAGES)] * 2))

    def test_a_server_that_is_down_holds_back_its_own_sink_alone(self):
        down = self.a_server()
        down.fate = lambda number: 503
        arguments = self.arguments("--serve", "127.0.0.1:0", pipeline={"sinks": [
            {"name": name, "to": server.url("clicks"), "format": "elasticsearch", "rows": 700, "every": "50ms"} for name, server in (("down", down), ("up", self.server))]})
        running = self.started(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while not (found := re.search(r"(http://127\.0\.0\.1:\d+)", running.stderr.readline())):
            self.assertIsNone(running.poll())

        def figures(metric, sink):
            text = urllib.request.urlopen(found.group(1) + "/metrics", timeout=30).read().decode()
            return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(metric + "{") and f'sink="{sink}"' in line)

        def until(holds):
            by = time.monotonic() + 60
            while not holds():
                self.assertIsNone(running.poll())
                self.assertLess(time.monotonic(), by)

        until(lambda: len(self.server.documents) == MESSAGES and sum(window["events"] for window in query("windows", self.store)) == MESSAGES)
        until(lambda: figures("throng_sink_errors_total", "down") > 0)
        until(lambda: figures("throng_sink_rows_total", "up") == MESSAGES and figures("throng_sink_lag_messages", "up") == 0)
        self.assertEqual(figures("throng_sink_rows_total", "down"), 0)
        self.assertEqual(figures("throng_sink_errors_total", "up"), 0)
        self.assertGreater(figures("throng_sink_lag_messages", "down"), 0)
        down.fate = lambda number: None
        self.assertEqual(running.wait(60), 0)
        self.assertEqual(down.documents, self.server.documents)

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
        said += [out, err, throng("pipeline", "explain", self.path("p.json"))[0]]
        self.check_each_once()
        _, err = throng(*arguments, expect=2)
        self.assertIn("pipeline kept, sink index: authorization: INDEX_KEY is not in the environment", err)
        for text in said:
            for secret in ("hush-hush", "somebody-else"):
                self.assertNotIn(secret, text)

    def test_a_certificate_that_is_not_trusted_ends_it_and_the_right_authority_is_taken(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout", self.path("key.pem"), "-out", self.path("cert.pem")], check=True, capture_output=True)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.path("cert.pem"), self.path("key.pem"))
        self.server = self.a_server(tls=tls)
        _, said = throng(*self.arguments(path="secret-index"), expect=1)
        self.assertRegex(said, r"pipeline kept, sink index: https://127\.0\.0\.1:\d+: the server's certificate is not one to trust")
        self.assertNotIn("secret-index", said)
        self.assertEqual(self.server.requests, 0)
        throng(*self.arguments("--reset", ca_file=self.path("cert.pem")))
        self.check_each_once()

    def test_addresses_that_hold_secrets_and_what_does_not_go_together_are_refused(self):
        for sink, why in (({"to": "http://me:hush-hush@host/index"}, r"\.to: credentials do not stand in an address"),
                          ({"to": "https://host/index?key=hush-hush"}, r"\.to: an address of http has no \? and #"),
                          ({"to": "http:///index"}, r"\.to: no address"),
                          ({"format": "parquet"}, r"\.format: .*a server is sent ndjson or elasticsearch"),
                          ({"compression": "gzip"}, r"\.compression: belongs to files"),
                          ({"timeout": "0s"}, r"\.timeout: "),
                          ({"to": "folder"}, r"\.format: \"elasticsearch\" is of a server"),
                          ({"to": "folder", "format": "csv", "authorization": "KEY"}, r"\.authorization: belongs to a server")):
            self.arguments(**sink)
            _, err = throng("pipeline", "check", self.path("p.json"), expect=2)
            self.assertRegex(err, r"sinks\[0\]" + why)
            self.assertNotIn("hush-hush", err)


if __name__ == "__main__":
    unittest.main()
