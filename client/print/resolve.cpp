#include "client/print/resolve.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "client/pdf/print.hpp"
#include "client/pdf/values.hpp"
#include "shared/domain/structured.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::printing {
namespace {

pdf::values texts_of(const domain::field_map& fields) {
  pdf::values out;
  for (const auto& [name, value] : fields) {
    if (std::holds_alternative<domain::structured>(value)) continue;
    out.emplace(name, domain::value_text(value));
  }
  return out;
}

pdf::party party_of(const source& from) {
  return {from.key, texts_of(from.fields)};
}

pdf::values conditional_of(const domain::field_map& fields) {
  const auto at = fields.find("condicionais");
  const auto* value = at == fields.end() ? nullptr : std::get_if<domain::structured>(&at->second);
  if (value == nullptr) return {};
  const auto map = domain::map_of(*value);
  return map ? pdf::values(map->begin(), map->end()) : pdf::values();
}

int months_of(const sources& from, const print_options& how) {
  if (how.months) return *how.months;
  const auto text = text_of(from.process.fields, "meses");
  int out = static_cast<int>(pdf::k_max_months);
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

class collector {
 public:
  collector(const sources& from, const print_options& how, const reference_source& catalogue,
            resolved& out)
      : from_(from), how_(how), catalogue_(catalogue), out_(out) {}

  void run() {
    states();
    disease();
    for (std::size_t i = 0; i < out_.request.rows.size(); ++i) medicine(i);
    for (const auto& each : pdf::check(out_.request)) {
      out_.problems.push_back(from_pdf(each));
    }
    out_.problems = without_repeats(std::move(out_.problems));
    out_.warnings = without_repeats(std::move(out_.warnings));
  }

 private:
  void states() {
    const std::array<std::pair<const source*, const char*>, 4> all{{
        {&from_.process, "processo"},
        {&from_.patient, "paciente"},
        {from_.clinic ? &*from_.clinic : nullptr, "clinica"},
        {&from_.doctor, "medico"},
    }};
    for (const auto& [one, name] : all) {
      if (one == nullptr) continue;
      if (one->draft) draft(name);
      if (one->heads != agreement::one) conflict(name, one->heads);
    }
    if (text_of(from_.process.fields, "situacao") == "encerrado") {
      out_.problems.push_back({"closed", "", "situacao",
                               "O processo está encerrado; reabra-o antes de imprimir.",
                               "The process is closed; open it again before printing."});
    }
  }

  void draft(const std::string& name) {
    auto& list = how_.accept_draft ? out_.warnings : out_.problems;
    list.push_back({"draft", "", name,
                    "É um rascunho (" + name + "): só sai com a marca RASCUNHO; publique-o.",
                    "It is a draft (" + name +
                        "): it prints with the mark RASCUNHO only; "
                        "publish it."});
  }

  void conflict(const std::string& name, agreement heads) {
    const bool stops = heads == agreement::clinical && (name == "processo" || name == "paciente");
    auto& list = stops ? out_.problems : out_.warnings;
    list.push_back({"conflict", "", name,
                    "Há versões diferentes lado a lado (" + name + "); veja os conflitos.",
                    "Different versions stand side by side (" + name + "); see the conflicts."});
  }

  void disease() {
    const auto cid = out_.request.process.key;
    if (cid.empty()) return;
    const auto found = catalogue_.disease(cid);
    if (!found) {
      out_.warnings.push_back(
          {"not_in_catalogue", "9", "cid",
           "Campo 9 (CID-10): o catálogo não tem este CID; o diagnóstico sai vazio.",
           "Box 9 (CID-10): the catalogue lacks this CID; the diagnosis stays empty."});
      return;
    }
    out_.request.diagnosis = found->name;
    if (found->retired_on.empty()) return;
    retired({"retired", "9", "cid",
             "Campo 9 (CID-10): este CID não consta do catálogo desde " + found->retired_on + ".",
             "Box 9 (CID-10): this CID left the catalogue on " + found->retired_on + "."});
  }

  void retired(problem what) {
    (how_.allow.contains(allowance::retired) ? out_.warnings : out_.problems)
        .push_back(std::move(what));
  }

  void medicine(std::size_t i) {
    const auto& row = out_.request.rows[i];
    const std::string number = std::to_string(i + 1);
    const std::string start = "prescricao." + number + '.';
    const auto found = row.codigo.empty() ? std::nullopt : catalogue_.medicine(row.codigo);
    if (!found) {
      out_.warnings.push_back(
          {"not_in_catalogue", "7", start + "codigo",
           "Campo 7 (Medicamento " + number + "): não está no catálogo; sai como foi escrito.",
           "Box 7 (medicine " + number +
               "): it is not in the catalogue; it prints as it was written."});
      return;
    }
    if (!found->retired_on.empty()) {
      retired({"retired", "7", start + "codigo",
               "Campo 7 (Medicamento " + number + "): não consta do catálogo desde " +
                   found->retired_on + "; troque-o ou permita a impressão.",
               "Box 7 (medicine " + number + "): it left the catalogue on " + found->retired_on +
                   "; replace it, or allow the print."});
    }
    if (found->max_month) above_maximum(i, *found->max_month);
    control(i, found->control);
  }

  /// What the row does not say, the catalogue does: a controlled medicine never comes out on a
  /// plain prescription for want of a word.
  void control(std::size_t i, const std::string& listed) {
    auto& row = out_.request.rows[i];
    if (row.controle.empty()) {
      row.controle = listed;
      return;
    }
    if (listed.empty() || row.controle == listed) return;
    const std::string number = std::to_string(i + 1);
    out_.warnings.push_back({"control_differs", "7", "prescricao." + number + ".controle",
                             "Campo 7 (Medicamento " + number + "): o catálogo diz lista " +
                                 listed + "; sai como foi escrito.",
                             "Box 7 (medicine " + number + "): the catalogue says list " + listed +
                                 "; it prints as it was written."});
  }

  void above_maximum(std::size_t i, std::int64_t most) {
    const auto& row = out_.request.rows[i];
    const std::string number = std::to_string(i + 1);
    for (int k = 0; k < out_.request.months && k < static_cast<int>(pdf::k_max_months); ++k) {
      const auto quantity = pdf::quantity_of(row.qtd[static_cast<std::size_t>(k)]);
      if (!quantity || *quantity <= most) continue;
      const std::string month = std::to_string(k + 1);
      problem what{"above_maximum", "8", "prescricao." + number + ".qtd_" + month,
                   "Campo 8 (Quantidade do medicamento " + number + " no mês " + month +
                       "): o máximo por mês é " + std::to_string(most) +
                       "; corrija ou permita a impressão.",
                   "Box 8 (quantity of medicine " + number + " in month " + month +
                       "): the most in a month is " + std::to_string(most) +
                       "; correct it, or allow the print."};
      (how_.allow.contains(allowance::maximum) ? out_.warnings : out_.problems)
          .push_back(std::move(what));
    }
  }

  const sources& from_;
  const print_options& how_;
  const reference_source& catalogue_;
  resolved& out_;
};

}  // namespace

std::string text_of(const domain::field_map& fields, std::string_view name) {
  const auto at = fields.find(name);
  if (at == fields.end() || std::holds_alternative<domain::structured>(at->second)) return {};
  return domain::value_text(at->second);
}

std::vector<pdf::prescription_row> prescription_of(const domain::field_map& fields) {
  const auto at = fields.find("prescricao");
  const auto* value = at == fields.end() ? nullptr : std::get_if<domain::structured>(&at->second);
  if (value == nullptr) return {};
  const auto rows = domain::rows_of(*value);
  if (!rows) return {};
  std::vector<pdf::prescription_row> out;
  for (const auto& row : *rows) {
    auto& one = out.emplace_back();
    one.codigo = domain::cell(row, "codigo");
    one.nome = domain::cell(row, "nome");
    one.apresentacao = domain::cell(row, "apresentacao");
    one.via = domain::cell(row, "via");
    one.unidade = domain::cell(row, "unidade");
    one.controle = domain::cell(row, "controle");
    for (std::size_t k = 0; k < pdf::k_max_months; ++k) {
      const std::string month = std::to_string(k + 1);
      one.qtd[k] = domain::cell(row, "qtd_" + month);
      one.pos[k] = domain::cell(row, "pos_" + month);
    }
  }
  return out;
}

namespace {

struct named_document {
  std::string_view name;
  bool pdf::document_choice::*member;
};
constexpr std::array<named_document, 4> k_documents{{
    {"lme", &pdf::document_choice::lme},
    {"receita", &pdf::document_choice::prescriptions},
    {"relatorio", &pdf::document_choice::report},
    {"exames", &pdf::document_choice::exams},
}};

}  // namespace

std::string documents_text(const pdf::document_choice& choice) {
  std::string out;
  for (const auto& [name, member] : k_documents) {
    if (!(choice.*member)) continue;
    if (!out.empty()) out += ',';
    out += name;
  }
  return out;
}

std::optional<pdf::document_choice> documents_from(std::string_view list) {
  pdf::document_choice out{.lme = false, .prescriptions = false};
  if (list.empty()) return std::nullopt;
  while (true) {
    const auto comma = list.find(',');
    const auto name = list.substr(0, comma);
    const auto* at = std::find_if(k_documents.begin(), k_documents.end(),
                                  [name](const named_document& each) { return each.name == name; });
    if (at == k_documents.end()) return std::nullopt;
    out.*(at->member) = true;
    if (comma == std::string_view::npos) return out;
    list.remove_prefix(comma + 1);
  }
}

resolved resolve(const sources& from, const print_options& how, const reference_source& catalogue) {
  resolved out;
  auto& request = out.request;
  request.doctor = party_of(from.doctor);
  request.patient = party_of(from.patient);
  if (from.clinic) request.clinic = party_of(*from.clinic);
  request.process = party_of(from.process);
  const auto cid = domain::cid_of_key(from.process.key);
  request.process.key = cid.starts_with('#') ? std::string() : cid;
  request.rows = prescription_of(from.process.fields);
  request.conditional = conditional_of(from.process.fields);
  request.start = how.start;
  request.months = months_of(from, how);
  request.dates = how.dates;
  request.documents = how.documents;
  request.templates = how.templates;
  request.draft = how.accept_draft && (from.process.draft || from.patient.draft ||
                                       from.doctor.draft || (from.clinic && from.clinic->draft));
  collector(from, how, catalogue, out).run();
  return out;
}

}  // namespace autocusto::printing
