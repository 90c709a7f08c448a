#include "tools/import/rules/reference.hpp"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "shared/domain/text.hpp"
#include "tools/import/rules/process_fields.hpp"
#include "tools/import/rules/texts.hpp"

namespace autocusto::import {
namespace {

using nlohmann::json;

// As much as a catalogue takes of each.
constexpr std::size_t k_name = 1000;  // bytes
constexpr std::size_t k_fields = 100;
constexpr std::size_t k_choices = 100;
constexpr std::size_t k_documents = 20;
constexpr std::size_t k_report = 24'000;  // bytes

/// Visible characters with single blanks between words; empty for what is no such text.
std::string one_line(std::string_view text) {
  if (!is_readable(text)) return {};
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out.size() <= k_name && domain::is_visible_name(out) ? out : std::string();
}

std::string text_in(const json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::optional<reference::field_type> type_of(const std::string& name) {
  using enum reference::field_type;
  for (const auto type : {choice, boolean, number, text, textarea, date}) {
    if (reference::type_name(type) == name) return type;
  }
  return std::nullopt;
}

bool is_field_name(std::string_view name) {
  return name.starts_with("opt_") && name.size() > 4 && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

class maker {
 public:
  maker(const reference_rows& rows, std::string_view source, std::string_view day) : rows_(rows) {
    out_.value.revision = 1;
    out_.value.valid_from = day;
    out_.value.sources = {{std::string(source), std::string(day)}};
  }

  reference_made run() {
    diseases();
    medicines();
    protocols();
    links();
    for (auto& one : out_.value.medicines) one.cids = cids_of_medicine(one.code);
    reference::sort_catalogue(out_.value);
    return std::move(out_);
  }

 private:
  void count(const char* table, const char* what) { ++out_.tables[table][what]; }
  void say(const char* reason) { ++out_.reasons[reason]; }

  void diseases() {
    constexpr auto table = "processos_doenca";
    std::map<std::string, std::size_t> known;
    for (const auto& row : rows_.diseases) {
      const auto cid = reference::canonical_cid(row.cid);
      const auto name = one_line(row.name);
      if (!cid || name.empty()) {
        say(cid ? "CATALOGUE_NAME_UNUSABLE" : "CATALOGUE_CID_INVALID");
        count(table, "left_out");
        continue;
      }
      const bool fresh = known.emplace(*cid, 0).second;
      if (fresh) out_.value.diseases.push_back({*cid, name});
      if (!fresh) say("CATALOGUE_CID_TWICE");
      count(table, fresh ? "taken" : "merged");
      if (row.protocol) cids_of_[*row.protocol].insert(*cid);
    }
  }

  void medicines() {
    constexpr auto table = "processos_medicamento";
    for (const auto& row : rows_.medicines) {
      const auto whole = medicine_name(row.name, row.strength) + ' ' + row.presentation;
      const auto name = one_line(whole);
      if (name.empty() || one_line(row.name).empty()) {
        say("CATALOGUE_NAME_UNUSABLE");
        count(table, "left_out");
        continue;
      }
      auto& made = out_.value.medicines.emplace_back();
      made.code = legacy_code(row.id);
      made.name = made.print_name = name;
      made.legacy_ids = {std::to_string(row.id)};
      medicine_ids_.insert(row.id);
      count(table, "taken");
    }
  }

  void protocols() {
    constexpr auto table = "processos_protocolo";
    for (const auto& row : rows_.protocols) {
      const auto name = one_line(row.name);
      if (name.empty()) {
        say("CATALOGUE_NAME_UNUSABLE");
        count(table, "left_out");
        continue;
      }
      place_of_[row.id] = out_.value.protocols.size();
      auto& made = out_.value.protocols.emplace_back();
      made.code = legacy_code(row.id);
      made.nome = name;
      const auto& cids = cids_of_[row.id];
      made.cids.assign(cids.begin(), cids.end());
      conditions(row.conditions, made);
      count(table, "taken");
    }
  }

  void links() {
    constexpr auto table = "processos_protocolo_medicamentos";
    std::set<std::pair<legacy_id, legacy_id>> seen;
    for (const auto& link : rows_.links) {
      const auto at = place_of_.find(link.first);
      const bool there = at != place_of_.end() && medicine_ids_.contains(link.second);
      if (!there) {
        say("CATALOGUE_LINK_LOST");
        count(table, "left_out");
      } else if (!seen.insert(link).second) {
        count(table, "merged");
      } else {
        out_.value.protocols[at->second].medicines.push_back(legacy_code(link.second));
        count(table, "taken");
      }
    }
  }

  /// What may be asked for by the protocols that list it.
  std::vector<std::string> cids_of_medicine(const std::string& code) const {
    std::set<std::string> out;
    for (const auto& one : out_.value.protocols) {
      const bool listed =
          std::find(one.medicines.begin(), one.medicines.end(), code) != one.medicines.end();
      if (listed) out.insert(one.cids.begin(), one.cids.end());
    }
    return {out.begin(), out.end()};
  }

  void conditions(const std::string& text, reference::protocol& to) {
    if (text.empty()) return;
    const auto value = json::parse(text, nullptr, false);
    if (value.is_null()) return;
    if (!value.is_object()) return say("CATALOGUE_CONDITIONS_UNREADABLE");
    bool dropped = false;
    if (const auto at = value.find("fields"); at != value.end()) {
      std::set<std::string> names;
      for (const auto& each : *at) {
        auto field = question(each);
        const bool fits = field && to.fields.size() < k_fields && names.insert(field->name).second;
        if (fits) to.fields.push_back(*std::move(field));
        dropped = dropped || !fits;
      }
    }
    if (const auto at = value.find("disease_files"); at != value.end()) {
      for (const auto& each : *at) {
        auto name = each.is_string() ? one_line(each.get<std::string>()) : std::string();
        const bool fits = !name.empty() && to.documents.size() < k_documents;
        if (fits) to.documents.push_back(std::move(name));
        dropped = dropped || !fits;
      }
    }
    if (const auto at = value.find("1_vez"); at != value.end() && at->is_object()) {
      dropped = report(text_in(*at, "relatorio"), to) || dropped;
    }
    if (dropped) say("CATALOGUE_CONDITIONS_DROPPED");
  }

  /// Whether it could not be taken.
  static bool report(std::string text, reference::protocol& to) {
    std::erase(text, '\r');
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    if (text.empty()) return false;
    auto tried = reference::catalogue{};
    tried.valid_from = "2000-01-01";
    auto& one = tried.protocols.emplace_back();
    one.code = "x";
    one.nome = "x";
    one.report_first_time = text;
    const bool fits = text.size() <= k_report && is_readable(text) && check_catalogue(tried);
    if (fits) to.report_first_time = std::move(text);
    return !fits;
  }

  /// Without `initial`: an answer that nobody gave is no answer.
  static std::optional<reference::protocol_field> question(const json& from) {
    if (!from.is_object()) return std::nullopt;
    reference::protocol_field out;
    out.name = text_in(from, "name");
    const auto type = type_of(text_in(from, "type"));
    if (!type || !is_field_name(out.name)) return std::nullopt;
    out.type = *type;
    out.label = one_line(text_in(from, "label"));
    if (out.label.empty()) out.label = out.name;
    const auto required = from.find("required");
    out.required = required != from.end() && required->is_boolean() && required->get<bool>();
    if (*type != reference::field_type::choice) return out;
    const auto choices = from.find("choices");
    if (choices == from.end() || !choices->is_array()) return std::nullopt;
    for (const auto& each : *choices) {
      // A choice is its text, or a pair of what is stored and what is shown.
      const auto& stored = each.is_array() && !each.empty() ? each.front() : each;
      auto text = one_line(stored.is_string()   ? stored.get<std::string>()
                           : stored.is_number() ? stored.dump()
                                                : "");
      if (!text.empty() && out.choices.size() < k_choices) out.choices.push_back(std::move(text));
    }
    if (out.choices.empty()) return std::nullopt;
    return out;
  }

  const reference_rows& rows_;
  reference_made out_;
  std::map<legacy_id, std::set<std::string>> cids_of_;
  std::map<legacy_id, std::size_t> place_of_;
  std::set<legacy_id> medicine_ids_;
};

}  // namespace

reference_made make_catalogue(const reference_rows& rows, std::string_view source,
                              std::string_view day) {
  return maker(rows, source, day).run();
}

}  // namespace autocusto::import
