"""`throng serve` as clients meet it: the same answers as `throng query`, the described API, and clients that misbehave."""
import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import unittest
from urllib.parse import quote, urlencode

from throng import InFolder, query, throng

WORLD = ["--duration", "10m", "--set", "populations.sensors.count=60", "--set",
         'incidents=[{"kind": "sensor.stuck", "population": "sensors", "count": 2, "at": "2m", "for": "5m"}]',
         "--set", "trouble.late=0", "--set", "trouble.malformed=0"]


@contextlib.contextmanager
def http_answer(port, path, headers=None):
    """An answer that may never end."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=headers or {})
        with connection.getresponse() as answer:
            yield answer
    finally:
        connection.close()


def event_of(stream):
    """The next event: (id, kind, what it says). Comments are passed over."""
    fields = {}
    while True:
        line = stream.readline().decode().rstrip("\n")
        if line == "" and "data" in fields:
            return int(fields.get("id", -1)), fields["event"], json.loads(fields["data"])
        name, _, value = line.partition(": ")
        fields[name] = value


class Serve(InFolder):
    def setUp(self):
        super().setUp()
        throng("run", "smart-city", *WORLD, "--store", self.store)
        self.server = self.started("serve", "127.0.0.1:0", "--store", self.store, stderr=subprocess.PIPE)
        self.port = int(re.fullmatch(r"serving at http://127\.0\.0\.1:(\d+)\n", self.server.stderr.readline()).group(1))

    def ask(self, path, method="GET", body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer, answer.read()

    def get(self, path, **parameters):
        answer, body = self.ask(path + ("?" + urlencode(parameters) if parameters else ""))
        return answer.status, json.loads(body)

    def test_lists_are_those_of_query_page_by_page(self):
        expected = query("windows", self.store, "--pipeline", "city-climate", "--window", "climate-1m")
        self.assertGreater(len(expected), 20)
        items, cursor = [], None
        while True:
            more = {"cursor": cursor} if cursor else {}
            status, page = self.get("/api/windows", pipeline="city-climate", window="climate-1m", limit=7, **more)
            self.assertEqual(status, 200)
            self.assertLessEqual(len(page["items"]), 7)
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        self.assertEqual(items, expected)
        self.assertEqual(self.get("/api/runs")[1]["items"], query("runs", self.store))
        self.assertEqual(self.get("/api/windows", rollup="10m", window="climate-1m", limit=0)[1]["items"],
                         query("windows", self.store, "--rollup", "10m", "--window", "climate-1m"))

    def test_an_entity_by_its_name_and_one_that_is_not_there(self):
        [known] = query("entities", self.store, "--entity", "sensor-000007")
        self.assertEqual(self.get("/api/entities/sensor-000007"), (200, known))
        status, problem = self.get("/api/entities/" + quote("no/such one", safe=""))
        self.assertEqual((status, problem["status"]), (404, 404))

    def test_errors_are_problems_with_the_sentences_of_the_command_line(self):
        for parameters, option in (({"where": "x"}, ["--where", "x"]), ({"rollup": "1x"}, ["--rollup", "1x"]),
                                   ({"from": "yesterday"}, ["--from", "yesterday"]), ({"group": "x"}, ["--group", "x"])):
            answer, body = self.ask("/api/windows?" + urlencode(parameters))
            _, said = throng("query", "windows", "--store", self.store, *option, expect=2)
            self.assertEqual(answer.status, 400, body)
            self.assertEqual(answer.getheader("Content-Type"), "application/problem+json")
            self.assertEqual("throng: " + json.loads(body)["detail"] + "\n", said)
        self.assertEqual(self.get("/api/windows", limit="many")[0], 400)
        status, problem = self.get("/api/windows", limits="1")
        self.assertEqual(status, 400)
        self.assertIn("limits", problem["detail"])

    def test_every_path_of_the_description_answers_and_no_other(self):
        status, description = self.get("/openapi.json")
        self.assertEqual((status, description["openapi"]), (200, "3.1.0"))
        self.assertGreater(len(description["paths"]), 12)
        known = description["components"]["parameters"]
        examples = {"pipeline": "city-climate", "window": "climate-1m", "group": "district=district-00", "entity": "sensor-000007",
                    "from": "2026-01-05", "to": "2027-01-01", "where": "{}", "sort": None, "limit": "3", "rollup": "5m", "gap": "30m", "cursor": None,
                    "grace": "5m", "block_for": "1h", "against": "labels", "last_event_id": "7"}
        for path, methods in description["paths"].items():
            self.assertLessEqual(set(methods), {"get", "post"})
            if "post" in methods:
                answer, body = self.ask(path.replace("{id}", "no-such"), "POST")
                status = 404 if "{id}" in path else 400  # nothing there to change, or nothing said
                self.assertEqual((answer.status, json.loads(body)["status"]), (status, status), path)
            if "get" not in methods:
                continue
            where = path.replace("{id}", "sensor-000007")
            [kind] = methods["get"]["responses"]["200"]["content"]
            queries = [""]
            for parameter in methods["get"].get("parameters", []):
                if "$ref" not in parameter:
                    continue
                name = known[parameter["$ref"].split("/")[-1]]["name"]
                if examples[name] is not None:
                    queries.append("?" + urlencode({name: examples[name], **({"window": "climate-1m"} if name == "rollup" else {})}))
            for query_ in queries:
                with http_answer(self.port, where + query_) as answer:
                    self.assertEqual(answer.status, 200, where + query_)
                    self.assertEqual(answer.getheader("Content-Type").split(";")[0], kind, where)
                    if kind == "application/json":
                        json.loads(answer.read())
            self.assertEqual(self.ask(where, "DELETE", headers={})[0].status, 405, path)
            if not path.startswith("/api/entities/") and path.startswith("/api/") and methods["get"].get("parameters"):
                self.assertEqual(self.get(where, nonsense="1")[0], 400, path)
        self.assertEqual(self.get("/api/nothing")[0], 404)
        for path in ("/api/world", "/api/topics"):
            self.assertEqual(self.get(path)[0], 404, "not served here")
            self.assertNotIn(path, description["paths"], "described only where it is served")

    def test_pipelines_are_described_and_the_score_is_that_of_the_command(self):
        [pipeline] = self.get("/api/pipelines")[1]["items"]
        self.assertEqual((pipeline["name"], pipeline["source"], pipeline["key"]), ("city-climate", "iot.readings", "sensor_id"))
        minute = pipeline["windows"][0]
        self.assertEqual((minute["name"], minute["shape"], minute["size_ms"], minute["group_by"]),
                         ("climate-1m", "tumbling", 60_000, ["district"]))
        self.assertEqual(minute["aggregate"]["humidity"], ["mean"])
        self.assertIn({"name": "stuck-sensor", "severity": "warning"}, pipeline["rules"])
        throng("score", "--store", self.store, "--grace", "5m", "--report", self.path("score.json"))
        expected = self.report("score.json")
        self.assertEqual(self.get("/api/score", grace="5m"), (200, {name: expected[name] for name in expected if name != "command"}))
        self.assertIsNone(expected["money"], "sensors pay nothing")
        self.assertEqual(self.get("/api/score", grace="soon")[0], 400)
        self.assertIn("--block-for soon", self.get("/api/score", block_for="soon")[1]["detail"])

    def test_the_stream_tells_what_comes_into_the_store_and_goes_on_where_a_reader_was(self):
        with http_answer(self.port, "/api/stream") as stream:
            self.assertEqual(event_of(stream)[1], "rates")  # it knows now what was there
            throng("run", "smart-city", "--duration", "25m", "--set", "populations.sensors.count=60", "--store", self.store)
            kinds, last = set(), None
            while "alert" not in kinds:
                last, kind, told = event_of(stream)
                kinds.add(kind)
            alerts = {each["id"]: each for each in query("alerts", self.store)}
            self.assertEqual(alerts[told["id"]], told)
            while "window" not in kinds:
                last, kind, told = event_of(stream)
                kinds.add(kind)
            self.assertEqual(told["pipeline"], "city-climate")
        with http_answer(self.port, "/api/stream", {"Last-Event-ID": str(last - 1)}) as stream:
            self.assertEqual(event_of(stream), (last, kind, told))
        with http_answer(self.port, f"/api/stream?last_event_id={last - 1}") as stream:
            self.assertEqual(event_of(stream), (last, kind, told))
        self.assertEqual(self.ask("/api/stream", headers={"Last-Event-ID": "x"})[0].status, 400)

    def test_an_alert_is_acknowledged_and_resolved_by_its_id(self):
        throng("run", "smart-city", "--duration", "25m", "--set", "populations.sensors.count=60", "--store", self.store)
        [alert, *_] = self.get("/api/alerts")[1]["items"]
        self.assertEqual(alert["status"], "open")
        path = f"/api/alerts/{alert['id']}"
        json_body = {"Content-Type": "application/json"}
        answer, body = self.ask(path + "/acknowledge", "POST", json.dumps({"by": "ann", "note": "on my way"}), json_body)
        self.assertEqual((answer.status, json.loads(body)["status"]), (200, "acknowledged"))
        [stored] = [each for each in query("alerts", self.store) if each["id"] == alert["id"]]
        self.assertEqual((stored["deeds"][0]["by"], stored["deeds"][0]["note"]), ("ann", "on my way"))
        self.assertEqual(self.ask(path + "/acknowledge", "POST")[0].status, 409, "it is that already")
        self.assertEqual(self.ask(path + "/resolve", "POST", json.dumps({"why": "x"}), json_body)[0].status, 400)
        self.assertEqual(self.ask(path + "/resolve", "POST", json.dumps({"by": "ann"}), {"Content-Type": "text/plain"})[0].status, 415)
        self.assertEqual(self.ask(path + "/resolve", "POST", headers={"Origin": "https://evil.example"})[0].status, 403)
        self.assertEqual(self.ask(path + "/resolve", "POST")[0].status, 200)
        self.assertEqual(self.get("/api/alerts", where='{"status": "resolved"}')[1]["items"][0]["id"], alert["id"])
        self.assertEqual(self.get("/api/score", against="verdicts")[0], 404, "nobody has given one")
        answer, body = self.ask(path + "/wrong", "POST", json.dumps({"by": "ann"}), json_body)
        self.assertEqual((answer.status, json.loads(body)["verdict"], json.loads(body)["status"]), (200, "wrong", "resolved"))
        self.assertEqual(self.ask(path + "/wrong", "POST")[0].status, 409, "it is marked so already")
        self.assertEqual(self.ask(path + "/right", "POST", headers={"Origin": "https://evil.example"})[0].status, 403)
        status, score = self.get("/api/score", against="verdicts")
        self.assertEqual((status, score["all"]["right"], score["all"]["wrong"], score["all"]["precision"]), (200, 0, 1, 0))
        self.assertEqual(score["all"]["alerts"], len(query("alerts", self.store)))
        self.assertEqual(self.get("/api/score", against="verdicts", grace="5m")[0], 400)
        self.assertEqual(self.get("/api/score", against="rumours")[0], 400)
        self.assertEqual(self.ask(path + "/retract", "POST")[0].status, 200)

    def test_alerts_are_muted_until_a_time_and_told_again(self):
        throng("run", "smart-city", "--duration", "25m", "--set", "populations.sensors.count=60", "--store", self.store)
        [alert, *_] = self.get("/api/alerts")[1]["items"]
        json_body = {"Content-Type": "application/json"}
        said = {"entity": alert["entity"], "from": "2026-01-05", "until": "2027-01-01", "by": "ann", "note": "being replaced"}
        answer, body = self.ask("/api/mutes", "POST", json.dumps(said), json_body)
        mute = json.loads(body)
        self.assertEqual((answer.status, mute["entity"], mute["from"], mute["until"], mute["by"], mute["note"]),
                         (200, alert["entity"], "2026-01-05T00:00:00.000Z", "2027-01-01T00:00:00.000Z", "ann", "being replaced"))
        self.assertEqual(self.get("/api/mutes")[1]["items"], [mute])
        muted = self.get("/api/alerts", where=json.dumps({"muted.id": mute["id"]}), limit=0)[1]["items"]
        self.assertEqual(muted, [each for each in self.get("/api/alerts", limit=0)[1]["items"] if each["entity"] == alert["entity"]])
        self.assertEqual(self.ask("/api/mutes", "POST", json.dumps({**said, "until": "soon"}), json_body)[0].status, 400)
        self.assertEqual(self.ask("/api/mutes", "POST", json.dumps({"until": "+8h"}), json_body)[0].status, 400, "it names nothing")
        self.assertEqual(self.ask("/api/mutes", "POST", json.dumps({"entity": "x"}), json_body)[0].status, 400, "it has no end")
        self.assertEqual(self.ask("/api/mutes", "POST", json.dumps(said), {**json_body, "Origin": "https://evil.example"})[0].status, 403)
        self.assertEqual(len(query("mutes", self.store)), 1)
        end = f"/api/mutes/{mute['id'][:12]}/end"
        answer, body = self.ask(end, "POST", json.dumps({"by": "bob", "until": "2026-01-05"}), json_body)
        self.assertEqual((answer.status, json.loads(body)["ended"]["by"], json.loads(body)["ended"]["until"]), (200, "bob", "2027-01-01T00:00:00.000Z"))
        self.assertEqual(self.ask(end, "POST")[0].status, 409, "it has ended")
        self.assertEqual(self.get("/api/alerts", where='{"muted": {"$ne": null}}')[1]["items"], [])

    def test_metrics_count_requests_by_route_and_are_text_that_prometheus_reads(self):
        self.get("/api/entities/sensor-000007")
        self.get("/api/entities/no-such")
        self.get("/some/path/of/a/stranger")
        answer, body = self.ask("/metrics")
        self.assertEqual(answer.getheader("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
        lines = body.decode().splitlines()
        for line in lines:
            self.assertRegex(line, r'^(# (HELP|TYPE) throng_[a-z_]+ .+|throng_[a-z_]+(\{([a-z_]+="[^"]*",?)+\})? [-+0-9.e]+)$')
        self.assertIn('throng_http_requests_total{method="GET",route="/api/entities/{id}",status="2xx"} 1', lines)
        self.assertIn('throng_http_requests_total{method="GET",route="/api/entities/{id}",status="4xx"} 1', lines)
        self.assertIn('throng_http_requests_total{method="none",route="none",status="4xx"} 1', lines)
        self.assertIn("throng_store_up 1", lines)
        self.assertNotIn("stranger", body.decode())

    def test_headers_are_strict(self):
        answer, _ = self.ask("/api/runs", headers={"Origin": "https://evil.example"})
        self.assertIsNone(answer.getheader("Access-Control-Allow-Origin"))
        self.assertEqual(answer.getheader("X-Content-Type-Options"), "nosniff")
        self.assertIn("default-src 'none'", answer.getheader("Content-Security-Policy"))
        self.assertEqual(self.ask("/api/runs", headers={"Host": "evil.example"})[0].status, 421)
        answer, body = self.ask("/api/runs", "HEAD")
        self.assertEqual((answer.status, body), (200, b""))

    def raw(self, *parts):
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as client:
            try:
                for part in parts:
                    client.sendall(part)
            except OSError:
                pass
            got = b""
            try:
                while more := client.recv(65536):
                    got += more
            except ConnectionError:
                pass
            return got

    def test_clients_that_misbehave_get_an_answer_and_harm_nobody(self):
        many = b"".join(b"X-%d: y\r\n" % i for i in range(200_000))
        self.assertTrue(self.raw(b"GET /api/runs HTTP/1.1\r\nHost: localhost\r\n", many, b"\r\n").startswith(b"HTTP/1.1 431 "))
        self.assertTrue(self.raw(b"GET /", b"x" * 1_000_000).startswith(b"HTTP/1.1 431 "))
        huge = self.raw(b"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", b"x" * 3_000_000)
        self.assertTrue(huge.startswith(b"HTTP/1.1 413 "))
        for path in ("/../../etc/passwd", "/api/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd", "/%00", "//etc/passwd"):
            got = self.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            self.assertRegex(got[:13], rb"HTTP/1.1 40[04]", path)
            self.assertNotIn(b"root:", got)
        self.assertTrue(self.raw(b"\x00\xff nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 "))
        self.assertEqual(self.get("/healthz"), (200, {"status": "alive"}))
        self.assertEqual(self.get("/readyz"), (200, {"status": "ready"}))

    def test_it_ends_cleanly_and_an_address_that_is_taken_is_said(self):
        _, said = throng("serve", f"127.0.0.1:{self.port}", "--store", self.store, expect=1)
        self.assertIn(f"cannot serve at 127.0.0.1:{self.port}", said)
        throng("serve", "127.0.0.1:port", "--store", self.store, expect=2)
        self.server.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(10), 0)


if __name__ == "__main__":
    unittest.main()
