#pragma once
// Accounts, doctors and issuers: what is said about them. Accounts are never merged, whatever their
// e-mails; issuers are kept whole. Pure; one thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tools/import/rules/report.hpp"
#include "tools/import/rules/rows.hpp"

namespace autocusto::import {

struct user_row {
  legacy_id id = 0;
  std::string email;
  bool active = true;
  bool medico = false;
  bool admin = false;
  std::int64_t joined = 0;  ///< microseconds since 1970
  bool password_usable = true;
  bool password_current = true;  ///< pbkdf2_sha256
};

struct doctor_row {
  legacy_id id = 0;
  std::string crm, state, cns, name, specialty;  ///< NULL is empty
};

struct doctor_link {
  legacy_id id = 0;
  std::optional<legacy_id> doctor, user;
};

struct issuer_row {
  legacy_id id = 0;
  legacy_id clinic = 0, doctor = 0;
};

/// What was said about a row that is kept: outcome and reasons, comma-separated.
struct kept_verdict {
  outcome result = outcome::deferred;
  std::string reasons;
  bool whole = true;  ///< it is kept as it stands there
};
using kept_verdicts = std::unordered_map<legacy_id, kept_verdict>;

/// Accounts that come in; those with unreadable e-mails are quarantined and left out.
[[nodiscard]] std::vector<user_row> judge_users(std::vector<user_row> users,
                                                const std::vector<doctor_link>& links,
                                                const std::unordered_set<legacy_id>& doctors,
                                                report& to);
/// `doctors`: what was said about each of them. A link to one that did not become a record is kept.
[[nodiscard]] kept_verdicts judge_links(const std::vector<doctor_link>& links,
                                        const kept_verdicts& doctors,
                                        const std::unordered_set<legacy_id>& users, report& to);
/// A doctor who has a user, a CRM and a state becomes a record: see doctors.hpp. `with_state`: the
/// layout has the state in which a CRM is valid.
[[nodiscard]] kept_verdicts judge_doctors(const std::vector<doctor_row>& doctors,
                                          const std::vector<doctor_link>& links,
                                          const std::unordered_set<legacy_id>& users,
                                          bool with_state, report& to);
/// `clinics`: for each clinic row, the surviving row of the record that it was merged into.
[[nodiscard]] kept_verdicts judge_issuers(const std::vector<issuer_row>& issuers,
                                          const std::unordered_map<legacy_id, legacy_id>& clinics,
                                          const std::unordered_set<legacy_id>& doctors, report& to);

}  // namespace autocusto::import
