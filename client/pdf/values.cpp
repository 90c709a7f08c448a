#include "client/pdf/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "client/pdf/font.hpp"

namespace autocusto::pdf {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string digits_of(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out), is_digit);
  return out;
}

/// `111.444.777-35`; what has not eleven digits stays as it is.
std::string cpf_text(std::string_view key) {
  if (key.size() != 11 || digits_of(key) != key) return std::string(key);
  return std::string(key.substr(0, 3)) + '.' + std::string(key.substr(3, 3)) + '.' +
         std::string(key.substr(6, 3)) + '-' + std::string(key.substr(9));
}

std::string_view field(const party& from, std::string_view name) {
  const auto at = from.fields.find(name);
  return at == from.fields.end() ? std::string_view() : std::string_view(at->second);
}

std::string yes_or_no(std::string_view stored) {
  return stored == "true" ? "sim" : stored == "false" ? "nao" : std::string(stored);
}

/// The parts that are not empty, with `between` between them.
std::string joined(std::initializer_list<std::string_view> parts, std::string_view between) {
  std::string out;
  for (const auto part : parts) {
    if (part.empty()) continue;
    if (!out.empty()) out += between;
    out += part;
  }
  return out;
}

std::string with_label(std::string_view label, std::string_view value) {
  return value.empty() ? std::string() : std::string(label) + std::string(value);
}

/// Street, district, city - UF, CEP.
std::string address_text(std::string_view street, std::string_view district, std::string_view city,
                         std::string_view uf, std::string_view cep) {
  return joined({street, district, joined({city, uf}, " - "), with_label("CEP ", cep)}, ", ");
}

void add_doctor(value_table& out, const party& doctor) {
  for (const auto& [name, text] : doctor.fields) {
    out.set(name == "telefone" || name == "email" ? name + "_medico" : name, text);
  }
  const auto slash = doctor.key.find('/');
  out.set("crm_medico", doctor.key);
  out.set("crm", std::string_view(doctor.key).substr(0, slash));
  out.set("uf_crm",
          slash == std::string::npos ? "" : std::string_view(doctor.key).substr(slash + 1));
  out.set(
      "especialidade_texto",
      joined({field(doctor, "especialidade"), with_label("RQE ", field(doctor, "rqe"))}, " - "));
}

void add_clinic(value_table& out, const party& clinic) {
  for (const auto& [name, text] : clinic.fields) {
    const bool bare = name == "bairro" || name == "cidade" || name == "cep" || name == "uf";
    out.set(bare ? name + "_clinica" : name, text);
  }
  out.set("cnes", clinic.key);
  const std::string street =
      joined({field(clinic, "logradouro"), field(clinic, "logradouro_num")}, ", ");
  out.set("endereco_clinica", address_text(street, field(clinic, "bairro"), field(clinic, "cidade"),
                                           field(clinic, "uf"), field(clinic, "cep")));
}

void add_patient(value_table& out, const party& patient) {
  for (const auto& [name, text] : patient.fields) out.set(name, text);
  // An imported key without check digits carries a mark behind the number: 12345678900#57.
  const std::string key = patient.key.substr(0, patient.key.find('#'));
  out.set("cpf", cpf_text(key));
  // The form of 2024 has no square for "not told".
  if (field(patient, "etnia") == "etnia_si") out.set("etnia", "");
  out.set("incapaz", yes_or_no(field(patient, "incapaz")));
  out.set("peso", weight_text(field(patient, "peso")));
  out.set("altura", height_text(field(patient, "altura")));
  out.set("endereco_paciente",
          address_text(field(patient, "end_paciente"), "", field(patient, "cidade_paciente"),
                       field(patient, "uf_paciente"), field(patient, "cep_paciente")));
  const auto cns = field(patient, "cns_paciente");
  const bool by_cpf = !key.empty();
  out.set("documento", by_cpf ? cpf_text(key) : std::string(cns));
  out.set("documento_tipo", by_cpf ? "cpf" : cns.empty() ? "" : "cns");
}

void add_rows(value_table& out, const print_request& request) {
  for (std::size_t m = 0; m < request.rows.size() && m < k_max_rows; ++m) {
    const auto& row = request.rows[m];
    const std::string number = std::to_string(m + 1);
    out.set("med_" + number, medicine_text(row));
    out.set("via_" + number, row.via);
    out.set("unidade_" + number, row.unidade);
    for (std::size_t k = 0; k < k_max_months; ++k) {
      if (static_cast<int>(k) >= request.months) break;
      const std::string both = number + "_" + std::to_string(k + 1);
      out.set("qtd_" + both, row.qtd[k]);
      out.set("pos_" + both, row.pos[k]);
    }
  }
}

