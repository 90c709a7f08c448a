"""Invented people, places and numbers, from a seed. Numbers have valid check digits; addresses end
in `.test`; nobody is meant. Only `random()` is used, so that a seed means the same everywhere."""

import hashlib
import random

WOMEN = ("Ana Áurea Bárbara Cecília Conceição Débora Eugênia Fátima Glória Inês Íris Júlia Letícia "
         "Lúcia Márcia Mônica Noêmia Patrícia Sônia Tânia Verônica Zélia").split()
MEN = ("André Antônio César Cláudio Édson Fábio Getúlio Hélio João José Júlio Luís Mário Moisés "
       "Nélson Otávio Rogério Sérgio Tomás Valério Vinícius Zacarias").split()
FAMILIES = ("Abreu;Araújo;Assunção;Brandão;Câmara;Conceição;Corrêa;D'Ávila;da Cruz;da Silva;de Sá;"
            "dos Santos;Falcão;Figueirêdo;Galvão;Gonçalves;Leão;Magalhães;Müller;Nóbrega;Paixão;"
            "Pereira-Lima;Queirós;Romão;Simões;Uchôa;Valença;Wünsch;Yamaguti").split(";")
CITIES = (("Recife", 81, 50), ("São Paulo", 11, 1), ("Belém", 91, 66), ("Brasília", 61, 70),
          ("Maceió", 82, 57), ("Vitória", 27, 29), ("Goiânia", 62, 74), ("Ilhéus", 73, 45),
          ("Florianópolis", 48, 88), ("São Luís", 98, 65), ("Cuiabá", 65, 78), ("Tefé", 97, 69))
STREETS = ("Rua das Acácias;Avenida dos Ipês;Travessa da Fé;Alameda Água Clara;Praça da Conceição;"
           "Estrada do Açude;Rua Três Marias;Ladeira do Sabiá").split(";")
DISTRICTS = "Centro;Jardim América;Vila São João;Açude Novo;Estação;Santa Inês".split(";")
CLINICS = ("Aurora;Boa Esperança;Duas Palmeiras;Flor de Lótus;Girassóis;Ipê-Amarelo;Jacarandá;"
           "Manacá;Oásis;São Lázaro;Três Irmãos;Vitória-Régia").split(";")
KINDS = "Clínica;Ambulatório;Hospital;Policlínica;Consultório".split(";")
STATES = "PE SP PA DF AL ES GO BA SC MA MT AM".split()
UNACCENTED = str.maketrans("áàâãäçéêíóôõöúüñÁÂÃÉÊÍÓÔÕÚÜÇ' ", "aaaaaceeioooouunAAAEEIOOOUUC..")


def check_digit(digits, heaviest):
    rest = sum(int(d) * (heaviest - i) for i, d in enumerate(digits)) % 11
    return "0" if rest < 2 else str(11 - rest)


def with_check_digits(nine):
    """The CPF that begins with these nine digits."""
    ten = nine + check_digit(nine, 10)
    return ten + check_digit(ten, 11)


def is_cpf(digits):
    return (len(digits) == 11 and digits.strip(digits[0]) != ""
            and with_check_digits(digits[:9]) == digits)


def is_cns(text):
    """A health card's number, the way the legacy application's successor judges it."""
    return (len(text) == 15 and text.isascii() and text.isdigit() and text[0] in "12789"
            and sum(int(d) * (15 - i) for i, d in enumerate(text)) % 11 == 0)


def dotted(cpf):
    return f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"


