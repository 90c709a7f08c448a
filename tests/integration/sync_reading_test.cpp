// What a push makes the server read: the same whether or not others treat the patient, and no more
// than the push and the owner's own view need. Statements and rows are counted, not timed.
#include <functional>

#include "server/store/conflicts.hpp"
#include "server/store/versions.hpp"
#include "tests/integration/sync_stores.hpp"

namespace autocusto::test {
namespace {

using testing::a_patient;

class SyncReading : public sync_test {
 protected:
  store::user_row ana = world.add_user("ana@example.org");
  store::user_row bia = world.add_user("bia@example.org");
  sync_device hers = world.add_device(ana, "laptop");
  sync_device other = world.add_device(bia, "laptop");
  std::vector<domain::version> foreign;  ///< Bia's chain of one patient

  void SetUp() override { foreign = chain(other, nth_cpf(1), 1000); }

  /// A root and edits of it, pushed.
  std::vector<domain::version> chain(sync_device& by, const std::string& cpf, std::size_t length) {
    std::vector<domain::version> out{by.version(a_patient(cpf))};
    while (out.size() < length) {
      out.push_back(by.version(
          a_patient(cpf).after({&out.back()}).with("rg", std::to_string(out.size()).c_str())));
    }
    EXPECT_EQ(world.push(by, out).back().code, "");
    return out;
  }

  /// It is like no other: there is no receipt before it, and no feed.
  void first_push() { EXPECT_EQ(of_push({hers.version(a_patient(nth_cpf(8)))}).said, "accepted"); }

  struct cost {
    std::int64_t statements;
    std::int64_t rows;
    std::string said;
    friend bool operator==(const cost&, const cost&) = default;
  };
  friend void PrintTo(const cost& c, std::ostream* out) {
    *out << c.statements << " statements, " << c.rows << " rows, " << c.said;
  }

  cost of_push(const std::vector<domain::version>& versions, const push_options& options = {}) {
    const auto before = world.db->metrics().written;
    const auto said = words(world.push(hers, versions, options));
    const auto after = world.db->metrics().written;
    return {after.statements - before.statements, after.rows - before.rows, said};
  }

