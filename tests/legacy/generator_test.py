#!/usr/bin/env python3
"""The generator's rulings against cases worked out by hand, and that it does what it says. Needs no
database."""

import hashlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from legacydb.case import CLINICS, PATIENTS, Case, day
from legacydb.dice import Dice, is_cns, is_cpf, with_check_digits
from legacydb.layout import LAYOUTS, tables
from legacydb.rows import Pieces, Rows, copy_text
from legacydb.rulings import Judgement, Report, read_key

ANA, BIA, CAIO = 1, 2, 3
USERS = {ANA: "ana", BIA: "bia", CAIO: "caio"}
VALUES = {name: "" for name in PATIENTS.fields} | {"incapaz": False}
CPF = "11144477735"


def judged(build, layout="g3", kind=PATIENTS):
    """-> the only record of a case, and the report's (outcome, reason) pairs with ids."""
    case, report = Case(Rows(layout), kind), Report()
    build(case)
    judgement = Judgement(case, USERS, report)
    return judgement.records[0], [(i["outcome"], i["reason"], i["id"]) for i in report.sorted()]


class Rulings(unittest.TestCase):
    def test_an_assignment_shows_that_version_and_no_newer_one(self):
        def build(case):
            master = case.master(CPF, VALUES)
            first = case.version(master, 1, ANA, VALUES, day(0), status="archived")
            case.version(master, 2, ANA, VALUES, day(1))
            case.relate(master, ANA, first)

        record, report = judged(build)
        self.assertEqual(record.seen[ANA].number, 1)
        self.assertEqual(report, [])

    def test_without_an_assignment_the_own_newest_or_nothing(self):
        def build(case):
            master = case.master(CPF, VALUES)
            case.version(master, 1, BIA, VALUES, day(0))
            case.version(master, 2, ANA, VALUES, day(1))
            case.relate(master, BIA)
            case.relate(master, CAIO)
            case.relate(master, ANA)

        record, report = judged(build)
        self.assertEqual(record.seen[BIA].number, 1)
        self.assertIsNone(record.seen[CAIO])
        self.assertEqual(report, [("flagged", "ASSIGNMENT_MISSING_OWN_NEWEST", 1),
                                  ("flagged", "ASSIGNMENT_MISSING_NOTHING_VISIBLE", 2),
                                  ("flagged", "ASSIGNMENT_MISSING_OWN_NEWEST", 3)])
        self.assertEqual(record.allowed[CAIO], set())
        self.assertEqual(record.allowed[ANA], {"[pv2]"})

    def test_the_own_newest_assignment_wins_over_a_newer_one_of_somebody_else(self):
        def build(case):
            master = case.master("1234567", dict.fromkeys(CLINICS.fields, ""))
            own = [case.version(master, n, ANA, master.values, day(n)) for n in (1, 2)]
            other = case.version(master, 3, BIA, master.values, day(3))
            for version in (other, own[1], own[0]):
                case.relate(master, ANA, version)

        record, report = judged(build, kind=CLINICS)
        self.assertEqual(record.seen[ANA].number, 2)
        self.assertEqual([r for r in report if r[1] == "DUPLICATE_ASSIGNMENT"],
                         [("merged", "DUPLICATE_ASSIGNMENT", 1),
                          ("merged", "DUPLICATE_ASSIGNMENT", 3)])

    def test_two_spellings_are_one_record_and_the_second_ones_versions_follow(self):
        def build(case):
            one = case.master("111.444.777-35", VALUES)
            two = case.master(CPF, VALUES)
            v = case.version(one, 4, ANA, VALUES, day(9))
            w = case.version(two, 1, BIA, VALUES, day(1))
            case.relate(one, ANA, v)
            case.relate(two, ANA, w)

        record, report = judged(build)
        self.assertEqual(record.key, CPF)
        self.assertEqual([v.final for v in record.versions], [4, 5])
        self.assertEqual(record.seen[ANA].final, 4, "the newest by time, once merged")
        self.assertEqual(record.siblings[ANA], [5])
        self.assertIn(("merged", "VERSION_MOVED", 2), report)
        self.assertIn(("merged", "DUPLICATE_CPF", 2), report)

    def test_without_version_tables_all_users_share_the_masters_values(self):
        record, report = judged(lambda case: case.simple(CPF, VALUES, [ANA, BIA]), "g1")
        self.assertIs(record.seen[ANA], record.seen[BIA])
        self.assertEqual(record.versions[0].final, 1)
        self.assertEqual(report, [])

    def test_what_has_no_ends_is_quarantined(self):
        def build(case):
            master = case.master(CPF, VALUES)
            version = case.version(master, 1, ANA, VALUES, day(0))
            row = case.relate(master, None)
            case.assign(row, version)
            case.assign(777, version)
            case.assign(case.relate(master, ANA), 888)
            case.relate(master, 999)

        record, report = judged(build)
        self.assertEqual([r[1] for r in report if r[0] == "quarantined"],
                         ["NULL_USER", "MISSING_USER", "RELATION_QUARANTINED", "MISSING_RELATION",
                          "MISSING_VERSION"])
        self.assertEqual(record.seen, {ANA: record.versions[0]})

    def test_numbers_that_cannot_stay_are_given_anew(self):
        def build(case):
            master = case.master(CPF, VALUES)
            for number in (0, 7, 7):
                case.version(master, number, None, VALUES, day(number))

        record, report = judged(build)
        self.assertEqual([v.final for v in record.versions], [1, 2, 3])
        self.assertEqual([r[1:] for r in report if "NUMBER" in r[1]],
                         [("VERSION_NUMBER_INVALID", 1), ("VERSION_NUMBER_DUPLICATE", 3)])

    def test_keys(self):
        for kind, text, wanted in (
                (PATIENTS, "111.444.777-35", (CPF, None)), (PATIENTS, " \t", ("", "CPF_EMPTY")),
                (PATIENTS, "11144477736", ("11144477736", "CPF_CHECK_DIGITS")),
                (PATIENTS, "000.000.000-00", ("0" * 11, "CPF_REPEATED")),
                (PATIENTS, "1114447773", ("1114447773", "CPF_LENGTH")),
                (PATIENTS, f"{CPF} x", (CPF, "CPF_LETTERS")),
                (CLINICS, "1234567", ("1234567", None)), (CLINICS, "123456", ("123456", "CNES_INVALID")),
                (CLINICS, "AB12345", ("12345", "CNES_INVALID")),
                (CLINICS, "0000000", ("0000000", "CNES_PLACEHOLDER"))):
            self.assertEqual(read_key(kind, text), wanted, text)


