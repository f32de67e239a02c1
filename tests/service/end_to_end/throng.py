"""Runs the program under test and gives back what it printed; shared by the end-to-end tests."""
import hashlib
import json
import os
import signal
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["THRONG_PROGRAM"]  # set by CTest
SHARED_DATA = os.environ.get("THRONG_SHARED_DATA", "")  # real streams, where they are at hand


def throng(*arguments, expect=0, input=None, cwd=None, environment=None, limit=120, before=None):
    """Runs `throng ARGUMENTS`, checks its exit status, and returns (stdout, stderr). `before` is called in the new process."""
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)], input=input, cwd=cwd, capture_output=True, text=True, timeout=limit, preexec_fn=before,
        env={**{k: v for k, v in os.environ.items() if not k.startswith("THRONG_")}, **(environment or {})},
    )
    if done.returncode != expect:
        raise AssertionError(
            f"throng {' '.join(map(str, arguments))}: exit status {done.returncode}, expected {expect}\n"
            f"stdout: {done.stdout[-2000:]}\nstderr: {done.stderr[-4000:]}")
    return done.stdout, done.stderr


def query(subject, store, *arguments):
    """The documents of `throng query`, all of them."""
    out, _ = throng("query", subject, "--store", store, "--limit", "0", "--format", "json", *arguments)
    return json.loads(out)


def preset(kind, name):
    """A preset, `throng KIND show NAME`, without its comments, which stand in lines of their own."""
    return json.loads("\n".join(line for line in throng(kind, "show", name)[0].splitlines() if not line.lstrip().startswith("//")))


class InFolder(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.store = f"sqlite:{self.folder}/throng.db"

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        mode = "wb" if isinstance(content, bytes) else "w"
        with open(self.path(name), mode) as file:
            file.write(content)
        return self.path(name)

    def hashes(self, folder):
        """Name to sha256 of each file of a folder."""
        result = {}
        for name in sorted(os.listdir(self.path(folder))):
            with open(os.path.join(self.path(folder), name), "rb") as file:
                result[name] = hashlib.sha256(file.read()).hexdigest()
        return result

    def report(self, name="report.json"):
        with open(self.path(name)) as file:
            return json.load(file)

    def started(self, *arguments, program=PROGRAM, **options):
        """A `throng ARGUMENTS` beside the test, with the options of subprocess.Popen. However the test ends, it is gone then: one that was left would
        hold the test's output open, for which CTest waits."""
        process = subprocess.Popen([program, *map(str, arguments)], text=True, **options)
        self.addCleanup(ended, process)
        return process


def ended(process):
    """Kills what still runs, and closes the pipes to it."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            pipe.close()


def signalled_at_write(arguments, write, number=signal.SIGKILL, part=""):
    """Runs `throng ARGUMENTS`, which gets the signal before its `write`-th write into a file (with `part` in its path, or to the server at `tcp:PORT`;
    signal_at_write.cpp): until it is killed, until it stands (SIGSTOP: the process is given back), or until it has ended cleanly (any other)."""
    process = subprocess.Popen(
        [PROGRAM, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "LD_PRELOAD": os.environ["THRONG_SIGNAL_AT_WRITE_MODULE"], "THRONG_SIGNAL_AT_WRITE": f"{write},{int(number)},{part}",
             "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})
    if number == signal.SIGSTOP:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            return process
        process.returncode = os.waitstatus_to_exitcode(status)  # it has been waited for
    try:
        _, log = process.communicate(timeout=120)
    finally:
        ended(process)
    if process.returncode != (-number if number == signal.SIGKILL else 0):
        raise AssertionError(f"throng {' '.join(map(str, arguments))} with signal {number} at write {write} ended with {process.returncode}\n{log[-2000:]}")
    return process


def killed_again_and_again(arguments):
    """Runs `throng ARGUMENTS`, which goes on where it was, five times, and kills it later each time."""
    for write in (50, 150, 300, 450, 600):
        signalled_at_write(arguments, write)
