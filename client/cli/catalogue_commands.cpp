// catalogue: the diseases, medicines and protocols that there are, offline.

#include <chrono>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/cli/app.hpp"
#include "client/cli/text.hpp"
#include "client/print/catalogue_in_use.hpp"
#include "shared/base/clock.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/reference/index.hpp"

namespace autocusto::cli {
namespace {

using nlohmann::json;

constexpr int k_old_months = 6;
constexpr std::size_t k_found = 50;

/// Whole months from a day, `2026-08-01`, until now; 0 for one that has yet to come.
int months_since(const std::string& day, unix_millis now) {
  const auto today = format_time(now);
  const auto number = [](const std::string& text, std::size_t at, std::size_t size) {
    return std::stoi(text.substr(at, size));
  };
  const int months =
      12 * (number(today, 0, 4) - number(day, 0, 4)) + number(today, 5, 2) - number(day, 5, 2);
  return std::max(0, months - (today.substr(8, 2) < day.substr(8, 2) ? 1 : 0));
}

std::string source_text(const printing::catalogue_in_use& one) {
  if (!one.kept) return tr("The starting catalogue of this program; the server has sent none.\n");
  return fmt::format(fmt::runtime(tr("Revision {0}, received {1}.\n")), one.value.revision,
                     local_time(format_time(one.kept->kept_at)));
}

int status(const app& a) {
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const auto one = printing::catalogue_of((*replica)->read());
  const int months = months_since(one.value.valid_from, system_clock_source().now());
  const bool old = months > k_old_months;
  const bool newer = one.kept && one.kept->newer_unknown;
  json object = {{"revision", one.value.revision},
                 {"starting", !one.kept.has_value()},
                 {"hash", nullptr},
                 {"received_at", nullptr},
                 {"valid_from", one.value.valid_from},
                 {"age_months", months},
                 {"old", old},
                 {"newer_unknown", newer},
                 {"diseases", one.value.diseases.size()},
                 {"medicines", one.value.medicines.size()},
                 {"protocols", one.value.protocols.size()}};
  if (one.kept) {
    object["hash"] = one.kept->hash.text();
    object["received_at"] = format_time(one.kept->kept_at);
  }
  auto text = source_text(one);
  text += fmt::format(fmt::runtime(tr("Valid from {0}, {1} months old: {2} diseases, {3} "
                                      "medicines, {4} protocols.\n")),
                      one.value.valid_from, months, one.value.diseases.size(),
                      one.value.medicines.size(), one.value.protocols.size());
  if (newer) {
    text += tr("The server has a newer one that this program cannot read; update the program.\n");
  }
  if (old) {
    text += tr("It is older than six months; sync, or ask the administrator for a newer one.\n");
  }
  return a.done(object, text);
}

std::string retired_mark(const std::optional<std::string>& day) {
  if (!day) return {};
  return fmt::format(fmt::runtime(tr("not in the catalogue since {}")), *day);
}

json retired_json(const std::optional<std::string>& day) {
  return day ? json(*day) : json(nullptr);
}

json disease_json(const reference::disease& one) {
  return {{"cid", one.cid}, {"name", one.nome}, {"retired_on", retired_json(one.retired_on)}};
}

json number_json(const std::optional<std::int64_t>& value) {
  return value ? json(*value) : json(nullptr);
}

json medicine_json(const reference::medicine& one) {
  return {{"code", one.code},
          {"name", one.name},
          {"print_name", one.print_name},
          {"unit", one.unit},
          {"control", one.control},
          {"max_month", number_json(one.max_month)},
          {"age_min", number_json(one.age_min)},
          {"age_max", number_json(one.age_max)},
          {"sex", std::string(reference::sex_name(one.for_sex))},
          {"cids", one.cids},
          {"retired_on", retired_json(one.retired_on)}};
}

json protocol_json(const reference::protocol& one) {
  json fields = json::array();
  for (const auto& field : one.fields) {
    fields.push_back({{"name", field.name},
                      {"type", std::string(reference::type_name(field.type))},
                      {"label", field.label},
                      {"choices", field.choices},
                      {"required", field.required}});
  }
  return {{"code", one.code},
          {"name", one.nome},
          {"cids", one.cids},
          {"medicines", one.medicines},
          {"fields", std::move(fields)},
          {"documents", one.documents},
          {"renew_months", number_json(one.renew_months)},
          {"retired_on", retired_json(one.retired_on)}};
}

template <class Value, class Encode>
json list_json(const std::vector<const Value*>& values, Encode encode) {
  json out = json::array();
  for (const auto* value : values) out.push_back(encode(*value));
  return out;
}

using rows = std::vector<std::vector<std::string>>;

void add_rows(rows& to, const std::vector<const reference::medicine*>& medicines) {
  for (const auto* one : medicines) {
    to.push_back({one->code, one->print_name, retired_mark(one->retired_on)});
  }
}

void add_rows(rows& to, const std::vector<const reference::protocol*>& protocols) {
  for (const auto* one : protocols) {
    to.push_back({one->code, one->nome, retired_mark(one->retired_on)});
  }
}

std::string listed(const rows& all) {
  if (all.empty()) return tr("Nothing found.\n");
  return table({tr("code"), tr("name"), ""}, all);
}

int search(const app& a, const std::string& typed) {
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const reference::catalogue_index index(printing::catalogue_of((*replica)->read()).value);
  const auto found = index.search(typed, k_found);
  rows all;
  for (const auto* one : found.diseases) {
    all.push_back({one->cid, one->nome, retired_mark(one->retired_on)});
  }
  add_rows(all, found.medicines);
  add_rows(all, found.protocols);
  const json object = {{"diseases", list_json(found.diseases, disease_json)},
                       {"medicines", list_json(found.medicines, medicine_json)},
                       {"protocols", list_json(found.protocols, protocol_json)},
                       {"more", found.more}};
  auto text = listed(all);
  if (found.more) text += tr("There are more; type another word.\n");
  return a.done(object, text);
}

int show_disease(const app& a, const reference::catalogue_index& index,
                 const reference::disease& one) {
  const auto medicines = index.medicines_for(one.cid);
  const auto protocols = index.protocols_for(one.cid);
  json object = disease_json(one);
  object["medicines"] = list_json(medicines, medicine_json);
  object["protocols"] = list_json(protocols, protocol_json);
  rows all;
  add_rows(all, protocols);
  add_rows(all, medicines);
  const auto mark = retired_mark(one.retired_on);
  return a.done(object,
                one.cid + " " + one.nome + (mark.empty() ? "" : ", " + mark) + "\n" + listed(all));
}

std::string months_text(const std::optional<std::int64_t>& months) {
  if (!months) return "–";
  return *months % 12 == 0 ? fmt::format(fmt::runtime(tr("{} years")), *months / 12)
                           : fmt::format(fmt::runtime(tr("{} months")), *months);
}

int show_medicine(const app& a, const reference::medicine& one) {
  std::string cids;
  for (const auto& cid : one.cids) cids += (cids.empty() ? "" : ", ") + cid;
  const auto or_none = [](const std::string& text) { return text.empty() ? "–" : text; };
  rows all = {{tr("unit"), or_none(one.unit)},
              {tr("control list"), or_none(one.control)},
              {tr("most in a month"), one.max_month ? std::to_string(*one.max_month) : "–"},
              {tr("age from"), months_text(one.age_min)},
              {tr("age to"), months_text(one.age_max)},
              {tr("CIDs"), or_none(cids)}};
  if (one.for_sex != reference::sex::any) {
    all.push_back({tr("sex"), std::string(reference::sex_name(one.for_sex))});
  }
  if (one.retired_on) all.push_back({"", retired_mark(one.retired_on)});
  return a.done(medicine_json(one), table({one.code, one.print_name}, all));
}

int show_protocol(const app& a, const reference::catalogue_index& index,
                  const reference::protocol& one) {
  std::vector<const reference::medicine*> medicines;
  for (const auto& code : one.medicines) medicines.push_back(index.find_medicine(code));
  rows all;
  add_rows(all, medicines);
  std::string text = one.code + " " + one.nome + "\n" + listed(all);
  for (const auto& field : one.fields) text += field.name + " " + field.label + "\n";
  return a.done(protocol_json(one), text);
}

int show(const app& a, const std::string& typed) {
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const reference::catalogue_index index(printing::catalogue_of((*replica)->read()).value);
  if (const auto* one = index.find_disease(typed)) return show_disease(a, index, *one);
  if (const auto* one = index.find_medicine(typed)) return show_medicine(a, *one);
  if (const auto* one = index.find_protocol(typed)) return show_protocol(a, index, *one);
  return a.fail(fail(errc::not_found,
                     "The catalogue has no such CID or code; see `autocusto catalogue search`."));
}

}  // namespace

void add_catalogue_commands(CLI::App& parser, app& a) {
  const auto typed = std::make_shared<std::string>();
  auto* group = parser.add_subcommand("catalogue", tr("Diseases, medicines and protocols"));
  group->require_subcommand(1);
  group->add_subcommand("status", tr("Which catalogue this laptop has, and how old it is"))
      ->final_callback([&a] { a.action = [&a] { return status(a); }; });
  auto* sub = group->add_subcommand("search", tr("Find by words, CID or code"));
  sub->add_option("TEXT", *typed, tr("What to look for"))->required();
  sub->final_callback([&a, typed] { a.action = [&a, typed] { return search(a, *typed); }; });
  sub = group->add_subcommand("show", tr("One disease, medicine or protocol"));
  sub->add_option("CODE", *typed, tr("A CID, or the code of a medicine or protocol"))->required();
  sub->final_callback([&a, typed] { a.action = [&a, typed] { return show(a, *typed); }; });
}

}  // namespace autocusto::cli
