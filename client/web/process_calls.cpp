// Processes: those of a patient, what is due, what a print would lack.

#include <algorithm>
#include <chrono>

#include <nlohmann/json.hpp>

#include "client/pdf/print.hpp"
#include "client/print/overview.hpp"
#include "client/print/preferences.hpp"
#include "client/web/call.hpp"
#include "client/web/print_order.hpp"
#include "client/web/views.hpp"
#include "shared/domain/validate.hpp"
#include "shared/json/read.hpp"

namespace autocusto::web {
namespace {

using nlohmann::json;

constexpr std::int64_t k_longest_look = 3650;  ///< days
constexpr std::size_t k_box_text = std::size_t{32} * 1024;

json process_json(const std::string& key, const printing::reference_source& catalogue) {
  const auto cid = domain::cid_of_key(key);
  const auto found = catalogue.disease(cid);
  return {{"key", key}, {"cid", cid}, {"diagnosis", found ? found->name : std::string()}};
}

json due_json(const printing::due_process& due, const printing::reference_source& catalogue) {
  json out = process_json(due.process, catalogue);
  out["due"] = pdf::iso_text(due.due);
  out["emission"] = due.emission;
  return out;
}

/// The newest due date of each process that was printed.
std::map<std::string, std::string> due_dates(const printing::due_list& all) {
  std::map<std::string, std::string> out;
  for (const auto& each : all.items) out[each.process] = pdf::iso_text(each.due);
  return out;
}

call_result list(call& c) {
  autocusto::json::reader in(c.sent);
  const auto typed = in.string("patient", k_key_bytes);
  if (auto wrong = in.finish()) return *wrong;
  c.kind = "patient";
  const auto patient = domain::lookup_key("patient", typed);
  if (!patient) return patient.error();
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto all = at->reader().list("process");
  if (!all) return all.error();
  const auto due = printing::all_due(at->reader());
  if (!due) return due.error();
  const auto dates = due_dates(*due);
  const auto catalogue = at->catalogue();
  json items = json::array();
  for (const auto& each : *all) {
    if (domain::patient_of_key(each.key) != *patient) continue;
    const auto shown = at->reader().show("process", each.key);
    if (!shown) return shown.error();
    json item = process_json(each.key, *catalogue.facts);
    item.update(to_json(each));
    item["state"] = printing::text_of(shown->fields, "situacao");
    const auto date = dates.find(each.key);
    item["due"] = date == dates.end() ? json(nullptr) : json(date->second);
    items.push_back(std::move(item));
  }
  return json({{"items", std::move(items)}}).dump();
}

call_result due(call& c) {
  autocusto::json::reader in(c.sent);
  const auto today = read_date(in, "today");
  const auto within = in.optional_integer("within", 0, k_longest_look).value_or(30);
  if (auto wrong = in.finish()) return *wrong;
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto all = printing::all_due(at->reader());
  if (!all) return all.error();
  const auto names = printing::names_of_patients(at->reader());
  if (!names) return names.error();
  const auto last = printing::days_later(today, static_cast<int>(within));
  const auto catalogue = at->catalogue();
  json items = json::array();
  for (const auto& each : all->items) {
    if (each.due > last) break;
    json item = due_json(each, *catalogue.facts);
    item["name"] = printing::name_for(*names, each.process);
    item["overdue"] = each.due < today;
    items.push_back(std::move(item));
  }
  return json({{"items", std::move(items)}, {"never", all->never.size()}}).dump();
}

/// A record as it is shown, or an empty one: what is missing becomes a problem of its boxes.
printing::source shown_or_empty(const replica::reader& reader, const char* kind,
                                const std::string& key) {
  printing::source out;
  out.key = key;
  auto shown = reader.show(kind, key);
  if (!shown) return out;
  out.fields = std::move(shown->fields);
  out.draft = shown->version.status == domain::version_status::draft;
  return out;
}

std::string doctor_for(const unlocked_replica::lease& at, const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  const auto all = at.reader().list("doctor");
  if (all && all->size() == 1) return all->front().key;
  return printing::used_doctor(at.identity());
}

/// What would be printed if the fields that somebody types now were saved.
printing::sources with_unsaved(const unlocked_replica::lease& at, const std::string& key,
                               const printing::order& order, domain::field_map typed) {
  const auto reader = at.reader();
  printing::sources out;
  out.process = shown_or_empty(reader, "process", key);
  out.process.draft = false;
  for (auto& [name, value] : typed) out.process.fields[name] = std::move(value);
  out.patient = shown_or_empty(reader, "patient", domain::patient_of_key(key));
  const auto cnes = order.what.clinic.empty() ? printing::text_of(out.process.fields, "clinica")
                                              : order.what.clinic;
  if (!cnes.empty()) out.clinic = shown_or_empty(reader, "clinic", cnes);
  out.doctor = shown_or_empty(reader, "doctor", doctor_for(at, order.what.doctor));
  return out;
}

json problems_json(const std::vector<printing::problem>& all, bool english) {
  json out = json::array();
  for (const auto& each : all) out.push_back(to_json(each, english));
  return out;
}

std::string answer_of(const printing::resolved& found, bool english) {
  return json({{"problems", problems_json(found.problems, english)},
               {"warnings", problems_json(found.warnings, english)}})
      .dump();
}

call_result check(call& c) {
  autocusto::json::reader in(c.sent);
  auto order = read_order(in);
  const bool typing = in.has("fields");
  const json& sent = typing ? in.value("fields") : c.sent;
  if (auto wrong = in.finish()) return *wrong;
  c.kind = "process";
  domain::field_map typed;
  if (typing) {
    auto read = read_fields("process", sent);
    if (!read) return read.error();
    typed = *std::move(read);
  }
  const auto key = domain::lookup_key("process", order.what.process);
  if (!key) return key.error();
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  take_usual_dates(c, *at, order);
  const auto catalogue = at->catalogue();
  if (typing) {
    const auto from = with_unsaved(*at, *key, order, std::move(typed));
    return answer_of(printing::resolve(from, order.how, *catalogue.facts), c.english);
  }
  const auto found =
      printing::check(at->reader(), order, *catalogue.facts, printing::used_doctor(at->identity()));
  if (!found) return found.error();
  return answer_of(*found, c.english);
}

/// For a counter beside a text: how it would stand in its box of the LME.
call_result room(call& c) {
  autocusto::json::reader in(c.sent);
  const auto box = in.string("box", 8);
  const auto text = in.string("text", k_box_text);
  if (box != "11" && box != "12") in.refuse("box", "is not one of a long text: 11 or 12");
  if (auto wrong = in.finish()) return *wrong;
  const auto found = pdf::room_in_box("lme", box, text);
  return json({{"over", found.over}, {"missing_glyphs", found.missing_glyphs}}).dump();
}

}  // namespace

std::vector<call_entry> process_calls() {
  return {{"POST", "/api/process/list", access::open, list},
          {"POST", "/api/process/due", access::open, due},
          {"POST", "/api/process/check", access::open, check},
          {"POST", "/api/process/room", access::open, room}};
}

}  // namespace autocusto::web
