"""`throng tune`: each trial is what analysing and scoring by hand give, the best of them is told, and tried on a stream that it has not seen."""
import json
import unittest

from throng import InFolder, throng

PIPELINE = {
    "name": "payees", "source": "bank.transactions", "key": "account_id", "timestamp": "timestamp", "disorder": "5s",
    "features": [{"name": "out_30m", "over": "30m", "sum": "amount", "where": {"type": "transfer_out"}}],
    "rules": [{"name": "drain", "when": {"type": "transfer_out", "out_30m": {"$gte": 10}}, "cooldown": "1h"}],
}
LIMITS = [10, 100, 1500, 100000]
PATH = "rules[0].when.out_30m.$gte"


class Tune(InFolder):
    def setUp(self):
        super().setUp()
        for name, seed in (("one", 6), ("other", 7)):
            throng("simulate", "bank", "--duration", "2h", "--set", "populations.accounts.count=500", "--seed", seed, "--to", f"file:{self.path(name)}")
        self.pipeline = self.write("p.json", json.dumps(PIPELINE))

    def by_hand(self, name, limit):
        store = f"sqlite:{self.path(f'{name}-{limit}.db')}"
        rules = [{**PIPELINE["rules"][0], "when": {"type": "transfer_out", "out_30m": {"$gte": limit}}}]
        file = self.write(f"{limit}.json", json.dumps({**PIPELINE, "rules": rules}))
        throng("analyze", file, "--from", f"file:{self.path(name)}", "--record", "truth.labels", "--store", store)
        return json.loads(throng("score", "--store", store, "--report", "-")[0])

    def tuned(self, *more):
        out, _ = throng("tune", self.pipeline, "--against", f"file:{self.path('one')}", "--vary", f"{PATH}={','.join(map(str, LIMITS))}",
                        "--report", "-", *more)
        return json.loads(out)

    def test_each_trial_is_what_analysing_and_scoring_by_hand_give(self):
        report = self.tuned("--confirm", f"file:{self.path('other')}")
        self.assertEqual([trial["set"] for trial in report["tried"]], [{PATH: str(limit)} for limit in LIMITS])
        for limit, trial in zip(LIMITS, report["tried"], strict=True):
            score = self.by_hand("one", limit)
            self.assertGreater(score["all"]["labels"], 3)
            self.assertEqual({name: trial[name] for name in score if name != "command"}, {name: score[name] for name in score if name != "command"})
        self.assertEqual(report["best"], max(report["tried"], key=lambda trial: trial["f1"]))
        self.assertEqual(report["base"]["all"], report["tried"][0]["all"])
        best = int(report["best"]["set"][PATH])
        self.assertNotEqual(best, LIMITS[-1])
        self.assertEqual(report["confirmed"]["best"]["all"], self.by_hand("other", best)["all"])
        self.assertEqual(report["confirmed"]["base"]["all"], self.by_hand("other", 10)["all"])

    def test_a_budget_of_false_alarms_comes_before_what_is_found(self):
        rates = {trial["set"][PATH]: trial["false_alarms_a_day"] for trial in self.tuned()["tried"]}
        self.assertGreater(rates["10"], rates["1500"])
        self.assertEqual(rates["100000"], 0)
        best = self.tuned("--false-alarms-a-day", rates["1500"])["best"]
        self.assertLessEqual(best["false_alarms_a_day"], rates["1500"])
        self.assertEqual(self.tuned("--false-alarms-a-day", 0)["best"]["false_alarms_a_day"], 0)

    def test_what_is_wrong_is_told(self):
        one = f"file:{self.path('one')}"
        _, said = throng("tune", self.pipeline, "--against", one, "--vary", "rules[0].cooldown", expect=2)
        self.assertIn("--vary rules[0].cooldown: is not PATH=VALUE,VALUE", said)
        _, said = throng("tune", self.pipeline, "--against", one, "--vary", "rules[0].cooldown=10m,soon", expect=2)
        self.assertIn('rules[0].cooldown: "soon" is not allowed', said)
        _, said = throng("tune", self.pipeline, "--against", "kafka", "--vary", "disorder=1s", expect=2)
        self.assertIn("kafka must be file:DIR", said)
        _, said = throng("tune", self.pipeline, "--against", one, "--vary", f"disorder={','.join(['1s'] * 1001)}", expect=2)
        self.assertIn("more than 1000 trials", said)


if __name__ == "__main__":
    unittest.main()