void add_dates(value_table& out, const print_request& request) {
  if (!request.start.ok()) return;
  const std::string day = brazilian_text(request.start);
  out.set("data", day);
  const auto city = field(request.clinic, "cidade");
  out.set("cidade_data", joined({city, day}, ", "));
  const auto days = dates_of_months(request.start, request.months, request.dates);
  for (std::size_t k = 0; k < days.size(); ++k) {
    if (days[k]) out.set("data_" + std::to_string(k + 1), brazilian_text(*days[k]));
  }
}

/// The number at the beginning with a point for the comma, and what follows it without blanks.
std::pair<std::string, std::string> number_and_unit(std::string_view text) {
  std::string number;
  std::size_t at = 0;
  for (; at < text.size() && (is_digit(text[at]) || text[at] == ',' || text[at] == '.'); ++at) {
    number += text[at] == ',' ? '.' : text[at];
  }
  std::string unit;
  for (const char c : text.substr(at)) {
    if (c != ' ' && c != '.') unit += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  const bool one_point = std::count(number.begin(), number.end(), '.') <= 1;
  return one_point && !number.empty() ? std::pair(number, unit)
                                      : std::pair<std::string, std::string>();
}

}  // namespace

value_table::value_table(const print_request& request) {
  add_doctor(*this, request.doctor);
  add_clinic(*this, request.clinic);
  add_patient(*this, request.patient);
  for (const auto& [name, text] : request.process.fields) {
    if (!name.starts_with("data_"))
      set(name, text);  // an old process may hold dates of an old print
  }
  set("cid", request.process.key);
  set("diagnostico", request.diagnosis);
  set("tratou", yes_or_no(field(request.process, "tratou")));
  set("preenchido_cpf", cpf_text(field(request.process, "preenchido_cpf")));
  set("meses", std::to_string(request.months));
  for (const auto& [name, text] : request.conditional) {
    if (name.starts_with("opt_")) set(name, text);
  }
  add_rows(*this, request);
  add_dates(*this, request);
}

const drawable_value& value_table::get(std::string_view name) const {
  static const drawable_value nothing;
  const auto at = values_.find(name);
  return at == values_.end() ? nothing : at->second;
}

void value_table::set(std::string_view name, std::string_view text) {
  drawable_value value;
  if (auto drawable = drawable_text(text)) {
    value.missing = missing_glyphs(*drawable);
    value.text = *std::move(drawable);
  } else {
    value.valid = false;
  }
  values_.insert_or_assign(std::string(name), std::move(value));
}

std::vector<std::string> value_table::names() const {
  std::vector<std::string> out;
  for (const auto& [name, value] : values_) out.push_back(name);
  return out;
}

void value_table::clear(std::string_view beginning) {
  auto at = values_.lower_bound(beginning);
  while (at != values_.end() && at->first.starts_with(beginning)) at = values_.erase(at);
}

std::optional<int> quantity_of(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return 0;
  text = text.substr(first, text.find_last_not_of(' ') - first + 1);
  if (text.size() > 4 || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  int out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

std::string medicine_text(const prescription_row& row) {
  if (row.apresentacao.empty() || row.nome.find(row.apresentacao) != std::string::npos)
    return row.nome;
  return joined({row.nome, row.apresentacao}, " ");
}

std::string weight_text(std::string_view stored) {
  auto [number, unit] = number_and_unit(stored);
  if (number.empty() || (!unit.empty() && unit != "kg" && unit != "quilos"))
    return std::string(stored);
  std::replace(number.begin(), number.end(), '.', ',');
  return number;
}

std::string height_text(std::string_view stored) {
  const auto [number, unit] = number_and_unit(stored);
  const auto point = number.find('.');
  if (number.empty() || (!unit.empty() && unit != "m" && unit != "cm" && unit != "metros")) {
    return std::string(stored);
  }
  const bool metres = unit == "m" || unit == "metros" || (unit.empty() && point == 1);
  if (!metres) return number.substr(0, point);
  std::string centimetres = point == std::string::npos ? "" : number.substr(point + 1, 2);
  centimetres.resize(2, '0');
  return number.substr(0, point) + centimetres;
}

}  // namespace autocusto::pdf
