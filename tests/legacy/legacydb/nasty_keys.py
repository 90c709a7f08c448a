"""Difficult keys and relations: spellings of one number, numbers that are none, rows without ends,
rows twice, masters without users or versions."""

from .case import CLINICS, MISSING, PATIENTS, Case, day
from .dice import CITIES, Dice, dotted, is_cpf


class Maker:
    """Cases of one kind: what the modules of difficult cases share."""

    def __init__(self, db, kind, cast, topic):
        self.db, self.kind, self.cast = db, kind, cast
        self.dice = Dice(db.options.seed, topic, kind.letter, cast.copy)
        self.a, self.b, self.c, self.d, self.e, self.f = cast.doctors[:6]

    def case(self):
        return Case(self.db.rows, self.kind)

    def key(self):
        return self.db.keys.cpf() if self.kind is PATIENTS else self.db.keys.cnes()

    def values(self, note="", **over):
        city = self.dice.one_of(CITIES)
        if self.kind is CLINICS:
            values = self.dice.clinic(city)
        else:
            values = self.dice.patient(city)
            values["incapaz"], values["nome_responsavel"] = False, ""
        name = self.kind.fields[0]
        values[name] = f"{values[name]} {note}".strip()
        assert set(over) <= set(values)
        values.update(over)
        return values

    def put(self, case):
        if self.kind is CLINICS:
            for master in case.masters:
                self.db.regular.city[master.id] = CITIES[0]
        self.db.put(case, unusual=True)
        return case

    def simple(self, users, key=None, values=None, marks=True, hint=None, **more):
        case = self.case()
        master, version = case.simple(self.key() if key is None else key,
                                      self.values() if values is None else values, users, marks,
                                      **more)
        if hint:
            case.hint(version or master, hint)
        self.put(case)
        return master.id

    def same_key(self, *spellings_and_users):
        """Several masters with one key, to be judged together; one day apart each."""
        case = self.case()
        made = [case.simple(key, self.values(), users, created=day(3 * number))
                for number, (key, users) in enumerate(spellings_and_users)]
        return case, made

    def lonely(self):
        """Masters without users, without versions, without both."""
        self.simple([])
        case = self.case()
        master = case.hidden_master(self.key(), self.values())
        case.relate(master, self.a)
        case.relate(master, self.b)
        self.put(case)
        case = self.case()
        case.hidden_master(self.key(), self.values())
        self.put(case)


def clinics(db, cast):
    make = Maker(db, CLINICS, cast, "nasty keys")
    a, b, c, d = make.a, make.b, make.c, make.d
    cast.clinic = make.simple([a, b, c, d, cast.two_doctors])
    cast.clinic_of_a = make.simple([a])
    cast.clinic_of_b = make.simple([b])
    make.simple([cast.secretary])
    doctor = {user: db.people.users[user].doctor for user in (a, b, c, d, cast.two_doctors)}
    for user in doctor:
        db.processes.issuer(cast.clinic, doctor[user])
    for _ in range(2):
        db.processes.issuer(cast.clinic_of_a, doctor[a])
    db.processes.issuer(cast.clinic_of_b, doctor[b])
    clinic_keys(make)
    clinic_relations(make)
    make.lonely()
    if cast.twin_clinics:
        for clinic in cast.twin_clinics:
            db.processes.issuer(clinic, doctor[a])


def clinic_keys(make):
    a, b, c, copy = make.a, make.b, make.c, make.cast.copy
    make.simple([a], key=f"{123400 + copy:06d}")
    make.simple([a, b], key=f"AB{copy:05d}")
    unique = make.db.options.layout in ("g2", "g3") and not make.cast.free
    if unique:
        if copy == 0:
            make.simple([a], key="0000000")
            make.simple([a], key="")
        return
    for user in (a, b):   # placeholders stand for many clinics
        make.simple([user], key="0000000")
        make.simple([user], key="")
    key = make.key()
    case, _ = make.same_key((key, [a]), (key, [b]))
    make.put(case)
    key = make.key()
    case, made = make.same_key((key, [a]), (key, [a, c]))
    if case.versioned:
        newer = case.version(made[1][0], 2, a, make.values(), day(9))
        case.assignments[1].version = newer.id
    make.put(case)
    make.cast.twin_clinics = (made[0][0].id, made[1][0].id)


