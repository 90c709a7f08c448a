#include "client/print/due.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "client/print/emission.hpp"
#include "client/print/resolve.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::printing {

pdf::date due_date(pdf::date start, int months) {
  const auto month =
      std::chrono::year_month(start.year(), start.month()) + std::chrono::months(months);
  const pdf::date same(month.year(), month.month(), start.day());
  if (same.ok()) return same;
  return std::chrono::year_month_day_last(month.year(), std::chrono::month_day_last(month.month()));
}

pdf::date days_later(pdf::date from, int days) {
  return std::chrono::sys_days(from) + std::chrono::days(days);
}

due_list due_of(std::span<const process_facts> processes,
                std::span<const emission_facts> emissions) {
  std::map<std::string, const emission_facts*, std::less<>> newest;
  const auto order = [](const emission_facts& one) {
    return std::tuple(one.start, one.months, one.key);
  };
  for (const auto& one : emissions) {
    if (one.cancelled || !one.request) continue;
    auto& at = newest[domain::process_of_key(one.key)];
    if (at == nullptr || order(*at) < order(one)) at = &one;
  }
  due_list out;
  for (const auto& process : processes) {
    if (process.closed) continue;
    const auto at = newest.find(process.key);
    if (at == newest.end()) {
      (process.damaged ? out.unclear : out.never).push_back(process.key);
    } else {
      out.items.push_back(
          {process.key, due_date(at->second->start, at->second->months), at->second->key});
    }
  }
  std::sort(out.never.begin(), out.never.end());
  std::sort(out.items.begin(), out.items.end(), [](const due_process& a, const due_process& b) {
    return std::tie(a.due, a.process) < std::tie(b.due, b.process);
  });
  return out;
}

std::optional<emission_facts> facts_of(std::string_view key, const domain::field_map& fields) {
  const auto made = pins_of(key, fields);
  if (!made) return std::nullopt;
  const auto printed = documents_from(made->documents);
  const bool own_form = made->form != "lme";  // a template replaces the LME
  return emission_facts{std::string(key), made->start, made->months,
                        text_of(fields, "situacao") == "cancelada",
                        own_form || !printed || printed->lme};
}

}  // namespace autocusto::printing
