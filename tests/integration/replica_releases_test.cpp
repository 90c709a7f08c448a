// Programs of several releases: what this one does not know it keeps, and what the server does not
// take waits.
#include <gmock/gmock.h>

#include "client/replica/file/releases.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/sqlite/database.hpp"
#include "tests/integration/replica_fixture.hpp"

namespace autocusto::replica {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct ReplicaReleases : two_laptops {
  /// A version of a kind that this program does not know.
  domain::version of_unknown_kind() {
    domain::version_header header;
    header.record = {"protocol", server.record_of("protocol", "7")};
    header.author = server.user;
    header.device = testing::nth<device_id>(9);
    header.created_at = "2026-11-22T10:00:00.123Z";
    domain::version_payload payload;
    payload.key = "7";
    payload.fields = {{"campos", domain::structured{R"(["a",{"b":1}])"}}};
    return domain::make_version(header, payload);
  }
  /// The patient as a newer program saved them.
  domain::version newer(const std::vector<const domain::version*>& parents = {}) {
    auto b = testing::a_patient(k_cpf);
    if (!parents.empty()) b.after(parents);
    b.header().record.id = record;
    b.header().author = server.user;
    b.payload().fields["zz_novo"] = domain::structured{R"({"x":[1,2]})"};
    return b.make();
  }
  static void learn(laptop& on, const domain::kind_revisions& kinds) {
    engine::learned what;
    what.kinds = kinds;
    ASSERT_TRUE(on->sync().note_learned(what));
  }
  static std::size_t next_batch(laptop& on) {
    return on->sync().load_state().value().versions.size();
  }
};

TEST_F(ReplicaReleases, AnUnknownKindIsKeptAndNotShown) {
  server.accept(of_unknown_kind());
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  EXPECT_EQ(ana->sync().cursor(), server.end());
  EXPECT_THAT(ana->read().status().unknown, ElementsAre("protocol"));
  EXPECT_EQ(ana->read().list("patient")->size(), 1U);
  EXPECT_EQ(ana->read().show("protocol", "7").error().code, errc::not_found);
  expect_sound(ana);
  ana.reopen();
  EXPECT_THAT(ana->read().status().unknown, ElementsAre("protocol"));
  EXPECT_TRUE(ana.pull());
}

TEST_F(ReplicaReleases, AnUnknownFieldIsCarriedAlongByEdits) {
  const auto first = newer();
  server.accept(first);
  ana.sync();
  EXPECT_THAT(ana->read().status().unknown, ElementsAre("patient.zz_novo"));
  const auto id = must_save(ana, set_field(k_cpf, "peso", "70"));
  ana.sync();
  EXPECT_THAT(server.version(id).raw.payload, HasSubstr(R"("zz_novo":{"x":[1,2]})"));
  EXPECT_EQ(field(ana, "peso"), "70");
  expect_as_server(ana);

  auto entered = patient_edit(k_cpf, "João");
  entered.fields["zz_novo"] = domain::structured{"1"};
  EXPECT_EQ(ana->edit().save(entered).error().field, "zz_novo");
}

TEST_F(ReplicaReleases, SidesOfAConflictKeepAnUnknownField) {
  const auto first = newer();
  server.accept(first);
  ana.sync();
  second.sync();
  must_save(ana, set_field(k_cpf, "peso", "70"));
  const auto theirs = must_save(second, set_field(k_cpf, "peso", "75"));
  second.sync();
  ana.sync();
  resolution how;
  how.from = {{"peso", theirs.text()}};
  const auto resolved = ana->edit().resolve("patient", k_cpf, how);
  ASSERT_TRUE(resolved) << resolved.error().message;
  ana.sync();
  EXPECT_THAT(server.version(resolved->version).raw.payload, HasSubstr("zz_novo"));
  EXPECT_FALSE(shown(ana).conflict);
}

TEST_F(ReplicaReleases, WhatAnOlderServerDoesNotTakeWaits) {
  learn(ana, domain::first_revisions());
  must_save(ana, patient_edit(k_cpf, "João"));
  must_save(ana, patient_edit(cpf(2), "Ana"));
  must_save(ana, set_field(cpf(2), "nome_social", "Bia"));
  must_save(ana, set_field(cpf(2), "nome_social", ""));  // a child of what waits
  edit process;
  process.kind = "process";
  process.key = k_cpf + "/G35";
  must_save(ana, process);
  EXPECT_EQ(next_batch(ana), 1U);
  EXPECT_EQ(ana->read().status().beyond_server, 2U);
  EXPECT_EQ(ana.push().acknowledged, 1U);
  ASSERT_TRUE(ana.pull());
  EXPECT_EQ(next_batch(ana), 0U);
  EXPECT_EQ(ana->read().status().pending, 4U);
  EXPECT_EQ(ana->sync().load_state().value().waiting, 0);

  learn(ana, domain::known_revisions());
  EXPECT_EQ(ana->read().status().beyond_server, 0U);
  ana.sync();
  EXPECT_EQ(ana->read().status().pending, 0U);
  EXPECT_EQ(server.versions(), 5U);
}

/// A watching laptop asks once a second.
TEST_F(ReplicaReleases, WhatWaitsForANewerServerIsDecodedOnce) {
  learn(ana, domain::first_revisions());
  must_save(ana, patient_edit(cpf(2), "Ana"));
  must_save(ana, set_field(cpf(2), "nome_social", "Bia"));
  ASSERT_EQ(ana->read().status().beyond_server, 1U);
  {
    sqlite::database thief(ana.home() + "/replica.sqlite", {.mode = sqlite::open_mode::read_write});
    thief.execute("UPDATE version SET content = x'00'");
  }
  EXPECT_EQ(ana->read().status().beyond_server, 1U);
  EXPECT_EQ(next_batch(ana), 0U);
  learn(ana, {{"patient", 1}});
  EXPECT_THROW(static_cast<void>(ana->read().status()), error_exception) << "another server: anew";
}

TEST_F(ReplicaReleases, WhatIsKnownByNowIsNotToldAnyMore) {
  server.accept(of_unknown_kind());
  ana.sync();
  {
    // As an older release of this program would have noted kinds and fields that this one knows.
    auto scope = ana->file().begin();
    ASSERT_TRUE(scope);
    note_unknown(ana->file(), {"process", "patient.nome_social", "patient.outro"});
    (*scope)->commit();
  }
  EXPECT_THAT(ana->read().status().unknown, ElementsAre("protocol", "patient.outro"));
}

}  // namespace
}  // namespace autocusto::replica
