"""What every command has in common: help, where output goes, settings, statuses, Ctrl-C."""
import json
import os
import pty
import re
import signal
import subprocess
import time
import unittest

from busy_run import BusyRun
from throng import throng

SMALL = ["--duration", "2m", "--set", "populations.sensors.count=50"]
PIPELINE = """{"name": "means", "source": "readings", "key": "id", "timestamp": "at",
  "windows": [{"name": "m", "tumbling": "1m", "group_by": ["id"], "aggregate": {"x": ["mean"]}}]}"""


def subcommands(usage):
    """The names under "Subcommands:" of a --help."""
    below = usage.partition("Subcommands:")[2].partition("Examples:")[0]
    return re.findall(r"^  ([a-z]+) ", below, re.MULTILINE)


class Conventions(BusyRun):
    def test_every_command_has_help_with_an_example_that_names_it(self):
        waiting, seen = [[]], []
        while waiting:
            path = waiting.pop()
            usage, _ = throng(*path, "--help")
            short, _ = throng(*path, "-h")
            self.assertEqual(short, usage)
            self.assertIn(" ".join(["  throng", *path]), usage.partition("Examples:")[2], path)
            seen.append(path)
            waiting += [[*path, name] for name in subcommands(usage)]
        self.assertGreater(len(seen), 20)
        self.assertRegex(throng("--version")[0], r"^throng \d+\.\d+\.\d+\n$")

    def test_options_take_a_value_behind_a_space_or_an_equals_sign(self):
        spaced, _ = throng("simulate", "smart-city", *SMALL, "--seed", "9", "--to", "stdout")
        joined, _ = throng("simulate", "smart-city", "--duration=2m", "--set=populations.sensors.count=50", "--seed=9", "--to=stdout")
        self.assertGreater(len(spaced), 1000)
        self.assertEqual(spaced, joined)

    def test_results_go_to_standard_output_and_everything_else_to_standard_error(self):
        out, log = throng("simulate", "smart-city", *SMALL, "--to", "stdout", "--set", "trouble.malformed=0")
        self.assertTrue(all(json.loads(line)["timestamp"] for line in out.splitlines()))
        out, log = throng("run", "smart-city", *SMALL, "--store", self.store, "--report", "-")
        self.assertEqual(json.loads(out)["command"], "run")
        self.assertIn("the world begins", log)
        out, log = throng("run", "smart-city", *SMALL, "--store", self.store, "--report", "-", "--quiet")
        self.assertEqual((json.loads(out)["lost"], log), (0, ""))
        _, log = throng("run", "smart-city", *SMALL, "--store", self.store, "--report", "-", "--log-level", "error")
        self.assertNotIn("the world begins", log)

    def test_with_log_format_json_every_line_of_standard_error_is_an_object(self):
        _, log = throng("run", "smart-city", *SMALL, "--store", self.store, "--log-format", "json")
        messages = [json.loads(line) for line in log.splitlines()]
        self.assertIn("the world begins", [m["message"] for m in messages])
        for message in messages:
            self.assertEqual(set(message), {"time", "level", "message"})
            self.assertRegex(message["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        _, log = throng("--log-format=json", "run", self.path('no"where.json'), expect=2)
        message = json.loads(log)
        self.assertEqual(message["level"], "error")
        self.assertIn('no"where.json', message["message"])

    def terminal(self, *arguments):
        """What a terminal gets from standard error, and the status."""
        ours, its = pty.openpty()
        process = self.started(*arguments, stdout=subprocess.DEVNULL, stderr=its, stdin=subprocess.DEVNULL)
        os.close(its)
        text = b""
        try:
            while chunk := os.read(ours, 65536):
                text += chunk
        except OSError:  # Linux's way of saying that nobody has it open any more
            pass
        os.close(ours)
        return text.decode(), process.wait()

    def test_a_terminal_gets_colours_and_a_line_that_is_rewritten_and_nothing_else_does(self):
        long = ["run", "smart-city", "--duration", "1h", "--set", "populations.sensors.count=2000", "--store", self.store]
        text, status = self.terminal(*long)
        self.assertEqual(status, 0)
        self.assertRegex(text, r"\r\x1b\[K\d+\.\d s  world at 2026-[-0-9T:.]+Z  \d+ events  \d+/s  lag \d+")
        self.assertIn("\x1b[32m", text)  # the log's levels
        _, log = throng(*long)
        self.assertNotIn("\x1b", log)
        self.assertNotIn("\r", log)
        text, _ = self.terminal(*long, "--log-format", "json")
        self.assertNotIn("\x1b", text)

    def test_settings_come_from_the_file_the_environment_and_set_weakest_first(self):
        name = self.write("s.json", """{"name": "small", "seed": 1, "start": "2026-01-05T06:00:00Z", "duration": "1m",
            "populations": {"sensors": {"kind": "sensor", "count": ${SENSORS:-10}, "interval": "${EVERY:-10s}"}}}""".replace("${SENSORS:-10}", "10"))
        def actors(*arguments, **environment):
            out, _ = throng("simulate", name, "--to", "null", "--report", "-", *arguments, environment=environment)
            return json.loads(out)["actors"], json.loads(out)["events"]
        self.assertEqual(actors()[0], 10)
        self.assertEqual(actors(THRONG_POPULATIONS__SENSORS__COUNT="20")[0], 20)
        self.assertEqual(actors("--set", "populations.sensors.count=30", THRONG_POPULATIONS__SENSORS__COUNT="20")[0], 30)
        self.assertGreater(actors(EVERY="1s")[1], 5 * actors()[1])

    def test_a_second_ctrl_c_ends_it_at_once(self):
        process = self.busy()
        process.send_signal(signal.SIGINT)
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(timeout=1)  # it waits for the store
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=5), 130)

    def test_sigterm_stops_it_cleanly(self):
        ours, its = pty.openpty()
        process = self.started("simulate", "smart-city", "--duration", "300d", "--to", "null", "--report", self.path("report.json"), stderr=its)
        os.close(its)
        said = b""
        while not re.search(rb"world at .* [1-9]\d* events", said):  # a progress line: it lives, and watches for signals
            said += os.read(ours, 65536)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=30), 0)
        os.close(ours)
        self.assertGreater(self.report()["events"], 0)

    def test_times_can_be_relative(self):
        self.write("p.json", PIPELINE)
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
        self.write("readings.ndjson", f'{{"id": "a", "at": "{at}", "x": 1}}\n')
        throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--store", self.store)
        count = lambda *arguments: int(throng("query", "windows", "--store", self.store, "--count", *arguments)[0])
        self.assertEqual((count("--from", "-2h"), count("--from", "-30m"), count("--to", "now")), (1, 0, 1))


if __name__ == "__main__":
    unittest.main()
