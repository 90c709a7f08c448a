#!/usr/bin/env python3
"""Runs the benchmark of the import with two small sizes and checks that it tells every figure, and
that the importer's memory (as the kernel counts it) is within its limit and does not follow the
size; how quick anything is does not matter here.

  import_smoke.py PROGRAMS
"""
import json
import pathlib
import subprocess
import sys

BENCH = pathlib.Path(__file__).resolve().parent / "import_bench.py"
LIMIT_KIB = 150 * 1024
# Thirty times the data: what may grow is a report's items and a few lists of ids.
GROWTH_KIB = 64 * 1024
FIGURES = ["patients", "versions", "records", "views", "import/seconds", "import/cpu_seconds",
           "import/versions_per_s", "import/peak_kib", "second_run/seconds", "second_run/peak_kib",
           "rollback/seconds", "rollback/peak_kib", "copy/seconds", "copy/versions_per_s",
           "copy/bytes", "share_of_copy"]


def bench(programs, patients):
    done = subprocess.run(
        [sys.executable, str(BENCH), programs, "--patients", str(patients), "--users", "8",
         "--clinics", "5"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"the benchmark ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)


def value(figures, path):
    for name in path.split("/"):
        figures = figures.get(name) if isinstance(figures, dict) else None
    return figures


def main():
    small, large = bench(sys.argv[1], 100), bench(sys.argv[1], 3000)
    wrong = [path for path in FIGURES if not (value(large, path) or 0) > 0]
    if wrong:
        sys.exit("missing or not greater than zero: " + ", ".join(wrong))
    peak, before = large["import"]["peak_kib"], small["import"]["peak_kib"]
    if peak > LIMIT_KIB or peak - before > GROWTH_KIB:
        sys.exit(f"the importer needs {peak} KiB, and {before} KiB for a thirtieth of the data")


if __name__ == "__main__":
    main()
