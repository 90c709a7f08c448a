#!/usr/bin/env python3
"""The size and tidiness of the house: no source file over 500 lines, `#pragma once` in each header,
`.hpp`/`.cpp` only, no `using namespace` in headers, no tab or trailing blank, no sleeping in tests,
and signatures of objects in one place."""

import pathlib
import re
import sys

LIMIT = 500
SIGN = re.compile(r"\b(crypto::(sign|verify)|purpose_message)\(")
SIGNERS = ("shared/crypto/", "shared/wire/sign.cpp", "tests/")
SLEEP = re.compile(r"\b(sleep_for|usleep|nanosleep)\s*\(")


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    wrong = []
    for top in ("shared", "server", "client", "tools", "tests"):
        for path in sorted((root / top).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix in (".h", ".cc", ".cxx", ".hh"):
                wrong.append(f"{name}: sources end in .hpp and .cpp")
            if path.suffix not in (".hpp", ".cpp", ".py", ".sql"):
                continue
            lines = path.read_text().splitlines()
            if len(lines) > LIMIT:
                wrong.append(f"{name}: {len(lines)} lines, the limit is {LIMIT}")
            if path.suffix == ".hpp" and "#pragma once" not in lines:
                wrong.append(f"{name}: no #pragma once")
            for number, line in enumerate(lines, 1):
                if path.suffix == ".hpp" and line.strip().startswith("using namespace"):
                    wrong.append(f"{name}:{number}: using namespace in a header")
                if "\t" in line or line != line.rstrip():
                    wrong.append(f"{name}:{number}: a tab or a trailing blank")
                if path.suffix != ".py" and SIGN.search(line) and not name.startswith(SIGNERS):
                    wrong.append(f"{name}:{number}: objects are signed and checked by shared/wire/sign.hpp")
                if top == "tests" and path.suffix == ".cpp" and SLEEP.search(line):
                    wrong.append(f"{name}:{number}: a test sleeps; poll with a deadline")
    print("\n".join(wrong) if wrong else "house: fine")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
