"""One trial: a world that writes at a steady rate, analysers in one group, and the proof that what they stored is what the topic says.

A trial has topics, a consumer group and a store of its own, so several run at once. All waiting has a limit; what exceeds it has hung.
"""
import json
import os
import re
import signal
import subprocess
import threading
import time
import uuid

PROGRAM = os.environ["THRONG_PROGRAM"]
PARTITIONS = 3
PATIENCE_S = 90  # what takes longer has hung
SESSION_MS = 6000
ENVIRONMENT = {**{k: v for k, v in os.environ.items() if not k.startswith("THRONG_")}, "MONGOC_DISABLE_SHM": "1"}
# Alerts from the first seconds to the last.
INCIDENTS = [{"kind": "sensor.spike", "population": "sensors", "count": 10, "at": "20s", "for": "6h", "subtlety": 0.1},
             {"kind": "sensor.spike", "population": "sensors", "rate": "60/h", "subtlety": 0.1}]


STARTED = []  # every process, so that none outlives a suite that is ended from outside


class Failed(Exception):
    """Throng did what it must not."""


class Void(Exception):
    """The fault hit after the work was done, so it proved nothing."""


def require(condition, what):
    if not condition:
        raise Failed(what)


class Process:
    """A throng of the trial's, whose standard error is kept; its memory and descriptors are sampled by the trial."""

    def __init__(self, name, arguments, log, before=None, environment=None):
        self.name, self.log = name, log
        self.samples = []  # (resident bytes, descriptors), one a half second
        with open(log, "ab") as out:
            self.process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=out, env={**ENVIRONMENT, **(environment or {})}, preexec_fn=before)
        STARTED.append(self.process)

    def runs(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if not self.runs():
            raise Void(f"{self.name} had ended before it was killed")
        self.process.kill()
        self.process.wait()

    def ends(self, expect=0, limit=PATIENCE_S):
        try:
            status = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} hangs: it did not end within {limit} s\n{self.said()[-1500:]}") from None
        require(expect is None or status == expect, f"{self.name}: exit status {status}, expected {expect}\n{self.said()[-1500:]}")
        return status

    def stop(self):
        self.signal(signal.SIGTERM)
        self.ends()

    def said(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def sample(self):
        try:
            with open(f"/proc/{self.process.pid}/statm") as file:
                resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            self.samples.append((resident, len(os.listdir(f"/proc/{self.process.pid}/fd"))))
        except (OSError, IndexError):
            pass  # it has ended


class Trial:
    """`speed`: virtual seconds a second, so a world of `minutes` lasts 60 · minutes / speed seconds, at sensors / 10 · speed messages a second."""

    def __init__(self, brokers, store, folder, seed, minutes=360, speed=20, sensors=150, addresses=None, store_uri=None):
        self.brokers, self.server, self.folder, self.seed = brokers, store, folder, seed
        self.prefix = f"f{uuid.uuid4().hex[:10]}."
        self.group = self.prefix + "group"
        self.topic = self.prefix + "iot.readings"
        self.store = store_uri or f"{store.uri}/faults_{uuid.uuid4().hex[:10]}"
        self.minutes, self.speed, self.sensors = minutes, speed, sensors
        self.rate = sensors / 10 * speed  # messages a second
        self.addresses = addresses or brokers.addresses
        self.world = None
        self.analysers = []
        self.all = []
        self.proxies = []
        self.at_end = []  # what is to be put back
        self.environment = {}  # of the programs, besides
        self.did = []
        self.closed = threading.Event()
        self.settings = os.path.join(folder, "settings.json")
        self.kafka = {"brokers": self.addresses, "session.timeout.ms": str(SESSION_MS), "heartbeat.interval.ms": "500", "socket.timeout.ms": "10000",
                      "reconnect.backoff.max.ms": "1000",
                      # Three brokers share the cores with all else and answer late, and librdkafka 2.0.2 polls without a pause while messages that are
                      # due wait behind some under way: at 300 events/s that took a core from the brokers, which answered later still.
                      "linger.ms": "200"}
        with open(self.settings, "w") as file:
            json.dump({"kafka": self.kafka, "topics": {"prefix": self.prefix, "partitions": PARTITIONS, "replication": 3}}, file)
        threading.Thread(target=self.sampling, daemon=True).start()

    def says(self, what):
        self.did.append(what)

    def sampling(self):
        while not self.closed.wait(0.5):
            for each in self.all:
                if each.runs():
                    each.sample()

    # What runs.

    def start(self, name, arguments, before=None):
        process = Process(name, arguments, os.path.join(self.folder, name + ".log"), before, self.environment)
        self.all.append(process)
        return process

    def begin(self, analysers):
        """The world, and so many analysers that share its partitions among them."""
        self.start_world()
        for _ in range(analysers):
            self.start_analyser()
        self.members(analysers)

    def start_world(self, *more):
        """Waits until it has begun."""
        again = self.world is not None
        arguments = ["simulate", "smart-city", "--seed", self.seed, "--duration", f"{self.minutes}m", "--speed", self.speed,
                     "--set", f"populations.sensors.count={self.sensors}", "--set", f"incidents={json.dumps(INCIDENTS)}", "--set", f"kafka={json.dumps(self.kafka)}", "--set", f"topics.prefix={self.prefix}",
                     "--set", f"topics.partitions={PARTITIONS}", "--set", "topics.replication=3", "--to", "kafka", "--store", self.store,
                     "--snapshot-every", "1s", *(["--resume"] if again else []), *more]
        self.world = self.start("world", arguments)
        if not again:
            self.wait_for("the topic", lambda: self.topic in self.tell("topics", "list", check=False)[0])
        return self.world

    def analyse_arguments(self, store=None, group=None):
        return ["analyze", "city-climate", "--settings", self.settings, "--store", store or self.store, "--consumer-group", group or self.group,
                "--record", "iot.readings", "--record", "truth.labels", "--checkpoint-every", "1s"]

    def start_analyser(self, before=None):
        analyser = self.start(f"analyser-{len(self.all)}", self.analyse_arguments(), before)
        self.analysers.append(analyser)
        return analyser

    def replace(self, analyser):
        """By another process, as a supervisor of processes would."""
        self.analysers[self.analysers.index(analyser)] = fresh = self.start(f"analyser-{len(self.all)}", self.analyse_arguments())
        return fresh

    def tell(self, *arguments, check=True, limit=PATIENCE_S):
        """What a command of throng's prints; `topics`, `groups` and `peek` ask the brokers themselves, past any proxy."""
        if arguments[0] in ("topics", "groups", "peek"):
            arguments = (*arguments, "--brokers", self.brokers.addresses)
        try:
            done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=limit, env=ENVIRONMENT)
        except subprocess.TimeoutExpired:
            raise Failed(f"throng {' '.join(map(str, arguments))} hangs: it did not end within {limit} s") from None
        require(not check or done.returncode == 0,
                f"throng {' '.join(map(str, arguments))}: exit status {done.returncode}\n{done.stdout[-1000:]}{done.stderr[-1500:]}")
        return done.stdout, done.stderr

    # What is waited for.

    def wait_for(self, what, holds, limit=PATIENCE_S):
        deadline = time.monotonic() + limit
        while not (found := holds()):
            if time.monotonic() > deadline:
                self.under_load()
                logs = "".join(f"\n--- {each.name}\n{each.said()[-1200:]}" for each in self.all if each.runs())
                raise Failed(f"waited {limit} s in vain for {what}{logs}")
            time.sleep(0.5)
        return found

    def under_load(self):
        if not self.world.runs():
            if self.world.process.returncode != 0:
                raise Failed(f"the world ended with status {self.world.process.returncode}\n{self.world.said()[-1500:]}")
            raise Void("the world had ended before the fault was over")

    def members(self, count):
        """Until the group is stable with so many members that hold all partitions."""
        def holds():
            out, _ = self.tell("groups", self.group, check=False)
            lines = out.splitlines()
            return bool(lines) and re.search(rf": Stable, {count} members?, ", lines[0]) and not any(
                line.startswith(self.topic) and line.split()[-1] == "-" for line in lines[2:])
        self.wait_for(f"a group of {count}", holds)

    def committed(self):
        out, _ = self.tell("groups", self.group, check=False)
        return sum(int(fields[2]) for line in out.splitlines()[2:] if (fields := line.split())[0] == self.topic and fields[2].isdigit())

    def lag(self):
        """As brokers tell it that may be too busy to answer at once."""
        found = []
        def told():
            out, _ = self.tell("groups", self.group, check=False)
            found.extend(re.findall(r"lag (\d+)", out))
            return found
        self.wait_for("the group's lag", told)
        return int(found[0])

    def advances(self, seconds=1):
        """Until the analysers have stored what the world writes in so many seconds."""
        before = self.committed()
        self.wait_for("analysers that go on", lambda: self.committed() >= before + self.rate * seconds)

    # What is proved.

    def documents(self, subject, store):
        out, _ = self.tell("query", subject, "--store", store, "--limit", 0, "--format", "json")
        return json.loads(out)

    def answers(self, store):
        return {subject: self.documents(subject, store) for subject in ("windows", "alerts")}

    def finish(self, clean_store=None):
        """The world stopped, the analysers too, the rest taken in; then all that was stored is held against the topic itself."""
        self.under_load()
        self.world.stop()
        for analyser in self.analysers:
            analyser.stop()
        self.start("last", [*self.analyse_arguments(), "--until-end"]).ends(limit=2 * PATIENCE_S)
        self.prove(clean_store or self.store)

    def reference(self):
        """What `analyze --from file` says about the messages that the topic really holds, and how many those are."""
        held = os.path.join(self.folder, "held")
        os.makedirs(held, exist_ok=True)
        out, _ = self.tell("peek", self.topic, "--format", "records")
        with open(os.path.join(held, "iot.readings.records.ndjson"), "w") as file:
            file.write(out)
        truth = f"sqlite:{self.folder}/truth-{uuid.uuid4().hex[:6]}.db"
        self.tell("analyze", "city-climate", "--from", f"file:{held}", "--partitions", PARTITIONS, "--store", truth)
        return self.answers(truth), out.count("\n")

    def prove(self, store):
        expected, messages = self.reference()
        got = self.answers(store)
        require(len(expected["windows"]) >= 60 and expected["alerts"], f"too little to compare: {len(expected['windows'])} windows")
        for subject, documents in expected.items():
            compare(subject, documents, got[subject])
        self.tell("audit", "--store", store)
        flat = self.memory()
        self.proved = (f"{len(expected['windows'])} windows and {len(expected['alerts'])} alerts are those of the topic's {messages} messages; "
                       f"audit without gap or double; {flat}")

    def memory(self):
        """Each process that lived for 10 s and more: the most of its last quarter against the most of its second."""
        peak = 0
        for each in self.all:
            peak = max(peak, max((resident for resident, _ in each.samples), default=0))
            if len(each.samples) < 20:
                continue
            quarter = len(each.samples) // 4
            for index, slack, what in ((0, 48 << 20, "bytes resident"), (1, 24, "descriptors")):
                then = max(sample[index] for sample in each.samples[quarter:2 * quarter])
                now = max(sample[index] for sample in each.samples[-quarter:])
                require(now <= then * 1.25 + slack, f"{each.name} grows: {then} {what} in its second quarter, {now} in its last")
        return f"memory flat, at most {peak >> 20} MiB a process"

    def close(self):
        self.closed.set()
        for each in self.all:
            if each.runs():
                each.process.kill()  # one that is stopped, too
                each.process.wait()
        for each in self.proxies:
            each.close()
        for each in self.at_end:
            each()


def compare(subject, expected, got):
    if got == expected:
        return
    def index(documents):
        return {json.dumps([each.get(key) for key in ("id", "window", "start", "group")], sort_keys=True): each for each in documents}
    here, there = index(expected), index(got)
    missing, extra = [key for key in here if key not in there], [key for key in there if key not in here]
    other = [key for key in here if key in there and here[key] != there[key]]
    example = next(iter(other), None)
    raise Failed(f"{subject}: {len(missing)} missing, {len(extra)} too many, {len(other)} that differ, of {len(expected)}; missing {missing[:2]}, "
                 f"too many {extra[:2]}" + (f", expected {json.dumps(here[example])}, stored {json.dumps(there[example])}" if example else ""))
