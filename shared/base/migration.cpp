#include "shared/base/migration.hpp"

#include <algorithm>

namespace autocusto {
namespace {

const migration* find_known(std::span<const migration> known, int number) {
  const auto at = std::find_if(known.begin(), known.end(),
                               [number](const migration& m) { return m.number == number; });
  return at == known.end() ? nullptr : &*at;
}

std::optional<error> first_problem(std::span<const migration> known,
                                   std::span<const applied_migration> applied) {
  for (const applied_migration& a : applied) {
    const migration* k = find_known(known, a.number);
    if (k == nullptr) {
      return fail(errc::schema_too_new,
                  "The database has migration " + std::to_string(a.number) +
                      ", which this program does not know; install a newer program.");
    }
    if (k->checksum != a.checksum) {
      return fail(errc::database, "Migration " + std::to_string(a.number) +
                                      " was changed after this database ran it; install the "
                                      "program that made the database.");
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<migration_status> compare_migrations(std::span<const migration> known,
                                                 std::span<const applied_migration> applied) {
  std::vector<migration_status> all;
  for (const migration& k : known) {
    migration_status state;
    state.number = k.number;
    state.name = k.name;
    const auto a = std::find_if(applied.begin(), applied.end(),
                                [&k](const applied_migration& m) { return m.number == k.number; });
    if (a != applied.end()) {
      state.applied = true;
      state.applied_at = a->applied_at;
      state.checksum_matches = a->checksum == k.checksum;
    }
    all.push_back(std::move(state));
  }
  for (const applied_migration& a : applied) {
    if (find_known(known, a.number) != nullptr) continue;
    migration_status state{a.number, a.name, true, a.applied_at, true, false};
    all.push_back(std::move(state));
  }
  std::sort(all.begin(), all.end(),
            [](const auto& x, const auto& y) { return x.number < y.number; });
  return all;
}

result<std::vector<migration_step>> plan_migrations(std::span<const migration> known,
                                                    std::span<const applied_migration> applied,
                                                    std::optional<int> target) {
  if (auto problem = first_problem(known, applied)) return *problem;
  const int newest = known.empty() ? 0 : known.back().number;
  const int goal = target.value_or(newest);
  if (goal != 0 && find_known(known, goal) == nullptr) {
    return fail(errc::database, "There is no migration " + std::to_string(goal) +
                                    "; the newest is " + std::to_string(newest) + ".");
  }
  int reached = 0;
  for (const applied_migration& a : applied) reached = std::max(reached, a.number);
  std::vector<migration_step> steps;
  for (const migration& k : known) {
    const bool is_applied =
        std::any_of(applied.begin(), applied.end(),
                    [&k](const applied_migration& a) { return a.number == k.number; });
    if (!is_applied && k.number < reached) {
      return fail(errc::database, "Migration " + std::to_string(k.number) +
                                      " is missing in this database although later ones ran; "
                                      "restore it from a backup.");
    }
    if (!is_applied && k.number <= goal) steps.push_back({&k, true});
  }
  if (steps.empty()) {
    for (auto k = known.rbegin(); k != known.rend(); ++k) {
      if (k->number > goal && k->number <= reached) steps.push_back({&*k, false});
    }
  }
  return steps;
}

}  // namespace autocusto
