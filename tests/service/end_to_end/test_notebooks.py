"""docs/notebooks, run from their first cell to the last over what their first paragraph tells the reader to make: `./dev test --full`, or where THRONG_NOTEBOOK_PYTHON
has docs/notebooks/requirements.txt. What they came out as, and their pictures, are left in build/notebooks to be looked at."""
import base64
import json
import os
import re
import shutil
import subprocess
import unittest
import uuid

from s3_server import KEY, SECRET, S3Server
from throng import PROGRAM, InFolder, throng

PYTHON = os.environ.get("THRONG_NOTEBOOK_PYTHON")
MONGODB = os.environ.get("THRONG_TEST_MONGODB", "")
REAL_S3 = os.environ.get("THRONG_TEST_S3", "")
SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "..", "docs"))
KEPT = os.path.join(os.path.dirname(PROGRAM), "..", "notebooks")


def tutorial(name):
    """A file that a tutorial tells to save."""
    with open(os.path.join(SOURCE, "tutorials", "tickets-to-s3.md"), encoding="utf-8") as file:
        return re.search(rf"Save as `{name}`:\n\n```\w+\n(.*?)```", file.read(), re.DOTALL).group(1)


@unittest.skipUnless(PYTHON, "no notebooks' Python: ./dev test --full makes one")
class Notebooks(InFolder):
    def setUp(self):
        super().setUp()
        os.chdir(self.folder)
        self.addCleanup(os.chdir, "/")

    def shell(self, name, changes=()):
        """The commands that a notebook's first cell tells."""
        with open(os.path.join(SOURCE, "notebooks", name + ".ipynb"), encoding="utf-8") as file:
            text = "".join(json.load(file)["cells"][0]["source"])
        commands = "\n".join(re.findall(r"^    (.*)$", text, re.MULTILINE))
        for before, after in changes:
            self.assertIn(before, commands)
            commands = commands.replace(before, after)
        environment = {**{k: v for k, v in os.environ.items() if not k.startswith("THRONG_")}, "PATH": f"{os.path.dirname(PROGRAM)}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-ec", commands], capture_output=True, text=True, env=environment, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)

    def outputs(self, name, pictures, **environment):
        """What its cells printed and showed as text; it has so many pictures."""
        shutil.copy(os.path.join(SOURCE, "notebooks", name + ".ipynb"), ".")
        done = subprocess.run([PYTHON, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", f"{name}.ipynb"], capture_output=True, text=True,
                              env={**os.environ, **environment, "JUPYTER_PLATFORM_DIRS": "1"}, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr[-4000:])
        os.makedirs(KEPT, exist_ok=True)
        shutil.copy(f"{name}.ipynb", KEPT)
        text, images = "", []
        with open(f"{name}.ipynb", encoding="utf-8") as file:
            for output in (output for cell in json.load(file)["cells"] for output in cell.get("outputs", [])):
                data = output.get("data", {})
                text += "".join(output.get("text", data.get("text/plain", ""))) + "\n"
                images += [base64.b64decode(data["image/png"])] if "image/png" in data else []
        for i, image in enumerate(images, 1):
            with open(os.path.join(KEPT, f"{name}-{i}.png"), "wb") as file:
                file.write(image)
        self.assertEqual(len(images), pictures)
        self.assertTrue(all(len(image) > 5_000 for image in images), "an empty picture")
        return text

    def test_clicks(self):
        throng("simulate", "web-shop", "--to", "file:streams")
        throng("analyze", "web-lake", "--from", "file:streams", "--store", self.store)
        text = self.outputs("clicks", 2)
        for topic in ("clicks", "views", "ratings"):
            with open(f"streams/web.{topic}.ndjson") as file:
                self.assertIn(f"{topic}: {len(file.readlines())} events, each once: True", text)

    def test_tickets(self):
        if REAL_S3:
            lake = f"s3://lake/{uuid.uuid4().hex[:12]}?scheme=http&endpoint_override={REAL_S3}"
        else:
            s3 = S3Server()
            self.addCleanup(s3.close)
            lake = s3.url("desk")
        environment = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "LAKE": lake}
        self.write("desk.json", tutorial("desk.json"))
        self.write("teams.csv", tutorial("teams.csv"))
        throng("simulate", "desk.json", "--to", "file:streams")
        throng("analyze", "support-teams", "--from", "file:streams", "--store", self.store, environment=environment)
        throng("export", "windows", "--pipeline", "support-teams", "--format", "parquet", "--to", lake, "--store", self.store, environment=environment)
        text = self.outputs("tickets", 2, **environment)
        with open("streams/support.tickets.ndjson") as file:
            events = [json.loads(line) for line in file]
        opened = sum(event["status"] == "opened" for event in events)
        self.assertIn(f"{opened} tickets opened in ", text)
        self.assertIn(f"{len(events)} events, each once: True", text)
        self.assertIn(f"opened: {opened}\n", text)

    def test_a_day_in_the_city(self):
        self.assertTrue(MONGODB, "THRONG_TEST_MONGODB says where the server is")
        city = f"{MONGODB}/throng_{uuid.uuid4().hex[:12]}"
        self.shell("city-day", [("mongodb://localhost:27017/city", city)])
        text = self.outputs("city-day", 3, MONGODB=city)
        self.assertIn("windows of 20 districts from 2026-01-05 08:00:00 to 2026-01-06 08:00:00", text)
        self.assertRegex(text, r"bank-fraud +\S+ +\d+ +\d+")

    def test_find_the_fraud(self):
        self.shell("find-the-fraud")
        text = self.outputs("find-the-fraud", 2)
        self.assertGreater(float(re.search(r"average precision (\S+),", text).group(1)), 0.8)
        either, rules = (float(re.search(rf"^{name} .* (\S+)$", text, re.MULTILINE).group(1)) for name in ("either", "rules"))
        self.assertGreater(either, rules)


if __name__ == "__main__":
    unittest.main()
