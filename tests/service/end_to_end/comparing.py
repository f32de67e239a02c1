"""Windows as the program stored them, held against recompute.py field by field: exactly, or within a sketch's stated error."""
import json

import recompute


class ComparesWindows:
    """For a unittest.TestCase."""

    def compare(self, pipeline, expected, stored):
        found = {}
        for document in stored:
            start = recompute.parse_time(document["start"], None)
            found[(document["window"], start, json.dumps(document["group"], sort_keys=True))] = document
        self.assertEqual(len(found), len(stored), "a window stands twice in the answer")
        self.assertEqual(set(found), set(expected))
        for where, want in expected.items():
            got = found[where]
            for name in ("window", "start", "end", "group", "events", "late", "final"):
                self.assertEqual(got[name], want[name], (where, name))
            window = next(w for w in pipeline["windows"] if w["name"] == where[0])
            for field in window.get("aggregate", {}):
                self.compare_field(got[field], want[field], (where, field))

    def compare_field(self, got, want, place):
        self.assertEqual(set(got), set(want), place)
        for name, value in want.items():
            at = (*place, name, got[name], value)
            if name == "top_10":
                for entry in got[name]:
                    true = value[json.dumps(entry["value"], sort_keys=True)]
                    self.assertTrue(entry["count"] - entry["error"] <= true <= entry["count"], at)
                if got[name] and all(entry["error"] == 0 for entry in got[name]):
                    counts = [entry["count"] for entry in got[name]]
                    self.assertEqual(counts, [n for _, n in value.most_common(10)], at)
            elif name == "distinct" and value > 256:
                self.assertLess(abs(got[name] - value), 0.08 * value, at)  # five standard errors of 1.6 %
            elif name[0] == "p" and name[1:2].isdigit() and value is not None:
                self.assertLessEqual(abs(got[name] - value), 0.01 * abs(value) + 1e-9, at)
            elif isinstance(value, float) and value is not None:
                self.assertLessEqual(abs(got[name] - value), 1e-9 * max(1.0, abs(value)), at)
            else:
                self.assertEqual(got[name], value, at)
