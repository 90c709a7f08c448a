"""Work that goes on after an import: records with odd numbers and odd values are as usable as any
other, and what is typed on both sides is lost on neither."""

import json

import everyone as e2e
from compare import laptop_views, shown
from stories import SMALL, Imported, edit
from world import require

EDITS = {"patient": ("idade", "141 e meio"), "clinic": ("telefone_clinica", "(81) 3333-4444"),
         "doctor": ("telefone", "(81) 3333-4444"), "process": ("situacao_motivo", "revisto")}


def laptop_of(it, email):
    account = e2e.accounts(it.world)[it.truth["users"][email]["id"]]
    laptop = it.world.laptop(it.world.admin("enrollment", "new", account["id"])["enrollment_link"])
    laptop.sync()
    return laptop


def usable(stage, database):
    """Every imported record of a doctor is edited, also those that no form would take today."""
    with Imported(stage, database, "--layout", "g3", "--nasty", "--no-constraints", *SMALL) as it:
        it.run()
        laptop = laptop_of(it, "a.0@caso.test")
        before = laptop_views(laptop.export())
        for kind, (name, value) in EDITS.items():
            path = stage.folder / "edits.jsonl"
            keys = [key for k, key in before if k == kind]
            path.write_text("".join(json.dumps({"key": key, "fields": {name: value}}) + "\n"
                                    for key in keys), encoding="utf-8")
            laptop(kind, "save", "--from", path)
        done = laptop.sync()
        require(done["refused"] == 0 and done["accepted"] == len(before),
                f"of {len(before)} edits {done['accepted']} were accepted: {done}")
        after = laptop_views(laptop.export())
        for (kind, key), lines in after.items():
            now, old = (shown(x, key) for x in (lines, before[kind, key]))
            name, value = EDITS[kind]
            require(now["fields"] == {**old["fields"], name: value}, f"{key}: other fields changed")
        odd = [key for kind, key in before if kind == "patient" and "#" in key]
        require(len(odd) >= 5, f"only {len(odd)} records have an odd key")
        for key in odd:
            digits = key.split("#")[0]
            if not digits:
                continue
            found = [item["key"] for item in laptop("patient", "search", digits)["items"]]
            require(key in found, f"a search does not find {key}")
        it.world.server("verify")
        return f"{len(before)} records edited, {len(odd)} of them under odd keys"


def both_sides(stage, database):
    """The same patient is edited here and then there; a further run loses neither."""
    with Imported(stage, database, "--layout", "g3", *SMALL) as it:
        it.run()
        links = e2e.links_for_all(it.world, it.truth)
        laptops = {}
        for key, user in it.truth["users"].items():
            if user["active"] and user["id"] in links:
                laptops[key] = it.world.laptop(links[user["id"]])
                laptops[key].sync()
        before = it.truth["users"]
        was = {key: dict(user["patients"]) for key, user in before.items()}
        edit(it)
        email, patient = next((key, p) for key, user in before.items() for p in user["patients"]
                              if p in was[key] and user["patients"][p] != was[key][p])
        laptop = laptops[email]
        laptop("patient", "save", patient, "--set", "idade=66")
        laptop.sync()
        it.run()
        laptop.sync()
        lines = laptop_views(laptop.export())["patient", patient]
        heads = [v["fields"] for v in lines if v["head"]]
        require(any(f["idade"] == "66" for f in heads), "the edit made here is no head any more")
        require(any(v["fields"]["peso"] == "88,5" for v in lines), "the legacy edit did not come in")
        it.world.server("verify")
        return f"{len(heads)} heads"


ALL = {"usable": usable, "both_sides": both_sides}
