// Paper: printing and renewing a process, its emissions, printing one again, the doctor's profiles.

#include <algorithm>

#include <nlohmann/json.hpp>

#include "client/print/overview.hpp"
#include "client/print/preferences.hpp"
#include "client/print/reprint.hpp"
#include "client/web/call.hpp"
#include "client/web/print_order.hpp"
#include "client/web/views.hpp"
#include "shared/domain/structured.hpp"
#include "shared/domain/validate.hpp"
#include "shared/json/read.hpp"

namespace autocusto::web {
namespace {

using nlohmann::json;

/// The mark names the emission without its patient; an emission's key would show them.
answered_file pdf_file(std::string bytes, const std::string& mark, int pages) {
  answered_file out;
  out.content_type = "application/pdf";
  out.bytes = std::move(bytes);
  if (!mark.empty()) out.headers.push_back({"X-AutoCusto-Emission", mark});
  out.headers.push_back({"X-AutoCusto-Pages", std::to_string(pages)});
  return out;
}

/// Draws, keeps the emission, and answers the paper.
call_result issue(call& c, const unlocked_replica::lease& at, const printing::order& order) {
  const auto catalogue = at.catalogue();
  auto drawn = printing::draw(at.reader(), order, *catalogue.facts,
                              printing::used_doctor(at.identity()), &c.unprintable);
  if (!drawn) return drawn.error();
  auto editor = at.editor();
  const auto kept = printing::record(at.reader(), editor, std::span(&*drawn, 1));
  if (!kept) return kept.error();
  const auto& emission = kept->front();
  if (emission.created) at.changed("emission", emission.emission);
  c.file = pdf_file(std::move(drawn->pdf), printing::mark_of(emission.emission), drawn->pages);
  c.file->headers.push_back({"X-AutoCusto-Created", emission.created ? "true" : "false"});
  return std::string();
}

call_result print(call& c) {
  autocusto::json::reader in(c.sent);
  auto order = read_order(in);
  if (auto wrong = in.finish()) return *wrong;
  c.kind = "process";
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  take_usual_dates(c, *at, order);
  return issue(c, *at, order);
}

/// What does not follow from the call is as it was when the process was last printed.
void as_last_time(const printing::emission_line& last, const json& sent, printing::order& order) {
  const auto made = printing::pins_of(last.key, last.fields);
  if (!made) return;
  if (!sent.contains("months")) order.how.months = made->months;
  if (!sent.contains("dates")) order.how.dates = made->dates;
  const auto documents = printing::documents_from(made->documents);
  if (!sent.contains("documents") && documents) order.how.documents = *documents;
}

call_result renew(call& c) {
  autocusto::json::reader in(c.sent);
  auto order = read_order(in);
  if (auto wrong = in.finish()) return *wrong;
  c.kind = "process";
  const auto key = domain::lookup_key("process", order.what.process);
  if (!key) return key.error();
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto all = printing::emissions_of(at->reader(), *key);
  if (!all) return all.error();
  take_usual_dates(c, *at, order);
  const auto last = std::find_if(all->rbegin(), all->rend(), [](const auto& each) {
    return printing::text_of(each.fields, "situacao") != "cancelada";
  });
  if (last != all->rend()) as_last_time(*last, c.sent, order);
  return issue(c, *at, order);
}

json emission_json(const printing::emission_line& one) {
  json fields = domain::json_of(one.fields);
  return {{"key", one.key},
          {"mark", printing::mark_of(one.key)},
          {"start", fields.value("inicio", "")},
          {"months", fields.value("meses", "")},
          {"dates", fields.value("politica_datas", "")},
          {"documents", fields.value("documentos", "")},
          {"pages", fields.value("paginas", "")},
          {"state", fields.value("situacao", "")},
          {"note", fields.value("nota", "")},
          {"rows", fields.value("linhas", json::array())}};
}

call_result emissions(call& c) {
  autocusto::json::reader in(c.sent);
  const auto typed = in.string("process", k_key_bytes);
  if (auto wrong = in.finish()) return *wrong;
  c.kind = "process";
  const auto key = domain::lookup_key("process", typed);
  if (!key) return key.error();
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  auto all = printing::emissions_of(at->reader(), *key);
  if (!all) return all.error();
  std::reverse(all->begin(), all->end());
  json items = json::array();
  for (const auto& each : *all) items.push_back(emission_json(each));
  return json({{"items", std::move(items)}}).dump();
}

call_result print_again(call& c) {
  autocusto::json::reader in(c.sent);
  const auto typed = in.string("emission", k_key_bytes);
  const bool cancelled_too = in.has("cancelled_too") && in.boolean("cancelled_too");
  if (auto wrong = in.finish()) return *wrong;
  c.kind = "emission";
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto key = printing::find_emission(at->reader(), typed);
  if (!key) return key.error();
  const auto catalogue = at->catalogue();
  auto again = printing::reprint(
      at->reader(), *key, *catalogue.facts,
      [folder = printing::template_folder(c.context.options.home)](std::string_view id) {
        return folder.load(id);
      },
      cancelled_too);
  if (!again) return again.error();
  c.file = pdf_file(std::move(again->pdf), printing::mark_of(again->emission), again->pages);
  return std::string();
}

call_result doctors(call& c) {
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto all = at->reader().list("doctor");
  if (!all) return all.error();
  json items = json::array();
  for (const auto& each : *all) items.push_back(to_json(each));
  const auto used = all->size() == 1 ? all->front().key : printing::used_doctor(at->identity());
  return json({{"items", std::move(items)}, {"used", used}}).dump();
}

call_result use_doctor(call& c) {
  autocusto::json::reader in(c.sent);
  const auto key = in.string("key", k_key_bytes);
  if (auto wrong = in.finish()) return *wrong;
  c.kind = "doctor";
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto shown = at->reader().show("doctor", key);
  if (!shown) return shown.error();
  if (const auto kept = at->identity().set_setting(printing::k_used_doctor, shown->key); !kept) {
    return kept.error();
  }
  return json({{"used", shown->key}}).dump();
}

}  // namespace

std::vector<call_entry> print_calls() {
  return {{"POST", "/api/process/print", access::open, print},
          {"POST", "/api/process/renew", access::open, renew},
          {"POST", "/api/emission/list", access::open, emissions},
          {"POST", "/api/emission/reprint", access::open, print_again},
          {"GET", "/api/doctors", access::open, doctors, false},
          {"POST", "/api/doctors/use", access::open, use_doctor}};
}

}  // namespace autocusto::web
