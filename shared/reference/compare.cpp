#include "shared/reference/compare.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace autocusto::reference {
namespace {

template <class Value>
using by_code = std::map<std::string_view, const Value*>;

template <class Value>
by_code<Value> indexed(const std::vector<Value>& values, std::string Value::*code) {
  by_code<Value> out;
  for (const auto& value : values) out.emplace(value.*code, &value);
  return out;
}

template <class Value>
const Value* found_in(const by_code<Value>& values, std::string_view code) {
  const auto at = values.find(code);
  return at == values.end() ? nullptr : at->second;
}

std::string joined(const std::vector<std::string>& codes) {
  std::string out;
  for (const auto& code : codes) out.append(out.empty() ? "" : " ").append(code);
  return out;
}

std::string number(const std::optional<std::int64_t>& value) {
  return value ? std::to_string(*value) : std::string();
}

std::string limits_of(const medicine& one) {
  return "age " + number(one.age_min) + "-" + number(one.age_max) + " months, sex " +
         std::string(sex_name(one.for_sex));
}

std::string details_of(const medicine& one) {
  return "unit " + one.unit + ", control " + one.control + ", legacy ids " + joined(one.legacy_ids);
}

std::string details_of(const protocol& one) {
  return std::to_string(one.fields.size()) + " questions, documents " + joined(one.documents) +
         ", renewal " + number(one.renew_months);
}

const std::string& shown_name(const disease& one) {
  return one.nome;
}
const std::string& shown_name(const protocol& one) {
  return one.nome;
}
const std::string& shown_name(const medicine& one) {
  return one.print_name;
}

/// Notes the changes of one thing.
struct notes {
  std::vector<change>& out;
  subject of;
  std::string code;

  void add(change_kind kind, std::string before, std::string after) {
    out.push_back({of, kind, code, std::move(before), std::move(after)});
  }
  void compare(change_kind kind, const std::string& before, const std::string& after) {
    if (before != after) add(kind, before, after);
  }
};

void compare_rest(notes& to, const disease& before, const disease& after) {
  to.compare(change_kind::renamed, before.nome, after.nome);
}

void compare_rest(notes& to, const protocol& before, const protocol& after) {
  to.compare(change_kind::renamed, before.nome, after.nome);
  to.compare(change_kind::diseases, joined(before.cids), joined(after.cids));
  to.compare(change_kind::medicines, joined(before.medicines), joined(after.medicines));
  const bool same = before.fields == after.fields && before.documents == after.documents &&
                    before.report_first_time == after.report_first_time &&
                    before.renew_months == after.renew_months;
  if (!same) to.add(change_kind::details, details_of(before), details_of(after));
}

void compare_rest(notes& to, const medicine& before, const medicine& after) {
  const bool same_name = before.name == after.name;
  to.compare(change_kind::renamed, same_name ? before.print_name : before.name,
             same_name ? after.print_name : after.name);
  to.compare(change_kind::quantity, number(before.max_month), number(after.max_month));
  to.compare(change_kind::limits, limits_of(before), limits_of(after));
  to.compare(change_kind::diseases, joined(before.cids), joined(after.cids));
  to.compare(change_kind::details, details_of(before), details_of(after));
}

template <class Value>
void compare_lists(std::vector<change>& out, subject of, const std::vector<Value>& before,
                   const std::vector<Value>& after, std::string Value::*code) {
  const auto old = indexed(before, code);
  const auto now = indexed(after, code);
  for (const auto& [name, value] : old) {
    if (found_in(now, name) == nullptr) {
      out.push_back({of, change_kind::removed, std::string(name), shown_name(*value), {}});
    }
  }
  for (const auto& [name, value] : now) {
    notes to{out, of, std::string(name)};
    const auto* was = found_in(old, name);
    if (was == nullptr) {
      to.add(change_kind::added, {}, shown_name(*value));
      continue;
    }
    if (!was->retired_on && value->retired_on) {
      to.add(change_kind::retired, shown_name(*was), *value->retired_on);
    }
    if (was->retired_on && !value->retired_on) {
      to.add(change_kind::returned, *was->retired_on, shown_name(*value));
    }
    compare_rest(to, *was, *value);
  }
}

/// Which source a code is of: what stands before its colon.
std::string_view sort_of(std::string_view code) {
  const auto colon = code.find(':');
  return colon == std::string_view::npos ? std::string_view() : code.substr(0, colon);
}

template <class Value>
std::set<std::string_view> sorts_of(const std::vector<Value>& values, std::string Value::*code) {
  std::set<std::string_view> out;
  for (const auto& value : values) out.insert(sort_of(value.*code));
  return out;
}

medicine continued(const medicine& old, medicine imported) {
  const bool curated = old.print_name != old.name && old.name == imported.name;
  if (curated && imported.print_name == imported.name) imported.print_name = old.print_name;
  if (imported.unit.empty()) imported.unit = old.unit;
  if (imported.control.empty()) imported.control = old.control;
  imported.legacy_ids.insert(imported.legacy_ids.end(), old.legacy_ids.begin(),
                             old.legacy_ids.end());
  return imported;
}

/// What the import has, and of the old list what it lacks, retired where the import would have it.
template <class Value, class Continue>
std::vector<Value> merged(const std::vector<Value>& old, const std::vector<Value>& imported,
                          std::string Value::*code, const std::string& day, const Continue& go_on) {
  const auto before = indexed(old, code);
  const auto now = indexed(imported, code);
  const auto sorts = sorts_of(imported, code);
  std::vector<Value> out;
  for (const auto& value : imported) {
    const auto* was = found_in(before, value.*code);
    out.push_back(was == nullptr ? value : go_on(*was, value));
  }
  for (const auto& value : old) {
    if (found_in(now, value.*code) != nullptr) continue;
    out.push_back(value);
    if (!value.retired_on && sorts.count(sort_of(value.*code)) == 1) out.back().retired_on = day;
  }
  return out;
}

/// CIDs of the old catalogue that the import lacks: retired when nothing that is in use names them.
void add_old_diseases(catalogue& to, const catalogue& old, const catalogue& imported) {
  std::set<std::string_view> used;
  for (const auto& one : to.medicines) {
    if (!one.retired_on) used.insert(one.cids.begin(), one.cids.end());
  }
  for (const auto& one : to.protocols) {
    if (!one.retired_on) used.insert(one.cids.begin(), one.cids.end());
  }
  const auto now = indexed(imported.diseases, &disease::cid);
  to.diseases = imported.diseases;
  for (const auto& one : old.diseases) {
    if (found_in(now, one.cid) != nullptr) continue;
    to.diseases.push_back(one);
    const bool kept = imported.diseases.empty() || used.count(one.cid) == 1;
    if (!kept && !one.retired_on) to.diseases.back().retired_on = imported.valid_from;
  }
}

/// Adds those that `to` lacks, as retired.
template <class Value>
void add_retired(std::vector<Value>& to, const std::vector<Value>& from, std::string Value::*code,
                 const std::string& day) {
  std::vector<Value> lacking;
  const auto there = indexed(to, code);
  for (const auto& value : from) {
    if (found_in(there, value.*code) != nullptr) continue;
    lacking.push_back(value);
    if (!value.retired_on) lacking.back().retired_on = day;
  }
  to.insert(to.end(), lacking.begin(), lacking.end());
}

template <class Value>
bool keeps_all(const std::vector<Value>& before, const std::vector<Value>& after,
               std::string Value::*code) {
  const auto now = indexed(after, code);
  return std::all_of(before.begin(), before.end(),
                     [&](const Value& value) { return found_in(now, value.*code) != nullptr; });
}

}  // namespace

