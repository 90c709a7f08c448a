#!/usr/bin/env python3
"""Programs print through shared/cli alone, which cleans other people's texts.

No program writes to stdout or stderr by C functions, and each `main` holds the guard that cleans
std::cout and std::cerr."""

import pathlib
import re
import sys

ROOTS = ["shared", "client", "server", "tools"]
# The server's log is lines of JSON for machines; it has its own writer. The synthetic records are nobody's text.
EXEMPT = ("shared/cli/", "server/api/event_log.cpp", "tools/synthetic/")
WRITES = re.compile(r"\b(?:std::)?(?:fwrite|fputs|fprintf|puts|printf|putchar)\s*\([^;]*?(?:stdout|stderr)|"
                    r"\bstd::(?:puts|printf|putchar)\s*\(|\bfmt::print\s*\(|\bwrite\s*\(\s*STD(?:OUT|ERR)_FILENO", re.S)


def findings(name: str, text: str):
    code = re.sub(r"//[^\n]*", "", text)
    if not name.startswith(EXEMPT):
        for match in WRITES.finditer(code):
            line = code.count("\n", 0, match.start()) + 1
            yield f"{name}:{line}: prints past shared/cli/output.hpp"
    if re.search(r"\bint main\s*\(", code) and "clean_streams" not in code and not name.startswith(EXEMPT):
        yield f"{name}: main holds no cli::clean_streams"


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        bad = ["void f() { std::fwrite(a, 1, n, stdout); }", "void f() { fputs(x.c_str(),\n stderr); }",
               "void f() { std::puts(x); }", "int main() { return 0; }"]
        good = ["void f() { std::fwrite(a, 1, n, file); }", "int main() { cli::clean_streams clean(false); }",
                "// std::fputs(x, stderr)\n"]
        wrong = [b for b in bad if not list(findings("client/x.cpp", b))]
        wrong += [g for g in good if list(findings("client/x.cpp", g))]
        print("printing: " + ("self-test fails: " + repr(wrong) if wrong else "self-test is fine"))
        return 1 if wrong else 0
    root = pathlib.Path(sys.argv[1])
    wrong = [line for folder in ROOTS for path in sorted((root / folder).rglob("*.cpp"))
             if "node_modules" not in path.parts
             for line in findings(path.relative_to(root).as_posix(), path.read_text())]
    print("\n".join(wrong) if wrong else "printing: fine")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
