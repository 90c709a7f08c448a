#!/usr/bin/env python3
"""The documents point at what exists: relative links, their #anchors, and paths in backticks.

A link into a Markdown file must name a heading there (GitHub's form of anchors). A word in backticks
that begins with a source folder (`server/sync/acceptance.hpp`, or without the suffix) must be a file
or folder. Links to the web are not followed. `--self-test` shows the lint good and bad ones.
"""

import pathlib
import re
import sys
import tempfile

FENCE = re.compile(r"^(```|~~~).*?^\1", re.S | re.M)
LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?[^)]*\)")
CODE = re.compile(r"`([^`\n]+)`")
SOURCE = re.compile(r"^(?:shared|server|client|tools|tests|schema|docs)/[\w./-]+$")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.M)


def anchors(text: str) -> set:
    found = set()
    for title in HEADING.findall(FENCE.sub("", text)):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        number = 0
        while (slug if number == 0 else f"{slug}-{number}") in found:
            number += 1
        found.add(slug if number == 0 else f"{slug}-{number}")
    return found


def exists(root: pathlib.Path, name: str) -> bool:
    path = root / name.rstrip("/")
    return path.exists() or any(path.parent.glob(path.name + ".*"))


def link_problem(page: pathlib.Path, target: str):
    name, _, anchor = target.partition("#")
    path = page.parent / name if name else page
    if not path.exists():
        return f"{target} does not exist"
    if anchor and path.suffix == ".md" and anchor not in anchors(path.read_text()):
        return f"{target}: there is no such heading"
    return None


def findings(root: pathlib.Path, page: pathlib.Path):
    text = FENCE.sub(lambda m: "\n" * m.group(0).count("\n"), page.read_text())
    for number, line in enumerate(text.splitlines(), 1):
        for target in LINK.findall(CODE.sub("", line)):
            if re.match(r"[a-z]+:", target):
                continue
            problem = link_problem(page, target)
            if problem:
                yield number, problem
        for word in CODE.findall(line):
            if SOURCE.match(word) and not exists(root, word):
                yield number, f"{word} does not exist"


def pages(root: pathlib.Path):
    yield from sorted(root.glob("*.md"))
    yield from sorted((root / "docs").rglob("*.md"))


def self_test() -> int:
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "docs").mkdir()
        (root / "docs/b.md").write_text("# One `two` & three\n## Twice\n## Twice\n")
        (root / "a.md").write_text(
            "[ok](docs/b.md) [ok](docs/b.md#one-two--three) [ok](docs/b.md#twice-1) [ok](https://x)\n"
            "`docs/b.md` `docs/b` `docs/` `[no](link)` `build/none`\n```\n[no](code)\n```\n"
            "[bad](none.md)\n[bad](docs/b.md#none)\n`docs/none.md`\n")
        found = [line for line, _ in findings(root, root / "a.md")]
    print("link lint: knows its shapes" if found == [6, 7, 8] else f"link lint: judged wrongly: {found}")
    return 0 if found == [6, 7, 8] else 1


def main() -> int:
    if sys.argv[1] == "--self-test":
        return self_test()
    root = pathlib.Path(sys.argv[1]).resolve()
    wrong = [f"{page.relative_to(root)}:{line}: {what}"
             for page in pages(root) for line, what in findings(root, page)]
    print("\n".join(wrong) if wrong else "links: fine")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
