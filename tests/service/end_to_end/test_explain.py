"""`throng scenario show NAME --explain`: what it foretells comes true, and docs/reference/scenario.md knows every key and incident."""
import json
import os
import re
import unittest

from throng import InFolder, throng

PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "..", "docs", "reference", "scenario.md")
POPULATION_OF = {"sensor": "sensor", "web": "web_client", "bank": "account", "support": "support_client"}


def rows(lines, columns):
    """The first cells of each row of a Markdown table."""
    return {cells[0].strip("`"): cells[1:] for cells in ([cell.strip() for cell in line.strip("|").split(" | ")] for line in lines)
            if len(cells) == columns}


class Explain(InFolder):
    def test_a_day_has_about_as_many_events_as_were_foretold(self):
        small = ["--duration", "24h", "--set", "populations.sensors.count=50", "--set", "populations.visitors.count=300",
                 "--set", "populations.accounts.count=300", "--set", "populations.helpdesk.count=300", "--set", "incidents=[]"]
        out, _ = throng("scenario", "show", "metropolis", "--explain", *small)
        table = out[out.index("  hour (UTC)"):].splitlines()
        topics = table[0].split()[2:]
        hours = [line.split() for line in table[1:25]]
        self.assertEqual([hour[0] for hour in hours], [f"{(8 + i) % 24:02d}:00" for i in range(24)])
        events = dict(zip(topics, map(int, table[25].split()[1:])))
        for topic, column in zip(topics, zip(*(hour[1:] for hour in hours))):
            self.assertAlmostEqual(sum(map(float, column)) * 3600, events[topic], delta=50, msg=topic)
        throng("simulate", "metropolis", *small, "--to", "null", "--report", self.path("report.json"))
        for topic, found in self.report()["events_by_topic"].items():
            if topic != "truth.labels":
                self.assertLess(abs(found - events[topic]), 0.03 * events[topic] + 4 * (4 * events[topic]) ** 0.5, topic)

    def test_incidents_are_told_with_when_and_how_many_and_how_subtle(self):
        out, _ = throng("scenario", "show", "bank", "--explain", "--duration", "4h")
        self.assertIn("bank: 5000 entities from 2026-01-05T09:00:00.000Z, for 4h, as fast as it goes, seed 11\n", out)
        self.assertRegex(out, r"accounts +5000 account +6 payments a day")
        self.assertIn("bank.card_testing          once, at 2026-01-05T09:05:00.000Z; hits 3 of accounts for 15m, subtlety 0\n", out)
        self.assertIn("bank.fan_in                once, at 2026-01-05T09:20:00.000Z; hits 2 groups of accounts for 3h, subtlety 0.2\n", out)
        self.assertIn("bank.card_testing          at random, 2 an hour: about 8.0 times; hits 1 of accounts for 20m, subtlety 0.4\n", out)
        self.assertIn(", innocent\n", out)
        self.assertIn("trouble: of all messages 0.1 % late, 0.1 % duplicate, 0.1 % out of order\n", out)
        _, message = throng("scenario", "show", "banc", "--explain", expect=2)
        self.assertIn("banc", message)

    def test_a_file_is_explained_too_and_without_the_flag_the_preset_is_printed(self):
        file = self.write("mine.json", json.dumps({
            "name": "mine", "populations": {"a": {"kind": "account", "count": 7}},
            "incidents": [{"kind": "bank.salary_day", "population": "a", "when": {"declined": {"$gte": 0.5}}}]}))
        out, _ = throng("scenario", "show", file, "--explain")
        self.assertIn("mine: 7 entities from 2026-01-05T00:00:00.000Z, without end", out)
        self.assertIn("bank.salary_day            whenever declined >= 0.5 a second; hits 1 of a for 6h, subtlety 0.3, innocent\n", out)
        out, _ = throng("scenario", "show", "bank")
        self.assertTrue(out.startswith("// A bank's accounts"))

    def test_the_page_on_scenarios_has_every_key_with_its_range_default_and_sentence(self):
        schema = json.loads(throng("scenario", "schema")[0])
        with open(PAGE, encoding="utf-8") as file:
            page = file.read()
        for kind in POPULATION_OF.values():
            section = page[page.index(f"### `{kind}`"):]
            told = rows(section[:section.index("\n#", 5)].splitlines(), 4)
            for key, shape in schema["definitions"][f"{kind}_population"]["properties"].items():
                if key in ("kind", "count"):
                    continue
                self.assertIn(key, told)
                kind_of_value, default, sentence = told[key]
                if "minimum" in shape:
                    self.assertEqual(kind_of_value, f"{shape['minimum']:,} to {shape['maximum']:,}".replace(",", " "), key)
                if "description" in shape:
                    self.assertEqual(sentence, shape["description"], key)
                if not isinstance(shape["default"], dict):
                    self.assertEqual(json.loads(default.strip("`")), shape["default"], key)

    def test_the_page_on_scenarios_has_every_other_key_too(self):
        schema = json.loads(throng("scenario", "schema")[0])
        with open(PAGE, encoding="utf-8") as file:
            page = file.read()
        section = page[page.index("## Keys"):]
        told = rows(section[:section.index("\n#", 5)].splitlines(), 4)

        def whole(shape):
            return {**schema["definitions"][shape["$ref"].split("/")[-1]], **shape} if "$ref" in shape else shape

        def check(shape, path):
            for key, below in shape.get("properties", {}).items():
                below, name = whole(below), path + key
                if name == "$schema":
                    continue
                self.assertIn(name, told)
                kind_of_value, default, sentence = told.pop(name)
                self.assertEqual(sentence, below["description"], name)
                self.assertTrue(kind_of_value, name)
                if "minimum" in below:
                    self.assertEqual(kind_of_value, f"{below['minimum']:,} to {below['maximum']:,}".replace(",", " "), name)
                self.assertEqual(json.loads(default.strip("`")) if default else None, below.get("default"), name)
                if name not in ("populations", "incidents"):  # these have sections of their own
                    check(below, name + ".")
                    check(whole(below.get("items", {})), name + "[].")

        check(schema, "")
        self.assertEqual(set(told), {"key"})

    def test_the_page_on_scenarios_has_every_incident_with_its_sentence(self):
        schema = json.loads(throng("scenario", "schema")[0])
        kinds = schema["definitions"]["incident"]["properties"]["kind"]["enum"]
        populations = {kind: {"kind": kind, "count": 50} for kind in POPULATION_OF.values()}
        file = self.write("all.json", json.dumps({
            "name": "all", "populations": populations,
            "incidents": [{"kind": kind, "population": POPULATION_OF[kind.split(".")[0]], "at": "1m"} for kind in kinds]}))
        out, _ = throng("scenario", "show", file, "--explain")
        with open(PAGE, encoding="utf-8") as page:
            told = rows([line for line in page.read().splitlines() if re.match(r"\| `\w+\.\w+`", line)], 5)
        said = re.findall(r"^  (\w+\.\w+) .* for (\w+), subtlety 0.3(, innocent)?\n    (.+)$", out, re.MULTILINE)
        self.assertEqual([kind for kind, *_ in said], kinds)
        for kind, lasts, innocent, sentence in said:
            self.assertEqual(told[kind][:3], [lasts, "no" if innocent else "yes", sentence], kind)


if __name__ == "__main__":
    unittest.main()
