#!/usr/bin/env python3
"""Whatever a doctor may read has a Portuguese text.

Every text given to `tr`, and every whole sentence of an error that the laptop's own code can raise,
must stand in client/cli/po/pt_BR.po. A sentence with the number of a limit inside is found by its
pattern with {limit}."""

import pathlib
import re
import subprocess
import sys

TEXTS = ["client/cli"]
ERRORS = ["client/cli", "client/pdf", "client/print", "client/replica", "client/engine", "client/sync", "client/web", "shared/cli",
          "shared/passphrase"]
ERROR_FILES = ["shared/wire/link.cpp", "shared/domain/keys.cpp", "shared/domain/text.cpp", "shared/domain/validate.cpp"]
# The protocol's own sentences: a bug of one side, met by no doctor who could act on them; the general
# sentence of their code leads in front of them.
EXEMPT = re.compile(r"receipt does not answer|push names a version|answer cannot be read|name of a setting"
                    r"|A push carries|\bmember\b")


def extracted(root, files, keyword):
    out = subprocess.run(["xgettext", "--from-code=UTF-8", "-C", f"--keyword={keyword}", "--no-wrap",
                          "-o", "-", *files], cwd=root, capture_output=True, text=True, check=True).stdout
    return messages(out)


def messages(po):
    found = []
    for block in re.findall(r'^msgid (".*"(?:\n".*")*)', po, flags=re.M):
        text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', block))
        if text:
            found.append(text)
    return found


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    known = set(messages((root / "client/cli/po/pt_BR.po").read_text()))
    patterns = [re.compile(re.escape(m).replace(re.escape("{limit}"), r"\d+") + r"\Z")
                for m in known if "{limit}" in m]

    def sources(folders):
        return [p.relative_to(root).as_posix() for f in folders for p in sorted((root / f).rglob("*.cpp"))]

    wrong = [f"no Portuguese for: {m}" for m in extracted(root, sources(TEXTS), "tr") if m not in known]
    for m in extracted(root, sources(ERRORS) + ERROR_FILES, "fail:2"):
        whole = m[0].isupper() and m.endswith(".") and " " in m
        if whole and m not in known and not EXEMPT.search(m) and not any(p.match(m) for p in patterns):
            wrong.append(f"no Portuguese for the error: {m}")
    print("\n".join(wrong) if wrong else f"texts: fine ({len(known)} translated)")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
