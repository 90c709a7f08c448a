#include "client/print/against_catalogue.hpp"

#include <string>
#include <utility>

#include "client/pdf/compose.hpp"
#include "client/pdf/values.hpp"
#include "shared/domain/search.hpp"

namespace autocusto::printing {
namespace {

std::string given(const pdf::values& fields, std::string_view name) {
  const auto at = fields.find(name);
  return at == fields.end() ? std::string() : at->second;
}

/// Whole months of life on that day.
std::optional<std::int64_t> age_in_months(const std::string& born, pdf::date on) {
  const auto day = pdf::date_from_iso(born);
  if (!day || !on.ok() || *day > on) return std::nullopt;
  const auto months = (on.year() / on.month()) - (day->year() / day->month());
  return months.count() - (on.day() < day->day() ? 1 : 0);
}

/// Of a text that people typed: `F`, `feminino`, `Masc.`; nothing for any other.
std::optional<reference::sex> sex_of(std::string_view typed) {
  const auto folded = domain::fold_name(typed).words;
  if (folded == "m" || folded.starts_with("masc") || folded.starts_with("homem")) {
    return reference::sex::male;
  }
  if (folded == "f" || folded.starts_with("fem") || folded.starts_with("mulher")) {
    return reference::sex::female;
  }
  return std::nullopt;
}

class catalogue_check {
 public:
  catalogue_check(resolved& out, const std::set<allowance>& allow,
                  const reference_source& catalogue)
      : out_(out), allow_(allow), catalogue_(catalogue) {}

  void run() {
    disease();
    const auto& patient = out_.request.patient.fields;
    age_ = age_in_months(given(patient, "data_nascimento"), out_.request.start);
    sex_ = sex_of(given(patient, "sexo"));
    for (std::size_t i = 0; i < out_.request.rows.size(); ++i) medicine(i);
  }

 private:
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
    (allow_.contains(allowance::retired) ? out_.warnings : out_.problems)
        .push_back(std::move(what));
  }

  void warn(std::string code, std::size_t i, const std::string& column, const std::string& pt,
            const std::string& en) {
    const std::string number = std::to_string(i + 1);
    out_.warnings.push_back({std::move(code), "7", "prescricao." + number + '.' + column,
                             "Campo 7 (Medicamento " + number + "): " + pt,
                             "Box 7 (medicine " + number + "): " + en});
  }

  void medicine(std::size_t i) {
    auto& row = out_.request.rows[i];
    const auto found = row.codigo.empty()
                           ? std::nullopt
                           : catalogue_.medicine(row.codigo, out_.request.process.key);
    if (!found) {
      warn("not_in_catalogue", i, "codigo", "não está no catálogo; sai como foi escrito.",
           "it is not in the catalogue; it prints as it was written.");
    } else {
      if (!found->retired_on.empty()) medicine_retired(i, found->retired_on);
      if (found->max_month) above_maximum(i, *found->max_month);
      control(i, found->control);
      if (row.unidade.empty()) row.unidade = found->unit;
      for_whom(i, *found);
    }
    if (row.unidade.empty() && pdf::paper_for(row.controle) == pdf::paper::controlled) {
      warn("unit_missing", i, "unidade",
           "não tem unidade, e a receita de controle especial diz só o número; preencha a unidade.",
           "it has no unit, and the prescription of controlled medicines says the number only; "
           "fill in the unit.");
    }
  }

  void medicine_retired(std::size_t i, const std::string& day) {
    const std::string number = std::to_string(i + 1);
    retired({"retired", "7", "prescricao." + number + ".codigo",
             "Campo 7 (Medicamento " + number + "): não consta do catálogo desde " + day +
                 "; troque-o ou permita a impressão.",
             "Box 7 (medicine " + number + "): it left the catalogue on " + day +
                 "; replace it, or allow the print."});
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
    warn("control_differs", i, "controle",
         "o catálogo diz lista " + listed + "; sai como foi escrito.",
         "the catalogue says list " + listed + "; it prints as it was written.");
  }

  /// Ages and sex only where the patient's record tells them.
  void for_whom(std::size_t i, const medicine_facts& facts) {
    if (!facts.for_cid) {
      warn("not_for_cid", i, "codigo",
           "o catálogo não o prevê para este CID; confira o CID e o medicamento.",
           "the catalogue does not list it for this CID; check the CID and the medicine.");
    }
    const bool young = age_ && facts.age_min && *age_ < *facts.age_min;
    const bool old = age_ && facts.age_max && *age_ > *facts.age_max;
    if (young || old) {
      const auto limit = std::to_string(young ? *facts.age_min : *facts.age_max);
      warn("age_out_of_range", i, "codigo",
           "o catálogo o prevê " + std::string(young ? "a partir de " : "até ") + limit +
               " meses de idade; confira a data de nascimento e o medicamento.",
           "the catalogue lists it " + std::string(young ? "from " : "up to ") + limit +
               " months of age; check the date of birth and the medicine.");
    }
    if (sex_ && facts.for_sex != reference::sex::any && *sex_ != facts.for_sex) {
      const bool female = facts.for_sex == reference::sex::female;
      warn("sex_differs", i, "codigo",
           "o catálogo o prevê só para o sexo " + std::string(female ? "feminino" : "masculino") +
               "; confira o sexo e o medicamento.",
           "the catalogue lists it for " + std::string(female ? "female" : "male") +
               " patients only; check the sex and the medicine.");
    }
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
      (allow_.contains(allowance::maximum) ? out_.warnings : out_.problems)
          .push_back(std::move(what));
    }
  }

  resolved& out_;
  const std::set<allowance>& allow_;
  const reference_source& catalogue_;
  std::optional<std::int64_t> age_;
  std::optional<reference::sex> sex_;
};

}  // namespace

void against_catalogue(resolved& out, const std::set<allowance>& allow,
                       const reference_source& catalogue) {
  catalogue_check(out, allow, catalogue).run();
}

}  // namespace autocusto::printing
