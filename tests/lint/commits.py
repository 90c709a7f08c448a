#!/usr/bin/env python3
"""Commit messages have the form of CONTRIBUTING.md.

    commits.py ROOT            checks the commits of ROOT that are newer than BASE
    commits.py --message FILE  checks one message (tools/hooks/commit-msg)
    commits.py --self-test     shows the lint good and bad messages and repositories

Sources without a repository, and clones that do not reach back to BASE, cannot be checked: the lint says so and ends
with status 77, which CTest shows as skipped. Merge commits are not checked: git writes their subjects."""

import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile

BASE = "e8a83134c18d30816989c8615a41c80bf883bc84"  # older subjects are longer
LIMIT = 72
SKIPPED = 77


def problems(message: str) -> list:
    lines = message.rstrip("\n").split("\n")
    subject = lines[0]
    found = []
    if not subject.strip():
        return ["the subject is empty"]
    if len(subject) > LIMIT:
        found.append(f"the subject has {len(subject)} characters, the limit is {LIMIT}")
    if subject != subject.strip():
        found.append("the subject begins or ends with a blank")
    if not subject.strip()[0].isupper():
        found.append("the subject does not begin with a capital letter")
    if subject.rstrip().endswith("."):
        found.append("the subject ends with a full stop")
    if len(lines) > 1 and lines[1].strip():
        found.append("the second line is not blank")
    return found


def typed(text: str) -> str:
    """The message as git will keep it: without comments, and without what `git commit -v` shows."""
    kept = []
    for line in text.splitlines():
        if line.startswith("# ") and ">8" in line:
            break
        if not line.startswith("#"):
            kept.append(line)
    return "\n".join(kept).strip("\n")


def check_message(path: str) -> int:
    message = typed(pathlib.Path(path).read_text(encoding="utf-8"))
    subject = message.split("\n")[0]
    if subject.startswith(("fixup! ", "squash! ", "amend! ", "Merge ", "Revert ")) or not subject:
        return 0  # git's own; the first three are gone after a rebase
    found = problems(message)
    for problem in found:
        print(f"commit message: {problem} (CONTRIBUTING.md, Commits)", file=sys.stderr)
    return 1 if found else 0


def git(root: pathlib.Path, *arguments: str):
    return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True)


def check_history(root: pathlib.Path, base: str) -> int:
    def skip(why: str) -> int:
        print(f"commits: skipped, {why}")
        return SKIPPED

    if not (root / ".git").exists():
        return skip("these sources have no repository")
    try:
        if git(root, "cat-file", "-e", f"{base}^{{commit}}").returncode != 0:
            return skip(f"this clone does not reach back to {base[:10]}")
    except FileNotFoundError:
        return skip("git is not installed")
    log = git(root, "log", "--no-merges", "--format=%H%x00%B%x01", f"{base}..HEAD")
    if log.returncode != 0:
        print(f"commits: {log.stderr.strip()}")
        return 1
    wrong, count = [], 0
    for entry in log.stdout.split("\x01"):
        commit, zero, message = entry.strip("\n").partition("\0")
        if zero:
            count += 1
            wrong += [f"{commit[:10]}: {problem}" for problem in problems(message)]
    print("\n".join(wrong) if wrong else f"commits: fine ({count})")
    return 1 if wrong else 0


def self_test() -> int:
    good = ["Keep the lock while a page is written", "A" * LIMIT, "Add it\n\nBecause it was missing.\n", "É dito"]
    bad = ["", "a" * 10, "A" * (LIMIT + 1), "Add it.", "Add it\nat once", " Add it", "add it"]
    wrong = [f"taken: {m!r}" for m in bad if not problems(m)] + [f"refused: {m!r}" for m in good if problems(m)]
    if typed("Add it\n\n# Please enter\n# ---- >8 ----\ndiff") != "Add it":
        wrong.append("comments of git are taken for text")
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        root = pathlib.Path(folder)
        if check_history(root, BASE) != SKIPPED:
            wrong.append("a folder without a repository is not skipped")
        git(root, "init", "-q")
        commit = ["-c", "user.name=lint", "-c", "user.email=lint@localhost", "-c", "core.hooksPath=/dev/null",
                  "commit", "-q", "--allow-empty", "-m"]
        git(root, *commit, "Begin")
        base = git(root, "rev-parse", "HEAD").stdout.strip()
        if check_history(root, BASE) != SKIPPED:
            wrong.append("a clone that does not reach back to the base is not skipped")
        git(root, *commit, "Go on")
        if check_history(root, base) != 0:
            wrong.append("a good history is refused")
        git(root, *commit, "goes on.")
        if check_history(root, base) != 1:
            wrong.append("a bad history is taken")
    print("\n".join(wrong) if wrong else "commit lint: knows its shapes")
    return 1 if wrong else 0


def main() -> int:
    if sys.argv[1] == "--self-test":
        return self_test()
    if sys.argv[1] == "--message":
        return check_message(sys.argv[2])
    return check_history(pathlib.Path(sys.argv[1]).resolve(), BASE)


if __name__ == "__main__":
    sys.exit(main())
