#!/usr/bin/env python3
"""Filter of Doxyfile: prints a header whose opening `//` block is marked as the documentation of the file.

The number of lines stays the same, so that warnings name the right line."""

import sys


def filtered(lines):
    opening = False
    for line in lines:
        if line.strip() == "#pragma once":
            opening = True
            yield "/// @file"
        elif opening and line.startswith("//") and not line.startswith("///"):
            yield "///" + line[2:]
        else:
            opening = opening and not line.strip()
            yield line


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        print("\n".join(filtered(source.read().splitlines())))
