"""What an import has to make of a case. Written from the rulings in README.md, without a look at
how the importer does it."""

import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from .case import CLINICS, PATIENTS, Version, day
from .dice import is_cpf

STATUSES = ("draft", "active", "archived")


class Report:
    """Rows that have to be named in the import's report."""

    def __init__(self):
        self.items = []

    def add(self, table, id_, outcome, reason, **more):
        self.items.append({"table": table, "id": id_, "outcome": outcome, "reason": reason, **more})

    def flag(self, table, id_, reason):
        self.add(table, id_, "flagged", reason)

    def sorted(self):
        return sorted(self.items,
                      key=lambda i: (i["table"], i["id"], i["outcome"], i["reason"]))

    def totals(self):
        out = {}
        for (outcome, reason), count in sorted(Counter(
                (i["outcome"], i["reason"]) for i in self.items).items()):
            out.setdefault(outcome, {})[reason] = count
        return out


def read_key(kind, text):
    """-> digits, and what is wrong with them (None: they may be merged)."""
    digits = "".join(c for c in text if c in "0123456789")
    if kind is CLINICS:
        if len(text) != 7 or len(digits) != 7:
            return digits, "CNES_INVALID"
        return digits, "CNES_PLACEHOLDER" if digits == digits[0] * 7 else None
    if any(unicodedata.category(c).startswith("L") for c in text):
        return digits, "CPF_LETTERS"
    if digits == "":
        return digits, "CPF_EMPTY"
    if len(digits) != 11:
        return digits, "CPF_LENGTH"
    if digits == digits[0] * 11:
        return digits, "CPF_REPEATED"
    return digits, None if is_cpf(digits) else "CPF_CHECK_DIGITS"


@dataclass
class Record:
    """What one or more masters become."""
    key: str
    masters: list = field(default_factory=list)
    versions: list = field(default_factory=list)   # in their final order
    relations: dict = field(default_factory=dict)  # user -> rows, lowest id first
    seen: dict = field(default_factory=dict)       # user -> version or None
    siblings: dict = field(default_factory=dict)   # user -> final numbers
    allowed: dict = field(default_factory=dict)    # user -> marks that may reach the user's laptop
    from_master: bool = False

    def merged(self):
        return len(self.masters) > 1