class Dice:
    def __init__(self, *seed):
        text = "\0".join(map(str, seed)).encode()
        self.random = random.Random(int.from_bytes(hashlib.sha256(text).digest(), "big")).random

    def upto(self, last, first=0):
        return first + int(self.random() * (last - first + 1))

    def one_of(self, things):
        return things[int(self.random() * len(things))]

    def maybe(self, share):
        return self.random() < share

    def digits(self, count):
        return str(int(self.random() * 10 ** count)).zfill(count)

    def some(self, things, count):
        rest = list(things)
        return [rest.pop(int(self.random() * len(rest))) for _ in range(min(count, len(rest)))]

    # ---- people
    def name(self, given=None):
        given = given or self.one_of(WOMEN + MEN)
        more = " " + self.one_of(FAMILIES) if self.maybe(0.5) else ""
        return f"{given} {self.one_of(FAMILIES)}{more}"

    def health_card(self):
        while True:
            head = self.one_of("789") + self.digits(13)
            for last in "0123456789":
                if is_cns(head + last):
                    return head + last

    def phone(self, city, mobile):
        first = f"9{self.upto(9, 6)}" if mobile else str(self.upto(4, 2))
        return f"({city[1]}) {first}{self.digits(3)}-{self.digits(4)}"

    def postcode(self, city):
        return f"{city[2]:02d}{self.digits(3)}" + self.one_of(("-", "")) + self.digits(3)

    # ---- records
    def patient(self, city):
        woman = self.maybe(0.5)
        name = self.name(self.one_of(WOMEN if woman else MEN))
        incapable = self.maybe(0.08)
        height = self.upto(199, 120)
        return {
            "nome_paciente": name,
            "idade": self.one_of(("", str(self.upto(95)), f"{self.upto(95)} anos")),
            "sexo": self.one_of(("Feminino", "F", "") if woman else ("Masculino", "masc.", "")),
            "nome_mae": self.name(self.one_of(WOMEN)),
            "incapaz": incapable,
            "nome_responsavel": self.name() if incapable else "",
            "rg": self.digits(8) if self.maybe(0.6) else "",
            "peso": self.one_of((str(self.upto(130, 12)), f"{self.upto(130, 12)}kg",
                                 f"{self.upto(130, 12)},5")),
            "altura": self.one_of((str(height), f"1,{height % 100:02d}m")),
            "escolha_etnia": self.one_of(("Branca", "parda", "Preta", "Indígena", "")),
            "cns_paciente": self.health_card() if self.maybe(0.3) else "",
            "email_paciente": self.one_of(
                (None, "", f"{name.translate(UNACCENTED).lower()}@correio.test")),
            "cidade_paciente": city[0],
            "end_paciente": f"{self.one_of(STREETS)}, {self.upto(3000, 1)}",
            "cep_paciente": self.postcode(city),
            "telefone1_paciente": self.phone(city, False) if self.maybe(0.7) else "",
            "telefone2_paciente": self.phone(city, True) if self.maybe(0.8) else "",
            "etnia": self.one_of(("etnia_branca", "etnia_parda", "etnia_indigena", "Branca", ""))}

    def patient_edit(self, values, anew, city):
        """What a doctor's form makes of it; one who registers `anew` types it all again."""
        new = dict(values)
        if anew or self.maybe(0.5):  # the old form emptied what it did not show
            for name in ("idade", "sexo", "rg", "escolha_etnia", "cns_paciente", "cep_paciente"):
                new[name] = ""
        if anew:
            new["nome_paciente"] = new["nome_paciente"].upper()
            new["email_paciente"] = self.one_of((None, ""))
        choice = self.upto(5)
        if choice == 0:
            new["peso"] = str(self.upto(130, 12))
        elif choice == 1:
            new["altura"] = str(self.upto(199, 120))
        elif choice == 2:
            new["end_paciente"] = f"{self.one_of(STREETS)}, {self.upto(3000, 1)}"
        elif choice == 3:
            new["telefone2_paciente"] = self.phone(city, True)
        elif choice == 4:
            new["incapaz"] = not new["incapaz"]
            new["nome_responsavel"] = self.name() if new["incapaz"] else ""
        else:
            new["email_paciente"] = f"contato{self.upto(9999)}@correio.test"
        return new

    def clinic(self, city):
        return {
            "nome_clinica": f"{self.one_of(KINDS)} {self.one_of(CLINICS)}",
            "logradouro": self.one_of(STREETS),
            "logradouro_num": self.one_of(("S/N", str(self.upto(9999, 1)))),
            "cidade": city[0], "bairro": self.one_of(DISTRICTS), "cep": self.postcode(city),
            "telefone_clinica": self.phone(city, False).replace(" ", "")}

    def clinic_edit(self, values, city):
        new = dict(values)
        choice = self.upto(2)
        if choice == 0:
            new["nome_clinica"] = f"{self.one_of(KINDS)} {self.one_of(CLINICS)} Ltda"
        elif choice == 1:
            new["bairro"], new["cep"] = self.one_of(DISTRICTS), self.postcode(city)
        else:
            new["telefone_clinica"] = self.phone(city, False).replace(" ", "")
        return new
