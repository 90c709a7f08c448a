// Every refusal of one version: its code, its field and limit, and that nothing changes.
#include <functional>

#include <gtest/gtest.h>

#include "shared/base/limits.hpp"
#include "shared/crypto/hash.hpp"
#include "tests/support/acceptance_world.hpp"

namespace autocusto::sync {
namespace {

using testing::a_clinic;
using testing::a_patient;
using testing::acceptance_world;
using testing::by;
using testing::k_ana;
using testing::k_bia;
using testing::nth;
using testing::nth_person;
using testing::outcomes;
using testing::person;
using testing::version_builder;

struct refusal_case {
  std::string name;
  std::function<domain::version_bytes(acceptance_world&)> make;
  std::string code;
  std::string field;
  std::optional<std::int64_t> limit;
};

void PrintTo(const refusal_case& c, std::ostream* out) {
  *out << c.name;
}

/// A version of Ana's whose header was changed after it was made.
domain::version_bytes with_header(const std::function<void(domain::version_header&)>& change) {
  auto v = by(k_ana, a_patient());
  change(v.header);
  return {domain::encode_header(v.header), v.raw.payload};
}

domain::version_bytes replaced(domain::version_bytes raw, const std::string& from,
                               const std::string& to) {
  raw.header.replace(raw.header.find(from), from.size(), to);
  return raw;
}

/// Ana's root is in the store; what `change` makes of an edit of it.
domain::version_bytes edit(acceptance_world& world,
                           const std::function<void(version_builder&)>& change) {
  const auto root = by(k_ana, a_patient());
  world.push(k_ana, {root});
  auto builder = a_patient().after({&root}).with("peso", "70");
  change(builder);
  return by(k_ana, builder).raw;
}

const std::vector<refusal_case> k_cases = {
    {"a header that is no JSON",
     [](acceptance_world&) {
       return domain::version_bytes{"{", by(k_ana, a_patient()).raw.payload};
     },
     "malformed",
     "",
     {}},
    {"a header that is not canonical",
     [](acceptance_world&) {
       return replaced(by(k_ana, a_patient()).raw, "{\"author\"", "{ \"author\"");
     },
     "not_canonical",
     "",
     {}},
    {"an unknown kind",
     [](acceptance_world&) {
       return with_header([](domain::version_header& h) { h.record.kind = "protocol"; });
     },
     "malformed",
     "record.kind",
     {}},
    {"a payload that is not canonical",
     [](acceptance_world&) {
       auto v = by(k_ana, a_patient());
       v.raw.payload.insert(1, " ");
       v.header.payload_hash = *hash256::from_raw(crypto::sha256(v.raw.payload).raw());
       return domain::version_bytes{domain::encode_header(v.header), v.raw.payload};
     },
     "not_canonical",
     "",
     {}},
    {"more than 64 KiB",
     [](acceptance_world&) {
       const std::string text(65 * 1024, 'a');
       return by(k_ana, a_patient().with("rg", text.c_str())).raw;
     },
     "too_large", "", static_cast<std::int64_t>(limits::version_bytes)},
    {"another payload than the header names",
     [](acceptance_world&) {
       return domain::version_bytes{by(k_ana, a_patient()).raw.header,
                                    by(k_ana, a_patient().with("rg", "1")).raw.payload};
     },
     "hash_mismatch",
     "payload_hash",
     {}},
    {"17 parents",
     [](acceptance_world&) {
       return with_header([](domain::version_header& h) {
         for (std::size_t i = 0; i < 17; ++i) h.parents.push_back(nth<version_id>(i));
         h.generation = 2;
       });
     },
     "too_many_parents", "parents", static_cast<std::int64_t>(limits::parents)},
    {"a record id of another key",
     [](acceptance_world&) {
       return with_header([](domain::version_header& h) { h.record.id = nth<record_id>(7); });
     },
     "record_mismatch",
     "record.id",
     {}},
    {"a root with wrong check digits",
     [](acceptance_world&) { return by(k_ana, a_patient("11144477736")).raw; },
     "invalid_key",
     "cpf",
     {}},
    {"a root with a repeated digit",
     [](acceptance_world&) { return by(k_ana, a_patient("11111111111")).raw; },
     "invalid_key",
     "cpf",
     {}},
    {"a root with punctuation in its key",
     [](acceptance_world&) { return by(k_ana, a_patient("111.444.777-35")).raw; },
     "invalid_key",
     "key",
     {}},
    {"a clinic with six digits",
     [](acceptance_world&) { return by(k_ana, a_clinic("207748")).raw; }, "invalid_key", "cnes", 7},
    {"a root with an imported key",
     [](acceptance_world&) { return by(k_ana, a_patient("123#9")).raw; }, "invalid_key", "cpf", 11},
    {"a summary of 501 characters",
     [](acceptance_world&) {
       auto b = a_patient();
       b.payload().summary = std::string(501, 'a');
       return by(k_ana, b).raw;
     },
     "invalid_field", "summary", 500},
    {"a required field left out",
     [](acceptance_world&) { return by(k_ana, a_patient().with("nome_mae", "")).raw; },
     "invalid_field",
     "nome_mae",
     {}},
    {"a field that is too long",
     [](acceptance_world& w) {
       return edit(w, [](version_builder& b) { b.with("rg", std::string(101, '1').c_str()); });
     },
     "invalid_field", "rg", 100},
    {"a choice that is none",
     [](acceptance_world& w) {
       return edit(w, [](version_builder& b) { b.with("etnia", "azul"); });
     },
     "invalid_field",
     "etnia",
     {}},
    {"an e-mail that is none, in a draft",
     [](acceptance_world& w) {
       return edit(w, [](version_builder& b) { b.draft().with("email_paciente", "nobody"); });
     },
     "invalid_field",
     "email_paciente",
     {}},
    {"somebody else's version",
     [](acceptance_world&) { return by(k_bia, a_patient()).raw; },
     "author_mismatch",
     "author",
     {}},
    {"a version of another device",
     [](acceptance_world&) {
       auto b = a_patient();
       b.header().author = k_ana.id;
       b.header().device = nth<device_id>(999);
       return b.make().raw;
     },
     "device_mismatch",
     "device",
     {}},
    {"a parent that does not exist",
     [](acceptance_world&) {
       const auto root = by(k_ana, a_patient());
       return by(k_ana, a_patient().after({&root})).raw;
     },
     "parent_unavailable",
     "parents",
     {}},
    {"a parent of somebody else's",
     [](acceptance_world& w) {
       const auto root = by(k_bia, a_patient());
       w.push(k_bia, {root});
       return by(k_ana, a_patient().after({&root})).raw;
     },
     "parent_unavailable",
     "parents",
     {}},
    {"a parent of somebody else's beside an own one",
     [](acceptance_world& w) {
       const auto mine = by(k_ana, a_patient());
       const auto hers = by(k_bia, a_patient());
       w.push(k_ana, {mine});
       w.push(k_bia, {hers});
       auto b = a_patient().after({&mine, &hers});
       std::sort(b.header().parents.begin(), b.header().parents.end());
       return by(k_ana, b).raw;
     },
     "parent_unavailable",
     "parents",
     {}},
    {"a generation that skips one",
     [](acceptance_world& w) {
       return edit(w, [](version_builder& b) { b.header().generation = 3; });
     },
     "bad_generation",
     "generation",
     {}},
    {"a child after the view was removed",
     [](acceptance_world& w) {
       const auto root = by(k_ana, a_patient());
       w.push(k_ana, {root});
       w.unassign(k_ana, root);
       return by(k_ana, a_patient().after({&root}).with("peso", "70")).raw;
     },
     "access_removed",
     "",
     {}},
};

class Refusals : public ::testing::TestWithParam<refusal_case> {};

TEST_P(Refusals, HasItsCodeAndChangesNothing) {
  const auto& c = GetParam();
  acceptance_world world;
  const auto raw = c.make(world);
  const auto records = world.records.size();
  const auto stored = world.stored.size();
  const auto plan = world.push_candidates(k_ana, {examine(raw, testing::k_tenant_key)});
  ASSERT_EQ(outcomes(plan), c.code);
  EXPECT_EQ(plan.results[0].field, c.field);
  EXPECT_EQ(plan.results[0].limit, c.limit);
  EXPECT_FALSE(plan.results[0].message.empty());
  EXPECT_FALSE(plan.results[0].incarnation.has_value());
  EXPECT_TRUE(plan.versions.empty());
  EXPECT_TRUE(plan.views.empty());
  EXPECT_TRUE(plan.events.empty());
  EXPECT_TRUE(plan.conflicts.empty());
  EXPECT_EQ(plan.quarantine, std::vector<std::size_t>{0});
  EXPECT_EQ(world.records.size(), records);
  EXPECT_EQ(world.stored.size(), stored);
}

INSTANTIATE_TEST_SUITE_P(Table, Refusals, ::testing::ValuesIn(k_cases));

TEST(RefusalRules, DescendantsOfARefusedVersionAreRefusedWithIt) {
  acceptance_world world;
  const auto bad = by(k_ana, a_patient().with("nome_mae", ""));
  const auto child = by(k_ana, a_patient().after({&bad}).with("nome_mae", "Maria"));
  const auto grandchild = by(k_ana, a_patient().after({&child}).with("peso", "70"));
  const auto other = by(k_ana, a_clinic());
  const auto plan = world.push(k_ana, {bad, child, grandchild, other});
  EXPECT_EQ(outcomes(plan), "invalid_field parent_refused parent_refused accepted");
  EXPECT_EQ(plan.results[1].field, "parents");
  EXPECT_EQ(plan.quarantine, (std::vector<std::size_t>{0, 1, 2}));
}

TEST(RefusalRules, AParentRefusedIsToldBeforeWhatElseIsWrong) {
  acceptance_world world;
  const auto bad = by(k_ana, a_patient().with("nome_mae", ""));
  const auto child = by(k_bia, a_patient().after({&bad}));  // also by somebody else
  EXPECT_EQ(outcomes(world.push(k_ana, {bad, child})), "invalid_field parent_refused");
}

TEST(RefusalRules, ChecksComeInOneOrder) {
  // Each line breaks a rule and all later ones; the earlier is told.
  acceptance_world world;
  const person carl = nth_person(3);
  const auto foreign = by(k_bia, a_patient());
  world.push(k_bia, {foreign});
  auto child = [&] { return a_patient().after({&foreign}); };

  auto wrong_record = child().with("etnia", "azul");
  wrong_record.header().record.id = nth<record_id>(7);
  EXPECT_EQ(outcomes(world.push(k_ana, {by(carl, wrong_record)})), "record_mismatch");
  EXPECT_EQ(outcomes(world.push(k_ana, {by(carl, child().with("etnia", "azul"))})),
            "author_mismatch");
  auto other_device = child().with("etnia", "azul");
  other_device.header().author = k_ana.id;
  other_device.header().device = nth<device_id>(999);
  EXPECT_EQ(outcomes(world.push(k_ana, {other_device.make()})), "device_mismatch");
  EXPECT_EQ(outcomes(world.push(k_ana, {by(k_ana, child().with("etnia", "azul"))})),
            "invalid_field");
  auto generation = child();
  generation.header().generation = 9;
  EXPECT_EQ(outcomes(world.push(k_ana, {by(k_ana, generation)})), "parent_unavailable");
}

TEST(RefusalRules, AChildBeforeItsParentHasNoParentYet) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  const auto child = by(k_ana, a_patient().after({&root}).with("peso", "70"));
  EXPECT_EQ(outcomes(world.push(k_ana, {child, root})), "parent_unavailable accepted");
  EXPECT_EQ(outcomes(world.push(k_ana, {child})), "accepted");
}

TEST(RefusalRules, NobodyCanTellAnUnknownRecordFromSomebodyElses) {
  acceptance_world world;
  const auto hers = by(k_bia, a_patient());
  world.push(k_bia, {hers});
  const auto nowhere = by(k_bia, a_patient("52998224725"));
  const auto answer = [&](const domain::version& parent, const std::string& key) {
    const auto plan = world.push(k_ana, {by(k_ana, a_patient(key).after({&parent}))});
    return outcomes(plan) + plan.results[0].message + plan.results[0].field;
  };
  EXPECT_EQ(answer(hers, "11144477735"), answer(nowhere, "52998224725"));
  // Her version itself, sent by Ana: the same answer as for one that nobody has.
  const auto known = world.push(k_ana, {hers});
  const auto unknown = world.push(k_ana, {nowhere});
  EXPECT_EQ(outcomes(known), "author_mismatch");
  EXPECT_EQ(known.results[0].message, unknown.results[0].message);
}

TEST(RefusalRules, ADeviceThatStandsInForAnotherMayBringItsVersions) {
  acceptance_world world;
  person ana_again = k_ana;
  ana_again.devices = {{nth<device_id>(11), 11}, k_ana.devices[0]};
  const auto old_one = by(k_ana, a_patient());
  const auto plan = world.push(ana_again, {old_one});
  EXPECT_EQ(outcomes(plan), "accepted");
  EXPECT_EQ(plan.versions[0].device, k_ana.devices[0].second);
}

TEST(RefusalRules, SixteenHeadsAreTheLimit) {
  acceptance_world world;
  world.policy = domain::merge_policy::manual;
  const auto root = by(k_ana, a_patient());
  std::vector<domain::version> batch{root};
  for (int i = 0; i < 17; ++i) {
    batch.push_back(by(k_ana, a_patient().after({&root}).with("rg", std::to_string(i).c_str())));
  }
  const auto plan = world.push(k_ana, batch);
  EXPECT_EQ(world.heads(k_ana, root).size(), 16U);
  EXPECT_EQ(plan.results[16].outcome, wire::push_outcome::sibling);
  EXPECT_EQ(plan.results[17].code, "too_many_heads");
  EXPECT_EQ(plan.results[17].limit, 16);
  // What replaces a head has room, and so has what joins them all.
  const auto next = by(k_ana, a_patient().after({&batch[1]}).with("peso", "70"));
  EXPECT_EQ(outcomes(world.push(k_ana, {next})), "sibling");
  std::vector<const domain::version*> all{&next};
  for (std::size_t i = 2; i <= 16; ++i) all.push_back(&batch[i]);
  auto join = a_patient().after(all);
  EXPECT_EQ(outcomes(world.push(k_ana, {by(k_ana, join)})), "accepted");
  EXPECT_EQ(world.heads(k_ana, root).size(), 1U);
}

TEST(RefusalRules, SixteenDraftsAreTheLimit) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  std::vector<domain::version> batch{root};
  for (int i = 0; i < 17; ++i) {
    batch.push_back(
        by(k_ana, a_patient().after({&root}).draft().with("rg", std::to_string(i).c_str())));
  }
  const auto plan = world.push(k_ana, batch);
  EXPECT_EQ(plan.results[16].outcome, wire::push_outcome::accepted);
  EXPECT_EQ(plan.results[17].code, "too_many_heads");
  const auto next = by(k_ana, a_patient().after({&batch[1]}).draft().with("peso", "70"));
  EXPECT_EQ(outcomes(world.push(k_ana, {next})), "accepted");
}

}  // namespace
}  // namespace autocusto::sync
