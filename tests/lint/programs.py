#!/usr/bin/env python3
"""Reads built programs and fails when one lacks a protection, or names a folder of the build machine.

Looked at, with readelf: position-independent code, read-only relocations, binding at start, a stack that cannot
be executed, no segment that is writable and executable, calls of the stack protector and of fortified functions,
the notes for control-flow enforcement (CET), and the options that the compiler recorded for every source in the
debug information. With the build's list of commands: _FORTIFY_SOURCE=3 for every source of the product.

A program gets the note for indirect branch tracking (IBT) only when each of its objects has it. The start files
of Debian 12's C library do not, so there the program's own objects are looked at instead.

  programs.py ROOT BUILD PROGRAM... | --self-test
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

COMPILED_WITH = ("-fstack-protector-strong", "-fstack-clash-protection", "-ftrivial-auto-var-init=zero",
                 "-fcf-protection=full")
PRODUCT = ("shared/", "server/", "client/", "tools/")


def readelf(*arguments):
    return subprocess.run(["readelf", "--wide", *map(str, arguments)], check=True, capture_output=True,
                          text=True, errors="replace").stdout


def cet_of(path):
    found = re.search(r"x86 feature: ([A-Z, ]+)", readelf("--notes", path))
    return set(found.group(1).replace(" ", "").split(",")) if found else set()


def segments(program):
    wrong = []
    loads = re.findall(r"^\s+(LOAD|GNU_RELRO|GNU_STACK)\s+0x\S+ 0x\S+ 0x\S+ 0x\S+ 0x\S+ ([R ][W ][E ])",
                       readelf("--segments", program), re.M)
    kinds = {kind for kind, _ in loads}
    if "GNU_RELRO" not in kinds:
        wrong.append("relocations stay writable (-z relro)")
    if "GNU_STACK" not in kinds or any(kind == "GNU_STACK" and "E" in flags for kind, flags in loads):
        wrong.append("the stack can be executed (-z noexecstack)")
    if any(kind == "LOAD" and "W" in flags and "E" in flags for kind, flags in loads):
        wrong.append("a segment is writable and executable")
    return wrong


def strings_of(data):
    return [s.decode("ascii") for s in re.findall(rb"GNU C(?:\+\+)?[0-9]* [0-9.]+ [\x20-\x7e]+", data)]


def problems(program, folders, start_files_track_branches):
    wrong = segments(program)
    dynamic = readelf("--dynamic", program)
    if "Type:" not in (header := readelf("--file-header", program)) or "DYN" not in header or "PIE" not in dynamic:
        wrong.append("it is not position-independent (-pie)")
    if not re.search(r"FLAGS_1.*\bNOW\b", dynamic):
        wrong.append("symbols are bound late (-z now)")
    symbols = readelf("--dyn-syms", program)
    if "__stack_chk_fail" not in symbols:
        wrong.append("the stack is not protected (-fstack-protector-strong)")
    if not re.search(r"__(?!stack_chk_fail)\w+_chk\b", symbols):
        wrong.append("no function is fortified (_FORTIFY_SOURCE)")
    wanted = {"SHSTK", "IBT"} if start_files_track_branches else {"SHSTK"}
    wrong += [f"the note {note} is missing (-fcf-protection, -z shstk)" for note in sorted(wanted - cet_of(program))]
    data = pathlib.Path(program).read_bytes()
    compiled = strings_of(data)
    if not compiled:
        wrong.append("no compiler options are recorded (build with -g1)")
    for option in COMPILED_WITH:
        # What GCC records is the short form where the long one is its default.
        short = {"-fcf-protection=full": "-fcf-protection"}.get(option, option)
        if any(option not in line and not re.search(short + r"(?![\w=])", line) for line in compiled):
            wrong.append(f"a source is compiled without {option}")
    wrong += [f"it names the folder {folder} of the build machine" for folder in folders
              if re.search(re.escape(str(folder).encode()) + rb"(?![\w.-])", data)]
    return wrong


def objects(build):
    """The product's own objects, each of which must be fit for both parts of CET."""
    wrong = []
    for part in PRODUCT:
        for path in sorted((build / part).rglob("*.o")):
            lacks = {"IBT", "SHSTK"} - cet_of(path)
            wrong += [f"{path.relative_to(build)}: the note {note} is missing" for note in sorted(lacks)]
    return wrong


def commands(root, build):
    wrong = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = entry["file"]
        name = source.removeprefix(f"{build}/").removeprefix(f"{root}/")
        if name.startswith(PRODUCT) and "-D_FORTIFY_SOURCE=3" not in entry["command"]:
            wrong.append(f"{name} is compiled without _FORTIFY_SOURCE=3")
    return wrong


def start_files_track_branches():
    path = subprocess.run(["gcc", "-print-file-name=Scrt1.o"], check=True, capture_output=True, text=True).stdout.strip()
    return "IBT" in cet_of(path)


SAMPLE = """#include <cstdio>
#include <cstring>
int main(int argc, char** argv) {
  char text[64];
  std::memcpy(text, argv[0], static_cast<unsigned>(argc));
  std::snprintf(text, sizeof text, "%s", argv[argc - 1]);
  return std::puts(text);
}
"""
GOOD = ["-O2", "-g1", "-D_FORTIFY_SOURCE=3", *COMPILED_WITH, "-fPIE", "-pie",
        "-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,shstk", "-Wl,-z,noexecstack"]


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "sample.cpp"
        source.write_text(SAMPLE)
        program = pathlib.Path(folder) / "sample"

        def build(without=(), more=()):
            options = [o for o in GOOD if o not in without]
            subprocess.run(["g++", str(source), "-o", str(program), f"-ffile-prefix-map={folder}=.", *options, *more],
                           check=True)
            return problems(program, [folder], False)

        assert build() == [], build()
        for without, more, word in [
                (["-fPIE", "-pie"], ["-fno-pie", "-no-pie"], "-pie"),
                (["-Wl,-z,relro"], ["-Wl,-z,norelro"], "relro"),
                (["-Wl,-z,now"], ["-Wl,-z,lazy"], "-z now"),
                (["-Wl,-z,noexecstack"], ["-Wl,-z,execstack"], "noexecstack"),
                (["-fstack-protector-strong"], ["-fno-stack-protector"], "fstack-protector"),
                (["-D_FORTIFY_SOURCE=3"], [], "FORTIFY"),
                (["-Wl,-z,shstk"], [], "SHSTK"),
                (["-fstack-clash-protection"], ["-fno-stack-clash-protection"], "stack-clash"),
                (["-ftrivial-auto-var-init=zero"], [], "auto-var-init"),
                (["-fcf-protection=full"], ["-fcf-protection=none"], "cf-protection=full"),
                (["-g1"], [], "recorded"),
                ([], [f"-ffile-prefix-map={folder}={folder}"], "folder")]:
            found = build(without, more)
            assert any(word in line for line in found), (word, found)
    return 0


def main():
    if sys.argv[1] == "--self-test":
        return self_test()
    root, build = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    tracked = start_files_track_branches()
    wrong = commands(root, build) + objects(build)
    for program in sys.argv[3:]:
        wrong += [f"{pathlib.Path(program).name}: {line}" for line in problems(program, [root, build], tracked)]
    print("\n".join(wrong) if wrong else "programs: fine")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
