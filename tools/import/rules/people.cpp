#include "tools/import/rules/people.hpp"

#include <algorithm>
#include <set>

#include "shared/domain/entry.hpp"
#include "shared/domain/text.hpp"
#include "shared/domain/validate.hpp"
#include "tools/import/rules/doctors.hpp"
#include "tools/import/rules/texts.hpp"

namespace autocusto::import {
namespace {

constexpr std::string_view k_users = "usuarios_usuario";
constexpr std::string_view k_links = "medicos_medicousuario";
constexpr std::string_view k_doctors = "medicos_medico";
constexpr std::string_view k_issuers = "clinicas_emissor";

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

/// Reports, counts and remembers for the kept row.
class kept_row_verdict {
 public:
  kept_row_verdict(report& to, std::string_view table, legacy_id id, kept_verdicts& out,
                   outcome plain = outcome::deferred)
      : verdict_(to, table, id, plain), kept_(out[id]) {
    kept_.whole = plain == outcome::deferred;
  }
  kept_row_verdict(const kept_row_verdict&) = delete;
  kept_row_verdict& operator=(const kept_row_verdict&) = delete;
  ~kept_row_verdict() {
    kept_.result = verdict_.result();
    verdict_.count();
  }
  void keep_whole() { kept_.whole = true; }
  void say(outcome result, std::string_view reason, std::optional<legacy_id> into = std::nullopt) {
    verdict_.say(result, reason, into);
    if (result == outcome::quarantined) keep_whole();
    if (result == outcome::imported) return;
    if (!kept_.reasons.empty()) kept_.reasons += ",";
    kept_.reasons += reason;
  }

