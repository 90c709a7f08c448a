#!/usr/bin/env python3
"""Every reason code of the importer stands in the guide, and the guide has no code that is not one.

Codes are texts of capitals in tools/import, such as "MISSING_USER". Some are put together from a
beginning or an ending and the name of a kind: "NULL_USER_AND_" + "PATIENT", "CLINIC" + "_QUARANTINED".

  import_reasons.py ROOT | --self-test
"""

import pathlib
import re
import sys

LITERAL = re.compile(r'"(_?[A-Z]+(?:_[A-Z]+)*_?)"')
IN_GUIDE = re.compile(r"`([A-Z]+(?:_[A-Z]+)+)`")
WORDS = {"": {"PATIENT", "CLINIC"}, "DUPLICATE_": {"CPF", "CNES"}}
OTHERS = {"AUTOCUSTO_PASSPHRASE", "LC_ALL"}


def codes(text):
    found = set()
    for literal in LITERAL.findall(text):
        if literal in OTHERS or "_" not in literal:
            continue
        names = WORDS.get(literal, WORDS[""])
        if literal.endswith("_"):
            found |= {literal + name for name in names}
        elif literal.startswith("_"):
            found |= {name + literal for name in names}
        else:
            found.add(literal)
    return found


def problems(source, guide):
    made, told = codes(source), set(IN_GUIDE.findall(guide))
    return ([f"docs/guides/import.md lacks `{code}`" for code in sorted(made - told)]
            + [f"no such reason in tools/import: `{code}`" for code in sorted(told - made)])


def self_test():
    source = 'say("MISSING_USER"); reason("NULL_USER_AND_"); name("_QUARANTINED"); key("CPF"); "DUPLICATE_"'
    whole = ("`MISSING_USER` `NULL_USER_AND_PATIENT` `NULL_USER_AND_CLINIC` `PATIENT_QUARANTINED` "
             "`CLINIC_QUARANTINED` `DUPLICATE_CPF` `DUPLICATE_CNES`")
    assert problems(source, whole) == [], problems(source, whole)
    assert problems(source, whole.replace("MISSING_USER", "x"))
    assert problems(source, whole + " `NO_SUCH`")
    return 0


def main():
    if sys.argv[1] == "--self-test":
        return self_test()
    root = pathlib.Path(sys.argv[1])
    source = "\n".join(p.read_text() for p in sorted((root / "tools/import").rglob("*.[ch]pp")))
    if not source:
        print("import_reasons: there is no importer here")
        return 0
    wrong = problems(source, (root / "docs/guides/import.md").read_text())
    print("\n".join(wrong) if wrong else "import_reasons: fine")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
