"""The whole database and what an import has to make of it."""

import json

from . import nasty_keys, nasty_people, nasty_processes, nasty_texts, nasty_versions
from .case import PATIENTS
from .people import People
from .processes import Processes
from .regular import Keys, Regular
from .dice import Dice
from .rows import TO_JSON, Pieces, Rows
from .rulings import Judgement, Report


class Database:
    def __init__(self, options):
        self.options = options
        self.rows, self.report, self.keys = Rows(options.layout), Report(), Keys(options.seed)
        self.people = People(self.rows, self.report)
        self.processes = Processes(self.rows, self.people, self.report)
        self.expecting = options.expect is not None
        self.pieces = Pieces()
        self.regular = Regular(self)

    def put(self, case, unusual=False):
        """Writes a case; -> the record of its first master, if it was judged."""
        case.put()
        remembered = unusual or case.kind is not PATIENTS  # processes may name it
        if not self.expecting and not remembered:
            return None
        judged = Judgement(case, self.people.users, self.report)
        if remembered:
            known = self.processes.patients if case.kind is PATIENTS else self.processes.clinics
            known.update(judged.of_master)
        if self.expecting:
            for record in judged.records:
                self.keep(case, record)
        return judged.of_master.get(case.masters[0].id) if case.masters else None

    def keep(self, case, record):
        section = case.kind.section
        for user, version in record.seen.items():
            entry = None
            if version is not None:
                entry = {"number": version.final, "legacy_version": version.id,
                         "values": version.values}
                if record.siblings[user]:
                    entry["siblings"] = sorted(record.siblings[user])
            self.pieces.keep((section, user), f"{TO_JSON(record.key)}: {TO_JSON(entry)}")
            if record.allowed[user]:
                self.pieces.keep(("marks", user), TO_JSON(sorted(record.allowed[user]))[1:-1])
        entry = {"ids": [m.id for m in record.masters], "versions": len(record.versions),
                 "numbers": sorted(v.final for v in record.versions),
                 "users": len(record.relations)}
        if record.from_master:
            entry["made_from_master"] = True
        moved = {str(v.id): v.final for v in record.versions
                 if v.id is not None and v.final != v.number}
        if moved:
            entry["renumbered"] = moved
        self.pieces.keep(section, f"{TO_JSON(record.key)}: {TO_JSON(entry)}")

    def keep_process(self, p):
        if self.expecting:
            self.pieces.keep(("processes", p.user),
                             f'"{p.id}": {TO_JSON(self.processes.expected(p))}')

    def make(self):
        options = self.options
        self.processes.catalogue(Dice(options.seed, "catalogue"))
        self.regular.people()
        casts = [nasty_people.add(self, copy) for copy in range(options.nasty)]
        self.regular.clinics()
        for cast in casts:
            nasty_keys.clinics(self, cast)
        half = options.patients // 2
        self.regular.patients(0, half)
        for cast in casts:
            nasty_keys.patients(self, cast)
            nasty_texts.add(self, cast)
            if options.layout in ("g2", "g3"):
                nasty_versions.add(self, cast)
            nasty_processes.add(self, cast)
        self.regular.patients(half, options.patients)
        for p in self.processes.judge():
            self.keep_process(p)
        self.processes.judge_issuers()
        self.people.judge()
        self.people.put(Dice(options.seed, "accounts"))
        self.framework()

    def framework(self):
        last = {"g0": 2, "g1": 3, "g2": 5, "g3": 5}[self.options.layout]
        for number in range(1, last + 1):
            self.rows.add("django_migrations", "pacientes", f"{number:04d}_inventada",
                          "2025-07-25 03:10:00+00")
        if self.options.layout != "g0":
            for user in list(self.people.users)[:5]:
                self.rows.add("analytics_user_activity_log", "login", "2025-08-01 12:00:00+00",
                              "192.0.2.1", user)

    # ---- the expectation
    def expectation(self, out):
        def block(name, indent):
            for number, text in enumerate(self.pieces.read(name)):
                out.write(("," if number else "") + "\n" + indent + text)

        o = self.options
        out.write('{"format": 1,\n"options": ')
        out.write(json.dumps({"layout": o.layout, "users": o.users, "clinics": o.clinics,
                              "patients": o.patients, "processes": o.processes, "seed": o.seed,
                              "nasty": o.nasty, "constraints": o.constraints,
                              "schema": o.schema}))
        out.write(',\n"rows": ' + json.dumps(self.rows.counts()) + ',\n"users": {')
        for number, (key, user) in enumerate(self.people.keys()):
            out.write(("," if number else "") + f"\n {TO_JSON(key)}: ")
            out.write('{"id": %d, "active": %s, "doctors": %s' % (
                user.id, json.dumps(user.active), json.dumps(user.doctors)))
            for section in ("patients", "clinics", "processes"):
                out.write(f',\n  "{section}": {{')
                block((section, user.id), "   ")
                out.write("}")
            out.write(',\n  "profiles": ' + TO_JSON(self.people.profiles_of(user)))
            out.write(',\n  "marks": [')
            block(("marks", user.id), "   ")
            out.write("]}")
        out.write('},\n"masters": {')
        for number, section in enumerate(("patients", "clinics")):
            out.write(("," if number else "") + f'\n "{section}": {{')
            block(section, "  ")
            out.write("}")
        linked = {key: ([d.id for d in doctors], {user for _, d, user in self.people.links if d in
                                                 [one.id for one in doctors] and
                                                 user in self.people.users})
                  for key, doctors in self.people.profiles.items()}
        for section, records in (("processes", self.processes.records), ("doctors", linked)):
            out.write(f',\n "{section}": ' + TO_JSON(
                {key: {"ids": ids, "versions": len(ids), "numbers": list(range(1, len(ids) + 1)),
                       "users": len(users)} for key, (ids, users) in records.items()}))
        out.write('},\n"report": ' + json.dumps(self.report.totals()) + ',\n"nasty": [')
        for number, item in enumerate(self.report.sorted()):
            out.write(("," if number else "") + "\n " + json.dumps(item))
        out.write("]}\n")
