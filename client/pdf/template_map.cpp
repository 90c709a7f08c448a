#include "client/pdf/template_map.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "client/pdf/form_texts.hpp"
#include "client/pdf/request.hpp"
#include "client/pdf/template.hpp"
#include "shared/json/canonical.hpp"
#include "shared/json/read.hpp"

namespace autocusto::pdf {
namespace {

constexpr std::size_t k_max_name = 300;

// What value_table makes besides numbered names; a test compares the two.
constexpr std::array k_value_names = std::to_array<std::string_view>({"altura",
                                                                      "anamnese",
                                                                      "bairro_clinica",
                                                                      "cep_clinica",
                                                                      "cep_paciente",
                                                                      "cid",
                                                                      "cidade_clinica",
                                                                      "cidade_data",
                                                                      "cidade_paciente",
                                                                      "cnes",
                                                                      "cns_medico",
                                                                      "cns_paciente",
                                                                      "cpf",
                                                                      "crm",
                                                                      "crm_medico",
                                                                      "data",
                                                                      "data_nascimento",
                                                                      "data_receita",
                                                                      "diagnostico",
                                                                      "documento",
                                                                      "documento_tipo",
                                                                      "email_medico",
                                                                      "email_paciente",
                                                                      "end_paciente",
                                                                      "endereco_clinica",
                                                                      "endereco_paciente",
                                                                      "escolha_etnia",
                                                                      "especialidade",
                                                                      "especialidade_texto",
                                                                      "etnia",
                                                                      "exames",
                                                                      "folha",
                                                                      "idade",
                                                                      "incapaz",
                                                                      "logradouro",
                                                                      "logradouro_num",
                                                                      "mes",
                                                                      "meses",
                                                                      "nome_clinica",
                                                                      "nome_mae",
                                                                      "nome_medico",
                                                                      "nome_paciente",
                                                                      "nome_responsavel",
                                                                      "nome_social",
                                                                      "peso",
                                                                      "preenchido_cpf",
                                                                      "preenchido_nome",
                                                                      "preenchido_por",
                                                                      "protocolo",
                                                                      "relatorio",
                                                                      "rg",
                                                                      "rqe",
                                                                      "sexo",
                                                                      "telefone1_paciente",
                                                                      "telefone2_paciente",
                                                                      "telefone_clinica",
                                                                      "telefone_medico",
                                                                      "tratamentos_previos",
                                                                      "tratou",
                                                                      "uf_clinica",
                                                                      "uf_crm",
                                                                      "uf_paciente"});

condition condition_from(const std::string& text) {
  const auto sign = text.find('=');
  if (sign == std::string::npos) return {text, std::nullopt};
  return {text.substr(0, sign), text.substr(sign + 1)};
}

std::string numbered(std::string text, std::size_t m, std::size_t k) {
  for (const auto& [name, number] : {std::pair{"#m", m}, std::pair{"#k", k}}) {
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name)) {
      text.replace(at, 2, std::to_string(number));
    }
  }
  return text;
}

struct read_entry {
  std::string field;
  mapped_field mapped;
};

element look_from(json::reader& in) {
  element out;
  out.value = in.optional_string("value", k_max_name).value_or("");
  out.box = in.optional_string("box", 16).value_or("");
  out.label = in.optional_string("label", k_max_name).value_or("");
  out.required = in.boolean_or("required", false);
  out.only_if = condition_from(in.optional_string("if", k_max_name).value_or(""));
  out.size = static_cast<double>(in.optional_integer("size", 40, 400).value_or(100)) / 10;
  out.min_size = std::min(
      out.size, static_cast<double>(in.optional_integer("min", 40, 400).value_or(70)) / 10);
  out.lines = static_cast<int>(in.optional_integer("lines", 0, 200).value_or(0));
  out.at.x = static_cast<double>(in.optional_integer("inset_left", 0, 2'000).value_or(0)) / 10;
  out.at.y = static_cast<double>(in.optional_integer("inset_top", 0, 2'000).value_or(0)) / 10;
  return out;
}

read_entry entry_from(json::reader& in) {
  read_entry out{in.string("field", k_max_name), {look_from(in), {}}};
  if (in.has("when")) {
    const auto& when = in.value("when");
    if (!when.is_object()) in.refuse("when", "is not an object");
    for (const auto& [state, text] : when.items()) {
      if (!text.is_string()) {
        in.refuse("when", "holds something that is not a text");
        break;
      }
      out.mapped.buttons.emplace_back(state, condition_from(text.get<std::string>()));
    }
  } else if (out.mapped.look.value.empty()) {
    in.refuse("value", "is empty");
  }
  in.strict();
  return out;
}

/// `med#m_posologia_mes#k` stands for 36 fields.
void add_entry(template_map& map, const read_entry& entry) {
  const bool has_m = entry.field.find("#m") != std::string::npos;
  const bool has_k = entry.field.find("#k") != std::string::npos;
  for (std::size_t m = 1; m <= (has_m ? k_max_rows : 1); ++m) {
    for (std::size_t k = 1; k <= (has_k ? k_max_months : 1); ++k) {
      mapped_field field = entry.mapped;
      field.look.value = numbered(field.look.value, m, k);
      field.look.text = "{" + field.look.value + "}";
      field.look.label = numbered(field.look.label, m, k);
      map.fields.insert_or_assign(numbered(entry.field, m, k), std::move(field));
    }
  }
}

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

result<template_map> read_template_map(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) {
    return fail(errc::invalid_field, "The map of the template cannot be read; correct it.", "map");
  }
  template_map out;
  json::reader in(*value);
  in.objects("fields", 2'000, [&](json::reader& child) { add_entry(out, entry_from(child)); });
  if (in.has("needs")) {
    in.objects("needs", 100, [&](json::reader& child) {
      out.needs.push_back(look_from(child));
      out.needs.back().what = element::kind::need;
      child.strict();
    });
  }
  out.same_names = in.boolean_or("same_names", false);
  in.strict();
  if (const auto wrong = in.finish()) {
    return fail(errc::invalid_field, "The map of the template is wrong: " + wrong->message, "map");
  }
  return out;
}

bool is_value_name(std::string_view name) {
  if (std::binary_search(k_value_names.begin(), k_value_names.end(), name)) return true;
  if (name.starts_with("opt_")) return true;
  for (const std::string_view start : {"med_", "via_", "unidade_", "data_", "qtd_", "pos_"}) {
    if (!name.starts_with(start)) continue;
    auto rest = name.substr(start.size());
    const bool two = start == "qtd_" || start == "pos_";
    if (!two) return all_digits(rest);
    const auto between = rest.find('_');
    return between != std::string_view::npos && all_digits(rest.substr(0, between)) &&
           all_digits(rest.substr(between + 1));
  }
  if (!name.starts_with("item_")) return false;
  const auto part = name.substr(std::min(name.size(), name.find('_', 5) + 1));
  return part == "nome" || part == "via" || part == "qtd" || part == "quantidade" ||
         part == "posologia";
}

std::string_view ready_map(std::string_view name) {
  for (const auto& [known, text] : map_texts()) {
    if (known == name) return text;
  }
  return {};
}

}  // namespace autocusto::pdf
