#!/usr/bin/env python3
"""Each promise of docs/security.md names code and a test that exist.

A row of the tables under *Promises* has three cells: promise, how it is kept, test. Names in backticks of the second cell
(not paths, which links.py checks) occur in the sources; those of the third are tests, suites or CTest names. Of
`suite.name` and `space::name` the last part is looked for; `*` stands for anything. `--self-test` shows the lint
good and bad rows."""

import pathlib
import re
import sys

TICKS = re.compile(r"`([^`\n]+)`")
SUFFIXES = {".cpp", ".hpp", ".py", ".txt", ".cmake", ".mjs", ".ts", ".tsx"}
WORD = re.compile(r"[\w.:*-]+")


def names(cell: str):
    for tick in TICKS.findall(cell):
        if WORD.fullmatch(tick) and not tick.startswith("-"):
            yield tick


def known(name: str, text: str) -> bool:
    last = re.split(r"\.|::", name)[-1]
    if last == "*":
        last = re.split(r"\.|::", name)[-2]
    if last.strip("*") in text:
        return True
    # lint_test(NAME …) and loops over names make `lint_NAME`, `fuzz_NAME` and the like.
    prefix, _, rest = last.partition("_")
    return prefix in ("lint", "fuzz", "e2e") and bool(re.search(rf"\b{re.escape(rest)}\b", text))


def problems(document: str, code: str, tests: str) -> list:
    section = document.partition("\n## Promises\n")[2].partition("\n## ")[0]
    wrong = [] if section else ["docs/security.md has no section *Promises*"]
    for line in section.splitlines():
        cells = line.strip().strip("|").split(" | ")
        if not line.startswith("|") or len(cells) < 3 or cells[0].strip() == "promise":
            continue
        wrong += [f"no source has `{name}`: {cells[0].strip()[:60]}" for name in names(cells[1]) if not known(name, code)]
        wrong += [f"no test has `{name}`: {cells[0].strip()[:60]}" for name in names(cells[-1]) if not known(name, tests)]
        if not TICKS.search(cells[-1]) and "the same" not in cells[-1]:
            wrong.append(f"no test is named: {cells[0].strip()[:60]}")
    return wrong


def self_test() -> int:
    head = "\n## Promises\n\n| promise | how it is kept | test |\n|---|---|---|\n"
    code, tests = "bool check_it(); struct limits {};", "TEST(suite, keeps_it) lint_test(printing x)"
    rows = [("| a | `check_it` in `server/x.cpp` | `suite.keeps_it` |", 0),
            ("| a | `space::check_it` | `suite.*`, `lint_printing` |", 0),
            ("| a | by design | the same |", 0),
            ("| a | `check_that` | `suite.keeps_it` |", 1),
            ("| a | `check_it` | `suite.keeps_that` |", 1),
            ("| a | `check_it` | none |", 1)]
    wrong = [row for row, count in rows if len(problems(head + row + "\n\n## Clocks\n", code, tests)) != count]
    if len(problems("", code, tests)) != 1:
        wrong.append("a document without promises")
    print("\n".join(wrong) if wrong else "promise lint: knows its shapes")
    return 1 if wrong else 0


def main() -> int:
    if sys.argv[1] == "--self-test":
        return self_test()
    root = pathlib.Path(sys.argv[1]).resolve()

    def texts(*folders):
        return "\n".join(path.read_text(encoding="utf-8", errors="replace") for folder in folders for path in sorted((root / folder).rglob("*"))
                         if path.suffix in SUFFIXES and "node_modules" not in path.parts)

    wrong = problems((root / "docs/security.md").read_text(encoding="utf-8"),
                     texts("client", "server", "shared", "tools", "schema"), texts("tests", "client/web/page"))
    print("\n".join(wrong) if wrong else "promises: fine")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
