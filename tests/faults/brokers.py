"""Faults of the servers themselves: brokers killed, too few of them, slow; the store's process killed; topics and offsets that are gone."""
import json
import os
import re
import signal
import time

from trial import PARTITIONS, require


def leader_of_the_busiest(trial):
    """The broker that leads the partition with the most messages."""
    out, _ = trial.tell("topics", "describe", trial.topic)
    rows = [line.split() for line in out.splitlines() if re.match(r"\s+\d+\s+\d+\s", line)]
    busiest = max(rows, key=lambda row: int(row[-1]))
    return int(busiest[1])


def broker_killed(trial, full):
    "the broker that leads the busiest partition killed by kill -9, and started again"
    trial.begin(2)
    for _ in range(3 if full else 1):
        trial.advances()
        n = leader_of_the_busiest(trial)
        trial.brokers.kill(n)
        try:
            trial.advances(3)
        finally:
            trial.brokers.start(n)
        trial.says(f"broker {n}")
        trial.advances()


def two_of_three_down(trial, full):
    "two of three brokers killed, so that no message can be acknowledged; started again"
    trial.begin(1)
    trial.advances()
    said = len(trial.world.said())
    for n in (2, 3):
        trial.brokers.kill(n)
    try:
        time.sleep(40 if full else 12)
        require(trial.world.runs() and trial.analysers[0].runs(), "a program ended, instead of waiting")
        told = trial.world.said()[said:]
        waits = [line.strip() for line in told.splitlines() if "broker" in line or "kafka" in line.lower()]
        require(waits, f"the world does not say what it waits for:\n{told[-1500:]}")
        trial.says("the world said: " + waits[-1][:200])
    finally:
        for n in (2, 3):
            trial.brokers.start(n)
    trial.advances(3)


def broker_slow(trial, full):
    "a broker stopped (SIGSTOP) for longer than requests wait, and woken"
    trial.begin(1)
    trial.advances()
    pid = trial.brokers.pid(leader_of_the_busiest(trial))
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(30 if full else 8)
    finally:
        os.kill(pid, signal.SIGCONT)
    trial.advances(3)


def store_killed(trial, full):
    "the store's process killed by kill -9, and started again after a while"
    trial.begin(2)
    trial.advances()
    trial.server.kill()
    try:
        time.sleep(20 if full else 8)
    finally:
        trial.server.start()
    trial.advances(3)


def ends_in_error(trial, analyser, wanted):
    status = analyser.ends(expect=None)
    said = analyser.said()
    require(status in (1, 2), f"the analyser ended with status {status}\n{said[-1500:]}")
    lines = [line.strip() for line in said.splitlines() if wanted.search(line)]
    require(lines, f"it does not say what has happened\n{said[-1500:]}")
    trial.says(f"it ended with status {status} and said: {lines[-1][:260]}")


def unchanged(trial, before):
    after = trial.answers(trial.store)
    require(after == before, "what was stored has changed")
    trial.proved = f"{len(before['windows'])} windows and {len(before['alerts'])} alerts stand as they were; {trial.memory()}"


def offsets_out_of_range(trial, full):
    "the offset that a stopped analyser would go on from deleted by retention"
    trial.start_world()
    first = trial.start_analyser()
    trial.advances(3)
    first.stop()
    trial.analysers.remove(first)
    before = trial.answers(trial.store)
    kept = trial.committed()
    trial.wait_for("a topic that has gone on", lambda: trial.lag() > 3 * trial.rate)
    trial.world.stop()
    plan = os.path.join(trial.folder, "delete.json")
    with open(plan, "w") as file:
        json.dump({"version": 1, "partitions": [{"topic": trial.topic, "partition": p, "offset": -1} for p in range(PARTITIONS)]}, file)
    trial.brokers.tool("org.apache.kafka.tools.DeleteRecordsCommand", "--offset-json-file", plan)
    require(kept > 0, "nothing was taken in")
    again = trial.start_analyser()
    trial.analysers.remove(again)
    ends_in_error(trial, again, re.compile(r"gone|out of range|begins at"))
    unchanged(trial, before)
    return True


def topic_deleted(trial, full):
    "the topic deleted while an analyser reads it"
    trial.start_world()
    analyser = trial.start_analyser()
    trial.advances(3)
    trial.world.stop()
    trial.wait_for("all taken in", lambda: trial.lag() == 0)
    time.sleep(1)
    trial.analysers.remove(analyser)
    trial.tell("topics", "delete", trial.topic)
    ends_in_error(trial, analyser, re.compile(r"topic"))
    before = trial.answers(trial.store)
    time.sleep(2)
    unchanged(trial, before)
    return True


CONFINED = [offsets_out_of_range, topic_deleted]
SHARED = [broker_killed, two_of_three_down, broker_slow, store_killed]
