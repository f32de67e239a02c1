"""Kafka's own benchmarks, which come with the servers' cache (./dev servers up)."""
import os
import resource
import subprocess
import sys

JARS = os.path.join(os.environ.get("THRONG_CACHE", os.path.expanduser("~/.cache/throng")), "kafka-3.9.2", "*")


def run(tool, *arguments):
    """What org.apache.kafka.tools.TOOL prints, and the CPU seconds of its whole process. Ends the bench where it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["java", "-Xmx1g", "-cp", JARS, f"org.apache.kafka.tools.{tool}", *map(str, arguments)], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{tool}: exit status {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
