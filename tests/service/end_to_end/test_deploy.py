"""What deploy/ asks of Prometheus is what the program says: every metric that a rule or a dashboard names is one that the sources make."""
import glob
import json
import os
import re
import shutil
import subprocess
import unittest

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
METRIC = re.compile(r"\bthrong_[a-z_]+\b")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Deploy(unittest.TestCase):
    def setUp(self):
        self.made = set()
        for path in glob.glob(os.path.join(SOURCE, "service", "**", "*.cpp"), recursive=True):
            self.made |= set(METRIC.findall(read(path)))

    def check(self, expression, where):
        for name in METRIC.findall(expression):
            self.assertIn(re.sub(r"_(sum|count|bucket)$", "", name), self.made, where)

    def test_rules_and_dashboards_name_metrics_that_there_are(self):
        for line in read(os.path.join(SOURCE, "deploy", "prometheus", "throng-rules.yml")).splitlines():
            if "expr:" in line:
                self.check(line, line)
        boards = glob.glob(os.path.join(SOURCE, "deploy", "grafana", "*.json"))
        self.assertEqual(len(boards), 2)
        for path in boards:
            board = json.loads(read(path))
            expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
            self.assertGreater(len(expressions), 3)
            for expression in expressions:
                self.check(expression, path)

    def test_every_metric_of_the_reference_is_made_and_every_one_made_is_in_it(self):
        told = set(METRIC.findall(read(os.path.join(SOURCE, "docs", "reference", "http.md"))))
        self.assertEqual(told, {name for name in self.made if not name.endswith("_")})

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_promtool_finds_nothing_wrong_and_the_rules_fire_when_they_should(self):
        folder = os.path.join(SOURCE, "deploy", "prometheus")
        for check in (["check", "config", "prometheus.yml"], ["test", "rules", "throng-rules.test.yml"]):
            done = subprocess.run(["promtool", *check], cwd=folder, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