class Judgement:
    def __init__(self, case, users, report):
        self.case, self.kind, self.users, self.report = case, case.kind, users, report
        self.records, self.of_master = [], {}
        self.versions = {v.id: v for v in case.versions}
        self.relations = {r.id: r for r in case.relations}
        self.group()
        self.judge_relations()
        self.judge_versions()
        self.judge_assignments()
        for record in self.records:
            self.number(record)
            self.show(record)
        for table, id_, reason in case.hints:
            report.add(table, id_, "imported", reason)

    def group(self):
        by_key = {}
        for master in sorted(self.case.masters, key=lambda m: m.id):
            digits, wrong = read_key(self.kind, master.key)
            if wrong:
                self.report.flag(self.kind.master, master.id, wrong)
                record = Record(f"{digits}#{master.id}")
            else:
                record = by_key.setdefault(digits, Record(digits))
            if record.masters:
                self.report.add(self.kind.master, master.id, "merged", f"DUPLICATE_{self.kind.key}",
                                into=record.masters[0].id)
            else:
                self.records.append(record)
            record.masters.append(master)
            self.of_master[master.id] = record

    def judge_relations(self):
        word = self.kind.word
        for row in sorted(self.case.relations, key=lambda r: r.id):
            ends = [f"NULL_{name}" for name, end in (("USER", row.user), (word, row.master))
                    if end is None]
            wrong = None
            if len(ends) == 2:
                wrong = f"NULL_USER_AND_{word}"
            elif ends:
                wrong = ends[0]
            elif row.user not in self.users:
                wrong = "MISSING_USER"
            elif row.master not in self.of_master:
                wrong = f"MISSING_{word}"
            row.sound = wrong is None
            if wrong:
                self.report.add(self.kind.relation, row.id, "quarantined", wrong)
            else:
                self.of_master[row.master].relations.setdefault(row.user, []).append(row)

    def judge_versions(self):
        for v in self.case.versions:
            record = self.of_master.get(v.master)
            if record is None:
                self.report.add(self.kind.version, v.id, "quarantined",
                                f"MISSING_{self.kind.word}")
                continue
            record.versions.append(v)
            if v.status not in STATUSES:
                self.report.flag(self.kind.version, v.id, "STATUS_UNKNOWN")
            if v.author is not None and v.author not in record.relations:
                known = v.author in self.users
                self.report.flag(self.kind.version, v.id,
                                 "AUTHOR_NOT_RELATED" if known else "AUTHOR_MISSING")
            self.judge_values(self.kind.version, v.id, v.values)

    def judge_values(self, table, id_, values):
        if self.kind is PATIENTS and values["incapaz"] and not values["nome_responsavel"].strip():
            self.report.flag(table, id_, "INCAPAZ_WITHOUT_GUARDIAN")

    def judge_assignments(self):
        for a in self.case.assignments:
            relation, version = self.relations.get(a.relation), self.versions.get(a.version)
            if relation is None:
                wrong = "MISSING_RELATION"
            elif not relation.sound:
                wrong = "RELATION_QUARANTINED"
            elif version is None:
                wrong = "MISSING_VERSION"
            elif self.of_master.get(version.master) is not self.of_master[relation.master]:
                wrong = "ASSIGNMENT_OTHER_MASTER"
            else:
                relation.assignments.append(a)
                continue
            self.report.add(self.kind.assignment, a.id, "quarantined", wrong)

    def number(self, record):
        """Gives all versions their final numbers; a master without any gets one."""
        by_master = {m.id: [] for m in record.masters}
        for v in record.versions:
            by_master[v.master].append(v)
        record.versions = []
        for place, master in enumerate(record.masters):
            own = sorted(by_master[master.id], key=lambda v: (v.number, v.created, v.id))
            if not own:
                own = [self.made_from(record, master)]
            self.judge_numbers(own)
            numbers = [v.number for v in own]
            keeps = place == 0 and numbers[0] >= 1 and len(set(numbers)) == len(numbers)
            for v in own:
                last = record.versions[-1].final if record.versions else 0
                v.final = v.number if keeps else last + 1
                record.versions.append(v)
                if place > 0 and v.id is not None:
                    self.report.add(self.kind.version, v.id, "merged", "VERSION_MOVED",
                                    into=record.masters[0].id, number=v.final)

    def made_from(self, record, master):
        record.from_master = True
        if self.case.versioned:
            self.report.flag(self.kind.master, master.id, "MASTER_WITHOUT_VERSION")
        self.judge_values(self.kind.master, master.id, master.values)
        return Version(None, master.id, 1, None, master.values, day(-2000), mark=master.mark)

    def judge_numbers(self, own):
        before = None
        for v in own:
            if v.number < 1:
                self.report.flag(self.kind.version, v.id, "VERSION_NUMBER_INVALID")
            elif v.number == before:
                self.report.flag(self.kind.version, v.id, "VERSION_NUMBER_DUPLICATE")
            before = v.number

    def show(self, record):
        if not record.relations:
            self.report.flag(self.kind.master, record.masters[0].id, "MASTER_WITHOUT_USERS")
        for user, rows in record.relations.items():
            for row in rows[1:]:
                self.report.add(self.kind.relation, row.id, "merged", "DUPLICATE_RELATION",
                                into=rows[0].id)
            if self.case.versioned:
                self.show_assigned(record, user, rows)
            else:
                self.show_masters(record, user, rows)

    def show_masters(self, record, user, rows):
        mine = [v for v in record.versions if v.master in {r.master for r in rows}]
        record.seen[user] = max(mine, key=lambda v: v.master)
        record.siblings[user] = [v.final for v in mine if v is not record.seen[user]]
        record.allowed[user] = {v.mark for v in mine}

    def show_assigned(self, record, user, rows):
        def newest_last(v):
            return (v.author == user, v.created if record.merged() else 0, v.final)

        pairs = [(self.versions[a.version], a) for row in rows for a in row.assignments]
        own = [v for v in record.versions if v.author == user]
        record.allowed[user] = {v.mark for v in own} | {v.mark for v, _ in pairs}
        record.siblings[user] = []
        if not pairs:
            record.seen[user] = max(own, key=newest_last, default=None)
            self.report.flag(self.kind.relation, rows[0].id, "ASSIGNMENT_MISSING_OWN_NEWEST"
                             if own else "ASSIGNMENT_MISSING_NOTHING_VISIBLE")
            return
        best, winner = max(pairs, key=lambda p: (newest_last(p[0]), -p[1].id))
        record.seen[user] = best
        for v, a in pairs:
            if a is winner:
                continue
            self.report.add(self.kind.assignment, a.id, "merged", "DUPLICATE_ASSIGNMENT",
                            into=winner.id)
            if v.master != best.master and v.final not in record.siblings[user]:
                record.siblings[user].append(v.final)