  /// A push of these with a proof each: of the view that Ana has, else of one that was lost.
  push_options proven(const std::vector<domain::version>& of) {
    std::vector<incarnation_id> incarnations;
    for (const auto& each : of) {
      const auto view = world.view(ana, each.header.record.id);
      incarnations.push_back(view ? view->state.incarnation
                                  : *incarnation_id::from_raw("0123456789abcdef"));
    }
    push_options options;
    options.change_request = [this, of, incarnations](wire::push_request& r) {
      for (std::size_t i = 0; i < of.size(); ++i) {
        r.versions[i].incarnation = incarnations[i];
        r.versions[i].proof =
            wire::make_proof(world.keys.server_secret, ana.id, incarnations[i], of[i].id);
      }
    };
    return options;
  }
  cost of_proofs(const std::vector<domain::version>& of) { return of_push(of, proven(of)); }
};

INSTANTIATE_TEST_SUITE_P(Stores, SyncReading, ::testing::Values("sqlite", "postgres"));

TEST_P(SyncReading, ARefusedVersionCostsTheSameWhoeverTreatsThePatient) {
  struct refusal {
    const char* code;
    std::function<domain::version(const std::string& cpf)> make;
  };
  const auto unknown = hers.version(a_patient(nth_cpf(9)));
  const std::vector<refusal> refusals{
      {"invalid_field",
       [&](const std::string& cpf) { return hers.version(a_patient(cpf).with("peso", "a lot")); }},
      {"author_mismatch",
       [&](const std::string& cpf) { return other.version(a_patient(cpf).salt(9)); }},
      {"device_mismatch",
       [&](const std::string& cpf) {
         auto b = a_patient(cpf);
         auto v = hers.version(b);
         v.header.device = other.who.device.id;
         return domain::make_version(v.header, v.payload);
       }},
      {"parent_unavailable",
       [&](const std::string& cpf) { return hers.version(a_patient(cpf).after({&unknown})); }},
      {"parent_unavailable",
       [&](const std::string& cpf) { return hers.version(a_patient(cpf).after({&foreign[500]})); }},
  };
  first_push();
  for (const auto& each : refusals) {
    const auto treated = of_push({each.make(nth_cpf(1))});
    const auto by_nobody = of_push({each.make(nth_cpf(2))});
    EXPECT_EQ(treated.said, each.code);
    EXPECT_EQ(treated, by_nobody) << each.code;
  }
}

TEST_P(SyncReading, AnAcceptedRootCostsTheSameWhoeverTreatsThePatient) {
  first_push();
  const auto treated = of_push({hers.version(a_patient(nth_cpf(1)).salt(1))});
  const auto by_nobody = of_push({hers.version(a_patient(nth_cpf(2)).salt(1))});
  EXPECT_EQ(treated.said, "accepted");
  EXPECT_EQ(treated, by_nobody);
  // The same for a second root, which stands beside the first.
  const auto beside = [&](std::size_t n) {
    return of_push({hers.version(a_patient(nth_cpf(n)).salt(2).with("rg", "7"))});
  };
  const auto beside_treated = beside(1);
  EXPECT_EQ(beside_treated.said, "sibling");
  EXPECT_EQ(beside(2), beside_treated);
}

TEST_P(SyncReading, AChildOfTheHeadNeedsNoHistory) {
  const auto short_one = chain(hers, nth_cpf(3), 2);
  const auto long_one = chain(hers, nth_cpf(4), 900);
  const auto next = [&](const std::vector<domain::version>& of) {
    return of_push(
        {hers.version(a_patient(of[0].payload.key).after({&of.back()}).with("peso", "71"))});
  };
  const auto of_short = next(short_one);
  EXPECT_EQ(of_short.said, "accepted");
  EXPECT_EQ(next(long_one), of_short);
  EXPECT_LT(of_short.rows, 40);
}

TEST_P(SyncReading, OnlyTheOwnersViewIsReadWhereTheHistoryIsNeeded) {
  const auto mine = chain(hers, nth_cpf(1), 5);
  const auto alone = chain(hers, nth_cpf(5), 5);
  const auto beside = [&](const std::vector<domain::version>& of) {
    return of_push({hers.version(a_patient(of[0].payload.key).after({&of[2]}).with("rg", "72"))});
  };
  const auto treated = beside(mine);
  EXPECT_EQ(treated.said, "sibling");
  EXPECT_EQ(beside(alone), treated);
}

TEST_P(SyncReading, AProofOfWhatTheOwnerHasReadsNothingOfOthers) {
  first_push();
  const auto treated = of_proofs({chain(hers, nth_cpf(1), 1)[0]});
  const auto by_nobody = of_proofs({chain(hers, nth_cpf(6), 1)[0]});
  EXPECT_EQ(treated.said, "duplicate");
  EXPECT_EQ(treated, by_nobody);
  // The same once the owner's access has ended.
  const auto closed = chain(hers, nth_cpf(1), 1);
  const auto closed_alone = chain(hers, nth_cpf(6), 1);
  const auto proof = proven(closed);
  const auto proof_alone = proven(closed_alone);
  for (const auto* each : {&closed, &closed_alone}) {
    ASSERT_TRUE(world.unassign(ana, each->front().header.record.id).has_value());
  }
  const auto after = of_push(closed, proof);
  EXPECT_EQ(after.said, "access_removed");
  EXPECT_EQ(of_push(closed_alone, proof_alone), after);
}

TEST_P(SyncReading, GraphsForProofsAreCountedBeforeTheyAreRead) {
  world.pushes.set_budget(7'000);  // Bia's thousand versions count 10,000
  chain(other, nth_cpf(6), 400);
  const auto lost = [&](std::size_t n) { return hers.version(a_patient(nth_cpf(n)).salt(5)); };
  const std::vector<domain::version> both{lost(1), lost(6)};
  const auto before = world.db->metrics().written;
  EXPECT_EQ(code_of(world.try_push(hers, both, proven(both))), "too_much_work");
  EXPECT_LT(world.db->metrics().written.rows - before.rows, 20);
  EXPECT_TRUE(world.verify().clean());
  // One alone is always judged.
  const auto one = of_proofs({both[0]});
  EXPECT_EQ(one.said, "restored");
  EXPECT_GT(one.rows, 1'000);
}

TEST_P(SyncReading, WhatAnAssignedVersionDescendsFromIsReadAndNoMore) {
  // Bia's patient at her 20th version is assigned to Ana, who then works beside it.
  ASSERT_TRUE(world.assign(ana, foreign[19], {}).has_value());
  const auto child = hers.version(a_patient(nth_cpf(1)).after({&foreign[19]}).with("rg", "1"));
  EXPECT_EQ(of_push({child}).said, "accepted");
  const auto late = hers.version(a_patient(nth_cpf(1)).after({&foreign[19]}).with("rg", "2"));
  const auto cost = of_push({late});
  EXPECT_EQ(cost.said, "sibling");
  EXPECT_LT(cost.rows, 100);
  const auto view = world.view(ana, foreign[0].header.record.id);
  ASSERT_EQ(view->state.heads.size(), 2U);
  world.db->read([&](store::snapshot& snapshot) {
    store::versions::reads versions(snapshot);
    const store::pk keys[] = {view->key};
    const auto conflict = store::conflicts::reads(snapshot).open_conflicts(keys).at(0);
    EXPECT_EQ(conflict.base, foreign[19].id);
    EXPECT_EQ(versions.history_of_view(view->key).size(), 22U);
    EXPECT_EQ(versions.versions_in_view(view->key), 3);
  });
  EXPECT_TRUE(world.verify().clean());
}

}  // namespace
}  // namespace autocusto::test
