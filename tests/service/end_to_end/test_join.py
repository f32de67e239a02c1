"""`join`: events of two topics that are near in time, held against a recomputation, over kills."""
import json
import os
import random
import unittest
from collections import defaultdict

import recompute
from throng import InFolder, killed_again_and_again, query, throng

BEGIN = 1_767_225_600_000  # 2026-01-01T00:00:00Z
WITHIN, DISORDER = 20_000, 5_000
PIPELINE = {
    "name": "bought-after", "source": "orders", "key": "order", "timestamp": "at", "timestamp_unit": "ms", "disorder": "5s",
    "derive": {"big": {"$gt": ["$amount", 8]}},
    "join": {"with": "clicks", "on": "user", "within": "20s", "add": ["page", "ms"], "timestamp": "time"},
    "windows": [{"name": "minute", "tumbling": "1m", "lateness": "5m", "group_by": ["user"],
                 "aggregate": {"ms": ["count", "sum", "max"], "amount": ["sum"]}}],
}


def stream(count, step_ms, seed, event):
    draw = random.Random(seed)
    for i in range(count):
        at = BEGIN + i * step_ms - (draw.randrange(60_000) if draw.random() < 0.03 else draw.randrange(4_000))
        yield event(draw, max(at, BEGIN), i)


def order(draw, at, i):
    return {"order": f"o{i}", "user": f"u{draw.randrange(25)}", "at": at, "amount": round(draw.gauss(8, 4), 2)}


def click(draw, at, i):
    return {"user": f"u{draw.randrange(25)}", "time": recompute.iso(at), "page": f"/{draw.randrange(9)}", "ms": draw.randrange(1_000)}


def standing(documents, key, partitions, time_of):
    """Each document with where it stands: its time, or its partition's watermark where it is late."""
    for messages in recompute.split(map(json.dumps, documents), key, partitions):
        newest = None
        for _, line in messages:
            document = json.loads(line)
            at = time_of(document)
            yield at if newest is None else max(at, newest - DISORDER), document
            newest = at if newest is None else max(newest, at)


def joined(orders, clicks, partitions, left):
    """(order, page, ms) by the definition."""
    by_user = defaultdict(list)
    for stands, each in standing(clicks, "user", partitions, lambda d: recompute.parse_time(d["time"], None)):
        by_user[each["user"]].append((stands, each))
    for stands, each in standing(orders, "order", partitions, lambda d: d["at"]):
        near = [c for at, c in by_user[each["user"]] if abs(at - stands) <= WITHIN]
        yield from ((each, c["page"], c["ms"]) for c in near)
        if left and not near:
            yield each, None, None


