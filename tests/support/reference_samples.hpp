#pragma once
// A small catalogue for tests: three diseases, four medicines, one protocol. Values; any thread.

#include "shared/reference/catalogue.hpp"

namespace autocusto::test {

[[nodiscard]] inline reference::catalogue small_catalogue() {
  reference::catalogue out;
  out.revision = 3;
  out.valid_from = "2026-08-01";
  out.sources = {{"SIGTAP", "2026-08"}};
  out.diseases = {{"G35", "Esclerose múltipla"},
                  {"G40.0", "Epilepsia focal"},
                  {"M05.8", "Outras artrites reumatóides soro-positivas"}};
  reference::protocol multiple_sclerosis;
  multiple_sclerosis.code = "esclerose-multipla";
  multiple_sclerosis.nome = "Esclerose múltipla";
  multiple_sclerosis.cids = {"G35"};
  multiple_sclerosis.medicines = {"0604320132"};
  multiple_sclerosis.fields = {
      {"opt_edss", reference::field_type::choice, "EDSS", {"0", "1", "1,5"}, true}};
  multiple_sclerosis.documents = {"escala edss"};
  multiple_sclerosis.report_first_time = "Relato\nem linhas";
  multiple_sclerosis.renew_months = 6;
  out.protocols = {multiple_sclerosis};
  const auto add = [&out](std::string code, std::string name, std::vector<std::string> cids) {
    reference::medicine one;
    one.code = std::move(code);
    one.name = name;
    one.print_name = std::move(name);
    one.cids = std::move(cids);
    out.medicines.push_back(std::move(one));
  };
  add("0604320132", "FINGOLIMODE 0,5 MG (POR CÁPSULA)", {"G35"});
  add("0604500033", "LAMOTRIGINA 25 MG (POR COMPRIMIDO)", {"G40.0"});
  add("0604530013", "AZATIOPRINA 50 MG (POR COMPRIMIDO)", {"G35", "M05.8"});
  add("legacy:57", "METOTREXATO 2,5 MG", {"M05.8"});
  auto& fingolimod = out.medicines[0];
  fingolimod.print_name = "Fingolimode 0,5 mg";
  fingolimod.unit = "cápsula";
  fingolimod.control = "C1";
  fingolimod.max_month = 31;
  fingolimod.age_min = 120;
  fingolimod.legacy_ids = {"12"};
  return out;
}

}  // namespace autocusto::test
