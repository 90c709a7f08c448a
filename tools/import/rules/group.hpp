#pragma once
// Private to the rules: masters that are one record, while they are judged.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/import/rules/judge.hpp"

namespace autocusto::import::detail {

struct related_user {
  std::vector<const relation_row*> relations;      ///< all that are valid
  std::vector<const assignment_row*> assignments;  ///< all that are valid
  std::optional<std::int64_t> first_assigned;
};

struct group {
  std::string key;
  std::vector<const master_row*> masters;  ///< by id
  std::vector<const version_row*> versions;
  std::map<legacy_id, related_user> by_user;
};

/// A version with its place in the record; no row for one made from a master.
struct placed {
  const version_row* row = nullptr;
  const master_row* master = nullptr;
};

/// The verdicts on the rows of a bundle, by id.
class verdicts {
 public:
  explicit verdicts(report& to) : to_(to) {}
  row_verdict& master(std::string_view table, legacy_id id) { return at(masters_, table, id); }
  row_verdict& relation(std::string_view table, legacy_id id) { return at(relations_, table, id); }
  row_verdict& version(std::string_view table, legacy_id id) { return at(versions_, table, id); }
  row_verdict& assignment(std::string_view table, legacy_id id) {
    return at(assignments_, table, id);
  }
  void count_all() const {
    for (const auto* all : {&masters_, &relations_, &versions_, &assignments_}) {
      for (const auto& [id, verdict] : *all) verdict.count();
    }
  }

 private:
  using map = std::unordered_map<legacy_id, row_verdict>;
  row_verdict& at(map& in, std::string_view table, legacy_id id) {
    return in.try_emplace(id, to_, table, id, outcome::imported).first->second;
  }
  report& to_;
  map masters_, relations_, versions_, assignments_;
};

/// The record of a group whose rows are judged.
[[nodiscard]] planned_record judge_group(const judge_input& input, group& g, verdicts& to);

}  // namespace autocusto::import::detail