std::vector<change> compare(const catalogue& before, const catalogue& after) {
  std::vector<change> out;
  compare_lists(out, subject::disease, before.diseases, after.diseases, &disease::cid);
  compare_lists(out, subject::protocol, before.protocols, after.protocols, &protocol::code);
  compare_lists(out, subject::medicine, before.medicines, after.medicines, &medicine::code);
  std::stable_sort(out.begin(), out.end(), [](const change& a, const change& b) {
    return std::tie(a.of, a.code, a.kind) < std::tie(b.of, b.code, b.kind);
  });
  return out;
}

catalogue next_revision(const catalogue& old, const catalogue& imported) {
  catalogue out;
  out.revision = old.revision + 1;
  out.valid_from = imported.valid_from;
  out.sources = imported.sources;
  const auto names = indexed(imported.sources, &source::name);
  for (const auto& one : old.sources) {
    if (found_in(names, one.name) == nullptr) out.sources.push_back(one);
  }
  out.medicines =
      merged(old.medicines, imported.medicines, &medicine::code, imported.valid_from, continued);
  out.protocols = merged(old.protocols, imported.protocols, &protocol::code, imported.valid_from,
                         [](const protocol&, const protocol& now) { return now; });
  add_old_diseases(out, old, imported);
  sort_catalogue(out);
  return out;
}

catalogue restored_revision(const catalogue& now, const catalogue& old, const std::string& day) {
  catalogue out = old;
  out.revision = now.revision + 1;
  out.valid_from = day;
  add_retired(out.diseases, now.diseases, &disease::cid, day);
  add_retired(out.protocols, now.protocols, &protocol::code, day);
  add_retired(out.medicines, now.medicines, &medicine::code, day);
  sort_catalogue(out);
  return out;
}

result<void> check_follows(const catalogue& before, const catalogue& after) {
  if (after.revision != before.revision + 1) {
    return fail(errc::invalid_field,
                "The catalogue has to be revision " + std::to_string(before.revision + 1) +
                    ", the one after the newest that is published; make it anew from that one.",
                "revision", before.revision + 1);
  }
  if (!keeps_all(before.diseases, after.diseases, &disease::cid) ||
      !keeps_all(before.protocols, after.protocols, &protocol::code) ||
      !keeps_all(before.medicines, after.medicines, &medicine::code)) {
    return fail(errc::invalid_field,
                "The catalogue lacks something that the revision before has; keep it with "
                "`retired_on`.",
                "revision");
  }
  return {};
}

std::string_view subject_name(subject of) {
  switch (of) {
    case subject::disease:
      return "disease";
    case subject::protocol:
      return "protocol";
    case subject::medicine:
      return "medicine";
  }
  return {};
}

std::string_view change_name(change_kind kind) {
  switch (kind) {
    case change_kind::added:
      return "added";
    case change_kind::retired:
      return "retired";
    case change_kind::returned:
      return "returned";
    case change_kind::removed:
      return "removed";
    case change_kind::renamed:
      return "renamed";
    case change_kind::quantity:
      return "quantity";
    case change_kind::limits:
      return "limits";
    case change_kind::diseases:
      return "diseases";
    case change_kind::medicines:
      return "medicines";
    case change_kind::details:
      return "details";
  }
  return {};
}

}  // namespace autocusto::reference
