"""The servers that deploy/servers holds, as things that can be broken: three brokers, and the server that speaks MongoDB's protocol."""
import os
import re
import subprocess

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SCRIPTS = os.path.join(ROOT, "deploy", "servers")


def script(name, *arguments, limit=120):
    done = subprocess.run([os.path.join(SCRIPTS, name), *map(str, arguments)], capture_output=True, text=True, timeout=limit)
    if done.returncode != 0:
        raise RuntimeError(f"{name} {' '.join(map(str, arguments))}: {done.stdout[-500:]}{done.stderr[-1500:]}")
    return done.stdout


class Brokers:
    """Broker N is 1, 2 or 3."""

    def __init__(self):
        self.addresses = script("kafka.sh", "addresses").strip()
        self.ports = [int(each.rsplit(":", 1)[1]) for each in self.addresses.split(",") if each]
        if len(self.ports) != 3:
            raise SystemExit("faults: three brokers are needed: deploy/servers/servers.sh up --brokers 3")
        # Where the brokers tell the clients to come to that ask behind the proxies (kafka.sh, "+6").
        self.behind_proxies = [port + 6 for port in self.ports]
        self.at_proxies = [port + 7 for port in self.ports]

    def kill(self, n):
        script("kafka.sh", "kill", n)

    def start(self, n):
        script("kafka.sh", "start", n)

    def pid(self, n):
        line = script("kafka.sh", "status").splitlines()[n - 1]
        return int(re.search(r"process (\d+)", line).group(1))

    def tool(self, name, *arguments):
        return script("kafka.sh", "tool", name, *arguments)


class Store:
    """The server that speaks MongoDB's protocol."""

    def __init__(self):
        environment = script("servers.sh", "environment")
        self.uri = re.search(r"THRONG_TEST_MONGODB=(\S+)", environment).group(1)
        self.address = self.uri.removeprefix("mongodb://").split("/")[0]

    def kill(self):
        script("mongo.sh", "kill")

    def start(self):
        script("mongo.sh", "start")
