"""Everybody's laptop after an import: accounts, links, enrolling, and the comparison of all of it."""

import concurrent.futures
import re

from compare import Numbers, check_laptop, check_records, check_report
from world import GENERATOR, ROOT, make_legacy, require

RECORDS = ("SELECT r.kind AS kind, r.natural_key AS key, v.number AS number, {hex v.id} AS id "
           "FROM version v JOIN record r ON r.pk = v.record")
ACCOUNTS = ("SELECT i.legacy_id AS legacy, {hex a.id} AS id, a.enabled AS enabled, a.role AS role, "
            "(SELECT count(*) FROM feed f WHERE f.owner = a.pk) AS items FROM import_user i JOIN app_user a ON a.pk = i.owner")


GUIDE = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`",
                       (ROOT / "docs/guides/import.md").read_text(encoding="utf-8")))


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
            require(not user["patients"] and not user["clinics"] and not user["profiles"],
                    f"{key}: has no laptop to see it")
            return None
        if not (everybody or user["patients"] or user["clinics"] or user["profiles"]):
            require(items[user["id"]] == 0, f"{key}: something came, but nothing should")
            return None
        laptop = laptops[key] if laptops else world.laptop(links[user["id"]])
        laptop.sync()
        check_laptop(key, user, laptop.export(), numbers, stored,
                     masters_shown=truth["options"]["layout"] in ("g0", "g1"))
        return laptop

    keys = [key for key in truth["users"] if not laptops or key in laptops]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return {key: laptop for key, laptop in zip(keys, pool.map(one, keys)) if laptop}


def check_kept(world, report):
    """Every row that was deferred or quarantined can be read, and none that came in."""
    for table, counts in report["accounted"].items():
        deferred, quarantined = counts.get("deferred", 0), counts.get("quarantined", 0)
        words = ("show", str(report["run"]), "--rows", table)
        flagged = {item["id"] for item in report["items"]
                   if item["table"] == table and item["outcome"] == "flagged"}
        shown = world.importer(*words, exits=(0, 4) if flagged else (0,) if deferred + quarantined
                               else (4,))
        rows = shown.get("items", [])
        require(len({row["id"] for row in rows}) == shown.get("count", 0) == len(rows),
                f"{table}: a row is shown twice, or not counted")
        for row in rows:
            require(row["row"].get("id", row["id"]) == row["id"],
                    f"{table} {row['id']}: another row is shown")
        outcomes = {row["id"] for row in rows if row["outcome"] == "quarantined"}
        told = {item["id"] for item in report["items"]
                if item["table"] == table and item["outcome"] == "quarantined"}
        require(outcomes == told and len(told) == quarantined,
                f"{table}: not the {quarantined} quarantined rows are shown")
        # What is flagged is kept where something of it could not be imported.
        others = {row["id"] for row in rows} - outcomes
        require(deferred <= len(others) and len(others - flagged) <= deferred,
                f"{table}: not the {deferred} deferred rows are shown")


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
        untold = {item["reason"] for item in report["items"]} - GUIDE
        require(not untold, f"the guide does not tell what {untold} mean")
        check_kept(world, report)
        check_store(world, truth)
        laptops = check_laptops(world, truth, numbers, everybody=everybody)
        require(sum(1 for _ in laptops) > 0, "nobody was enrolled")
        return f"{len(laptops)} laptops"
    finally:
        world.remove()
