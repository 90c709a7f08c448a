#!/usr/bin/env python3
"""Decisions (docs/adr) have a number, a status and a date, and stand in the table of their README.

The first line of NNNN-name.md is `# N. Title`; lines of `Status:` and `Date:` (or one line with both) follow before the
text. docs/adr/README.md links each page with exactly its title, in order, and names the numbers that no page has.
`--self-test` shows the lint good and bad folders."""

import pathlib
import re
import sys
import tempfile

ROW = re.compile(r"^\| \[(\d{4})\]\(([^)]+)\) \| (.*?) \|", re.M)
NEVER = re.compile(r"numbers ((?:\d+(?:, | and )?)+) have never had a page")


def page_problems(name: str, text: str) -> list:
    number = int(name[:4])
    head = text.split("\n**", 1)[0].split("\n## ", 1)[0]
    found = []
    if not re.match(rf"# {number}\. \S", text):
        found.append(f"{name}: does not begin with `# {number}. Title`")
    if not re.search(r"^Status: \w+", head, re.M):
        found.append(f"{name}: has no line `Status: …`")
    if not re.search(r"\bDate: \d{4}-\d\d-\d\d\b", head):
        found.append(f"{name}: has no `Date: YYYY-MM-DD`")
    return found


def problems(folder: pathlib.Path) -> list:
    readme = (folder / "README.md").read_text(encoding="utf-8")
    pages = sorted(folder.glob("[0-9][0-9][0-9][0-9]-*.md"))
    wrong, wanted = [], []
    for page in pages:
        text = page.read_text(encoding="utf-8")
        wrong += page_problems(page.name, text)
        wanted.append((page.name[:4], page.name, text.split("\n")[0].partition(". ")[2]))
    rows = ROW.findall(readme)
    wrong += [f"README.md: lacks | [{n}]({name}) | {title} |" for n, name, title in wanted if (n, name, title) not in rows]
    wrong += [f"README.md: {name} does not exist or has another title" for n, name, title in rows
              if (n, name, title) not in wanted]
    if rows != sorted(rows):
        wrong.append("README.md: the rows are not in order")
    numbers = [int(page.name[:4]) for page in pages]
    wrong += [f"{n:04}: two pages have this number" for n in sorted(set(numbers)) if numbers.count(n) > 1]
    named = NEVER.search(readme)
    never = {int(n) for n in re.findall(r"\d+", named[1])} if named else set()
    missing = set(range(1, max(numbers, default=0) + 1)) - set(numbers)
    if missing != never:
        wrong.append(f"README.md: no page has {sorted(missing)}; the sentence names {sorted(never)}")
    return wrong


def self_test() -> int:
    page = "# 1. One\n\nStatus: accepted. Date: 2026-01-01.\n\n**Context.** x\n"
    readme = "| [0001](0001-one.md) | One |\n"
    cases = [({"0001-one.md": page}, readme, 0),
             ({"0001-one.md": page.replace("# 1.", "# 2.")}, readme, 1),
             ({"0001-one.md": page.replace("Status", "State")}, readme, 1),
             ({"0001-one.md": page.replace("Date: 2026-01-01", "today")}, readme, 1),
             ({"0001-one.md": page}, "", 1),
             ({"0001-one.md": page}, readme.replace("One", "Two"), 2),
             ({"0003-one.md": page.replace("# 1.", "# 3.")}, readme.replace("0001", "0003"), 1),
             ({"0003-one.md": page.replace("# 1.", "# 3.")}, readme.replace("0001", "0003")
              + "The numbers 1 and 2 have never had a page.", 0)]
    wrong = []
    for number, (pages, index, count) in enumerate(cases):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "README.md").write_text(index)
            for file, text in pages.items():
                (folder / file).write_text(text)
            got = problems(folder)
            if len(got) != count:
                wrong.append(f"case {number}: {got}, not {count}")
    print("\n".join(wrong) if wrong else "decision lint: knows its shapes")
    return 1 if wrong else 0


def main() -> int:
    if sys.argv[1] == "--self-test":
        return self_test()
    wrong = problems(pathlib.Path(sys.argv[1]).resolve() / "docs/adr")
    print("\n".join(wrong) if wrong else "decisions: fine")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
