#include "client/print/resolve.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "client/pdf/print.hpp"
#include "client/pdf/values.hpp"
#include "client/print/against_catalogue.hpp"
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
    rows();
    against_catalogue(out_, how_.allow, catalogue_);
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

  void warn_of_quantity(const std::string& number, const std::string& month) {
    out_.warnings.push_back({"zero_quantity", "8", "prescricao." + number + ".qtd_" + month,
                             "Campo 8 (Quantidade do medicamento " + number + " no mês " + month +
                                 "): é zero e sai assim; apague-a se o mês não tem este "
                                 "medicamento.",
                             "Box 8 (quantity of medicine " + number + " in month " + month +
                                 "): it is zero and prints so; clear it if the month has none of "
                                 "this medicine."});
  }

  void rows() {
    const auto& request = out_.request;
    std::string empty;
    for (int k = 0; k < request.months && k < static_cast<int>(pdf::k_max_months); ++k) {
      bool any = request.rows.empty();
      const std::string month = std::to_string(k + 1);
      for (std::size_t i = 0; i < request.rows.size(); ++i) {
        const auto& text = request.rows[i].qtd[static_cast<std::size_t>(k)];
        const auto quantity = pdf::quantity_of(text);
        any = any || !quantity || *quantity > 0;
        if (quantity == 0 && !domain::is_blank(text)) {
          warn_of_quantity(std::to_string(i + 1), month);
        }
      }
      if (!any) empty += (empty.empty() ? "" : ", ") + month;
    }
    if (!empty.empty()) {
      out_.warnings.push_back(
          {"empty_month", "8", "meses",
           "Campo 8 (Quantidades): nenhum medicamento tem quantidade nos meses " + empty +
               ", mas o documento conta com eles; preencha-os ou imprima menos meses.",
           "Box 8 (quantities): no medicine has a quantity in months " + empty +
               ", but the document counts them; fill them in, or print fewer months."});
    }
    for (std::size_t i = 0; i < request.rows.size(); ++i) {
      if (!is_unknown_medicine(request.rows[i].nome)) continue;
      const std::string number = std::to_string(i + 1);
      out_.problems.push_back(
          {"unknown_medicine", "7", "prescricao." + number + ".nome",
           "Campo 7 (Medicamento " + number +
               "): veio da importação sem nome; escolha o medicamento no processo.",
           "Box 7 (medicine " + number +
               "): it came from the import without a name; choose the medicine in the process."});
    }
    const auto key = from_.patient.key.substr(0, from_.patient.key.find('#'));
    if (!key.empty() && !domain::normalise_cpf(key)) {
      out_.warnings.push_back(
          {"invalid_cpf", "21", "cpf",
           "Campo 21 (CPF): o número importado não é um CPF válido e sai como está; registre o "
           "paciente com o CPF certo.",
           "Box 21 (CPF): the imported number is no valid CPF and prints as it is; register the "
           "patient under the right CPF."});
    }
  }

  const sources& from_;
  const print_options& how_;
  const reference_source& catalogue_;
  resolved& out_;
};

}  // namespace

bool is_unknown_medicine(std::string_view name) {
  return name.starts_with("(medicamento ") && name.ends_with(')');
}

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