def clinic_relations(make):
    a, b = make.a, make.b
    case = make.case()
    master, version = case.simple(make.key(), make.values(), [a])
    ends = [(master, None), (None, a), (None, None)]
    for target, user in ends:
        row = case.relate(target, user)
        if version:
            case.assign(row, version)
    case.relate(master, None)
    case.relate(None, b)
    make.put(case)
    case = make.case()     # nobody but NULL
    master, _ = case.simple(make.key(), make.values(), [])
    case.relate(master, None)
    make.put(case)
    case = make.case()     # twice the same pair
    master, _ = case.simple(make.key(), make.values(), [a])
    case.relate(master, a)
    make.put(case)
    if make.cast.free and not case.versioned:
        case = make.case()
        master, _ = case.simple(make.key(), make.values(), [])
        case.relate(master, MISSING + 6)
        case.relate(MISSING + 5, a)
        make.put(case)


def patients(db, cast):
    make = Maker(db, PATIENTS, cast, "nasty keys")
    a, b = make.a, make.b
    cast.patients = [make.simple([a, b, cast.two_doctors]) for _ in range(12)]
    for pattern in ("{} {} {} {}", "{}\u00a0{}\u00a0{}-{}", " {}{}{}{} ", "{}{}{}-{}",
                    "\t{}{}{}{}"):
        cpf = make.key()
        case = make.case()
        parts = (cpf[:3], cpf[3:6], cpf[6:9], cpf[9:])
        master, _ = case.simple(pattern.format(*parts), make.values(), [a])
        case.hint(master, "CPF_NORMALISED")
        make.put(case)
    merged_patients(make)
    for number, key in enumerate(wrong_cpfs(make)):
        make.simple([a, b] if number % 2 else [a], key=key)
    make.lonely()
    if cast.free:
        case, _ = make.same_key(("12345678900", [a]), ("12345678900", [b]))
        make.put(case)
        cpf = make.key()
        case, _ = make.same_key((cpf, [a]), (cpf, [b]))
        make.put(case)
        case = make.case()
        master, _ = case.simple(make.key(), make.values(), [a])
        case.relate(master, a)
        case.relate(master, MISSING + 6)
        case.relate(MISSING + 5, a)
        make.put(case)


def merged_patients(make):
    """One person under two or three spellings."""
    a, b, c, d = make.a, make.b, make.c, make.d
    cpf = make.key()
    case, _ = make.same_key((dotted(cpf), [a]), (cpf, [b]))
    make.put(case)
    cpf = make.key()    # B's newest is on the second one; A sees the newest of his two
    case, made = make.same_key((cpf, [a, c]), (dotted(cpf), [a, b]))
    if case.versioned:
        newer = case.version(made[1][0], 2, b, make.values(), day(9))
        case.assignments[-1].version = newer.id
        case.version(made[0][0], 2, a, make.values("de A, mais nova"), day(20))
        case.assignments[0].version = case.versions[-1].id
    make.put(case)
    make.cast.twin_patients = (made[0][0].id, made[1][0].id)
    cpf = make.key()    # three spellings; one related without an assignment; one master empty
    case, made = make.same_key((dotted(cpf), [a]), (cpf, [a]), (" " + cpf, [b]))
    case.relate(made[2][0], d)
    if case.versioned:
        case.version(made[2][0], 3, b, make.values(), day(12))
        case.version(made[2][0], 4, d, make.values("de D"), day(13))
        empty = case.hidden_master(f"{cpf[:9]}-{cpf[9:]}", make.values())
        case.relate(empty, make.e)
    make.put(case)


def wrong_cpfs(make):
    copy, good = make.cast.copy, make.key()
    wrong = good[:10] + str((int(good[10]) + 1) % 10)
    keys = [wrong, f"1234{copy:05d}", f"9876{copy:04d}99990", f"abc{make.key()}", f"falta {copy}"]
    for cpf in iter(make.key, None):    # a valid number that lost its leading zero
        if cpf[0] == "0":
            keys.append(cpf[1:])
            break
    swapped = good[:9] + good[10] + good[9]
    if not is_cpf(swapped):
        keys.append(dotted(swapped))
    if copy == 0 or make.cast.free:
        keys += ["000.000.000-00", "00000000000", "99999999999", "", "---", " "]
    return keys
