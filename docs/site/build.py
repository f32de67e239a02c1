#!/usr/bin/env python3
"""Builds the documentation's site into build/docs/site, and checks that every link in it leads to a page and a heading that are there.

mkdocs wants one folder of pages, and ours lie beside what they tell of: each is copied to its place in build/docs/source, with the files that
its links lead to. Needs mkdocs and mkdocs-material."""
import html.parser
import os
import re
import shutil
import subprocess
import sys
from urllib.parse import unquote, urlsplit

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SOURCE, SITE = (os.path.join(ROOT, "build", "docs", name) for name in ("source", "site"))
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


def stage(page):
    """The page, with links to folders led to their pages; and what it links to."""
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        text = file.read()
    wanted = set()

    def lead(link):
        image, shown, target, anchor = link.groups()
        if re.match(r"[a-z]+:", target):
            return link.group(0)
        there = os.path.normpath(os.path.join(os.path.dirname(page), target))
        if os.path.isdir(os.path.join(ROOT, there)):
            if not os.path.exists(os.path.join(ROOT, there, "README.md")):
                return shown  # a folder without a page is only named
            target = os.path.join(target, "README.md")
        elif "." not in os.path.basename(there):
            return shown  # neither a page nor a picture: a script, the licence
        elif not there.endswith(".md"):
            wanted.add(there)
        return f"{image}[{shown}]({target}{anchor or ''})"
    # Code is left as it is: what looks like a link there is none.
    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    parts[::2] = [LINK.sub(lead, part) for part in parts[::2]]
    write = os.path.join(SOURCE, page)
    os.makedirs(os.path.dirname(write), exist_ok=True)
    with open(write, "w", encoding="utf-8") as file:
        file.write("".join(parts))
    return wanted


class Page(html.parser.HTMLParser):
    """The links of a built page, and the anchors that others may lead to."""
    def __init__(self, path):
        super().__init__()
        self.links, self.anchors = [], set()
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attrs):
        of = dict(attrs)
        if "id" in of:
            self.anchors.add(of["id"])
        if tag == "a" and of.get("href"):
            self.links.append(of["href"])
        if tag == "img" and of.get("src"):
            self.links.append(of["src"])


def broken():
    """Each link of the site that leads nowhere, as `page: link`."""
    pages = {}
    for folder, _, names in os.walk(SITE):
        for name in (name for name in names if name.endswith(".html") and name != "404.html"):
            path = os.path.join(folder, name)
            pages[path] = Page(path)
    for path, page in sorted(pages.items()):
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            there = os.path.normpath(os.path.join(os.path.dirname(path), unquote(parts.path))) if parts.path else path
            if os.path.isdir(there):
                there = os.path.join(there, "index.html")
            if not os.path.exists(there) or (parts.fragment and there in pages and unquote(parts.fragment) not in pages[there].anchors):
                yield f"{os.path.relpath(path, SITE)}: {link}"


def main():
    shutil.rmtree(SOURCE, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout.split()
    for target in set().union(*(stage(page) for page in listed)):
        os.makedirs(os.path.dirname(os.path.join(SOURCE, target)), exist_ok=True)
        shutil.copyfile(os.path.join(ROOT, target), os.path.join(SOURCE, target))
    subprocess.run(["mkdocs", "build", "--quiet", "--strict", "--clean", "--config-file", os.path.join(ROOT, "docs", "site", "mkdocs.yml")], check=True)
    found = list(broken())
    for each in found:
        print(f"leads nowhere: {each}", file=sys.stderr)
    if not found:
        print(f"docs: {len(listed)} pages in build/docs/site, every link leads somewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
