"""Difficult processes: an import has to say what is wrong with them."""

from .case import MISSING
from .dice import Dice
from .processes import Disease


def add(db, cast):
    dice, p = Dice(db.options.seed, "nasty processes", cast.copy), db.processes
    a, b, c = cast.doctors[:3]
    doctor = {user: db.people.users[user].doctor for user in (a, b, c, cast.two_doctors)}
    slots = iter([(patient, disease) for disease in p.diseases for patient in cast.patients])

    def process(user=a, patient=None, hint=None, **given):
        if patient is None:
            patient, disease = next(slots)
            given.setdefault("disease", disease)
        given.setdefault("disease", p.diseases[0])
        given.setdefault("clinic", cast.clinic)
        given.setdefault("doctor", doctor.get(user))
        if "issuer" not in given:
            given["issuer"] = p.issuer_of[given["clinic"], given["doctor"]]
        made = p.add(dice, user, patient, **given)
        p.unusual.append(made)
        if hint:
            db.report.add("processos_processo", made.id, "imported", hint)
        return made

    drugs = p.drugs[:2]
    process(user=c)
    process(clinic=cast.clinic_of_b, doctor=doctor[b])
    for patient in cast.patients[:1] * 2:
        process(patient=patient, disease=None)
    process(issuer=p.issuer_of[cast.clinic, doctor[b]])
    process(issuer=p.issuer_of[cast.clinic_of_a, doctor[a]])
    process(user=cast.two_doctors)
    process(prescription={}, linked=False)
    process(prescription=p.prescription(dice, drugs, months=3), drugs=drugs,
            hint="PRESCRIPTION_THREE_MONTHS")
    process(prescription=p.prescription(dice, drugs, as_text=False), drugs=drugs,
            hint="PRESCRIPTION_INTEGER_IDS")
    process(prescription=p.prescription(dice, [MISSING]), drugs=[])
    process(linked=False)
    gap = p.prescription(dice, [drugs[0], drugs[0], drugs[1]])
    del gap["2"]
    process(prescription=gap, drugs=drugs, hint="PRESCRIPTION_GAP")
    process(prescription={**p.prescription(dice, drugs), "data_1": "01/08/2025"}, drugs=drugs,
            hint="PRESCRIPTION_DATE_DROPPED")
    for filled in ("M", "P", ""):
        process(filled=filled, hint="VALUE_KEPT" if filled == "" else None)
    process(date="2020-02-29", hint="VALUE_KEPT")
    process(history="Longo. " * 700 + "fim\t\\N\r\n", before="ã" * 3000)
    process(treated=True, before=" ")
    process(answers={"x": 'aspas " e \\ barra\n', "y": None, "z": [1, 2.5, True], "ç": {}})
    for patient in cast.twin_patients:
        process(patient=patient)
    if cast.twin_clinics:   # one clinic, once merged
        one, two = cast.twin_clinics
        process(clinic=one, issuer=p.issuer_of[two, doctor[a]])
    if db.options.layout == "g0" or cast.free:
        first = process()
        process(patient=first.patient, disease=first.disease)
    if cast.free:
        torn(process, p, cast, doctor)


def torn(process, p, cast, doctor):
    a = cast.doctors[0]
    issuer = p.issuer_of[cast.clinic, doctor[a]]
    process(patient=MISSING + 10)
    process(clinic=MISSING + 11, issuer=issuer)
    process(doctor=MISSING + 12, issuer=issuer)
    process(issuer=MISSING + 13)
    process(disease=Disease(MISSING + 14, "X00"))
    process(user=MISSING + 15, doctor=doctor[a])
    table = "processos_processo_medicamentos"
    last = process(drugs=p.drugs[:1])
    only = p.rows.tables[table].last_id
    p.report.add(table, p.link(last.id, p.drugs[0]), "merged", "DUPLICATE_RELATION", into=only)
    p.report.add(table, p.link(MISSING + 16, p.drugs[0]), "quarantined", "MISSING_PROCESS")
    p.report.add(table, p.link(last.id, MISSING + 17), "quarantined", "MISSING_MEDICATION")
    p.issuer(cast.clinic, MISSING + 12)
    p.issuer(MISSING + 11, doctor[a])
