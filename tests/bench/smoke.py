#!/usr/bin/env python3
"""Runs the benchmark of the whole system with tiny sizes and checks that it tells every figure, all
of them greater than zero, on both databases; how quick anything is does not matter here.

  smoke.py PATH_OF_SYSTEM_BENCH
"""
import json
import subprocess
import sys

FIGURES = [
    "first_sync_versions_per_s/best", "first_sync_versions_per_s/median",
    "push_versions_per_s/best", "push_versions_per_s/median",
    "save_versions_per_s/best", "save_versions_per_s/median",
    "no_change_ms/best", "no_change_ms/median", "ten_changes_ms/best", "ten_changes_ms/median",
    "memory/server_peak_kib", "memory/server_resident_kib", "memory/laptop_push_peak_kib",
    "memory/laptop_first_sync_peak_kib", "memory/laptop_first_sync_resident_kib",
    "cpu_us_per_version/push_laptop/best", "cpu_us_per_version/push_server/best",
    "cpu_us_per_version/first_sync_laptop/best", "cpu_us_per_version/first_sync_server/best",
    "single_pushes/clients", "single_pushes/requests", "single_pushes/requests_per_s",
    "single_pushes/p50_ms", "single_pushes/p99_ms",
    "grown/versions", "grown/server_peak_kib", "grown/server_resident_kib",
    "grown/first_sync_versions_per_s",
    "raw/versions_per_s", "raw/ten_rows_ms", "raw/one_row_ms",
]


def value(figures, path):
    for name in path.split("/"):
        figures = figures.get(name) if isinstance(figures, dict) else None
    return figures


def check_watching(program):
    """The same with waiting laptops and silent connections: all are there, and none of the first ends."""
    done = subprocess.run([program, "--watching", "3", "--silent", "5", "--clients", "2", "--seconds", "0.3",
                           "--database", "embedded"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"the benchmark ended with {done.returncode}:\n{done.stderr}")
    told = json.loads(done.stdout)["databases"]["embedded"]["watched_pushes"]
    parts = ("alone", "beside_watchers", "silent_ones_come", "silent_ones_there")
    wrong = [part for part in parts if not told[part]["requests"] > 0]
    more = told["silent_ones_there"]["server_open_files"] - told["alone"]["server_open_files"]
    return wrong + ([] if (told["silent_opened"], told["watchers_ended"]) == (5, 0) and more >= 8 else [str(told)])


def main():
    done = subprocess.run(
        [sys.argv[1], "--versions", "30", "--rounds", "2", "--repeats", "2", "--clients", "2",
         "--seconds", "0.3", "--grow-to", "150"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"the benchmark ended with {done.returncode}:\n{done.stderr}")
    told = json.loads(done.stdout)
    wrong = [f"{database}/{path}" for database in ("embedded", "postgresql") for path in FIGURES
             if not (value(told["databases"].get(database), path) or 0) > 0]
    payload = told["record_bytes"]["payload"]
    if not 600 <= payload <= 1000:
        wrong.append(f"record_bytes/payload (a record has {payload} bytes)")
    rows = [line for line in done.stderr.splitlines() if line.startswith("| ")]
    if len(rows) < 16:
        wrong.append(f"the table (it has {len(rows)} lines)")
    wrong += check_watching(sys.argv[1])
    if wrong:
        sys.exit("missing or not greater than zero: " + ", ".join(wrong))


if __name__ == "__main__":
    main()
