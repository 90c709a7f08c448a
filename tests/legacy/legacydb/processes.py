"""Processes, which become records, and the issuers, medicines and diseases around them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from .case import day, when

STEMS = "epilepsia esclerose parkinson artrite psoriase crohn asma".split()
CODES = "G40.0 G35 G20 M05.8 L40.0 K50.0 J45.0 E10.9 N18.8 R52.1 F20.0 G30.0".split()
DRUGS = "Acaciol Bromelva Dorvelia Exemplina Fictamida Ipezina Lirioxan Oasidona".split()


@dataclass
class Disease:
    id: int
    code: str


@dataclass
class Process:
    id: int
    user: int
    patient: int
    clinic: int
    doctor: int
    issuer: int
    disease: Any
    prescription: dict
    filled: str
    history: str
    treated: bool
    before: str
    answers: dict
    drugs: list  # by the table of links


class Processes:
    """`clinics` and `patients`: the Record of each legacy id, as far as processes name it."""

    def __init__(self, rows, people, report):
        self.rows, self.people, self.report = rows, people, report
        self.clinics, self.patients = {}, {}
        self.issuers = {}    # id -> (clinic, doctor)
        self.issuer_of = {}  # (clinic, doctor) -> id
        self.unusual = []    # to be judged; the others are as they should be
        self.records = {}    # key -> [ids of its processes, users who see one]
        self.drugs, self.diseases = [], []

    def catalogue(self, dice):
        add = self.rows.add
        for name in DRUGS:
            self.drugs.append(add("processos_medicamento", name, f"{dice.upto(100, 5)} mg",
                                  "comprimido"))
        protocols = [add("processos_protocolo", f"inventado_{stem}", f"{stem}.pdf",
                         {"fields": [{"name": f"opt_{stem}", "type": "text"}]}) for stem in STEMS]
        for protocol in protocols:
            add("processos_protocolo_medicamentos", protocol, dice.one_of(self.drugs))
        for number, code in enumerate(CODES):
            protocol = protocols[number] if number < len(protocols) else None
            id_ = add("processos_doenca", code, f"Doença {number} (exemplo)", protocol)
            self.diseases.append(Disease(id_, code))

    def issuer(self, clinic, doctor):
        id_ = self.rows.add("clinicas_emissor", clinic, doctor)
        self.issuers[id_] = (clinic, doctor)
        self.issuer_of.setdefault((clinic, doctor), id_)
        return id_

    def prescription(self, dice, drugs, months=6, as_text=True):
        out = {}
        for number, drug in enumerate(drugs, 1):
            entry = {f"id_med{number}": str(drug) if as_text else drug,
                     f"med{number}_via": "oral"}
            for month in range(1, months + 1):
                entry[f"med{number}_posologia_mes{month}"] = "1 comprimido ao dia"
                entry[f"qtd_med{number}_mes{month}"] = str(dice.upto(120, 1))
            out[str(number)] = entry
        return out

    def add(self, dice, user, patient, clinic, disease, doctor=None, issuer=None, drugs=None,
            linked=True, **given):
        if drugs is None:
            drugs = dice.some(self.drugs, dice.upto(3, 1))
        if doctor is None:
            doctor = self.people.users[user].doctor
        if issuer is None:
            issuer = self.issuer_of[clinic, doctor]
        prescription = given.get("prescription")
        if prescription is None:
            prescription = self.prescription(dice, drugs)
        filled = given.get("filled", dice.one_of(("paciente", "mae", "medico")))
        made = day(4) + timedelta(minutes=dice.upto(100000))
        id_ = self.rows.next_id("processos_processo")
        times = [when(made), when(made + timedelta(hours=1))] if self.rows.layout == "g3" else []
        disease_id = disease.id if disease else None
        history = given.get("history", "Quadro estável.\nSeguimento.")
        treated = given.get("treated", dice.maybe(0.5))
        before = given.get("before", "Metotrexato por seis meses." if treated else "")
        answers = given.get("answers", {"opt_escala": "sim"})
        self.rows.put("processos_processo", id_, history, prescription, treated, before,
                      given.get("date"), filled, answers, clinic, disease_id, issuer, doctor, patient,
                      user, *times)
        drugs = drugs if linked else []
        for drug in drugs:
            self.link(id_, drug)
        if user in self.people.users:
            self.people.users[user].processes += 1
        return Process(id_, user, patient, clinic, doctor, issuer, disease, prescription, filled,
                       history, treated, before, answers, drugs)

    def link(self, process, drug):
        table = "processos_processo_medicamentos"
        return self.rows.add(table, process, drug)

    def expected(self, p):
        """Its entry among its user's processes."""
        patient, clinic = self.patients[p.patient], self.clinics[p.clinic]
        key = self.key(p)
        related = p.user in patient.relations
        ids, users = self.records.setdefault(key, ([], set()))
        ids.append(p.id)
        if related:
            users.add(p.user)
        return {"key": key, "shown": related, "anamnese": p.history,
                "clinica": clinic.key if p.user in clinic.relations else "",
                "codes": [f"legacy:{drug}" for drug in self.named(p)],
                "patient": patient.key, "clinic": clinic.key,
                "cid": p.disease.code if p.disease else None,
                "patient_visible": patient.seen.get(p.user) is not None,
                "clinic_visible": clinic.seen.get(p.user) is not None}

    def key(self, p):
        return self.patients[p.patient].key + "/" + (p.disease.code if p.disease else f"#{p.id}")

    @staticmethod
    def named(p):
        """The medicines of the prescription, by their slots."""
        slots = [number for number, entry in p.prescription.items() if isinstance(entry, dict)]
        return [int(p.prescription[n][f"id_med{n}"]) for n in sorted(slots, key=int)]

    # ---- rulings
    def judge_issuers(self):
        first = {}
        for id_, (clinic, doctor) in self.issuers.items():
            wrong = ("MISSING_CLINIC" if clinic not in self.clinics else
                     "MISSING_DOCTOR" if doctor not in self.people.doctors else None)
            if wrong:
                self.report.add("clinicas_emissor", id_, "quarantined", wrong)
                continue
            pair = (self.clinics[clinic].key, doctor)
            if pair in first:
                self.report.add("clinicas_emissor", id_, "merged", "DUPLICATE_EMISSOR",
                                into=first[pair])
            first.setdefault(pair, id_)

    def missing(self, p):
        known_disease = p.disease is None or p.disease in self.diseases
        for there, word in ((p.user in self.people.users, "USER"),
                            (p.patient in self.patients, "PATIENT"),
                            (p.clinic in self.clinics, "CLINIC"),
                            (p.doctor in self.people.doctors, "DOCTOR"),
                            (p.issuer in self.issuers, "EMISSOR"), (known_disease, "DISEASE")):
            if not there:
                return f"MISSING_{word}"
        return None

    def judge(self):
        """-> the unusual processes that are imported."""
        first, kept = set(), []
        for p in self.unusual:
            wrong = self.missing(p)
            if wrong:
                self.report.add("processos_processo", p.id, "quarantined", wrong)
                continue
            for reason in self.oddities(p, first):
                self.report.flag("processos_processo", p.id, reason)
            kept.append(p)
        return kept

    def oddities(self, p, first):
        patient, clinic = self.patients[p.patient], self.clinics[p.clinic]
        same = (p.user, patient.key, p.disease.id if p.disease else None)
        issuer_clinic, issuer_doctor = self.issuers[p.issuer]
        issued_at = self.clinics.get(issuer_clinic)
        known = {str(drug) for drug in self.drugs}
        named = self.named(p)
        fillers = ("paciente", "mae", "responsavel", "medico", "outro", "M", "")
        dropped = [name for name, value in p.answers.items()
                   if not name.startswith("opt_") and value not in (None, "")]
        checks = (
            ("PROCESS_OWNER_NOT_RELATED_PATIENT", p.user not in patient.relations),
            ("PROCESS_OWNER_NOT_RELATED_CLINIC", p.user not in clinic.relations),
            ("PROCESS_WITHOUT_DISEASE", p.disease is None),
            ("PROCESS_DUPLICATE", same in first),
            ("PROCESS_EMISSOR_MISMATCH", issuer_doctor != p.doctor or issued_at is not clinic),
            ("PROCESS_FILLED_BY_AMBIGUOUS", p.filled == "M"),
            ("PROCESS_FILLED_BY_UNKNOWN", p.filled not in fillers),
            ("PRESCRIPTION_EMPTY", not named),
            ("PRESCRIPTION_MEDICATION_UNKNOWN", any(str(drug) not in known for drug in named)),
            ("PRESCRIPTION_LINKS_DIFFER",
             {drug for drug in named if str(drug) in known} != set(p.drugs)),
            ("PROCESS_TREATMENT_MISSING", p.treated and not p.before.strip()),
            ("VALUE_TOO_LONG", len(p.history) > 1500 or len(p.before) > 600),
            ("CONDITIONAL_DROPPED", bool(dropped)))
        first.add(same)
        return [reason for reason, holds in checks if holds]
