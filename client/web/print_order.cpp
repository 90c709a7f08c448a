#include "client/web/print_order.hpp"

#include <nlohmann/json.hpp>

#include "client/print/preferences.hpp"

namespace autocusto::web {
namespace {

constexpr std::size_t k_short = 200;

void read_allowances(autocusto::json::reader& in, printing::print_options& how) {
  if (!in.has("allow")) return;
  for (const auto& name : in.strings("allow", 8, 32)) {
    if (name == "retired") {
      how.allow.insert(printing::allowance::retired);
    } else if (name == "maximum") {
      how.allow.insert(printing::allowance::maximum);
    } else {
      in.refuse("allow", "takes retired and maximum");
    }
  }
}

}  // namespace

pdf::date read_date(autocusto::json::reader& in, const char* name) {
  const auto day = pdf::date_from_iso(in.string(name, 10));
  if (!day) in.refuse(name, "is not a date of the calendar");
  return day.value_or(pdf::date{});
}

printing::order read_order(autocusto::json::reader& in) {
  printing::order out;
  out.what.process = in.string("key", k_key_bytes);
  out.what.version = in.optional_string("version", k_short);
  out.what.patient_version = in.optional_string("patient_version", k_short);
  out.what.clinic = in.optional_string("clinic", k_short).value_or("");
  out.what.doctor = in.optional_string("doctor", k_short).value_or("");
  out.how.start = read_date(in, "start");
  if (const auto months = in.optional_integer("months", 1, pdf::k_max_months)) {
    out.how.months = static_cast<int>(*months);
  }
  if (const auto dates = in.optional_string("dates", k_short)) {
    const auto policy = pdf::policy_from_name(*dates);
    if (!policy) in.refuse("dates", "is not a policy of dates");
    out.how.dates = policy.value_or(pdf::date_policy::every_30_days);
  }
  const auto documents =
      printing::documents_from(in.optional_string("documents", k_short).value_or("lme,receita"));
  if (!documents) in.refuse("documents", "is not a list of documents");
  if (documents) out.how.documents = *documents;
  read_allowances(in, out.how);
  return out;
}

void take_usual_dates(const call& c, const unlocked_replica::lease& at, printing::order& order) {
  if (c.sent.contains("dates")) return;
  const auto usual = printing::usual_dates(at.identity());
  if (!usual) return;
  if (const auto policy = pdf::policy_from_name(*usual)) order.how.dates = *policy;
}

}  // namespace autocusto::web
