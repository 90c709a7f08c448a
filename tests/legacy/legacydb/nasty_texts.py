"""Texts that must come through byte for byte, and values that no form would take today."""

from .case import CLINICS, PATIENTS
from .nasty_keys import Maker

NAMES = ("José Conceição", "Jose\u0301 Conceic\u0327a\u0303o", "JosÃ© ConceiÃ§Ã£o",
         "Zé 😀👨‍👩‍👧 Família", "Linha 1\r\nLinha 2", "Com\ttab", "C:\\pasta\\novo", "\\N", "\\.",
         "a\\tb\\nc\\\\d", "\u202eodatrevni\u202c נכון", "  espaços  ", "nbsp\u00a0e\u200bzero",
         "Robert'); DROP TABLE pacientes;--", "<script>alert('x')</script>",
         "controle\x01\x07\x0b\x0c\x1f\x7f", "\u2028\u2029\ufeff\ufffd\ufffe", "%s {0} $1 ; \"a\" 'b'",
         "NULL", "null", "𝒜ç" * 50, "ã" * 100, "x" * 100)
ODD_VALUES = (
    {"peso": "70kg", "altura": "1,70m"}, {"peso": "-5", "altura": "9999"},
    {"peso": "setenta", "altura": "um e setenta"}, {"etnia": "Branca", "sexo": "M"},
    {"etnia": "etnia_preta"}, {"telefone1_paciente": "recado c/ vizinha"},
    {"cep_paciente": "01000000X"}, {"email_paciente": None}, {"email_paciente": ""},
    {"email_paciente": "não é e-mail"}, {"cns_paciente": "123"}, {"nome_responsavel": "Alguém"})


def add(db, cast):
    patients(Maker(db, PATIENTS, cast, "nasty texts"))
    clinics(Maker(db, CLINICS, cast, "nasty texts"))


def patients(make):
    a, b = make.a, make.b
    for over in ODD_VALUES:
        make.simple([a], values=make.values(**over), hint="VALUE_KEPT")
    for guardian in ("", "   "):
        make.simple([a, b], values=make.values(incapaz=True, nome_responsavel=guardian))
    empty = {name: "" for name in PATIENTS.fields}
    empty.update(incapaz=False, email_paciente=None)
    make.simple([a], values=empty, marks=False, hint="TEXT_KEPT")
    for name in NAMES:
        values = make.values(nome_paciente=name, nome_mae=name, end_paciente=name)
        make.simple([a], values=values, hint="TEXT_KEPT")
    make.simple([a], hint="TEXT_KEPT", values=make.values(
        email_paciente="e" * 240 + "@exemplo.test", idade="é" * 100, rg="Ú" * 100))


def clinics(make):
    a, b = make.a, make.b
    phones = ("1122223333", "(11)3333.4444", "ramal 12", "")
    for phone, code in zip(phones, ("01000000X", "01310-100", "", "CEP n/d")):
        make.simple([a], values=make.values(cep=code, telefone_clinica=phone), hint="VALUE_KEPT")
    full = {"nome_clinica": "Ç" * 200, "logradouro": "é" * 200, "logradouro_num": "12345Á",
            "cidade": "Ã" * 30, "bairro": "õ" * 30}
    make.simple([a], values=make.values(**full), marks=False, hint="TEXT_KEPT")
    odd = {"nome_clinica": "Cafe\u0301 \\N \t\r\n \\. 'a' \"b\" 😀 \u202eabc\u202c",
           "logradouro": "\\N", "logradouro_num": "\\t", "cidade": "\\", "bairro": "\u00a0Centro ",
           "cep": "", "telefone_clinica": ""}
    make.simple([a, b], values=odd, marks=False, hint="TEXT_KEPT")
    make.simple([a], values={name: "" for name in CLINICS.fields}, marks=False, hint="TEXT_KEPT")
