"""What README and docs/ show is true: commands are run in the order of their page, in a folder of its own, and what they print is compared.

A page is run as a reader would: code behind "Save as `FILE`" is saved, each ```sh block is run, and a block without a language right behind
it is what it prints (standard output and error); where none is shown, the commands must succeed. Comments that readers don't see say the rest:
  <!-- run -->            this page is run
  <!-- run with mongodb -->   ... where a server is at hand (THRONG_TEST_MONGODB), which stands in for mongodb://localhost:27017
  <!-- needs: FILE -->    ... where this file of real data is at hand; it lies in streams/
  <!-- needs Parquet -->  ... where the program was built with Apache Arrow
  <!-- not run: WHY -->   the sh block behind it is left out
  <!-- do: COMMAND -->    what the text tells the reader to do by hand, such as changing a file
  <!-- add to FILE behind TEXT -->   the code behind it is what the reader adds to a JSON file, below the line that holds TEXT
  <!-- any numbers -->    in the output behind it numbers may differ: they follow the simulated world
`…` stands for any text; alone in a line, for any lines. Times that were measured, and cursors of further pages, are left out of the comparison."""
import os
import re
import shutil
import subprocess
import unittest
import uuid

from throng import PROGRAM, SHARED_DATA, InFolder

MONGODB = os.environ.get("THRONG_TEST_MONGODB") if os.environ.get("THRONG_DOCS_MONGODB") else None
SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
PART = re.compile(r"<!-- (?P<mark>[^\n]*?) -->|^```(?P<language>\w*)\n(?P<code>.*?)^```$|Save (?:this )?as `(?P<save>[^`]+)`", re.MULTILINE | re.DOTALL)


def pages():
    """All pages, by their path in the repository."""
    found = []
    for folder, folders, files in os.walk(SOURCE):
        folders[:] = [name for name in folders if name not in ("build", ".git", "node_modules", ".venv")]
        found += [os.path.relpath(os.path.join(folder, name), SOURCE) for name in files if name.endswith(".md")]
    return sorted(found)


def read(page):
    with open(os.path.join(SOURCE, page), encoding="utf-8") as file:
        return file.read()


def without_measurements(text):
    text = re.sub(r"^\d\d:\d\d:\d\d\.\d{3} ", "", text, flags=re.MULTILINE)  # the log's clock
    text = re.sub(r"\bin \d+\.\d s\b", "in N s", text)
    text = re.sub(r"^more: --cursor .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\b\d+ a second", "N a second", text)
    text = re.sub(r"^\d+\.\d s  world at .*\n", "", text, flags=re.MULTILINE)  # progress
    text = re.sub(r'("(?:wall_seconds|cpu_seconds|peak_rss_bytes|events_per_second)":)[-+.eE0-9]+', r"\1N", text)
    return re.sub(r"\b127\.0\.0\.1:\d+", "127.0.0.1:N", text)


def pattern_of(expected, any_numbers):
    """A regular expression for an output with its `…`."""
    lines = []
    for line in expected.splitlines():
        if line.strip() == "…":
            lines.append(r"(?:.*\n)*?")
            continue
        line = re.escape(line).replace("…", ".*")
        if any_numbers:
            line = re.sub(r"\d+(?:\\?\.\d+)?", r"[0-9.]+", line)
            line = re.sub(r"(?:\\ )+", " +", line)
        lines.append(line + r"\n")
    return "".join(lines)


