#!/usr/bin/env python3
"""The version stands in one place, `project(… VERSION …)` of CMakeLists.txt.

CHANGELOG.md has a section for it, its newest release. The page's package.json and its lock file name no version of
their own: the page is told the program's (`GET /api/session`). `--self-test` shows the lint good and bad trees."""

import json
import pathlib
import re
import sys
import tempfile

RELEASE = re.compile(r"^## \[(\d+\.\d+\.\d+)\]", re.M)
PROJECT = re.compile(r"^project\(\w+ VERSION (\d+\.\d+\.\d+)\b", re.M)


def problems(root: pathlib.Path) -> list:
    project = PROJECT.search((root / "CMakeLists.txt").read_text(encoding="utf-8"))
    if not project:
        return ["CMakeLists.txt: project() names no version"]
    found = []
    releases = RELEASE.findall((root / "CHANGELOG.md").read_text(encoding="utf-8"))
    if not releases or releases[0] != project[1]:
        found.append(f"CHANGELOG.md: the newest release is {releases[0] if releases else 'missing'}, "
                     f"CMakeLists.txt says {project[1]}")
    page = root / "client/web/page"
    lock = json.loads((page / "package-lock.json").read_text(encoding="utf-8"))
    for name, value in (("package.json", json.loads((page / "package.json").read_text(encoding="utf-8"))),
                        ("package-lock.json", lock), ("package-lock.json", lock["packages"][""])):
        if "version" in value:
            found.append(f"client/web/page/{name}: names the version {value['version']} of the page")
    return found


def self_test() -> int:
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        page = root / "client/web/page"
        page.mkdir(parents=True)

        def tree(version, changelog, package="{}", lock='{"packages": {"": {}}}'):
            (root / "CMakeLists.txt").write_text(f"project(x VERSION {version} LANGUAGES CXX)\n")
            (root / "CHANGELOG.md").write_text(changelog)
            (page / "package.json").write_text(package)
            (page / "package-lock.json").write_text(lock)
            return len(problems(root))

        log = "## [Unreleased]\n## [1.2.3] - 2026-01-01\n## [1.2.2] - 2025-01-01\n"
        cases = [(tree("1.2.3", log), 0), (tree("1.2.2", log), 1), (tree("1.2.3", ""), 1), (tree("", log), 1),
                 (tree("1.2.3", log, '{"version": "1.2.3"}'), 1),
                 (tree("1.2.3", log, "{}", '{"version": "1", "packages": {"": {"version": "1"}}}'), 2)]
        wrong = [f"case {n}: {got} problems, not {wanted}" for n, (got, wanted) in enumerate(cases) if got != wanted]
    print("\n".join(wrong) if wrong else "release lint: knows its shapes")
    return 1 if wrong else 0


def main() -> int:
    if sys.argv[1] == "--self-test":
        return self_test()
    wrong = problems(pathlib.Path(sys.argv[1]).resolve())
    print("\n".join(wrong) if wrong else "release: fine")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
