#include "client/print/overview.hpp"

#include <algorithm>
#include <utility>

#include "client/print/resolve.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::printing {

namespace {

/// Nothing for a record whose cells were changed or damaged, so that a list shows the other ones.
std::optional<domain::field_map> sound_fields(const replica::reader& reader, std::string_view kind,
                                              const std::string& key) {
  try {
    auto shown = reader.show(kind, key);
    if (!shown) return std::nullopt;
    return std::move(shown->fields);
  } catch (const error_exception& e) {
    if (e.get().code != errc::database) throw;
    return std::nullopt;
  }
}

}  // namespace

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
  std::size_t damaged = 0;
  const auto processes = reader.search("process", {}, &damaged);
  if (!processes) return processes.error();
  std::vector<process_facts> known;
  for (const auto& one : *processes) {
    if (one.draft) continue;
    const auto fields = sound_fields(reader, "process", one.key);
    if (fields) {
      known.push_back({.key = one.key, .closed = text_of(*fields, "situacao") == "encerrado"});
    } else {
      ++damaged;
      known.push_back({.key = one.key, .damaged = true});
    }
  }
  std::set<std::string> unread;
  const auto emissions = emissions_of(reader, {}, &damaged, &unread);
  if (!emissions) return emissions.error();
  std::vector<emission_facts> facts;
  for (const auto& one : *emissions) {
    if (auto fact = facts_of(one.key, one.fields)) facts.push_back(*std::move(fact));
  }
  auto out = due_of(known, facts);
  unread.insert(out.unclear.begin(), out.unclear.end());
  out.unclear.assign(unread.begin(), unread.end());
  out.damaged = damaged;
  return out;
}

result<std::vector<emission_line>> emissions_of(const replica::reader& reader,
                                                const std::string& process, std::size_t* damaged,
                                                std::set<std::string>* unread) {
  const auto all = reader.list("emission");
  if (!all) return all.error();
  std::vector<emission_line> out;
  for (const auto& one : *all) {
    auto of = domain::process_of_key(one.key);
    if (!process.empty() && of != process) continue;
    if (auto fields = sound_fields(reader, "emission", one.key)) {
      out.push_back({one.key, std::move(of), *std::move(fields)});
    } else {
      if (damaged != nullptr) ++*damaged;
      if (unread != nullptr) unread->insert(of);
    }
  }
  std::sort(out.begin(), out.end(), [](const emission_line& a, const emission_line& b) {
    return std::pair(text_of(a.fields, "inicio"), a.key) <
           std::pair(text_of(b.fields, "inicio"), b.key);
  });
  return out;
}

}  // namespace autocusto::printing