class Docs(InFolder):
    def run_page(self, page):
        text = read(page)
        if MONGODB is not None:
            text = text.replace("mongodb://localhost:27017/city", f"{MONGODB}/throng_docs_{uuid.uuid4().hex[:12]}")
        if "<!-- needs Parquet -->" in text and not os.environ.get("THRONG_ARROW_PYTHON"):
            self.skipTest(f"{page} needs a throng that was built with Apache Arrow")
        if needed := re.search(r"<!-- needs: (\S+) -->", text):
            source = os.path.join(SHARED_DATA, needed.group(1))
            if not os.path.exists(source):
                self.skipTest(f"{page} needs {needed.group(1)}, which is not part of the repository")
            os.makedirs(self.path("streams"), exist_ok=True)
            shutil.copy(source, self.path("streams"))
        environment = {k: v for k, v in os.environ.items() if not k.startswith("THRONG_")}
        # Debian's own Python first: it has the modules that pages tell to install by apt.
        environment["PATH"] = ":".join([os.path.dirname(PROGRAM), "/usr/bin", environment["PATH"]])

        def shell(command):
            """What it printed, and whether each command of it succeeded."""
            done = subprocess.run(["bash", "-c", f"trap failed=1 ERR\n{command}\nexit ${{failed:-0}}"], cwd=self.folder, text=True,
                                  env=environment, timeout=120, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            return done.stdout, done.returncode == 0
        save_as, add_to, printed, left_out, any_numbers, ran = None, None, None, False, False, 0
        succeeded, line = True, 0

        def nothing_shown():
            if printed is not None:
                self.assertTrue(succeeded, f"{page}:{line}: printed:\n{printed}\nby:\n{shown}")
        for part in PART.finditer(text):
            line = text.count("\n", 0, part.start()) + 1
            mark, language, code = part.group("mark"), part.group("language"), part.group("code")
            if part.group("save"):
                save_as = part.group("save")
            elif mark is not None:
                left_out = left_out or mark.startswith("not run")
                any_numbers = any_numbers or mark == "any numbers"
                add_to = re.fullmatch(r"add to (\S+) behind (.*)", mark) or add_to
                if mark.startswith("do: "):
                    said, done = shell(mark[4:])
                    self.assertTrue(done, f"{page}:{line}: {mark}: {said}")
            elif language == "sh":
                nothing_shown()
                printed, succeeded = (None, True) if left_out else shell(code)
                ran += printed is not None
                left_out, shown = False, code
            elif language == "" and printed is not None:
                wanted = pattern_of(without_measurements(code), any_numbers)
                got = without_measurements(printed)
                with self.subTest(page, line=line):  # the others are told too
                    self.assertTrue(re.fullmatch(wanted, got),
                                    f"{page}:{line}: shown:\n{code}\nprinted:\n{printed}\nby:\n{shown}")
                printed, any_numbers = None, False
            elif add_to is not None:
                with open(self.path(add_to.group(1))) as file:
                    before, found, after = file.read().partition(add_to.group(2))
                self.assertTrue(found, f"{page}:{line}: {add_to.group(0)}")
                rest_of_line, _, after = after.partition("\n")
                self.write(add_to.group(1), f"{before}{found}{rest_of_line}\n{code.rstrip().rstrip(',')},\n{after}")
                add_to = None
            elif save_as is not None:
                self.write(save_as, code)
                save_as = None
        nothing_shown()
        self.assertGreater(ran, 0, f"{page}: nothing was run")

    def test_commands_print_what_their_pages_show(self):
        mark = "<!-- run -->" if MONGODB is None else "<!-- run with mongodb -->"
        for page in (page for page in pages() if mark in read(page)):
            with self.subTest(page):
                self.setUp()  # a folder of its own
                self.run_page(page)

    def test_links_lead_somewhere(self):
        def anchors(text):
            headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
            return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
        for page in pages():
            text = re.sub(r"^```.*?^```$", "", read(page), flags=re.MULTILINE | re.DOTALL)
            for target in re.findall(r"\]\(([^)\s]+)\)", text):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                there = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
                self.assertTrue(os.path.exists(os.path.join(SOURCE, there)), f"{page}: {target}")
                if anchor:
                    self.assertIn(anchor, anchors(read(there)), f"{page}: {target}")


if __name__ == "__main__":
    unittest.main()
