#!/usr/bin/env python3
"""The import with real programs: makes legacy databases, imports them, enrolls every user, syncs,
and holds every laptop against the expectation; then everything that may happen around it.

  end_to_end.py PROGRAMS [--layouts g3 …] [--seeds 1 …] [--databases sqlite postgres] [--forms nasty
                torn plain] [--stories …] [--generator FILE]

`plain` is data without difficult cases, `nasty` with all that constraints permit, `torn` without
constraints in another schema than public. Stories are told by stories.py. Seeds and forms are
printed, so that a failure can be repeated alone.
"""
import argparse
import concurrent.futures
import sys
import time
import traceback

import stories
from compare import Numbers, check_laptop, check_records, check_report
from world import GENERATOR, Stage, make_legacy, require

FORMS = {"plain": (), "nasty": ("--nasty", "1"),
         "torn": ("--nasty", "1", "--no-constraints", "--schema", "legado")}
RECORDS = ("SELECT r.kind AS kind, r.natural_key AS key, v.number AS number, {hex v.id} AS id "
           "FROM version v JOIN record r ON r.pk = v.record")
ACCOUNTS = ("SELECT i.legacy_id AS legacy, {hex a.id} AS id, a.enabled AS enabled, a.role AS role, "
            "(SELECT count(*) FROM feed f WHERE f.owner = a.pk) AS items FROM import_user i JOIN app_user a ON a.pk = i.owner")


def uuid_text(digits):
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def accounts(world):
    """Legacy id of each user → its account here."""
    return {row["legacy"]: {**row, "id": uuid_text(row["id"])} for row in world.rows(ACCOUNTS)}


def links_for_all(world, truth):
    """A link for every user that can have a laptop, by legacy id; checks who gets one."""
    by_legacy = accounts(world)
    known = {user["id"] for user in truth["users"].values()}
    require(set(by_legacy) == known, f"accounts {set(by_legacy) ^ known} are too many or missing")
    for key, user in truth["users"].items():
        require(bool(by_legacy[user["id"]]["enabled"]) == user["active"], f"{key}: enabled or not?")
    made = world.admin("enrollment", "new", "--all-pending")
    links = {item["id"]: item["enrollment_link"] for item in made["items"]}
    active = {by_legacy[user["id"]]["id"] for user in truth["users"].values() if user["active"]}
    require(set(links) == active, "--all-pending does not give a link to exactly the enabled users")
    again = world.admin("enrollment", "new", "--all-pending")
    require(again["count"] == 0, "--all-pending gives a second link to somebody")
    for user in truth["users"].values():
        account = by_legacy[user["id"]]
        if not user["active"]:  # what a disabled user would see must be right, too
            world.admin("user", "enable", account["id"])
            links[account["id"]] = world.admin("enrollment", "new", account["id"])[
                "enrollment_link"]
    return {legacy: links[account["id"]] for legacy, account in by_legacy.items()
            if account["role"] == 0}


def check_laptops(world, truth, numbers, laptops=None, everybody=False):
    """Enrolls every user (or takes those laptops), syncs, compares; -> the laptops by e-mail. Of
    users to whom nothing at all comes, the feed is looked at instead, unless `everybody`."""
    stored = {row["id"]: row["number"] for row in world.rows(RECORDS)}
    links = links_for_all(world, truth) if laptops is None else {}
    items = {legacy: account["items"] for legacy, account in accounts(world).items()}

    def one(key):
        user = truth["users"][key]
        if laptops is None and user["id"] not in links:
            require(not user["patients"] and not user["clinics"], f"{key}: has no laptop to see it")
            return None
        if not (everybody or user["patients"] or user["clinics"]):
            require(items[user["id"]] == 0, f"{key}: something came, but nothing should")
            return None
        laptop = laptops[key] if laptops else world.laptop(links[user["id"]])
        laptop.sync()
        check_laptop(key, user, laptop.export(), numbers, stored)
        return laptop

    keys = [key for key in truth["users"] if not laptops or key in laptops]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return {key: laptop for key, laptop in zip(keys, pool.map(one, keys)) if laptop}


def check_store(world, truth):
    check_records(truth, world.rows(RECORDS))
    world.server("verify")


def whole(stage, database, options, generator=GENERATOR, everybody=False):
    """One database, imported and looked at from every laptop."""
    source, truth = make_legacy(stage.cluster, stage.folder, *options, generator=generator)
    world = stage.world(database)
    try:
        world.start()
        report = world.import_from(source)
        numbers = Numbers(truth)
        check_report(truth, report, numbers)
        check_store(world, truth)
        laptops = check_laptops(world, truth, numbers, everybody=everybody)
        require(sum(1 for _ in laptops) > 0, "nobody was enrolled")
        return f"{len(laptops)} laptops"
    finally:
        world.remove()


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("programs", help="folder of the built programs")
    add("--layouts", nargs="*", default=["g0", "g1", "g2", "g3"])
    add("--seeds", nargs="*", default=["1"])
    add("--databases", nargs="*", default=["sqlite", "postgres"])
    add("--forms", nargs="*", default=["plain", "nasty", "torn"], choices=FORMS)
    add("--stories", nargs="*", default=[], choices=[*stories.ALL, "all"])
    add("--generator", default=GENERATOR)
    add("--patients", default="20")
    add("--everybody", action="store_true", help="enrolls also users to whom nothing comes")
    add("--keep-going", action="store_true", help="tells all failures, not only the first")
    return parser.parse_args()


def main():
    options = parse()
    failed = 0
    with Stage(options.programs) as stage:
        def attempt(name, do):
            nonlocal failed
            start = time.monotonic()
            try:
                what = do()
                print(f"ok   {name}  {time.monotonic() - start:.1f} s  {what}", flush=True)
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print(f"FAIL {name}\n{traceback.format_exc()}", flush=True)
                if not options.keep_going:
                    sys.exit(1)

        for seed in options.seeds:
            for layout in options.layouts:
                for form in options.forms:
                    words = ["--layout", layout, "--seed", seed, *FORMS[form],
                             "--patients", options.patients, "--processes", options.patients,
                             "--users", "6", "--clinics", "4"]
                    if str(options.generator) != str(GENERATOR):
                        words = [w for w in words if w not in ("--schema", "legado")]
                    for database in options.databases:
                        attempt(f"{layout} {form} seed {seed} {database}",
                                lambda w=words, d=database: whole(
                                    stage, d, w, options.generator, options.everybody))
        for story in stories.ALL if "all" in options.stories else options.stories:
            for database in options.databases:
                attempt(f"{story} {database}", lambda s=story, d=database: stories.ALL[s](stage, d))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
