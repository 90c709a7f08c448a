"""Data as the legacy application would have left it when all went well."""

from datetime import timedelta

from .case import CLINICS, PATIENTS, Case, day
from .dice import CITIES, Dice, dotted, with_check_digits

MIGRATION_SUMMARIES = {
    "p": "Versão inicial criada durante migração",
    "c": "Migração inicial - dados originais da clínica"}
PRIME, FACTOR = 999_999_937, 387_420_489


class Keys:
    """CPFs and CNES that never repeat."""

    def __init__(self, seed):
        self.cpf_number = Dice(seed, "keys").upto(10 ** 8)
        self.cnes_number = 0

    def cpf(self):
        while True:
            self.cpf_number += 1
            cpf = with_check_digits(f"{self.cpf_number * FACTOR % PRIME:09d}")
            if cpf != cpf[0] * 11:
                return cpf

    def cnes(self):
        while True:
            self.cnes_number += 1
            cnes = f"{2_000_000 + self.cnes_number * 7919 % 7_900_009:07d}"
            if cnes != cnes[0] * 7:
                return cnes


def length(dice, mean):
    """How many versions a record has: mostly few, sometimes many."""
    count = 1
    while count < 40 and dice.maybe(1 - 1 / mean):
        count += 1
    return count


def history(rows, dice, kind, key, values, team, edit, mean):
    """One master with the versions its team made; `edit(values, anew)` gives the next values."""
    case = Case(rows, kind)
    if not case.versioned:
        case.simple(key, values, team)
        return case
    master = case.master(key, values)
    time = day(0) + timedelta(seconds=dice.upto(900), microseconds=dice.upto(999_999))
    # At the old migration all users of that day were given version 1.
    migrated = dice.maybe(0.6)
    present = team[:dice.upto(len(team), 1)] if migrated else team[:1]
    author = None if migrated and kind is CLINICS else present[0]
    first = case.version(master, 1, author, values, time,
                         MIGRATION_SUMMARIES[kind.letter] if migrated else None)
    shown = {user: first for user in present}
    coming = [user for user in team if user not in shown]
    total = max(length(dice, mean), 1 + len(coming))
    for number in range(2, total + 1):
        time += timedelta(minutes=dice.upto(9000, 1))
        if coming and (len(coming) > total - number or dice.maybe(0.6)):
            user, start, anew = coming.pop(0), values, True
        else:
            user = dice.one_of(list(shown))
            start, anew = shown[user].values, False
        start = {**start, kind.marked: values[kind.marked]}
        shown[user] = case.version(master, number, user, edit(start, anew), time)
    for user, version in shown.items():
        case.relate(master, user, version, at=time)
    return case


class Regular:
    """The regular clinics, patients and processes of a database."""

    def __init__(self, database):
        self.db = database
        self.users, self.city, self.clinics_of = [], {}, {}

    def people(self):
        dice = Dice(self.db.options.seed, "people")
        for number in range(self.db.options.users):
            staff, secretary = number == 4, number % 25 == 7
            user = self.db.people.user(
                dice, "admin@exemplo.test" if staff else None, staff=staff, clinica=secretary,
                medico=not (staff or secretary), active=not (number > 2 and number % 17 == 12))
            if user.medico:
                self.db.people.doctor(dice, user)
            if not staff:
                self.users.append(user.id)

    def clinics(self):
        dice, count = Dice(self.db.options.seed, "clinics"), self.db.options.clinics
        teams = [[] for _ in range(count)]
        for place, user in enumerate(self.users):
            for number in sorted({place % count, dice.upto(count - 1)}):
                teams[number].append(user)
        for team in teams:
            team = team or [dice.one_of(self.users)]
            city = dice.one_of(CITIES)
            case = history(self.db.rows, dice, CLINICS, self.db.keys.cnes(), dice.clinic(city),
                           team, lambda values, anew: dice.clinic_edit(values, city),
                           self.db.options.mean_versions)
            clinic = case.masters[0].id
            self.city[clinic] = city
            for user in team:
                self.clinics_of.setdefault(user, []).append(clinic)
                if self.db.people.users[user].doctor:
                    self.db.processes.issuer(clinic, self.db.people.users[user].doctor)
            self.db.put(case)

    def patients(self, first, last):
        options = self.db.options
        for number in range(first, last):
            dice = Dice(options.seed, "patient", number)
            home = dice.one_of(self.users)
            team = [home]
            if dice.maybe(0.35):
                for user in dice.some(self.users, dice.upto(3, 1)):
                    if user not in team:
                        team.append(user)
            city = self.city[dice.one_of(self.clinics_of[home])]
            cpf = self.db.keys.cpf()
            case = history(self.db.rows, dice, PATIENTS, dotted(cpf) if dice.maybe(0.5) else cpf,
                           dice.patient(city), team,
                           lambda values, anew, d=dice, c=city: d.patient_edit(values, anew, c),
                           options.mean_versions)
            record = self.db.put(case)
            share = (number + 1) * options.processes // options.patients \
                - number * options.processes // options.patients
            self.process_rows(dice, case.masters[0].id, cpf, team, share, record)

    def process_rows(self, dice, patient, cpf, team, count, record):
        doctors = [u for u in team if self.db.people.users[u].doctor]
        pairs = [(u, d) for u in doctors for d in self.db.processes.diseases]
        for user, disease in dice.some(pairs, count):
            p = self.db.processes.add(dice, user, patient, dice.one_of(self.clinics_of[user]),
                                      disease)
            if record:
                self.db.processes.patients[patient] = record
                self.db.keep_process(p)
                del self.db.processes.patients[patient]
