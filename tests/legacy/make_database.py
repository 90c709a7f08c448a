#!/usr/bin/env python3
"""Prints a psql script that makes an invented legacy AutoCusto database (PostgreSQL 15), and writes
what an import of it has to give. The same options and seed give the same bytes.

  createdb legado
  make_database.py --layout g3 --nasty --seed 7 --expect truth.json > legado.sql
  psql -X -q -v ON_ERROR_STOP=1 -d legado -f legado.sql
"""
import argparse
import sys

from legacydb.database import Database
from legacydb.layout import LAYOUTS


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--layout", choices=LAYOUTS, default="g3", help="generation of the tables (g3)")
    add("--seed", default="1", help="any text")
    add("--users", type=int, default=12, help="regular users (12)")
    add("--clinics", type=int, default=8, help="regular clinics (8)")
    add("--patients", type=int, default=60, help="regular patients (60)")
    add("--processes", type=int, default=60, help="regular processes (60)")
    add("--mean-versions", type=float, default=2.5, help="versions of a record, on average (2.5)")
    add("--nasty", type=int, nargs="?", const=1, default=0, metavar="COPIES",
        help="adds every difficult case that the constraints of the layout permit")
    add("--no-constraints", dest="constraints", action="store_false",
        help="no UNIQUE, no FOREIGN KEY, like a partial dump; --nasty adds orphans and duplicates")
    add("--schema", default="public", help="the schema that holds the tables (public)")
    add("--ids", choices=("integer", "bigint"), help="width of ids (g0 integer, else bigint)")
    add("--expect", metavar="FILE", help="where what an import has to give is written, as JSON")
    options = parser.parse_args(arguments)
    if options.users < 1 or options.clinics < 1 or options.mean_versions < 1 or '"' in options.schema:
        parser.error("there must be users and clinics, and a version of each record")
    options.ids = options.ids or ("integer" if options.layout == "g0" else "bigint")
    return options


def main():
    options = parse()
    database = Database(options)
    database.make()
    database.rows.script(sys.stdout.buffer, options.schema, options.ids, options.constraints)
    sys.stdout.buffer.flush()
    if options.expect:
        with open(options.expect, "w", encoding="utf-8", newline="\n") as out:
            database.expectation(out)


if __name__ == "__main__":
    main()
