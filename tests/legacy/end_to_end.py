#!/usr/bin/env python3
"""The import with real programs: makes legacy databases, imports them, enrolls every user, syncs,
and holds every laptop against the expectation; then everything that may happen around it.

  end_to_end.py PROGRAMS [--layouts g3 …] [--seeds 1 …] [--databases sqlite postgres] [--forms nasty
                torn plain] [--stories …] [--generator FILE]

`plain` is data without difficult cases (integer ids), `nasty` with all that constraints permit,
`torn` without constraints in another schema than public. Stories are told by stories.py and
stories_use.py. Seeds and forms are printed, so that a failure can be repeated alone.
"""
import argparse
import sys
import time
import traceback

import stories
import stories_use
from everyone import whole
from world import GENERATOR, Stage

STORIES = {**stories.ALL, **stories_use.ALL}
# Options of any generator, and those of our own.
# What ctest runs: each layout once, each form; each story on both databases, in two entries.
QUICK = {"laptops": [("g0", "plain", "1", "sqlite"), ("g1", "torn", "2", "postgres"),
                     ("g2", "nasty", "3", "postgres"), ("g3", "torn", "4", "sqlite")],
         "stories": [(story, "postgres") for story in STORIES],
         "embedded": [(story, "sqlite") for story in STORIES]}
FORMS = {"plain": ((), ("--ids", "integer")),
         "nasty": (("--nasty", "1"), ()),
         "torn": (("--nasty", "1", "--no-constraints"), ("--schema", "legado", "--ids", "bigint"))}


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("programs", help="folder of the built programs")
    add("--layouts", nargs="*", default=["g0", "g1", "g2", "g3"])
    add("--seeds", nargs="*", default=["1"])
    add("--databases", nargs="*", default=["sqlite", "postgres"])
    add("--forms", nargs="*", default=["plain", "nasty", "torn"], choices=FORMS)
    add("--stories", nargs="*", default=[], choices=[*STORIES, "all"])
    add("--generator", default=GENERATOR)
    add("--patients", default="20")
    add("--quick", choices=QUICK, help="the choice that ctest runs")
    add("--everybody", action="store_true", help="enrolls also users to whom nothing comes")
    add("--keep-going", action="store_true", help="tells all failures, not only the first")
    return parser.parse_args()


def words_for(options, layout, form, seed):
    """The generator's options."""
    any_generator, own = FORMS[form]
    words = ["--layout", layout, "--seed", seed, *any_generator, "--patients", options.patients,
             "--processes", options.patients, "--users", "6", "--clinics", "4"]
    return words + list(own) if str(options.generator) == str(GENERATOR) else words


def plan(options):
    """-> (name, what to do with a stage) of everything that was asked for."""
    databases = [(layout, form, seed, database) for seed in options.seeds
                 for layout in options.layouts for form in options.forms
                 for database in options.databases]
    told = STORIES if "all" in options.stories else options.stories
    stories_told = [(story, database) for story in told for database in options.databases]
    if options.quick:
        databases = QUICK["laptops"] if options.quick == "laptops" else []
        stories_told = [] if options.quick == "laptops" else QUICK[options.quick]
    for layout, form, seed, database in databases:
        words = words_for(options, layout, form, seed)
        yield (f"{layout} {form} seed {seed} {database}",
               lambda stage, w=words, d=database: whole(stage, d, w, options.generator,
                                                        options.everybody))
    for story, database in stories_told:
        yield f"{story} {database}", lambda stage, s=story, d=database: STORIES[s](stage, d)


def main():
    options = parse()
    failed = 0
    with Stage(options.programs) as stage:
        for name, do in plan(options):
            start = time.monotonic()
            try:
                what = do(stage)
                print(f"ok   {name}  {time.monotonic() - start:.1f} s  {what}", flush=True)
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print(f"FAIL {name}\n{traceback.format_exc()}", flush=True)
                if not options.keep_going:
                    break
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
