"""`throng detect` over CSV files: rows in order and number, the columns it adds, times and values as files hold them, and what it refuses."""
import csv
import io
import json
import math
import random
import unittest

from throng import InFolder, query, throng

ADDED = ["anomaly_score", "threshold", "alarm"]


def series(count=2000, odd=()):
    """A noisy day's curve, one value each 5 minutes; at `odd` it is far off."""
    draw = random.Random(5)
    return [50 + 10 * math.sin(2 * math.pi * i / 288) + draw.gauss(0, 1) + (60 if i in odd else 0) for i in range(count)]


def iso(i):
    minutes = 5 * i
    return f"2014-02-{14 + minutes // 1440:02d} {minutes // 60 % 24:02d}:{minutes % 60:02d}:00"


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


class Detect(InFolder):
    def file_of(self, values, name="s.csv", time=iso, header="timestamp,value", end="\n"):
        return self.write(name, (header + end + "".join(f"{time(i)},{x if x == '' else repr(x)}{end}" for i, x in enumerate(values))).encode())

    def test_rows_keep_their_order_and_number_and_get_three_columns(self):
        out, _ = throng("detect", self.file_of(series(odd={1500})))
        rows = rows_of(out)
        self.assertEqual(list(rows[0]), ["timestamp", "value", *ADDED])
        self.assertEqual([r["timestamp"] for r in rows], [iso(i) for i in range(2000)])
        scores = [float(r["anomaly_score"]) for r in rows]
        self.assertTrue(all(0 <= s < 1 for s in scores))
        self.assertEqual(max(range(200, 2000), key=lambda i: scores[i]), 1500)
        self.assertEqual([i for i, r in enumerate(rows) if r["alarm"] == "1"], [1500])
        self.assertTrue(all(float(r["anomaly_score"]) >= float(r["threshold"]) for r in rows if r["alarm"] == "1"))

    def test_an_answer_uses_nothing_that_comes_after(self):
        values = series(odd={900})
        whole = rows_of(throng("detect", self.file_of(values))[0])
        part = rows_of(throng("detect", self.file_of(values[:1000]))[0])
        self.assertEqual(whole[:1000], part)

    def test_the_form_of_the_time_changes_nothing(self):
        values = series(700, odd={600})
        start = 1_392_336_000
        forms = {"iso": iso, "zulu": lambda i: iso(i).replace(" ", "T") + "Z", "slashes": lambda i: iso(i).replace("-", "/"),
                 "s": lambda i: start + 300 * i, "ms": lambda i: 1000 * (start + 300 * i), "point": lambda i: f"{start + 300 * i}.0"}
        found = {name: [r["anomaly_score"] for r in rows_of(throng("detect", self.file_of(values, time=time))[0])] for name, time in forms.items()}
        for name in forms:
            self.assertEqual(found[name], found["iso"], name)

    def test_quotes_carriage_returns_a_byte_order_mark_and_other_columns_stay_as_they_are(self):
        text = '\ufeffwhen,"the ""value""",note\r\n' + "".join(f'"{iso(i)}",{i % 7},"a, ""b"" {i}"\r\n' for i in range(50))
        name = self.write("q.csv", text.encode())
        self.write("q.csv", text.encode())
        out = self.path("out.csv")
        throng("detect", name, "--timestamp", "when", "--field", 'the "value"', "--output", out)
        with open(out, newline="", encoding="utf-8") as file:
            lines = file.read().split("\r\n")
        given = text.split("\r\n")
        self.assertEqual(len(lines), len(given))
        self.assertEqual(lines[0], given[0] + ",anomaly_score,threshold,alarm")
        self.assertTrue(all(got.startswith(was + ",") for got, was in zip(lines[1:-1], given[1:-1])))

    def test_missing_values_keep_their_rows_and_score_nothing(self):
        values = [repr(x) for x in series(800)]
        missing = {100: "", 200: "NaN", 300: "NA", 400: "null", 500: "inf", 600: " "}
        for i, text in missing.items():
            values[i] = text
        name = self.write("m.csv", "timestamp,value\n" + "".join(f"{iso(i)},{x}\n" for i, x in enumerate(values)))
        rows = rows_of(throng("detect", name)[0])
        self.assertEqual(len(rows), 800)
        self.assertEqual([rows[i]["anomaly_score"] for i in missing], ["0"] * 6)

    def test_a_gap_a_repeated_a_backward_time_a_constant_and_one_row_are_taken(self):
        times = [iso(i) for i in range(400)]
        times[200] = times[199]
        times[201] = times[100]
        times[300:] = [iso(i + 900) for i in range(100)]
        name = self.write("t.csv", "timestamp,value\n" + "".join(f"{t},{20 + i % 3}\n" for i, t in enumerate(times)))
        self.assertEqual(len(rows_of(throng("detect", name)[0])), 400)
        rows = rows_of(throng("detect", self.file_of([45.0] * 3000))[0])
        self.assertEqual([r for r in rows if r["alarm"] == "1"], [])
        self.assertEqual(len(rows_of(throng("detect", self.file_of([1.5]))[0])), 1)
        self.assertEqual(throng("detect", self.file_of([]))[0], "timestamp,value,anomaly_score,threshold,alarm\n")

    def test_sensitivity_and_a_budget_of_alarms_move_the_threshold_only(self):
        name = self.file_of(series(odd={1500}))
        plain = rows_of(throng("detect", name)[0])
        keen = rows_of(throng("detect", name, "--sensitivity", 0.8)[0])
        rare = rows_of(throng("detect", name, "--alarms-per-day", 0.1)[0])
        self.assertEqual([r["anomaly_score"] for r in plain], [r["anomaly_score"] for r in keen])
        self.assertEqual(plain[-1]["threshold"], "0.5")
        self.assertEqual(keen[-1]["threshold"], "0.2")
        surprise = math.log10(288 / 0.1)
        self.assertAlmostEqual(float(rare[-1]["threshold"]), surprise / (surprise + 4), places=4)
        self.assertGreater(sum(r["alarm"] == "1" for r in keen), sum(r["alarm"] == "1" for r in plain))

    def test_the_list_names_each_detector_and_each_works(self):
        out, _ = throng("detect", "--list")
        names = [line for line in out.splitlines() if line and not line.startswith(" ")]
        self.assertIn("auto", names)
        self.assertIn("shift", names)
        file = self.file_of(series(1200, odd=set(range(1000, 1030))))
        for name in names:
            with self.subTest(name):
                limit = ["--parameter", "above=100"] if name == "threshold" else []
                rows = rows_of(throng("detect", file, "--detector", name, *limit)[0])
                self.assertEqual(len(rows), 1200)
                self.assertTrue(all(0 <= float(r["anomaly_score"]) <= 1 for r in rows))

    def test_parameters_are_the_detector_s(self):
        file = self.file_of(series(300))
        throng("detect", file, "--detector", "shift", "--parameter", "short=5", "--parameter", "refractory=2h")
        _, message = throng("detect", file, "--detector", "shift", "--parameter", "shrt=5", expect=2)
        self.assertIn("did you mean short?", message)

    def test_what_is_wrong_is_named_with_its_place(self):
        for text, *expected in [
            ("", "s.csv:1:1", "empty"),
            ("at,x\n", "--timestamp", "at, x"),
            ("timestamp,a,b\n", "--field", "timestamp, a, b"),
            ("timestamp,value\n2014-02-30 00:00:00,1\n", "s.csv:2:1", "2014-02-30"),
            ("timestamp,value\n\n5,1\n6,many\n", "s.csv:4:3", "many"),
            ("timestamp,value\n5,1,9\n", "s.csv:2:1", "3 cells"),
            ('timestamp,value\n5,"1\n', "s.csv:2:3", "quotes"),
            ("timestamp,value,alarm\n", "alarm already"),
        ]:
            with self.subTest(text):
                out, message = throng("detect", self.write("s.csv", text), expect=2)
                self.assertEqual(out, "")
                for part in expected:
                    self.assertIn(part, message)
        self.assertIn("nothing.csv", throng("detect", self.path("nothing.csv"), expect=2)[1])
        self.assertIn("did you mean auto?", throng("detect", self.file_of([1.0]), "--detector", "outo", expect=2)[1])
        self.assertIn("columns are", throng("detect", self.file_of([1.0]), "--field", "x", expect=2)[1])

    def test_a_pipeline_s_alert_says_when_and_why_and_is_the_file_s(self):
        values = {"a": series(2000, odd={1500}), "b": series(2000)}
        self.write("p.json", json.dumps({
            "name": "odd", "source": "readings", "key": "id", "timestamp": "at", "disorder": "0s",
            "detect": [{"name": "odd-x", "detector": "auto", "field": "x", "severity": "critical"},
                       {"name": "too-high", "detector": "threshold", "field": "x", "above": 100}]}))
        self.write("readings.ndjson", "".join(json.dumps({"id": k, "at": iso(i).replace(" ", "T"), "x": values[k][i]}) + "\n"
                                              for i in range(2000) for k in values))
        throng("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", 2, "--store", self.store)
        alerts = {a["detector"]: a for a in query("alerts", self.store) if a["entity"] == "a"}
        alert = alerts["odd-x"]
        rows = rows_of(throng("detect", self.file_of(values["a"]))[0])
        self.assertEqual(alert["time"], iso(1500).replace(" ", "T") + ".000Z")
        self.assertAlmostEqual(alert["score"], float(rows[1500]["anomaly_score"]), places=5)
        self.assertEqual(alert["severity"], "critical")
        self.assertIn("x", alert["reason"])
        self.assertEqual((alert["evidence"]["begin"], alert["evidence"]["peak"]), (alert["time"], alert["time"]))
        self.assertGreater(alert["evidence"]["one_in"], 10_000)
        self.assertEqual(alerts["too-high"]["time"], alert["time"])
        for each in alerts.values():
            self.assertEqual((each["peak_time"], each["peak"]), (each["time"], values["a"][1500]))
        self.assertEqual(alerts["too-high"]["end"], alert["time"])
        self.assertLess(alert["end"], iso(1510).replace(" ", "T"))  # what follows a spike is a little odd to it too
        # An alarm that the file's last value leaves open is not over; it ends when a later run goes on.
        limit = lambda: query("alerts", self.store, "--where", '{"detector": "too-high", "entity": "b"}')
        later = lambda *xs: "".join(json.dumps({"id": "b", "at": f"2014-03-01T00:0{i}:00Z", "x": x}) + "\n" for i, x in xs)
        with open(self.path("readings.ndjson"), "a") as file:
            file.write(later((0, 101.5), (1, 103), (2, 102)))
        again = ("analyze", self.path("p.json"), "--from", f"file:{self.folder}", "--partitions", 2, "--store", self.store)
        throng(*again)
        [left_open] = limit()
        self.assertIsNone(left_open["end"])
        with open(self.path("readings.ndjson"), "a") as file:
            file.write(later((3, 50)))
        throng(*again)
        [over] = limit()
        self.assertEqual((over["end"], over["peak"], over["peak_time"]), ("2014-03-01T00:02:00.000Z", 103, "2014-03-01T00:01:00.000Z"))
        self.assertEqual({**left_open, **{name: over[name] for name in ("end", "peak", "peak_time")}}, over)
        self.assertEqual(query("alerts", self.store, "--where", '{"end": null, "entity": "b", "detector": "too-high"}'), [])

    def test_standard_input_is_read_too(self):
        name = self.file_of(series(300))
        with open(name) as file:
            self.assertEqual(throng("detect", "-", input=file.read())[0], throng("detect", name)[0])


if __name__ == "__main__":
    unittest.main()
