#!/usr/bin/env python3
"""Coroutine shapes that GCC 12 miscompiles must not stand in the code.

On one statement, `co_await` (or `co_spawn`) together with a capturing lambda, a braced temporary as an
argument, or a conditional between temporaries gives a use after free or a double free
(GCC bugs 107288, 95599). The cure is to name every argument first, then to await.
`--self-test` shows the lint each forbidden shape and some allowed ones.
"""

import pathlib
import re
import sys

FORBIDDEN = [
    ("a lambda with captures", re.compile(r"\bco_await\b.*\[[^\]\[]+\]\s*(\(|\{)")),
    ("a lambda with captures", re.compile(r"\bco_spawn\s*\(.*\[[^\]\[]+\]\s*(\([^)]*\))?\s*(mutable\s*)?(->[^{]+)?\{")),
    ("a braced list as an argument", re.compile(r"\bco_await\b.*[(,]\s*\{")),
    ("a braced temporary", re.compile(r"\bco_await\b.*[(,]\s*[A-Za-z_][\w:<>]*\s*\{")),
    ("an await inside a braced initialiser", re.compile(r"[A-Za-z_>]\s*\{[^}]*=\s*co_await\b")),
    ("a conditional between arguments", re.compile(r"\bco_await\b[^?]*\([^?]*\?[^:]*:")),
]

SELF_TEST = [
    (True, "co_await with([s = std::move(s)] { return s; });"),
    (True, "co_spawn(ex, [s = std::move(x)]() -> awaitable<void> { co_return; }, detached);"),
    (True, "co_await f({.a = 1});"),
    (True, "co_await f(options{.a = 1});"),
    (True, "options o{.c = co_await f()};"),
    (True, "co_await f(c ? one() : two());"),
    (True, "co_await h({s, s});"),
    (False, "auto [ec, n] = co_await http::async_read(stream, buffer, parser, token);"),
    (False, "co_spawn(ex, run(session), detached);"),
    (False, "if (co_await ready()) co_return;"),
    (False, "co_await timer.async_wait(as_tuple(use_awaitable));"),
]


def strip(text: str) -> str:
    """Removes comments and the contents of string literals; keeps line breaks."""
    def keep_lines(match):
        return "\n" * match.group(0).count("\n")
    text = re.sub(r"/\*.*?\*/", keep_lines, text, flags=re.S)
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', text)


def begins_block(text: str, start: int, at: int) -> bool:
    """A brace bounds a statement unless it belongs to an initialiser or an awaited expression."""
    return "co_" not in text[start:at] and not text[at + 1:].lstrip()[:1] == "."


def statements(text: str):
    """(line, statement) for each run of text up to a semicolon at bracket depth 0."""
    depth, start, line, begin = 0, 0, 1, 1
    for at, char in enumerate(text):
        if char == "\n":
            line += 1
        elif char in "([":
            depth += 1
        elif char in ")]":
            depth = max(0, depth - 1)
        elif depth == 0 and (char == ";" or char in "{}" and begins_block(text, start, at)):
            yield begin, " ".join(text[start:at + 1].split())
            start, begin = at + 1, line


def findings(text: str):
    for line, statement in statements(strip(text)):
        if "co_await" in statement or "co_spawn" in statement:
            for what, pattern in FORBIDDEN:
                if pattern.search(statement):
                    yield line, what
                    break


def main() -> int:
    if sys.argv[1] == "--self-test":
        wrong = [code for bad, code in SELF_TEST if bool(list(findings(code))) != bad]
        print("\n".join(f"judged wrongly: {code}" for code in wrong) or "coroutine lint: knows its shapes")
        return 1 if wrong else 0
    root = pathlib.Path(sys.argv[1])
    wrong = []
    for top in ("shared", "server", "client", "tools", "tests"):
        for path in sorted((root / top).rglob("*.[ch]pp")):
            for line, what in findings(path.read_text()):
                wrong.append(f"{path.relative_to(root)}:{line}: co_await with {what}; name it first, then await")
    print("\n".join(wrong) if wrong else "coroutines: fine")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
