#include "client/print/overview.hpp"

#include <algorithm>
#include <utility>

#include "client/print/resolve.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::printing {

result<patient_names> names_of_patients(const replica::reader& reader) {
  auto all = reader.list("patient");
  if (!all) return all.error();
  patient_names out;
  for (auto& one : *all) out.emplace(std::move(one.key), std::move(one.name));
  return out;
}

std::string name_for(const patient_names& names, std::string_view key) {
  const auto at = names.find(domain::patient_of_key(key));
  return at == names.end() ? std::string() : at->second;
}

result<due_list> all_due(const replica::reader& reader) {
  const auto processes = reader.list("process");
  if (!processes) return processes.error();
  std::vector<process_facts> known;
  for (const auto& one : *processes) {
    if (one.draft) continue;
    const auto shown = reader.show("process", one.key);
    if (!shown) return shown.error();
    known.push_back({one.key, text_of(shown->fields, "situacao") == "encerrado"});
  }
  const auto emissions = emissions_of(reader, {});
  if (!emissions) return emissions.error();
  std::vector<emission_facts> facts;
  for (const auto& one : *emissions) {
    if (auto fact = facts_of(one.key, one.fields)) facts.push_back(*std::move(fact));
  }
  return due_of(known, facts);
}

result<std::vector<emission_line>> emissions_of(const replica::reader& reader,
                                                const std::string& process) {
  const auto all = reader.list("emission");
  if (!all) return all.error();
  std::vector<emission_line> out;
  for (const auto& one : *all) {
    auto of = domain::process_of_key(one.key);
    if (!process.empty() && of != process) continue;
    auto shown = reader.show("emission", one.key);
    if (!shown) return shown.error();
    out.push_back({one.key, std::move(of), std::move(shown->fields)});
  }
  std::sort(out.begin(), out.end(), [](const emission_line& a, const emission_line& b) {
    return std::pair(text_of(a.fields, "inicio"), a.key) <
           std::pair(text_of(b.fields, "inicio"), b.key);
  });
  return out;
}

}  // namespace autocusto::printing
