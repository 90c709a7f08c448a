"""What came of an import, held against the expectation: pure functions, each of which raises
`Failed` with the first thing that is wrong. Messages name rows and keys of invented people only."""

import json
import re
from collections import Counter

from world import require

MARK = re.compile(rb"\[[pc][mv]\d+\]")
ONLY_MASTER = "(só do cadastro)".encode()
SECTIONS = {"patient": "patients", "clinic": "clinics"}
# Fields that the source never had: they stand empty beside those of the source.
LATER = {"patient": ("nome_social", "data_nascimento", "uf_paciente")}
KINDS = {**SECTIONS, "process": "processes", "doctor": "doctors"}
MASTERS = {"pacientes_paciente": "patients", "clinicas_clinica": "clinics",
           "pacientes_pacienteversion": "patients", "clinicas_clinicaversion": "clinics"}
REPORTED = ("flagged", "merged", "quarantined")
LEGACY = ("usuarios_usuario", "medicos_", "clinicas_", "pacientes_", "processos_")


def dense(numbers):
    """Legacy numbers may have gaps; here they are 1 to n in the same order."""
    return {number: place for place, number in enumerate(sorted(numbers), 1)}


class Numbers:
    """Dense numbers of each record of an expectation."""

    def __init__(self, truth):
        self.of, self.by_master = {}, {}
        for section, masters in truth["masters"].items():
            for key, entry in masters.items():
                self.of[section, key] = dense(entry["numbers"])
                for id_ in entry["ids"]:
                    self.by_master[section, id_] = self.of[section, key]


def shown_fields(values):
    """The legacy application did not tell an e-mail that is NULL from one that is empty."""
    return {name: "" if value is None else value for name, value in values.items()}


def laptop_views(data):
    """-> (kind, key) → the lines of an export."""
    views = {}
    for line in data.split(b"\n"):
        if line:
            version = json.loads(line)
            views.setdefault((version["kind"], version["key"]), []).append(version)
    return views


def shown(lines, name):
    """The version that the laptop shows: the active one; the newest draft where there is none."""
    active = [v for v in lines if v["active"]]
    require(len(active) <= 1, f"{name}: several versions are active")
    drafts = [v for v in lines if v["status"] == "draft"]
    require(active or drafts, f"{name}: there are versions, but none is shown")
    return (active or drafts[-1:])[0]


def check_laptop(email, expected, data, numbers, stored, masters_shown=False):
    """One user's laptop: for every record exactly the expected fields, or nothing. `numbers` None
    (after a rollback numbers may have moved): which version it is, only its fields tell. `masters_shown`: the layout
    has no versions, so that what is shown are the masters' values."""
    views = laptop_views(data)
    for kind, section in SECTIONS.items():
        for key, entry in expected[section].items():
            lines = views.pop((kind, key), None)
            name = f"{email}, {kind} {key}"
            if entry is None:
                require(lines is None, f"{name}: is shown, but must not be")
                continue
            require(lines is not None, f"{name}: is not shown")
            version = shown(lines, name)
            wanted = shown_fields(entry["values"])
            got = {f: v for f, v in version["fields"].items() if v or f not in LATER.get(kind, ())}
            if got != wanted:
                wrong = [f for f in wanted if version["fields"].get(f) != wanted[f]]
                raise_with = version["fields"].get(wrong[0]) if wrong else sorted(version["fields"])
                require(False, f"{name}: {wrong or 'fields'}: {raise_with!r}, "
                               f"expected {wanted.get(wrong[0]) if wrong else sorted(wanted)!r}")
            number = stored[version["version_id"]]
            if numbers is None:
                continue
            ranks = numbers.of[section, key]
            require(number == ranks[entry["number"]],
                    f"{name}: shows version {number}, expected {ranks[entry['number']]}")
            held = {stored[v["version_id"]] for v in lines}
            lacking = {ranks[n] for n in entry.get("siblings", ())} - held
            require(not lacking, f"{name}: the versions {lacking} of merged masters are not there")
    check_processes(email, expected, views)
    check_profiles(email, expected, views)
    require(not views, f"{email}: shows {sorted(views)[:3]}, which are not this user's")
    check_bytes(email, expected, data, masters_shown)


