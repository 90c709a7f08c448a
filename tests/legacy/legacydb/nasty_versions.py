"""Difficult versions and assignments, for both kinds alike (layouts with versions)."""

from .case import CLINICS, MISSING, PATIENTS, day
from .nasty_keys import Maker
from .rulings import STATUSES

SUMMARIES = ("", "MIGRAÇÃO manual", "pedido de outra.pessoa@exemplo.test", "muito longo " * 500,
             "linha 1\r\nlinha 2\t\\N 'x'; DROP TABLE y;--", "Versão inicial criada durante migração")


def add(db, cast):
    for kind in (PATIENTS, CLINICS):
        make = Maker(db, kind, cast, "nasty versions")
        pointers(make)
        states(make)
        elsewhere(make)
        numbers(make)
        authors(make)
        summaries(make)
        if kind is CLINICS or cast.free:
            twice(make)
        if cast.free:
            torn(make)


def start(make):
    case = make.case()
    return case, case.hidden_master(make.key(), make.values())


def pointers(make):
    """No assignment; an assignment to an older version; somebody else's is the newest."""
    a, b, c = make.a, make.b, make.c
    case, m = start(make)
    v1 = case.version(m, 1, a, make.values("v1 de A"), day(0))
    case.version(m, 2, b, make.values("v2 de B"), day(1))
    case.version(m, 3, b, make.values("v3 de B"), day(2))
    case.version(m, 4, a, make.values("v4 de A"), day(3))
    case.relate(m, a, v1)
    case.relate(m, b)
    case.relate(m, c)
    make.put(case)
    case, m = start(make)
    case.version(m, 1, b, make.values("v1 de B"), day(0))
    case.version(m, 2, b, make.values("v2 de B"), day(1), status="archived")
    v3 = case.version(m, 3, a, make.values("v3 de A"), day(2))
    case.relate(m, b)
    case.relate(m, a, v3)
    make.put(case)
    case, m = start(make)   # everybody was given what somebody else wrote
    v1 = case.version(m, 1, a, make.values("v1 de A"), day(0))
    v2 = case.version(m, 2, b, make.values("v2 de B"), day(1))
    case.relate(m, a, v2)
    case.relate(m, b, v1)
    make.put(case)


def states(make):
    for status in ("archived", "draft", "ativo", ""):
        case, m = start(make)
        case.version(m, 1, make.a, make.values(), day(0))
        v2 = case.version(m, 2, make.a, make.values(), day(1), status=status)
        case.relate(m, make.a, v2)
        case.relate(m, make.b, v2)
        if status in STATUSES:
            case.hint(v2, "STATUS_NOT_ACTIVE")
        make.put(case)
    for status in ("archived", "draft"):   # the newest own one, without an assignment
        case, m = start(make)
        case.version(m, 1, make.a, make.values(), day(0))
        case.version(m, 2, make.a, make.values(), day(1), status=status)
        case.relate(m, make.a)
        make.put(case)


def elsewhere(make):
    """Assigned to a version of another master."""
    a, b, c, d, e = make.a, make.b, make.c, make.d, make.e
    case, m = start(make)
    other = case.hidden_master(make.key(), make.values())
    of_a = case.version(m, 1, a, make.values("v1 de A"), day(0))
    of_c = case.version(m, 2, c, make.values("v2 de C"), day(1))
    of_b = case.version(other, 1, b, make.values("de outro cadastro, de B"), day(1))
    case.relate(m, a, of_b)
    case.relate(m, d, of_b)
    case.relate(m, c, of_c)
    case.relate(other, b, of_b)
    case.relate(other, e, of_a)
    make.put(case)


def numbers(make):
    """Gaps; zero and below; times that run backwards; equal times; a lost beginning."""
    for order, days, assigned in (((1, 3, 7), (0, 1, 2), True), ((0, -1, 2), (0, 1, 2), False),
                                  ((1, 2, 3), (5, 3, 1), False), ((1, 2, 3), (1, 1, 1), True),
                                  ((2, 3), (0, 1), False)):
        case, m = start(make)
        newest = {}
        for number, when in zip(order, days):
            author = (make.a, make.b)[number % 2]
            newest[author] = case.version(m, number, author, make.values(f"nº {number}"),
                                          day(when))
        if order == (1, 3, 7):
            case.hint(case.versions[-1], "VERSION_NUMBER_GAP")
        for user in (make.a, make.b):
            given = [newest[user]] if assigned and user in newest else []
            case.relate(m, user, *given)
        case.relate(m, make.c)
        make.put(case)


