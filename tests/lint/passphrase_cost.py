#!/usr/bin/env python3
"""Only programs of tests have cheap passphrases.

    passphrase_cost.py BIN TEST_BIN     reads the built programs of both folders
    passphrase_cost.py --self-test

Every program in BIN whose name starts with `autocusto` and that is installed must lack the mark of
shared/passphrase/cost_test.cpp, and its twin in TEST_BIN must have it: a mark that no program has
would prove nothing.
"""
import pathlib
import sys
import tempfile

MARK = b"autocusto: passphrases cost nothing in this test program"
PROGRAMS = ("autocusto", "autocusto-admin", "autocusto-import", "autocusto-server")


def wrong(real: pathlib.Path, test: pathlib.Path) -> list[str]:
    said = []
    for name in PROGRAMS:
        if (real / name).exists() and MARK in (real / name).read_bytes():
            said.append(f"{real / name} has cheap passphrases")
        if (test / name).exists() and MARK not in (test / name).read_bytes():
            said.append(f"{test / name} lacks the mark of cheap passphrases")
    if not any((real / name).exists() for name in PROGRAMS):
        said.append(f"{real} holds no program: build first")
    return said


def self_test() -> int:
    with tempfile.TemporaryDirectory() as folder:
        real, test = pathlib.Path(folder) / "real", pathlib.Path(folder) / "test"
        real.mkdir()
        test.mkdir()
        assert wrong(real, test), "an empty folder is not fine"
        (real / PROGRAMS[0]).write_bytes(b"\x7fELF")
        (test / PROGRAMS[0]).write_bytes(b"\x7fELF" + MARK)
        assert not wrong(real, test)
        (real / PROGRAMS[1]).write_bytes(b"\x7fELF" + MARK)
        (test / PROGRAMS[1]).write_bytes(b"\x7fELF")
        assert len(wrong(real, test)) == 2
    print("passphrase_cost: the self-test is fine")
    return 0


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    said = wrong(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    print("\n".join(said) if said else "passphrase_cost: fine")
    return 1 if said else 0


sys.exit(main())