class Join(InFolder):
    def lay_out(self, count, kind="inner"):
        self.pipeline = {**PIPELINE, "join": {**PIPELINE["join"], "type": kind}}
        self.write("p.json", json.dumps(self.pipeline))
        self.orders, self.clicks = list(stream(count, 150, 1, order)), list(stream(2 * count, 70, 2, click))
        for name, documents in (("orders", self.orders), ("clicks", self.clicks)):
            self.write(f"{name}.ndjson", "".join(json.dumps(each) + "\n" for each in documents))

    def arguments(self, store, *more, partitions=3):
        return ["analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", partitions, "--store", store,
                "--report", self.path("report.json"), *more]

    def compare(self, store, partitions, left=False):
        expected = defaultdict(lambda: {"events": 0, "ms": [], "amount": []})
        for each, _, ms in joined(self.orders, self.clicks, partitions, left):
            into = expected[each["at"] // 60_000 * 60_000, each["user"]]
            into["events"] += 1
            into["ms"] += [] if ms is None else [ms]
            into["amount"].append(each["amount"])
        found = {(recompute.parse_time(d["start"], None), d["group"]["user"]): d for d in query("windows", store)}
        self.assertEqual(set(found), set(expected))
        self.assertGreater(len(expected), 50)
        for where, want in expected.items():
            got = found[where]
            self.assertEqual((got["events"], got["ms"]["count"], got["ms"]["sum"], got["ms"]["max"]),
                             (want["events"], len(want["ms"]), sum(want["ms"]), max(want["ms"], default=None)), where)
            self.assertAlmostEqual(got["amount"]["sum"], sum(want["amount"]), delta=1e-6)

    def test_joined_events_are_those_of_the_definition(self):
        for kind in ("inner", "left"):
            for partitions in (1, 4):
                self.lay_out(2_000, kind)
                store = f"sqlite:{self.path(f'{kind}-{partitions}.db')}"
                throng(*self.arguments(store, partitions=partitions))
                self.compare(store, partitions, kind == "left")
                self.assertEqual(self.report()["consumed"], len(self.orders) + len(self.clicks))
                self.assertEqual(self.report()["windows"], len(query("windows", store)))

    def test_a_join_that_adds_nothing_counts_what_is_near(self):
        self.lay_out(1_000)
        join = {name: value for name, value in PIPELINE["join"].items() if name != "add"}
        self.write("p.json", json.dumps({**PIPELINE, "join": join, "windows": [
            {"name": "minute", "tumbling": "1m", "lateness": "5m", "group_by": ["user"], "aggregate": {"amount": ["sum"]}}]}))
        throng(*self.arguments(self.store))
        self.assertEqual(sum(window["events"] for window in query("windows", self.store)),
                         sum(1 for _ in joined(self.orders, self.clicks, 3, False)))

    def test_killed_again_and_again_it_ends_as_if_nothing_had_been(self):
        self.lay_out(20_000)
        whole, killed = f"sqlite:{self.path('whole.db')}", f"sqlite:{self.path('killed.db')}"
        throng(*self.arguments(whole))
        killed_again_and_again(self.arguments(killed, "--checkpoint-every", "50ms"))
        throng(*self.arguments(killed))
        self.assertEqual(query("windows", killed), query("windows", whole))
        self.compare(killed, 3)

    def test_a_run_gives_what_its_files_give(self):
        pipeline = {"name": "after-view", "source": "web.ratings", "key": "user_id", "timestamp": "timestamp",
                    "join": {"with": "web.views", "on": "user_id", "within": "10m", "add": ["view_duration"]},
                    "windows": [{"name": "hour", "tumbling": "1h", "group_by": ["user_id"], "aggregate": {"view_duration": ["count", "sum"]}}]}
        self.write("after.json", json.dumps(pipeline))
        world = ["web-shop", "--duration", "2h", "--seed", "3", "--set", "populations.visitors.count=400", "--set", f'pipelines=["{self.path("after.json")}"]']
        throng("run", *world, "--store", self.store, "--report", self.path("report.json"))
        self.assertEqual(self.report()["lost"], 0)
        throng("simulate", *world, "--to", f"file:{self.folder}")
        files = f"sqlite:{self.path('files.db')}"
        throng("analyze", self.path("after.json"), "--from", f"file:{self.folder}", "--store", files)
        self.assertGreater(len(query("windows", files)), 10)
        self.assertEqual(query("windows", self.store), query("windows", files))

    def test_what_can_not_be_is_refused(self):
        self.lay_out(20)

        def refused(change, *expected, join=None):
            self.write("p.json", json.dumps({**PIPELINE, **change, "join": {**PIPELINE["join"], **(join or {})}}))
            _, message = throng(*self.arguments(self.store), expect=2)
            for text in expected:
                self.assertIn(text, message)

        refused({}, "join.with", "source already", join={"with": "orders"})
        refused({}, "join.within", join={"within": "0s"})
        refused({}, "join.type", "inner, left", join={"type": "outer"})
        refused({}, "join.add[1]", "added already", join={"add": ["page", "big"]})
        refused({}, "join.add[0]", "joined on", join={"add": ["user"]})
        refused({}, "nowhere", join={"with": "nowhere"})
        refused({"rekey": "user"}, "rekey", "in the place of a join")
        refused({"to": "clicks"}, "to:", "would come back")
        self.assertFalse(os.path.exists(self.path("throng.db")), "something was started")


if __name__ == "__main__":
    unittest.main()