class Texts(unittest.TestCase):
    def test_copy_text_brings_every_text_back(self):
        for value, text in ((None, "\\N"), (True, "t"), (False, "f"), (7, "7"), ("\\N", "\\\\N"),
                            ("a\tb\nc\rd\\", "a\\tb\\nc\\rd\\\\"), ({"ç": [1]}, '{"ç": [1]}'),
                            ("\u2028\x0b", "\u2028\x0b")):
            self.assertEqual(copy_text(value), text)

    def test_pieces_come_back_by_name(self):
        pieces = Pieces()
        for name, text in (("a", "é1"), ("b", "2"), ("a", "3")):
            pieces.keep(name, text)
        self.assertEqual(list(pieces.read("a")), ["é1", "3"])
        self.assertEqual(list(pieces.read("c")), [])

    def test_check_digits(self):
        self.assertEqual(with_check_digits("111444777"), CPF)
        dice = Dice("check")
        self.assertTrue(is_cpf(with_check_digits(dice.digits(9))))
        self.assertTrue(all(is_cns(dice.health_card()) for _ in range(50)))


class Databases(unittest.TestCase):
    def make(self, *options):
        program = pathlib.Path(__file__).with_name("make_database.py")
        with tempfile.TemporaryDirectory() as folder:
            truth = pathlib.Path(folder) / "truth.json"
            made = subprocess.run([sys.executable, str(program), *options, "--expect", truth],
                                  stdout=subprocess.PIPE, check=True).stdout
            return made, truth.read_bytes()

    def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(self):
        options = ("--layout", "g2", "--nasty", "--patients", "9", "--processes", "9")
        one = [hashlib.sha256(b).digest() for b in self.make(*options, "--seed", "x")]
        self.assertEqual(one, [hashlib.sha256(b).digest() for b in self.make(*options, "--seed", "x")])
        self.assertNotEqual(one[0], hashlib.sha256(self.make(*options, "--seed", "y")[0]).digest())

    def test_only_difficult_data_has_something_to_report(self):
        for layout in LAYOUTS:
            truth = json.loads(self.make("--layout", layout, "--patients", "9")[1])
            # The oldest layout does not have the state of a doctor's registration.
            wanted = {"DOCTOR_WITHOUT_STATE"} if layout == "g0" else set()
            self.assertEqual({item["reason"] for item in truth["nasty"]}, wanted)
            truth = json.loads(self.make("--layout", layout, "--nasty", "--no-constraints")[1])
            self.assertGreater(len(truth["report"]["quarantined"]), 10, layout)

    def test_rows_fit_their_tables(self):
        for layout in LAYOUTS:
            made = io.BytesIO(self.make("--layout", layout, "--nasty", "--schema", "l")[0])
            width, seen = None, set()
            for line in made:
                if line.startswith(b"COPY"):
                    name = line.split(b" ")[1].split(b".")[1].decode()
                    width = 1 + len(dict(tables(layout))[name])
                    seen.add(name)
                elif line == b"\\.\n":
                    width = None
                elif width:
                    self.assertEqual(line.count(b"\t"), width - 1)
            self.assertEqual("pacientes_pacienteversion" in seen, layout in ("g2", "g3"))


if __name__ == "__main__":
    unittest.main()
