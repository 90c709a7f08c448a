#!/usr/bin/env python3
"""How fast a legacy database comes in, how much memory the importer needs, and beside it the raw
limit: PostgreSQL's own COPY of exactly the rows that the import made, into the same tables with the
same indexes. Prints JSON; progress goes to stderr.

  import_bench.py PROGRAMS [--patients 100000] [--mean-versions 5] [--database postgres|sqlite]

The private PostgreSQL does not flush to disk (as for all benchmarks of the import and of COPY alike).
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "legacy"))
from world import ENVIRONMENT, GENERATOR, Cluster, Failed, Stage, run  # pylint: disable=C0413

# All that grows with the data; the few rows of accounts and heads of feeds are left out.
COPIED = ("record", "version", "version_payload", "version_parent", "view", "feed",
          "import_version", "import_row")


def say(text):
    print(text, file=sys.stderr, flush=True)


def make_source(stage, options):
    """Streams the generator's script into psql; -> the URL of the database."""
    url = stage.cluster.create("legado")
    words = [sys.executable, GENERATOR, "--layout", "g3", "--patients", options.patients,
             "--mean-versions", options.mean_versions, "--users", options.users, "--clinics", options.clinics,
             "--processes", options.patients // 2]
    made = subprocess.Popen([str(w) for w in words], stdout=subprocess.PIPE)
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url], stdin=made.stdout,
                   check=True)
    if made.wait() != 0:
        raise Failed("the generator failed")
    return url


def measured(words):
    """Runs a program; -> wall seconds, CPU seconds, peak memory in KiB."""
    start = time.monotonic()
    child = subprocess.Popen([str(w) for w in words], env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise Failed(f"{words[1]} ended with {child.returncode}")
    return time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss


def count(world, table):
    return world.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"]


def raw_limit(stage, world):
    """COPY of what the import made, out of its tables and into fresh ones; -> seconds of the way in."""
    fresh = stage.world("postgres")
    seconds, size = 0.0, 0
    try:
        for table in COPIED:
            path = stage.folder / "rows.copy"
            run(["psql", "-X", "-q", "-d", world.url, "-c",
                 f"\\copy {table} TO '{path}' WITH (FORMAT binary)"])
            size += path.stat().st_size
            start = time.monotonic()
            run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", fresh.url, "-c",
                 f"\\copy {table} FROM '{path}' WITH (FORMAT binary)"])
            seconds += time.monotonic() - start
            path.unlink()
    finally:
        fresh.remove()
    return seconds, size


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs")
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument("--mean-versions", type=float, default=5)
    parser.add_argument("--users", type=int, default=400)
    parser.add_argument("--clinics", type=int, default=200)
    parser.add_argument("--database", choices=("postgres", "sqlite"), default="postgres")
    options = parser.parse_args()
    with Stage(options.programs) as stage:
        say("making the legacy database …")
        source = make_source(stage, options)
        world = stage.world(options.database)
        try:
            say("importing …")
            words = world.import_words("run", "--from", source, "--report",
                                       stage.folder / "report.json")
            seconds, cpu, memory = measured(words)
            versions = count(world, "version")
            told = {"patients": options.patients, "database": options.database,
                    "versions": versions, "records": count(world, "record"),
                    "views": count(world, "view"),
                    "import": {"seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2),
                               "versions_per_s": round(versions / seconds),
                               "peak_kib": memory}}
            say(json.dumps(told["import"]) + "\nrunning it again …")
            again, _, peak = measured(words)
            told["second_run"] = {"seconds": round(again, 2), "peak_kib": peak}
            if count(world, "version") != versions:
                raise Failed("the second run has made versions")
            if options.database == "postgres":
                say("the raw limit …")
                raw, size = raw_limit(stage, world)
                told["copy"] = {"seconds": round(raw, 2), "versions_per_s": round(versions / raw),
                                "bytes": size}
                told["share_of_copy"] = round(raw / seconds, 2)
            say("taking it back …")
            measured(world.import_words("rollback", "2"))  # the newest first; it brought nothing
            back, _, peak = measured(world.import_words("rollback", "1"))
            told["rollback"] = {"seconds": round(back, 2), "peak_kib": peak}
            if count(world, "version") != 0:
                raise Failed("the rollback has left versions")
            print(json.dumps(told, indent=1))
        finally:
            world.remove()


if __name__ == "__main__":
    main()
