#!/usr/bin/env python3
"""docs/dependencies.md names every package of tools/setup and of the page's package.json, the latter with its version.

`--self-test` shows the lint good and bad lists."""

import json
import pathlib
import re
import sys

CODE = re.compile(r"`([^`\n]+)`")


def debian_packages(setup: str) -> list:
    found = []
    for block in re.findall(r"^packages=\((.*?)^\)", setup, re.S | re.M) + re.findall(r"packages\+=\((.*?)\)", setup):
        for line in block.splitlines():
            found += line.split("#")[0].split()
    return found


def problems(document: str, setup: str, package: dict) -> list:
    versions = {}  # name in backticks in the first column of a table -> its version
    for line in document.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) > 2:
            for name in CODE.findall(cells[0]):
                versions[name] = cells[1]
    wrong = [f"docs/dependencies.md lacks `{name}` (tools/setup)"
             for name in debian_packages(setup) if name not in versions]
    for name, version in {**package.get("dependencies", {}), **package.get("devDependencies", {})}.items():
        if name not in versions:
            wrong.append(f"docs/dependencies.md lacks `{name}` (client/web/page/package.json)")
        elif versions[name] != version:
            wrong.append(f"docs/dependencies.md: `{name}` has version {versions[name]}, package.json says {version}")
    return wrong


def self_test() -> int:
    setup = "packages=(\n  g++ cmake   # `not-one` this\n)\n[ x ] || packages+=(nodejs npm)\n"
    package = {"dependencies": {"preact": "1.0.0"}, "devDependencies": {"vite": "2.0.0"}}
    good = ("| `g++`, `cmake` | 1 | x |\n| `nodejs`, `npm` | 1 | x |\n| `preact` | 1.0.0 | MIT |\n"
            "| `vite` | 2.0.0 | MIT |\n")
    counts = [len(problems(good, setup, package)),
              len(problems(good.replace("`cmake`", "cmake"), setup, package)),
              len(problems(good.replace("| 2.0.0", "| 2.0.1"), setup, package)),
              len(problems("", setup, package))]
    fine = counts == [0, 1, 1, 6]
    print("dependency lint: knows its shapes" if fine else f"dependency lint: judged wrongly: {counts}")
    return 0 if fine else 1


def main() -> int:
    if sys.argv[1] == "--self-test":
        return self_test()
    root = pathlib.Path(sys.argv[1]).resolve()
    wrong = problems((root / "docs/dependencies.md").read_text(encoding="utf-8"),
                     (root / "tools/setup").read_text(encoding="utf-8"),
                     json.loads((root / "client/web/page/package.json").read_text(encoding="utf-8")))
    print("\n".join(wrong) if wrong else "dependencies: fine")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
