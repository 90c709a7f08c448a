#!/usr/bin/env python3
"""That the comparison notices: each way in which a laptop or a report can be wrong is tried once."""

import copy
import json
import unittest

from compare import Numbers, check_laptop, check_records, check_report, same_report
from world import Failed

VALUES = {"nome_clinica": "Clínica", "logradouro": "Rua [cv5]"}
TRUTH = {
    "users": {"ana@x.test": {"id": 1, "patients": {}, "marks": ["[cv5]"], "clinics": {
        "1234567": {"number": 7, "legacy_version": 5, "values": VALUES}, "2234567": None}}},
    "masters": {"patients": {}, "clinics": {
        "1234567": {"ids": [3, 4], "versions": 2, "numbers": [4, 7], "users": 1},
        "2234567": {"ids": [9], "versions": 1, "numbers": [1], "users": 1}}},
    "rows": {"clinicas_clinica": 3},
    "report": {"merged": {"VERSION_MOVED": 1}},
    "nasty": [{"table": "clinicas_clinicaversion", "id": 5, "outcome": "merged",
               "reason": "VERSION_MOVED", "into": 3, "number": 7}]}
LINE = {"kind": "clinic", "key": "1234567", "version_id": "aa", "active": True, "status": "active",
        "fields": VALUES, "summary": ""}
STORED = {"aa": 2, "bb": 1}
REPORT = {"items": [{"table": "clinicas_clinicaversion", "id": 5, "outcome": "merged",
                     "reason": "VERSION_MOVED", "into": 3, "number": 2}],
          "outcomes": {"merged": {"VERSION_MOVED": 1}, "imported": {"": 3}},
          "source": {"rows": {"clinicas_clinica": 3}},
          "accounted": {"clinicas_clinica": {"imported": 2, "merged": 1}}}


def export(*lines):
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


class Laptop(unittest.TestCase):
    def check(self, *lines, stored=None):
        check_laptop("ana@x.test", TRUTH["users"]["ana@x.test"], export(*lines), Numbers(TRUTH),
                     stored or STORED)

    def test_what_is_right_passes(self):
        self.check(LINE)
        self.check({**LINE, "active": False, "status": "draft"})

    def test_what_is_wrong_does_not(self):
        other = {**VALUES, "nome_clinica": "Clinica"}
        wrong = {
            "another value": [{**LINE, "fields": other}],
            "a field too many": [{**LINE, "fields": {**VALUES, "x": ""}}],
            "a field missing": [{**LINE, "fields": {"nome_clinica": "Clínica"}}],
            "nothing shown": [], "another record": [LINE, {**LINE, "key": "3234567"}],
            "what must be nothing": [LINE, {**LINE, "key": "2234567"}],
            "two active": [LINE, {**LINE, "version_id": "bb"}],
            "none active": [{**LINE, "active": False}],
            "a foreign text": [{**LINE, "summary": "Atualização [cv6]"}],
            "only the master's": [{**LINE, "summary": "(só do cadastro)"}]}
        for name, lines in wrong.items():
            with self.subTest(name), self.assertRaises(Failed):
                if name == "only the master's":
                    data = json.dumps(lines[0], ensure_ascii=False).encode()
                    check_laptop("a", TRUTH["users"]["ana@x.test"], data, Numbers(TRUTH), STORED)
                else:
                    self.check(*lines)
        with self.subTest("another number"), self.assertRaises(Failed):
            self.check(LINE, stored={"aa": 1})


class Store(unittest.TestCase):
    def test_numbers_are_one_to_n(self):
        rows = [{"kind": "clinic", "key": "1234567", "number": n} for n in (1, 2)]
        rows.append({"kind": "clinic", "key": "2234567", "number": 1})
        check_records(TRUTH, rows)
        for wrong in (rows[1:], rows + [rows[0]], rows + [{**rows[0], "key": "7"}],
                      rows[:1] + [{**rows[1], "number": 3}] + rows[2:]):
            with self.assertRaises(Failed):
                check_records(TRUTH, wrong)


class Report(unittest.TestCase):
    def test_row_by_row(self):
        numbers = Numbers(TRUTH)
        check_report(TRUTH, REPORT, numbers)
        changes = (lambda r: r["items"].clear(), lambda r: r["items"].append(dict(r["items"][0])),
                   lambda r: r["items"][0].update(number=1), lambda r: r["items"][0].update(into=4),
                   lambda r: r["items"][0].update(reason="X"),
                   lambda r: r["outcomes"]["merged"].update(VERSION_MOVED=2),
                   lambda r: r["source"]["rows"].update(clinicas_clinica=2),
                   lambda r: r["accounted"]["clinicas_clinica"].update(imported=1),
                   lambda r: r["items"][0].update(note="x@caso.test"))
        for number, change in enumerate(changes):
            wrong = copy.deepcopy(REPORT)
            change(wrong)
            with self.subTest(number), self.assertRaises(Failed):
                check_report(TRUTH, wrong, numbers)

    def test_reports_of_two_runs(self):
        same_report({"run": 1, "dry_run": True, "versions": 2}, {"run": 2, "versions": 2})
        with self.assertRaises(Failed):
            same_report({"versions": 2}, {"versions": 3})


if __name__ == "__main__":
    unittest.main()
