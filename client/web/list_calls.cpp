// Lists of records: what a search finds, all records page by page, and their export.

#include <nlohmann/json.hpp>

#include "client/web/call.hpp"
#include "client/web/export_log.hpp"
#include "client/web/views.hpp"
#include "shared/base/clock.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/json/read.hpp"

namespace autocusto::web {
namespace {

using nlohmann::json;

constexpr std::size_t k_term = 1024;  ///< bytes
constexpr std::int64_t k_usual = 50;
constexpr std::int64_t k_most_found = 500;
constexpr std::int64_t k_most_records = 10'000'000;

/// The items with what stands in their second line.
json items_json(const unlocked_replica::lease& at, const std::vector<replica::list_item>& items) {
  json out = json::array();
  for (const auto& item : items) {
    auto one = to_json(item);
    const auto details = at.details(item);
    one["mother"] = details.mother;
    one["city"] = details.city;
    one["born"] = details.born;
    one["changed_at"] = details.changed_at;
    out.push_back(std::move(one));
  }
  return out;
}

json counts_json(const list_counts& counts) {
  return {{"patients", counts.patients},
          {"drafts", counts.drafts},
          {"conflicts", counts.conflicts},
          {"unsent", counts.unsent}};
}

call_result search(call& c) {
  autocusto::json::reader in(c.sent);
  const auto term = in.string("term", k_term);
  const auto kind = in.optional_string("kind", 64).value_or("");
  const auto limit = in.optional_integer("limit", 1, k_most_found).value_or(k_usual);
  if (auto wrong = in.finish()) return *wrong;
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto found = at->index().search(kind, term, static_cast<std::size_t>(limit));
  return json({{"items", items_json(*at, found.items)},
               {"count", found.count},
               {"nearly", found.nearly}})
      .dump();
}

call_result recent(call& c) {
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  std::vector<replica::list_item> items;
  for (const auto& each : at->recent()) {
    if (const auto* item = at->index().find(each.kind, each.key)) items.push_back(*item);
  }
  return json({{"items", items_json(*at, items)},
               {"count", at->index().size()},
               {"counts", counts_json(at->index().counts())}})
      .dump();
}

list_filter read_filter(autocusto::json::reader& in) {
  list_filter out;
  out.kind = in.optional_string("kind", 64).value_or("");
  out.draft = in.boolean_or("draft", false);
  out.unsent = in.boolean_or("unsent", false);
  out.conflict = in.boolean_or("conflict", false);
  const auto sort = in.optional_string("sort", 16).value_or("name");
  if (sort != "name" && sort != "changed") in.refuse("sort", "is name or changed");
  out.newest_first = sort == "changed";
  return out;
}

call_result list(call& c) {
  autocusto::json::reader in(c.sent);
  const auto filter = read_filter(in);
  const auto offset = in.optional_integer("offset", 0, k_most_records).value_or(0);
  const auto limit = in.optional_integer("limit", 1, k_most_found).value_or(k_usual);
  if (auto wrong = in.finish()) return *wrong;
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  if (filter.newest_first) at->learn_all();
  const auto found =
      at->index().list(filter, static_cast<std::size_t>(offset), static_cast<std::size_t>(limit));
  return json({{"items", items_json(*at, found.items)}, {"count", found.count}}).dump();
}

/// One cell. What a spreadsheet would take for a formula stands behind an apostrophe.
std::string cell(const std::string& text) {
  static constexpr std::string_view k_formula = "=+-@\t\r";
  const bool formula = !text.empty() && k_formula.find(text.front()) != std::string_view::npos;
  std::string out = formula ? "\"'" : "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string out;
  for (const auto& each : cells) out += (out.empty() ? "" : ",") + cell(each);
  return out + "\r\n";
}

std::string csv_of(const unlocked_replica::lease& at,
                   const std::vector<replica::list_item>& items) {
  // The mark tells a spreadsheet that it is UTF-8.
  std::string out =
      "\xEF\xBB\xBF" + csv_line({"tipo", "chave", "nome", "mae", "cidade", "nascimento", "alterado",
                                 "rascunho", "conflito", "enviado"});
  const auto yes = [](bool on) { return std::string(on ? "sim" : "nao"); };
  for (const auto& item : items) {
    const auto* kind = domain::find_record_kind(item.kind);
    const auto details = at.details(item);
    out += csv_line({kind == nullptr ? item.kind : kind->label_pt, item.key, item.name,
                     details.mother, details.city, details.born, details.changed_at,
                     yes(item.has_draft), yes(item.conflict), yes(item.synced)});
  }
  return out;
}

/// Data leave the sealed replica: the person has said so, and it is noted when and how much.
call_result export_list(call& c) {
  autocusto::json::reader in(c.sent);
  const auto filter = read_filter(in);
  const bool sure = in.boolean("sure");
  if (auto wrong = in.finish()) return *wrong;
  if (!sure)
    return fail(errc::usage, "An exported list is not encrypted; confirm that it is wanted.",
                "sure");
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  if (auto open = at->reader().check_access(); !open) return open.error();
  at->learn_all();
  const auto found = at->index().list(filter, 0, static_cast<std::size_t>(k_most_records));
  if (auto noted = note_export(at->identity(), found.items.size()); !noted) return noted.error();
  answered_file file;
  file.content_type = "text/csv; charset=utf-8";
  file.bytes = csv_of(*at, found.items);
  file.headers.push_back({"Content-Disposition", "attachment; filename=\"autocusto.csv\""});
  c.file = std::move(file);
  return std::string("{}");
}

}  // namespace

std::vector<call_entry> list_calls() {
  return {{"POST", "/api/search", access::open, search},
          {"GET", "/api/recent", access::open, recent},
          {"POST", "/api/records/list", access::open, list},
          {"POST", "/api/records/export", access::open, export_list}};
}

}  // namespace autocusto::web
