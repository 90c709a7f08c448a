"""Accounts and doctors, how they are linked, and what an import reports about them."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Optional

from .case import day, when
from .dice import STATES, UNACCENTED, is_cns

PASSWORD = "pbkdf2_sha256$260000$SalInventado0001$bm90IGEgcGFzc3dvcmQsIG9ubHkgYSB0ZXN0IHZhbHVl"


@dataclass
class User:
    id: int
    email: str
    name: str
    active: bool = True
    staff: bool = False
    medico: bool = True
    clinica: bool = False
    password: str = PASSWORD
    doctor: Optional[int] = None
    doctors: list = field(default_factory=list)
    processes: int = 0


@dataclass
class Doctor:
    id: int
    name: str
    crm: Optional[str]
    cns: Optional[str]
    state: Optional[str]
    specialty: Optional[str]


class People:
    def __init__(self, rows, report):
        self.rows, self.report = rows, report
        self.users, self.doctors = {}, {}
        self.links = []  # id, doctor, user
        self.profiles = {}  # key of a record -> its doctors
        self.cards = set()

    def user(self, dice, email=None, **more):
        id_ = self.rows.next_id("usuarios_usuario")
        name = dice.name()
        email = email or f"{name.translate(UNACCENTED).lower()}.{id_}@exemplo.test"
        self.users[id_] = User(id_, email, name, **more)
        return self.users[id_]

    def doctor(self, dice, *users, **given):
        """A doctor of these users; CRM, CNS and state are made up unless given (None: unknown)."""
        id_ = self.rows.next_id("medicos_medico")
        card = given.get("cns", "")
        while card == "" or (card is not None and "cns" not in given and card in self.cards):
            card = dice.health_card()
        self.cards.add(card)
        crm = given.get("crm", str(10000 + 7 * id_))
        state = given.get("state", dice.one_of(STATES)) if crm else None
        if self.rows.layout == "g0":
            crm, card = crm or "", card or ""
        name = users[0].name if users else dice.name()
        self.doctors[id_] = Doctor(id_, name, crm, card, state, given.get("specialty", "OUTRA"))
        for user in users:
            self.link(id_, user.id)
            user.doctor = user.doctor or id_
        return self.doctors[id_]

    def medic(self, dice, email=None, **more):
        user = self.user(dice, email, **more)
        self.doctor(dice, user)
        return user

    def link(self, doctor, user):
        self.links.append((self.rows.add("medicos_medicousuario", doctor, user), doctor, user))

    def put(self, dice):
        old = self.rows.layout == "g0"
        for u in self.users.values():
            joined = day(-dice.upto(1500))
            last = when(joined + timedelta(days=dice.upto(90))) if dice.maybe(0.9) else None
            self.rows.put("usuarios_usuario", u.id, u.password, last, u.staff, u.email, u.staff,
                          u.active, when(joined), u.medico, u.clinica,
                          *([] if old else [u.processes]))
        for d in self.doctors.values():
            self.rows.put("medicos_medico", d.id, d.name, d.crm, d.cns,
                          *([] if old else [d.specialty, d.state]))

    # ---- rulings
    def judge(self):
        linked = self.judge_links()
        self.judge_users()
        self.judge_doctors(linked)

    def judge_links(self):
        first, table = {}, "medicos_medicousuario"
        for id_, doctor, user in self.links:
            wrong = None
            if doctor is None and user is None:
                wrong = "NULL_USER_AND_DOCTOR"
            elif doctor is None or user is None:
                wrong = "NULL_DOCTOR" if doctor is None else "NULL_USER"
            elif doctor not in self.doctors or user not in self.users:
                wrong = "MISSING_DOCTOR" if doctor not in self.doctors else "MISSING_USER"
            if wrong:
                self.report.add(table, id_, "quarantined", wrong)
            elif (doctor, user) in first:
                self.report.add(table, id_, "merged", "DUPLICATE_RELATION",
                                into=first[doctor, user])
            else:
                first[doctor, user] = id_
                self.users[user].doctors.append(doctor)
        return {doctor for doctor, _ in first}

    @staticmethod
    def seen(email):
        """What a reader sees of an e-mail: invented ones hold no other characters that hide."""
        shown = unicodedata.normalize("NFC", re.sub("[\u00ad\u200b-\u200f\u2060\ufeff]", "", email))
        return " ".join(shown.replace("\u00a0", " ").split())

    def judge_users(self):
        spellings, owners, looks = {}, {}, {}
        for u in self.users.values():
            spellings.setdefault(u.email.lower(), set()).add(u.email)
            owners.setdefault(u.email, []).append(u.id)
            looks.setdefault(self.seen(u.email).lower(), set()).add(u.email.lower())
        for u in self.users.values():
            flags = []
            if owners[u.email][0] != u.id:
                flags.append("EMAIL_DUPLICATE")
            if len(spellings[u.email.lower()]) > 1:
                flags.append("EMAIL_CASE_COLLISION")
            elif u.email != u.email.lower():
                self.report.add("usuarios_usuario", u.id, "imported", "EMAIL_NOT_LOWERCASE")
            if len(looks[self.seen(u.email).lower()]) > 1:
                flags.append("EMAIL_LOOKS_ALIKE")
            elif u.email != self.seen(u.email):
                flags.append("EMAIL_HIDDEN_CHARACTERS")
            if u.password == "" or u.password[0] == "!":
                flags.append("PASSWORD_UNUSABLE")
            elif u.password.split("$")[0] != "pbkdf2_sha256":
                flags.append("PASSWORD_ALGORITHM")
            if u.medico and not u.doctors:
                flags.append("USER_WITHOUT_DOCTOR")
            if len(u.doctors) > 1:
                flags.append("USER_SEVERAL_DOCTORS")
            for reason in flags:
                self.report.flag("usuarios_usuario", u.id, reason)

    def keys(self):
        """-> (name in the expectation, user): the e-mail, with `#id` from the second on."""
        taken = set()
        for u in self.users.values():
            yield (f"{u.email}#{u.id}" if u.email in taken else u.email), u
            taken.add(u.email)

    def profiles_of(self, user):
        """-> key -> the fields that the user sees: those of the doctor with the highest id."""
        out = {}
        for key, doctors in self.profiles.items():
            own = [d for d in doctors if d.id in user.doctors]
            if own:
                d = max(own, key=lambda d: d.id)
                out[key] = {"nome_medico": d.name, "cns_medico": d.cns or "",
                            "especialidade": (d.specialty or "") if self.rows.layout != "g0" else ""}
        return out

    def judge_doctors(self, linked):
        numbers, elsewhere, cards = set(), set(), set()
        for d in self.doctors.values():
            flags = []
            if d.id not in linked:
                flags.append("DOCTOR_WITHOUT_USER")
            state = None if self.rows.layout == "g0" else d.state
            if not state:
                flags.append("DOCTOR_WITHOUT_STATE")
            if d.id in linked and d.crm and d.crm.isdigit() and state:
                self.profiles.setdefault(f"{d.crm}/{state}", []).append(d)
            if not d.crm:
                flags.append("DOCTOR_WITHOUT_CRM")
            else:
                if not d.crm.isdigit():
                    flags.append("CRM_NOT_DIGITS")
                if (d.crm, state) in numbers:
                    flags.append("CRM_DUPLICATE")
                elif d.crm in elsewhere:
                    self.report.add("medicos_medico", d.id, "imported",
                                    "CRM_SAME_NUMBER_OTHER_STATE")
                numbers.add((d.crm, state))
                elsewhere.add(d.crm)
            if not d.cns:
                flags.append("DOCTOR_WITHOUT_CNS")
            else:
                if not is_cns(d.cns):
                    flags.append("DOCTOR_CNS_INVALID")
                if d.cns in cards:
                    flags.append("DOCTOR_CNS_DUPLICATE")
                cards.add(d.cns)
            for reason in flags:
                self.report.flag("medicos_medico", d.id, reason)