def check_processes(email, expected, views):
    """Of each key the user's newest process, of patients that are the user's."""
    newest = {}
    for id_, entry in expected.get("processes", {}).items():
        if entry["shown"]:
            newest[entry["key"]] = max(newest.get(entry["key"], (0, None)), (int(id_), entry),
                                       key=lambda one: one[0])
    for key, (id_, entry) in newest.items():
        name = f"{email}, process {id_}"
        lines = views.pop(("process", key), None)
        require(lines is not None, f"{name}: is not shown")
        fields = shown(lines, name)["fields"]
        got = {"anamnese": fields["anamnese"], "clinica": fields["clinica"],
               "codes": [row["codigo"] for row in fields["prescricao"]]}
        wrong = [part for part in got if got[part] != entry[part]]
        require(not wrong, f"{name}: {wrong} differ")


def check_profiles(email, expected, views):
    for key, wanted in expected.get("profiles", {}).items():
        lines = views.pop(("doctor", key), None)
        require(lines is not None, f"{email}: the profile {key} is not shown")
        fields = shown(lines, f"{email}, doctor {key}")["fields"]
        wrong = [name for name, value in wanted.items() if fields[name] != value]
        require(not wrong, f"{email}, doctor {key}: {wrong} differ")


def check_bytes(email, expected, data, masters_shown):
    """No byte of anybody else's: each text bears the mark of its version."""
    if "marks" in expected:
        allowed = {mark.encode() for mark in expected["marks"]}
        foreign = set(MARK.findall(data)) - allowed
        require(not foreign, f"{email}: the laptop holds texts of {sorted(foreign)[:5]}")
    require(masters_shown or ONLY_MASTER not in data, f"{email}: the laptop holds a text that only a master had")


def check_records(truth, rows):
    """`rows`: kind, key, number of every stored version. -> nothing; numbers are 1 to n."""
    found = {}
    for row in rows:
        found.setdefault((KINDS[row["kind"]], row["key"]), []).append(row["number"])
    for section, masters in truth["masters"].items():
        for key, entry in masters.items():
            got = sorted(found.pop((section, key), []))
            require(got == list(range(1, entry["versions"] + 1)),
                    f"{section} {key}: versions {got}, expected 1 to {entry['versions']}")
    require(not found, f"records that should not be there: {sorted(found)[:5]}")


def expected_items(truth, numbers):
    items = Counter()
    for item in truth["nasty"]:
        if item["outcome"] not in REPORTED:
            continue
        number = item.get("number")
        if number is not None:
            number = numbers.by_master[MASTERS[item["table"]], item["into"]][number]
        items[item["table"], item["id"], item["outcome"], item["reason"], item.get("into"),
              number] += 1
    return items


def check_report(truth, report, numbers):
    """Row by row: what is flagged, merged and quarantined, and that every row is accounted for."""
    got = Counter((i["table"], i["id"], i["outcome"], i["reason"], i.get("into"), i.get("number"))
                  for i in report["items"] if i["outcome"] in REPORTED)
    wanted = expected_items(truth, numbers)
    require(got == wanted, f"report: too many {sorted((got - wanted), key=str)[:6]}, "
                           f"missing {sorted((wanted - got), key=str)[:6]}")
    for outcome in REPORTED:
        totals, expected = report["outcomes"].get(outcome, {}), truth["report"].get(outcome, {})
        require(totals == expected, f"report: {outcome} counts {totals}, expected {expected}")
    for table, count in truth["rows"].items():
        if not table.startswith(LEGACY):
            continue
        told = report["source"]["rows"].get(table)
        require(told == count, f"report: {table} has {told} rows, expected {count}")
        sums = report["accounted"].get(table, {})
        require(sum(sums.values()) == count,
                f"report: {table}: {sums} do not add up to {count}")
    text = json.dumps(report, ensure_ascii=False)
    for word in ("@caso.test", "@exemplo.test", "nome_paciente", "(só do"):
        require(word not in text, f"report: holds {word}, which is somebody's data")


def same_report(one, other):
    """Reports are equal but for what tells one run from the other."""
    def bare(report):
        return {k: v for k, v in report.items()
                if k not in ("run", "dry_run", "started_at", "finished_at", "seconds")}

    a, b = bare(one), bare(other)
    wrong = [k for k in a.keys() | b.keys() if a.get(k) != b.get(k)]
    require(not wrong, f"the reports differ in {wrong}")
