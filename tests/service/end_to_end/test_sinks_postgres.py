"""Sinks that are tables of a real PostgreSQL: every row there once by its key, whatever is killed, cut off or refused."""
import json
import os
import re
import subprocess
import sys
import time
import unittest
import uuid

from throng import InFolder, query, signalled_at_write, throng

sys.path.append(os.path.join(os.path.dirname(__file__), "../../faults"))
from proxy import Proxy  # noqa: E402

SERVER = os.environ.get("THRONG_TEST_POSTGRES", "")  # postgresql://USER@HOST:PORT, as whom a database may be made
MESSAGES = 4_000
PARTITIONS = 3


def psql(database, statement):
    done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", f"{SERVER}/{database}", "-c", statement], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"{statement}: {done.stderr}")
    return done.stdout


class SinksInPostgres(InFolder):
    @classmethod
    def setUpClass(cls):
        assert SERVER, "THRONG_TEST_POSTGRES says where the server is"
        cls.database = f"t{uuid.uuid4().hex[:12]}"
        psql("postgres", f"CREATE DATABASE {cls.database} TEMPLATE template0 ENCODING 'UTF8'")
        cls.addClassCleanup(lambda: psql("postgres", f"DROP DATABASE {cls.database} WITH (FORCE)"))

    def setUp(self):
        super().setUp()
        self.to = f"{SERVER}/{self.database}"
        self.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        self.write("clicks.ndjson", "".join(f'{{"n": {i}, "id": "s{i * 7 % 40}", "at": "2026-01-05T{8 + i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}.000Z"}}\n'
                                            for i in range(MESSAGES)))

    def sql(self, statement):
        """What SELECT finds, as tuples; of anything else nothing."""
        if not statement.startswith("SELECT"):
            return psql(self.database, statement)
        return [tuple(json.loads(line).values()) for line in psql(self.database, f"SELECT row_to_json(found) FROM ({statement}) found").splitlines()]

    def arguments(self, *more, pipeline=None, partitions=PARTITIONS, **sink):
        self.write("p.json", json.dumps({"name": "kept", "source": "clicks", "key": "id", "timestamp": "at",
                                         "windows": [{"name": "minutes", "tumbling": "1m", "group_by": ["id"], "aggregate": {"n": ["count"]}}],
                                         "sinks": [{"name": "base", "to": self.to, "table": "clicks", "rows": 700, "every": "50ms", **sink}], **(pipeline or {})}))
        return ["analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", str(partitions), "--store", self.store,
                "--checkpoint-every", "50ms", *more]

    def check_each_once(self, field="(body->>'n')::int", but=()):
        rows = self.sql(f'SELECT _topic, _partition, _offset, {field} AS n FROM clicks')
        self.assertEqual(len({row[:3] for row in rows}), len(rows))
        self.assertEqual({row[0] for row in rows}, {"clicks"})
        self.assertEqual(sorted(row[3] for row in rows), [n for n in range(MESSAGES) if n not in but])
        for partition in range(PARTITIONS):
            offsets = sorted(row[2] for row in rows if row[1] == partition)
            self.assertTrue(but or offsets == list(range(len(offsets))))

    def proxied(self):
        host, port = re.fullmatch(r"postgresql://(?:[^@]*@)?([^:/]+):(\d+)", SERVER).groups()
        proxy = Proxy((host, int(port)))
        self.addCleanup(proxy.close)
        self.to = self.to.replace(f"{host}:{port}", f"127.0.0.1:{proxy.port}")
        return proxy

    def test_killed_at_whatever_it_sends_each_message_is_there_once(self):
        arguments = self.arguments()
        port = re.search(r":(\d+)$", SERVER).group(1)
        left = []
        for write in (16, 25, 41, 30, 22):  # of what goes to the server: the middle of a transaction, as a rule
            signalled_at_write(arguments, write, part=f"tcp:{port}")
            left.append(self.sql("SELECT count(*) FROM clicks")[0][0])
        self.assertTrue(any(0 < count < MESSAGES for count in left), left)
        throng(*arguments)
        self.check_each_once()
        throng(*arguments, "--reset")  # all of it again, which replaces itself
        self.check_each_once()
        for body, key, raw in self.sql("SELECT body, _key, _raw FROM clicks WHERE body->>'n' = '77'"):
            self.assertEqual(body, {"n": 77, "id": "s19", "at": "2026-01-05T08:01:17.000Z"})
            self.assertEqual((key, raw), ("s19", None))
        self.assertEqual(sum(window["events"] for window in query("windows", self.store)), MESSAGES)

    def test_results_are_rows_by_their_ids(self):
        alerting = {"rules": [{"name": "hundreds", "when": {"n": {"$mod": [100, 7]}}, "cooldown": "1ms"}]}
        port = re.search(r":(\d+)$", SERVER).group(1)
        for of in ("windows", "alerts"):
            arguments = self.arguments(of=of, name=of, table=of, rows=100, pipeline=alerting)
            for write in (20, 33):
                signalled_at_write(arguments, write, part=f"tcp:{port}")
            throng(*arguments)
        windows = [window for window in query("windows", self.store) if window["final"]]
        self.assertGreater(len(windows), 1_000)
        # A partition's share of a window is a row.
        seen = self.sql("SELECT body->>'start' AS start, body->'group'->>'id' AS id, sum((body->>'events')::int) FROM windows GROUP BY 1, 2")
        self.assertEqual(sorted(seen), sorted((w["start"], w["group"]["id"], w["events"]) for w in windows))
        alerts = query("alerts", self.store)
        self.assertEqual(len(alerts), MESSAGES // 100)
        self.assertEqual({row for row, in self.sql("SELECT _key FROM alerts")}, {alert["id"] for alert in alerts})
        # As columns, results are rows of plain fields.
        throng(*self.arguments("--reset", of="windows", name="flat", table="flat", columns={"start": "time", "group.id": "text", "events": "integer"}, pipeline=alerting))
        self.assertEqual(sorted(self.sql("""SELECT to_char(start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"') AS start, "group.id", sum(events)::int FROM flat WHERE _raw IS NULL GROUP BY 1, 2""")),
                         sorted((w["start"], w["group"]["id"], w["events"]) for w in windows))

    def test_a_server_that_does_not_answer_or_is_gone_holds_back_its_own_sink_alone(self):
        throng(*self.arguments(table="seed", name="seed"))
        self.sql("CREATE TABLE clicks (LIKE seed INCLUDING ALL)")
        lock = self.started("-X", "-q", "-d", self.to, program="psql", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        lock.stdin.write("BEGIN; LOCK TABLE clicks IN SHARE ROW EXCLUSIVE MODE;\n\\echo held\n")
        lock.stdin.flush()
        self.assertEqual(lock.stdout.readline(), "held\n")
        proxy = self.proxied()
        arguments = self.arguments("--reset", pipeline={"sinks": [
            {"name": "down", "to": self.to, "table": "clicks", "rows": 700, "every": "50ms", "timeout": "1s"},
            {"name": "up", "to": f"{SERVER}/{self.database}", "table": "up", "rows": 700, "every": "50ms"}]})
        running = self.started(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said = running.stderr.readline()
        self.assertRegex(said, r"trying again: pipeline kept, sink down: postgresql://.*: the transaction was not done within 1000 ms \(timeout\)")

        def until(holds):
            by = time.monotonic() + 60
            while not holds():
                self.assertIsNone(running.poll())
                self.assertLess(time.monotonic(), by)

        count = lambda table: self.sql(f"SELECT count(*) FROM {table}")[0][0]
        until(lambda: count("up") == MESSAGES and sum(window["events"] for window in query("windows", self.store)) == MESSAGES)
        self.assertEqual(count("clicks"), 0)
        # Then it is gone, and when it is back it cuts off whom it has let in.
        proxy.open = False
        proxy.cut()
        lock.stdin.close()
        proxy.open = True
        until(lambda: proxy.pairs and proxy.cut())
        said += running.communicate(timeout=60)[1]
        self.assertEqual(running.returncode, 0, said)
        self.check_each_once()
        self.assertNotIn("sink up", said)

    def test_what_does_not_fit_is_null_and_itself_in_raw(self):
        texts = ['plain', "tab\t, back\\slash, \\N, line\r\n, quote'\"", "é 😀", ""]
        lines = [json.dumps({"t": text, "i": i, "f": 0.1, "b": True, "at": "2026-01-05T08:00:00.123Z"}) for i, text in enumerate(texts)]
        odd = [r'{"t": "nul \u0000"}', r'{"t": "no nul \\u0000"}', '{"i": 9223372036854775808}', '{"f": 1e400}', '{"f": 1e99999}', '{"b": 1, "i": 5}', '[1]', 'no json\tat all',
               '{"at": "yesterday"}', "{}", r'{"\u0000": 1}', '{"deep": ' + "[" * 60 + "]" * 60 + "}"]
        self.write("clicks.ndjson", "\n".join(lines + odd) + "\n")
        throng(*self.arguments(partitions=1))
        rows = {n: (body, raw) for n, body, raw in self.sql("SELECT _offset, body, _raw FROM clicks")}
        self.assertEqual(len(rows), len(lines + odd))
        unfit = {0, 4, 6, 7, 10}
        for i, line in enumerate(lines):
            self.assertEqual(rows[i], (json.loads(line), None))
        for i, line in enumerate(odd):
            body, raw = rows[len(lines) + i]
            self.assertEqual((body is None, raw), (True, line) if i in unfit else (False, None), line)
        columns = {"t": "text", "i": "integer", "f": "number", "b": "boolean", "at": "time"}
        throng(*self.arguments("--reset", partitions=1, table="typed", columns=columns))
        typed = {n: row for n, *row in self.sql('SELECT _offset, t, i, f, b, "at"::text, _raw FROM typed')}
        for i, text in enumerate(texts):
            self.assertEqual([*typed[i][:4], typed[i][5]], [text, i, 0.1, True, None])
            self.assertIn("08:00:00.123", typed[i][4])
        for i, line in enumerate(odd):
            self.assertEqual(typed[len(lines) + i][5], line if i in {0, 2, 3, 4, 5, 6, 7, 8} else None, line)
        self.assertEqual(typed[len(lines) + 1][0], r"no nul \u0000")
        self.assertEqual(typed[len(lines) + 5][1], 5)

    def test_a_row_that_a_constraint_forbids_is_a_dead_letter_and_the_rest_goes_on(self):
        throng(*self.arguments(columns={"n": "integer"}, table="seed"))
        self.sql("CREATE TABLE clicks (LIKE seed INCLUDING ALL, note text, seen timestamptz NOT NULL DEFAULT now(), CHECK (n NOT IN (17, 1234, 3999)))")
        throng(*self.arguments("--reset", "--rejects", self.path("rejects"), columns={"n": "integer"}))
        self.check_each_once("n", but={17, 1234, 3999})
        with open(self.path("rejects/analytics.dead_letter.ndjson")) as file:
            self.assertEqual({json.loads(line)["n"] for line in file}, {17, 1234, 3999})

    def test_a_table_of_another_shape_is_left_alone_and_the_difference_is_told(self):
        self.sql('CREATE TABLE clicks (_topic text, _partition bigint, _offset bigint, _time timestamptz, body jsonb, must int NOT NULL)')
        _, said = throng(*self.arguments(), expect=2)
        for part in ("pipeline kept, sink base: postgresql://", "the table clicks does not take these rows", "its column _partition is bigint, not integer", "it has no column _key text",
                     "it has no column _raw text", "its column must is NOT NULL without a default", "nothing makes (_topic, _partition, _offset) unique"):
            self.assertIn(part, said)
        self.assertEqual(self.sql("SELECT count(*) FROM clicks")[0][0], 0)
        self.sql("DROP TABLE clicks; CREATE VIEW clicks AS SELECT 1 AS one")
        _, said = throng(*self.arguments(), expect=2)
        self.assertIn("it is no table", said)

    def test_who_is_not_let_in_hears_it_and_no_secret_is_told(self):
        self.to = re.sub(r"//([^@]*@)?", "//nobody-knows-me@", self.to)
        arguments = self.arguments("--log-level", "debug")
        out, said = throng(*arguments, environment={"PGPASSWORD": "hush-hush"}, expect=1)
        self.assertIn("pipeline kept, sink base: postgresql://", said)
        self.assertIn("nobody-knows-me", said)
        self.assertNotIn("hush-hush", out + said)


if __name__ == "__main__":
    unittest.main()
