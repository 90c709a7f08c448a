"""Difficult accounts and doctors, and the cast of all other difficult cases."""

from dataclasses import dataclass, field

from .case import MISSING
from .dice import Dice, is_cns


@dataclass
class Cast:
    """Who plays in the cases of one copy: user ids."""
    copy: int
    free: bool                  # without constraints: also what they forbid
    doctors: list = field(default_factory=list)   # A to F
    inactive: int = 0
    secretary: int = 0
    two_doctors: int = 0
    clinic: int = 0             # of most cases; and two of A alone, of B alone
    clinic_of_a: int = 0
    clinic_of_b: int = 0
    twin_clinics: tuple = ()
    twin_patients: tuple = ()
    patients: list = field(default_factory=list)


def add(db, copy):
    dice, people = Dice(db.options.seed, "nasty people", copy), db.people
    cast = Cast(copy, not db.options.constraints)

    def email(name):
        return f"{name}.{copy}@caso.test"

    for letter in "abcdef":
        cast.doctors.append(people.medic(dice, email(letter)).id)
    cast.inactive = people.medic(dice, email("inativo"), active=False).id
    cast.secretary = people.user(dice, email("secretaria"), medico=False, clinica=True).id
    two = people.medic(dice, email("dois"))
    people.doctor(dice, two)
    cast.two_doctors = two.id
    # The same letters in another case are other people; capitals alone are only capitals.
    for text in (f"Carla.{copy}@Caso.test", f"carla.{copy}@caso.test", f"SO.{copy}@CASO.TEST"):
        cast.doctors.append(people.medic(dice, text).id)
    people.user(dice, email("sem-medico"))
    for number, password in enumerate(("argon2$argon2id$v=19$inventada", "bcrypt_sha256$$2b$falsa",
                                       "md5$sal$" + "0" * 32, "!nenhuma", "")):
        people.medic(dice, email(f"senha{number}"), password=password)
    doctors(db, dice, cast)
    links(people, cast)
    if cast.free:
        forbidden(people, dice, cast)
    return cast


def doctors(db, dice, cast):
    people, old = db.people, db.options.layout == "g0"
    people.doctor(dice)
    people.doctor(dice, people.user(dice), crm=f"12{cast.copy:03d}-PE")
    wrong = f"1234{cast.copy * 7:011d}"
    people.doctor(dice, people.user(dice), cns=wrong if not is_cns(wrong) else wrong[:-1] + "x")
    if not old or cast.copy == 0 or cast.free:   # '' instead of NULL in g0: only once
        people.doctor(dice, people.user(dice), crm=None, specialty=None)
    if not old:
        people.doctor(dice, people.user(dice), crm=str(800_000 + cast.copy), cns=None)
        people.doctor(dice, people.user(dice), crm=None, cns=None)
        for state in ("SP", "BA"):
            people.doctor(dice, people.user(dice), crm=str(900_000 + cast.copy), state=state)


def links(people, cast):
    a, b = cast.doctors[:2]
    some_doctor = people.users[a].doctor
    people.link(None, a)
    people.link(some_doctor, None)
    people.link(None, None)
    people.link(people.users[b].doctor, b)


def forbidden(people, dice, cast):
    """What only a dump without constraints can hold."""
    a, b, c, d = cast.doctors[:4]
    cast.doctors.append(people.medic(dice, people.users[a].email).id)
    people.link(MISSING + 1, a)
    people.link(people.users[a].doctor, MISSING + 2)
    for user in (c, d):
        same = people.doctors[people.users[user].doctor]
        people.doctor(dice, people.user(dice), crm=same.crm, state=same.state)
    card = people.doctors[people.users[b].doctor].cns
    people.doctor(dice, people.user(dice), cns=card)
