"""Shell completion: bash's own function is asked what it would offer. It is told from the command line's model, so it can't drift."""
import shutil
import subprocess
import unittest

from throng import InFolder, throng


class Completion(InFolder):
    def offered(self, *words):
        """What bash offers for `throng WORDS`, the cursor at the end of the last one."""
        script, _ = throng("completion", "bash")
        # As bash splits them: --option=value is three words.
        typed = ["throng"]
        for word in words:
            option, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
            typed += [option, *([equals] if equals else []), *([value] if value else [])]
        asked = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _throng; printf "%s\\n" "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "--norc", "-c", asked, "bash", self.write("throng.bash", script), *typed],
                              capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_commands_are_offered(self):
        everything = self.offered("")
        for command in ("run", "simulate", "analyze", "query", "score", "audit", "doctor", "completion"):
            self.assertIn(command, everything)
        self.assertEqual(self.offered("qu"), ["query"])
        self.assertEqual(sorted(self.offered("--quiet", "scenario", "s")), ["schema", "show"])

    def test_options_are_those_of_the_command_and_of_all_commands(self):
        self.assertEqual(self.offered("query", "windows", "--ro"), ["--rollup"])
        self.assertEqual(sorted(self.offered("run", "--log")), ["--log-format", "--log-level"])
        self.assertEqual(self.offered("run", "--roll"), [])
        # Every option that --help names.
        usage, _ = throng("analyze", "--help")
        named = {word.strip(",") for line in usage.split("Examples:")[0].splitlines() for word in line.replace(",", " ").split() if word.startswith("--")}
        self.assertLessEqual(named, set(self.offered("analyze", "--")))

    def test_words_that_can_be_values_are_offered(self):
        self.assertEqual(self.offered("query", "al"), ["alerts"])
        self.assertEqual(self.offered("query", "alerts", "--format", "nd"), ["ndjson"])
        self.assertEqual(self.offered("query", "alerts", "--format=c"), ["csv"])
        self.assertEqual(sorted(self.offered("query", "alerts", "--format=")), ["csv", "json", "ndjson", "table"])
        presets, _ = throng("scenario", "list")
        self.assertEqual(sorted(self.offered("run", "")), sorted(presets.split()))
        self.assertEqual(self.offered("run", "bank", "--report", "b"), [])  # bash itself offers files then

    def test_the_other_shells_scripts_name_the_same(self):
        for shell in ("zsh", "fish"):
            script, _ = throng("completion", shell)
            for word in ("rollup", "checkpoint-every", "metropolis", "ndjson"):
                self.assertIn(word, script, shell)
            if shutil.which(shell):
                done = subprocess.run([shell, "-n", self.write("script", script)], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""), shell)


if __name__ == "__main__":
    unittest.main()
