"""`throng ingest` from an API of the test's own into files: every way to page, everything an API does wrong, and no key in any log."""
import json
import os
import shutil
import signal
import ssl
import subprocess
import unittest

from rest_api import RestApi
from throng import InFolder, throng

ROWS = [{"id": f"r{i:03}", "at": f"2026-01-05T06:{i // 60:02}:{i % 60:02}Z", "x": i, "department": ("69", "01", "38")[i % 3]} for i in range(47)]
SECRET = "s3cret-key"


class Ingest(InFolder):
    def api(self, *arguments, **named):
        api = RestApi(*arguments, **named)
        self.addCleanup(api.close)
        return api

    def config(self, api, way, **more):
        paging = {"page": {"by": "page", "size_parameter": "size", "size": 10}, "offset": {"by": "offset", "size_parameter": "size", "size": 10},
                  "cursor": {"by": "cursor", "at": "meta.next"}, "link": {"by": "link"}, "next": {"by": "link", "at": "next"},
                  "repeat": {"by": "page"}}.get(way)
        config = {"name": "rows", "url": f"{api.url}/{way}", "topic": "rows", "key": "id", "id": "id", "timestamp": "at", "rows": {"at": "results"},
                  "retry": {"backoff": "1ms"}, **({"paging": paging} if paging else {}), **more}
        return self.write("config.json", json.dumps(config))

    def ingest(self, config, *options, expect=0, environment=None):
        """What it sent, its report, and what it said."""
        shutil.rmtree(self.path("out"), ignore_errors=True)
        if os.path.exists(self.path("report.json")):
            os.remove(self.path("report.json"))
        out, said = throng("ingest", config, "--to", f"file:{self.path('out')}", "--report", self.path("report.json"), *options, expect=expect,
                           environment=environment)
        self.assertNotIn(SECRET, out + said)
        sent = open(self.path("out/rows.ndjson")).read() if os.path.exists(self.path("out/rows.ndjson")) else ""
        return [json.loads(line) for line in sent.splitlines()], self.report() if os.path.exists(self.path("report.json")) else None, said

    def test_every_way_to_page_gives_every_row_once(self):
        for way, end in [("page", "a short page"), ("offset", "a short page"), ("cursor", "no next page"), ("link", "no next page"),
                         ("next", "no next page")]:
            for rows in (ROWS, ROWS[:40], []):
                with self.subTest(way, rows=len(rows)):
                    sent, report, _ = self.ingest(self.config(self.api(rows), way))
                    self.assertEqual(sent, rows)
                    self.assertEqual(report["sources"][0]["end"], end if len(rows) == 47 else "an empty page" if not rows or way in ("page", "offset") else end)

    def test_rows_are_mapped_as_in_a_pipeline(self):
        api = self.api(ROWS)
        sent, report, _ = self.ingest(self.config(api, "page", where={"x": {"$gte": 40}}, add={"origin": "here"}, derive={"double": {"$multiply": ["$x", 2]}},
                                                  project={"id": 1, "origin": 1, "double": 1}))
        self.assertEqual(sent, [{"id": row["id"], "origin": "here", "double": 2 * row["x"]} for row in ROWS[40:]])
        self.assertEqual((report["events"], report["dropped"], report["pages"]), (7, 40, 5))

    def test_what_passes_is_waited_out(self):
        api = self.api(ROWS)
        for trouble in (429, 500, 503, 408, "truncated", "html", "closed", (429, [("Retry-After", "0")])):
            with self.subTest(trouble):
                api.script = [trouble, trouble]
                sent, report, said = self.ingest(self.config(api, "page"))
                self.assertEqual(sent, ROWS)
                self.assertEqual(report["retries"], 2)
                self.assertIn("again in", said)

    def test_a_slow_drip_is_given_up_and_asked_again(self):
        api = self.api(ROWS)
        api.script = ["drip"]
        sent, report, said = self.ingest(self.config(api, "page", limits={"timeout": "300ms"}))
        self.assertEqual((sent, report["retries"]), (ROWS, 1))
        self.assertIn("limits.timeout", said)

    def test_what_lasts_or_is_final_ends_it_with_a_sentence(self):
        api = self.api(ROWS)
        for script, sentence, requests in [
                ([500] * 9, "the answer was 500, 3 times", 3), ([404], "the answer was 404", 1), ([401], "look at auth", 1),
                (["html"] * 9, "begins: <html>", 3), (["huge"], "more than 100000 bytes", 1), (["endless"], "more than 100000 bytes", 1),
                ([(429, [("Retry-After", "3600")])], "asked again after 1h", 1),
                ([(302, [("Location", "/page")])] * 9, "sent elsewhere 4 times", 4),
                ([(302, [("Location", "ftp://127.0.0.1/")])], "protocol", 1)]:
            with self.subTest(script[0]):
                api.script, api.requests = list(script), []
                sent, report, said = self.ingest(self.config(api, "page", retry={"backoff": "1ms", "tries": 3}, limits={"bytes": 100000, "redirects": 3}),
                                                 expect=1)
                self.assertIn(sentence, said)
                self.assertEqual(len(api.requests), requests)
                self.assertTrue(report["sources"][0]["failed"])

    def test_a_page_that_repeats_ends_it(self):
        sent, report, _ = self.ingest(self.config(self.api(ROWS), "repeat"))
        self.assertEqual(sent, ROWS[:10])
        self.assertEqual(report["sources"][0]["end"], "a page that repeats the one before")

    def test_a_reply_without_rows_says_where_they_should_be(self):
        _, _, said = self.ingest(self.config(self.api(ROWS), "page", rows={"at": "items"}), expect=1)
        self.assertIn("items of the reply is not there: rows.at", said)

    def test_a_wrong_certificate_is_final_and_the_right_authority_is_taken(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout", self.path("key.pem"), "-out", self.path("cert.pem")], check=True, capture_output=True)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.path("cert.pem"), self.path("key.pem"))
        api = self.api(ROWS, tls=tls)
        _, report, said = self.ingest(self.config(api, "page"), expect=1)
        self.assertIn("certificate is not one to trust", said)
        self.assertEqual((report["retries"], api.requests), (0, []))
        sent, _, _ = self.ingest(self.config(api, "page", ca_file=self.path("cert.pem")))
        self.assertEqual(sent, ROWS)

    def test_keys_come_from_the_environment_and_go_to_the_api_alone(self):
        api, elsewhere = self.api(ROWS), self.api(ROWS)
        environment = {"API_KEY": SECRET}
        for auth, name, value in [({"bearer": "${API_KEY}"}, "Authorization", f"Bearer {SECRET}"),
                                  ({"header": {"name": "X-Api-Key", "key": "${API_KEY}"}}, "X-Api-Key", SECRET),
                                  ({"basic": {"user": "me", "password": "${API_KEY}"}}, "Authorization", "Basic bWU6czNjcmV0LWtleQ==")]:
            with self.subTest(name):
                api.requests, elsewhere.requests, api.script = [], [], [500, (302, [("Location", f"{elsewhere.url}/page?size=10&page=1")])]
                sent, _, _ = self.ingest(self.config(api, "page", auth=auth), environment=environment)
                self.assertEqual(sent, ROWS)
                self.assertTrue(all(headers[name] == value for _, _, headers in api.requests))
                self.assertNotIn(SECRET, str(elsewhere.requests))
                self.assertEqual(len(elsewhere.requests), 1)
        api.requests, api.script = [], [500, "html", 404]
        _, _, said = self.ingest(self.config(api, "next", auth={"query": {"name": "key", "key": "${API_KEY}"}}), "--log-level", "trace", expect=1,
                                 environment=environment)
        self.assertTrue(all(query["key"] == SECRET for _, query, _ in api.requests))
        api.script = []
        sent, _, _ = self.ingest(self.config(api, "next", auth={"query": {"name": "key", "key": "${API_KEY}"}}), environment=environment)
        self.assertEqual(sent, ROWS)
        self.assertTrue(all(query["key"] == SECRET for _, query, _ in api.requests))

    def test_for_each_reads_several_in_parallel(self):
        api = self.api(ROWS)
        config = self.config(api, "page", params={"department": "69"}, query={"department": "{department}"})
        sent, report, _ = self.ingest(config)
        self.assertEqual(sent, [row for row in ROWS if row["department"] == "69"])
        sent, report, _ = self.ingest(config, "--set", 'for_each={"department": ["69", "01", "38"]}')
        self.assertEqual(sorted(sent, key=lambda row: row["id"]), ROWS)
        self.assertEqual([each["source"] for each in report["sources"]], [f"rows/department={d}" for d in ("69", "01", "38")])
        sent, report, _ = self.ingest(config, "--set", "params.department=38", "--set", "pages=1")
        self.assertEqual((len(sent), report["sources"][0]["end"]), (10, "as many pages as were asked for"))

    def test_one_that_fails_leaves_the_others_alone(self):
        api = self.api(ROWS)
        config = self.config(api, "{way}", query={"department": "{department}"}, paging={"by": "page", "size_parameter": "size", "size": 10},
                             for_each=[{"department": "69", "way": "page"}, {"department": "38", "way": "page"}])
        api.script = [404]
        sent, report, _ = self.ingest(config, expect=1)
        self.assertEqual(sorted(each["failed"] for each in report["sources"]), [False, True])
        self.assertEqual(len({row["department"] for row in sent}), 1)

    def test_every_so_often_what_is_new_comes_and_an_interrupt_ends_it(self):
        api = self.api(ROWS[:13])
        config = self.config(api, "page", every="10ms")
        process = self.started("ingest", config, "--to", "stdout", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while len(api.requests) < 6:
            self.assertIsNone(process.poll())
        api.rows = ROWS
        before = len(api.requests)
        while len(api.requests) < before + 8:
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, said)
        self.assertEqual([json.loads(line) for line in out.splitlines()], ROWS)
        self.assertIn("ended by stopped", said)

    def test_an_interrupt_ends_a_reply_that_does_not_come(self):
        api = self.api(ROWS)
        api.script = ["drip"]
        process = self.started("ingest", self.config(api, "page"), "--to", "null", stderr=subprocess.PIPE)
        while not api.requests:
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, said)

    def test_what_is_wrong_is_said_at_its_place(self):
        api = self.api([])
        for more, sentence in [
                ({"url": "ftp://h/x"}, "config.json:1:"), ({"query": {"a": "{b}"}}, "query.a: {b} is none of params"),
                ({"paging": {"by": "cursor"}}, "paging.by: a cursor needs `at`"), ({"auth": {"bearer": "${NOT_SET}"}}, "NOT_SET"),
                ({"where": {"x": {"$gtt": 1}}}, "where.x.$gtt"), ({"derive": {"y": {"$ad": [1]}}}, "derive.y.$ad"),
                ({"pagin": {}}, 'pagin'), ({"rate": "0/s"}, "rate"), ({"auth": {"bearer": SECRET, "query": {"name": "k", "key": SECRET}}}, "give one of"),
                ({"rows": {"as": "arrays"}}, "rows.names"), ({"for_each": {"d": ["1", "1"]}}, "the same source twice"),
                ({"headers": {"X": "a\nb"}}, "headers.X")]:
            with self.subTest(more):
                _, _, said = self.ingest(self.config(api, "page", **more), expect=2)
                self.assertIn(sentence, said)
        self.assertEqual(api.requests, [])
        _, said = throng("ingest", self.config(api, "page"), expect=2)
        self.assertIn("name it with --brokers", said)
        _, said = throng("ingest", "wether", "--to", "null", expect=2)
        self.assertIn("weather", said)

    def test_presets_are_right(self):
        names = throng("source", "list")[0].split()
        self.assertEqual(sorted(names), ["air-quality", "energy-certificates", "market-quotes", "road-traffic", "weather"])
        for name in names:
            self.assertIn("right", throng("source", "check", name)[0])
            self.assertIn("; source: ", throng("source", "show", name)[0])
        self.assertEqual(json.loads(throng("source", "schema")[0])["title"], "Throng ingest")

    def test_presets_read_what_their_documentation_shows(self):
        """Replies in the form that each API's page has."""
        api = self.api([])
        replies = {
            "weather": {"latitude": 45.76, "current_units": {"time": "iso8601"}, "current": {"time": "2026-01-05T06:15", "interval": 900, "temperature_2m": 3.4}},
            "air-quality": {"hourly": {"time": ["2026-01-05T00:00", "2026-01-05T01:00"], "pm10": [12.5, None], "pm2_5": [7.1, 6.9]}},
            "road-traffic": {"total_count": 2, "results": [{"iu_ac": "799", "libelle": "Av_Italie", "t_1h": "2026-01-05T05:00:00+00:00", "q": 1234.0, "k": 5.1}, {"iu_ac": "800", "t_1h": "2026-01-05T05:00:00+00:00", "q": None}]},
            "market-quotes": [[1767592800, 80000.5, 80010.25, 80001, 80009, 1.5]],
            "energy-certificates": {"total": 1, "results": [{"numero_dpe": "2669E0000001A", "date_reception_dpe": "2026-01-05", "etiquette_dpe": "F"}]}}
        wanted = {
            "weather": [{"time": "2026-01-05T06:15", "interval": 900, "temperature_2m": 3.4, "city": "Lyon"}],
            "air-quality": [{"time": "2026-01-05T00:00", "pm10": 12.5, "pm2_5": 7.1, "city": "Lyon"}, {"time": "2026-01-05T01:00", "pm10": None, "pm2_5": 6.9, "city": "Lyon"}],
            "road-traffic": [replies["road-traffic"]["results"][0]],
            "market-quotes": [{"time": 1767592800, "low": 80000.5, "high": 80010.25, "open": 80001, "close": 80009, "volume": 1.5, "product": "BTC-EUR", "spread": 9.75}],
            "energy-certificates": replies["energy-certificates"]["results"]}
        for name, reply in replies.items():
            with self.subTest(name):
                api.page = lambda to, by, query, reply=reply: api.send(to, json.dumps(reply).encode())
                text = throng("source", "show", name)[0]
                text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//"))
                preset = json.loads(text)
                preset.pop("every", None)
                preset.pop("rate", None)
                preset["url"] = api.url + "/x" + ("/{product}" if name == "market-quotes" else "")
                each = preset.pop("for_each", None)
                if each:
                    preset["params"] = each[0] if isinstance(each, list) else {key: values[0] for key, values in each.items()}
                out, _ = throng("ingest", self.write("preset.json", json.dumps(preset)), "--to", "stdout")
                self.assertEqual([json.loads(line) for line in out.splitlines()], wanted[name])


if __name__ == "__main__":
    unittest.main()
