"""A case: masters that must be judged together (nearly always one), with their versions, relations
and assignments, as rows that are going to stand in the source."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Optional

from . import layout as layouts

MIGRATED = datetime(2025, 7, 25, 3, 10)
MISSING = 990_000_000  # no row has an id as great as this


def day(number):
    return MIGRATED + timedelta(days=number)


def when(time):
    return time.isoformat(" ") + "+00"


@dataclass(frozen=True)
class Kind:
    letter: str
    section: str
    word: str
    key: str
    fields: tuple
    master: str
    relation: str
    version: str
    assignment: str
    marked: str         # the field that ends with the version's mark
    first_summary: str

    def key_place(self):
        """Where the key stands among the master's columns."""
        return 10 if self.letter == "p" else 1


PATIENTS = Kind("p", "patients", "PATIENT", "CPF", layouts.PATIENT, "pacientes_paciente",
                "pacientes_paciente_usuarios", "pacientes_pacienteversion",
                "pacientes_pacienteusuarioversion", "cidade_paciente",
                "Cadastro inicial do paciente")
CLINICS = Kind("c", "clinics", "CLINIC", "CNES", layouts.CLINIC, "clinicas_clinica",
               "clinicas_clinicausuario", "clinicas_clinicaversion",
               "clinicas_clinicausuarioversion", "logradouro", "Cadastro inicial da clínica")
ONLY_MASTER = "(só do cadastro)"


@dataclass
class Master:
    id: int
    key: str
    values: dict
    mark: str


@dataclass
class Version:
    id: Optional[int]  # None: made from the master's values
    master: int
    number: int
    author: Optional[int]
    values: dict
    created: datetime
    summary: str = ""
    status: str = "active"
    mark: str = ""
    final: int = 0     # its number after the import, gaps kept


@dataclass
class Relation:
    id: int
    master: Optional[int]
    user: Optional[int]
    sound: bool = True
    assignments: list = field(default_factory=list)  # those that hold


@dataclass
class Assignment:
    id: int
    relation: int
    version: int
    at: datetime


class Case:
    """Collects rows; `marks` false leaves the values exactly as given."""

    def __init__(self, rows, kind):
        self.rows, self.kind = rows, kind
        self.versioned = layouts.has_versions(rows.layout)
        self.masters, self.versions, self.relations, self.assignments = [], [], [], []
        self.hints = []   # rows that need care but nothing to report: (table, id, reason)

    def marked(self, values, mark, wanted):
        """Every text tells whose it is, so that a byte of it is recognised wherever it turns up."""
        if not wanted:
            return dict(values)
        name = self.kind.marked
        return {**values, name: f"{values[name]} {mark}".strip()}

    def master(self, key, values, marks=True):
        id_ = self.rows.next_id(self.kind.master)
        mark = f"[{self.kind.letter}m{id_}]"
        self.masters.append(Master(id_, key, self.marked(values, mark, marks), mark))
        return self.masters[-1]

    def hidden_master(self, key, values, marks=True):
        """One whose own values nobody may ever be shown, where there are versions."""
        name = self.kind.fields[0]
        return self.master(key, {**values, name: f"{ONLY_MASTER} {values[name]}"[:100]}, marks)

    def version(self, master, number, author, values, created, summary=None, status="active",
                marks=True):
        """`master` and `author` may be ids that do not exist."""
        id_ = self.rows.next_id(self.kind.version)
        mark = f"[{self.kind.letter}v{id_}]"
        if summary is None:
            summary = f"{self.kind.first_summary if number == 1 else 'Atualização'} {mark}"
        master = master.id if isinstance(master, Master) else master
        self.versions.append(Version(id_, master, number, author, self.marked(values, mark, marks),
                                     created, summary, status, mark))
        return self.versions[-1]

    def relate(self, master, user, *versions, at=None):
        """A relation, with an assignment to each of the versions (or ids) given."""
        id_ = self.rows.next_id(self.kind.relation)
        master = master.id if isinstance(master, Master) else master
        self.relations.append(Relation(id_, master, user))
        for version in versions:
            self.assign(id_, version, at)
        return self.relations[-1]

    def assign(self, relation, version, at=None):
        if not self.versioned:
            return None
        id_ = self.rows.next_id(self.kind.assignment)
        relation = relation.id if isinstance(relation, Relation) else relation
        version = version.id if isinstance(version, Version) else version
        self.assignments.append(Assignment(id_, relation, version, at or day(1)))
        return self.assignments[-1]

    def hint(self, thing, reason):
        table = {Master: self.kind.master, Version: self.kind.version,
                 Assignment: self.kind.assignment}[type(thing)]
        self.hints.append((table, thing.id, reason))

    def simple(self, key, values, users, marks=True, created=None, author: Any = "first"):
        """A master whose one version all its users share; in the old layouts only the master."""
        if not self.versioned:
            master = self.master(key, values, marks)
            for user in users:
                self.relate(master, user)
            return master, None
        master = self.hidden_master(key, values, marks)
        if author == "first":
            author = users[0] if users else None
        version = self.version(master, 1, author, values, created or day(0), marks=marks)
        for user in users:
            self.relate(master, user, version)
        return master, version

    def put(self):
        """Writes the rows."""
        kind, put = self.kind, self.rows.put
        place = kind.key_place()
        for m in self.masters:
            values = list(m.values.values())
            put(kind.master, m.id, *values[:place], m.key, *values[place:])
        for r in self.relations:
            put(kind.relation, r.id, r.master, r.user)
        for v in self.versions:
            ends = (v.author, v.master) if kind is PATIENTS else (v.master, v.author)
            put(kind.version, v.id, *v.values.values(), when(v.created), v.number, v.summary,
                v.status, *ends)
        for a in self.assignments:
            put(kind.assignment, a.id, when(a.at), a.relation, a.version)