 private:
  row_verdict verdict_;
  kept_verdict& kept_;
};

/// The valid links, as (doctor, user) → link: doctor and user exist; of equal links the lowest id.
std::map<std::pair<legacy_id, legacy_id>, legacy_id> valid_links(
    const std::vector<doctor_link>& links, const std::unordered_set<legacy_id>& doctors,
    const std::unordered_set<legacy_id>& users) {
  std::map<std::pair<legacy_id, legacy_id>, legacy_id> pairs;
  for (const auto& l : links) {
    if (!l.doctor || !l.user || !doctors.contains(*l.doctor) || !users.contains(*l.user)) continue;
    pairs.emplace(std::pair(*l.doctor, *l.user), l.id);
  }
  return pairs;
}

/// What a record of the doctor would lack.
void judge_profile(const doctor_row& d, kept_row_verdict& verdict) {
  if (d.state.empty()) {
    verdict.say(outcome::flagged, "DOCTOR_WITHOUT_STATE");
  } else if (!domain::valid_uf(d.state)) {
    verdict.say(outcome::flagged, "DOCTOR_STATE_INVALID");
  }
  if (domain::is_blank(d.name)) verdict.say(outcome::flagged, "DOCTOR_WITHOUT_NAME");
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::vector<user_row> judge_users(std::vector<user_row> users,
                                  const std::vector<doctor_link>& links,
                                  const std::unordered_set<legacy_id>& doctors, report& to) {
  std::sort(users.begin(), users.end(),
            [](const user_row& a, const user_row& b) { return a.id < b.id; });
  std::vector<user_row> in;
  std::unordered_set<legacy_id> ids;
  for (auto& u : users) {
    if (is_readable(u.email)) {
      ids.insert(u.id);
      in.push_back(std::move(u));
      continue;
    }
    row_verdict verdict(to, k_users, u.id, outcome::imported);
    verdict.say(outcome::quarantined, "TEXT_UNREADABLE");
    verdict.count();
  }
  std::map<legacy_id, int> linked;
  for (const auto& [pair, id] : valid_links(links, doctors, ids)) ++linked[pair.second];
  std::map<std::string, legacy_id> first;
  std::map<std::string, std::set<std::string>> spellings;
  std::map<std::string, std::set<std::string>> looks;  // what can be seen, and how it is written
  for (const auto& u : in) {
    first.emplace(u.email, u.id);
    spellings[lower(u.email)].insert(u.email);
    looks[lower(domain::visible_text(u.email))].insert(lower(u.email));
  }
  for (const auto& u : in) {
    row_verdict verdict(to, k_users, u.id, outcome::imported);
    const auto folded = lower(u.email);
    if (is_out_of_range(u.joined)) verdict.say(outcome::flagged, "TIME_OUT_OF_RANGE");
    if (first.at(u.email) != u.id) verdict.say(outcome::flagged, "EMAIL_DUPLICATE");
    if (spellings.at(folded).size() > 1) {
      verdict.say(outcome::flagged, "EMAIL_CASE_COLLISION");
    } else if (u.email != folded) {
      verdict.say(outcome::imported, "EMAIL_NOT_LOWERCASE");
    }
    if (looks.at(lower(domain::visible_text(u.email))).size() > 1) {
      verdict.say(outcome::flagged, "EMAIL_LOOKS_ALIKE");
    } else if (!domain::is_visible_name(u.email)) {
      verdict.say(outcome::flagged, "EMAIL_HIDDEN_CHARACTERS");
    }
    if (!u.password_usable) {
      verdict.say(outcome::flagged, "PASSWORD_UNUSABLE");
    } else if (!u.password_current) {
      verdict.say(outcome::flagged, "PASSWORD_ALGORITHM");
    }
    const auto at = linked.find(u.id);
    const int count = at == linked.end() ? 0 : at->second;
    if (u.medico && count == 0) verdict.say(outcome::flagged, "USER_WITHOUT_DOCTOR");
    if (count > 1) verdict.say(outcome::flagged, "USER_SEVERAL_DOCTORS");
    verdict.count();
  }
  return in;
}

kept_verdicts judge_links(const std::vector<doctor_link>& links, const kept_verdicts& judged,
                          const std::unordered_set<legacy_id>& users, report& to) {
  kept_verdicts out;
  std::unordered_set<legacy_id> doctors;
  for (const auto& [id, verdict] : judged) doctors.insert(id);
  const auto pairs = valid_links(links, doctors, users);
  const auto is_record = [&](const doctor_link& l) {
    const auto at = l.doctor ? judged.find(*l.doctor) : judged.end();
    return at != judged.end() && !at->second.whole;
  };
  for (const auto& l : links) {
    kept_row_verdict verdict(to, k_links, l.id, out,
                             is_record(l) ? outcome::imported : outcome::deferred);
    if (!l.doctor && !l.user) {
      verdict.say(outcome::quarantined, "NULL_USER_AND_DOCTOR");
    } else if (!l.doctor) {
      verdict.say(outcome::quarantined, "NULL_DOCTOR");
    } else if (!l.user) {
      verdict.say(outcome::quarantined, "NULL_USER");
    } else if (!doctors.contains(*l.doctor)) {
      verdict.say(outcome::quarantined, "MISSING_DOCTOR");
    } else if (!users.contains(*l.user)) {
      verdict.say(outcome::quarantined, "MISSING_USER");
    } else if (const auto kept = pairs.at({*l.doctor, *l.user}); kept != l.id) {
      verdict.say(outcome::merged, "DUPLICATE_RELATION", kept);
    }
  }
  return out;
}

kept_verdicts judge_doctors(const std::vector<doctor_row>& doctors,
                            const std::vector<doctor_link>& links,
                            const std::unordered_set<legacy_id>& users, bool with_state,
                            report& to) {
  std::unordered_set<legacy_id> ids;
  for (const auto& d : doctors) ids.insert(d.id);
  std::unordered_set<legacy_id> linked;
  for (const auto& [pair, id] : valid_links(links, ids, users)) linked.insert(pair.first);
  std::set<std::pair<std::string, std::string>> crms;
  std::set<std::string> numbers;
  std::set<std::string> cnss;
  kept_verdicts out;
  for (const auto& d : doctors) {
    kept_row_verdict verdict(to, k_doctors, d.id, out, outcome::imported);
    if (!is_readable(d.crm + d.state + d.cns + d.name + d.specialty)) {
      verdict.say(outcome::quarantined, "TEXT_UNREADABLE");
      continue;
    }
    if (!linked.contains(d.id) || !doctor_key(d)) verdict.keep_whole();
    if (!linked.contains(d.id)) verdict.say(outcome::flagged, "DOCTOR_WITHOUT_USER");
    judge_profile(d, verdict);
    if (d.crm.empty()) {
      verdict.say(outcome::flagged, "DOCTOR_WITHOUT_CRM");
    } else {
      if (!all_digits(d.crm)) verdict.say(outcome::flagged, "CRM_NOT_DIGITS");
      const bool other_state = !numbers.insert(d.crm).second;
      if (!crms.insert({d.crm, with_state ? d.state : std::string()}).second) {
        verdict.say(outcome::flagged, "CRM_DUPLICATE");
      } else if (other_state) {
        verdict.say(outcome::imported, "CRM_SAME_NUMBER_OTHER_STATE");
      }
    }
    if (d.cns.empty()) {
      verdict.say(outcome::flagged, "DOCTOR_WITHOUT_CNS");
    } else {
      if (!domain::valid_cns(d.cns)) verdict.say(outcome::flagged, "DOCTOR_CNS_INVALID");
      if (!cnss.insert(d.cns).second) verdict.say(outcome::flagged, "DOCTOR_CNS_DUPLICATE");
    }
  }
  return out;
}

kept_verdicts judge_issuers(const std::vector<issuer_row>& issuers,
                            const std::unordered_map<legacy_id, legacy_id>& clinics,
                            const std::unordered_set<legacy_id>& doctors, report& to) {
  std::map<std::pair<legacy_id, legacy_id>, legacy_id> seen;
  kept_verdicts out;
  for (const auto& e : issuers) {
    kept_row_verdict verdict(to, k_issuers, e.id, out);
    const auto clinic = clinics.find(e.clinic);
    if (clinic == clinics.end()) {
      verdict.say(outcome::quarantined, "MISSING_CLINIC");
    } else if (!doctors.contains(e.doctor)) {
      verdict.say(outcome::quarantined, "MISSING_DOCTOR");
    } else {
      const auto [at, is_new] = seen.emplace(std::pair(clinic->second, e.doctor), e.id);
      if (!is_new) verdict.say(outcome::merged, "DUPLICATE_EMISSOR", at->second);
    }
  }
  return out;
}

}  // namespace autocusto::import