def authors(make):
    """Shared by several; by nobody, by somebody inactive, by somebody without a relation."""
    a, b, c, inactive = make.a, make.b, make.c, make.cast.inactive
    case, m = start(make)
    v1 = case.version(m, 1, None, make.values(), day(0))
    for user in (a, b, c):
        case.relate(m, user, v1)
    case.version(m, 2, make.f, make.values("de quem não tem relação"), day(1))
    case.hint(v1, "VERSION_SHARED")
    make.put(case)
    case, m = start(make)
    v1 = case.version(m, 1, inactive, make.values(), day(0))
    case.relate(m, inactive, v1)
    case.relate(m, a, v1)
    case.hint(v1, "AUTHOR_INACTIVE")
    make.put(case)
    case, m = start(make)
    case.version(m, 1, None, make.values(), day(0))
    make.put(case)


def summaries(make):
    for text in SUMMARIES:
        case, m = start(make)
        v1 = case.version(m, 1, make.a, make.values(), day(5), summary=text)
        case.relate(m, make.a, v1, at=day(1))
        case.hint(case.assignments[-1], "ASSIGNED_BEFORE_CREATED")
        case.hint(v1, "TEXT_KEPT")
        make.put(case)


def twice(make):
    """The same (record, user) in several rows; what a unique key forbids to patients."""
    a, b, c = make.a, make.b, make.c
    case, m = start(make)
    v1 = case.version(m, 1, a, make.values(), day(0))
    v2 = case.version(m, 2, a, make.values(), day(1))
    case.relate(m, a, v2)
    case.relate(m, a, v1)
    make.put(case)
    case, m = start(make)   # his own newest wins over a newer one of somebody else
    v1 = case.version(m, 1, a, make.values(), day(0))
    v2 = case.version(m, 2, a, make.values(), day(1))
    v3 = case.version(m, 3, b, make.values("de B"), day(2))
    for user, version in ((a, v3), (a, v2), (a, v1), (b, v3)):
        case.relate(m, user, version)
    make.put(case)
    case, m = start(make)   # one of two assigned; three times the same; none of two
    v1 = case.version(m, 1, b, make.values(), day(0))
    case.relate(m, a)
    case.relate(m, a, v1)
    for _ in range(3):
        case.relate(m, c, v1)
    case.relate(m, b)
    case.relate(m, b)
    make.put(case)


def torn(make):
    """Rows that only a partial dump can hold: ends that are not there, numbers twice."""
    a, b, c, d, e = make.a, make.b, make.c, make.d, make.e
    case, m = start(make)
    v1 = case.version(m, 1, a, make.values("v1 de A"), day(0))
    v2 = case.version(m, 2, MISSING + 3, make.values("v2 de ninguém"), day(1))
    case.version(m, 3, b, make.values("v3 de B"), day(2))
    lost = case.version(MISSING + 4, 1, a, make.values("sem cadastro"), day(1))
    case.relate(m, a, v1)
    case.relate(MISSING + 5, a, lost)
    case.relate(m, MISSING + 6, v2)
    case.assign(MISSING + 7, v1)
    case.relate(m, b, MISSING + 8)
    case.relate(m, c, MISSING + 9)
    case.relate(m, d, lost)
    case.relate(m, e, v2)
    make.put(case)
    case, m = start(make)
    v1 = case.version(m, 1, a, make.values("v1"), day(0))
    v2 = case.version(m, 2, a, make.values("v2 primeira"), day(1))
    again = case.version(m, 2, b, make.values("v2 segunda"), day(2))
    v3 = case.version(m, 3, a, make.values("v3"), day(3))
    case.relate(m, a, v2, v1, v3)
    case.relate(m, b, again)
    case.relate(m, b, v1)
    make.put(case)
