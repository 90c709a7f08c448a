// Pages, views and conflicts, against a server that is small enough to see through.
#include "tests/integration/replica_fixture.hpp"

namespace autocusto::replica {
namespace {

using ReplicaSync = two_laptops;

TEST_F(ReplicaSync, APushedVersionIsAcknowledgedThenPulled) {
  const auto id = must_save(ana, patient_edit(k_cpf, "João"));
  EXPECT_EQ(ana.push().acknowledged, 1U);
  EXPECT_TRUE(shown(ana).synced);
  EXPECT_EQ(ana->read().status().pending, 0U);
  EXPECT_EQ(ana->read().status().unpulled, 1U);
  EXPECT_EQ(ana->read().waiting().at(0).what, waiting_for::feed);
  ASSERT_TRUE(ana.pull());
  EXPECT_EQ(shown(ana).version.id, id);
  expect_as_server(ana);
}

TEST_F(ReplicaSync, AnotherDeviceOfTheUserGetsIt) {
  const auto id = must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  second.sync();
  EXPECT_EQ(shown(second).version.id, id);
  EXPECT_EQ(shown(second).version.author, "ana@clinica.teste");
  must_save(second, set_field(k_cpf, "peso", "70"));
  second.sync();
  ana.sync();
  EXPECT_EQ(field(ana, "peso"), "70");
  expect_as_server(ana);
  expect_as_server(second);
}

TEST_F(ReplicaSync, TwoDevicesThatEditMakeAConflictThatOneResolves) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  second.sync();
  const auto mine = must_save(ana, set_field(k_cpf, "peso", "70"));
  const auto theirs = must_save(second, set_field(k_cpf, "peso", "75"));
  second.sync();
  ana.sync();
  second.sync();
  EXPECT_TRUE(shown(ana).conflict);
  expect_as_server(ana);
  expect_as_server(second);
  const auto conflicts = ana->read().conflicts();
  ASSERT_EQ(conflicts.size(), 1U);
  EXPECT_EQ(conflicts[0].id, 1);
  EXPECT_EQ(conflicts[0].heads.size(), 2U);
  EXPECT_EQ(ana->read().status().conflicts, 1U);
  EXPECT_TRUE(ana->read().list("patient")->at(0).conflict);

  const auto open = ana->edit().resolve("patient", k_cpf, {});
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, errc::conflict_open);
  EXPECT_EQ(open.error().field, "peso");
  resolution how;
  how.from = {{"peso", theirs.text()}};
  how.set = {{"altura", std::string("170")}};
  const auto done = ana->edit().resolve("patient", k_cpf, how);
  ASSERT_TRUE(done);
  EXPECT_FALSE(shown(ana).conflict);
  EXPECT_EQ(field(ana, "peso"), "75");
  EXPECT_EQ(field(ana, "altura"), "170");
  auto parents = std::vector{mine, theirs};
  std::sort(parents.begin(), parents.end());
  EXPECT_EQ(shown(ana).version.parents, parents);
  EXPECT_EQ(ana->read().status().conflicts, 0U);
  ana.sync();
  second.sync();
  EXPECT_EQ(shown(second).version.id, done->version);
  expect_as_server(ana);
  expect_as_server(second);
  EXPECT_EQ(ana->edit().resolve("patient", k_cpf, {}).error().code, errc::not_found);
}

TEST_F(ReplicaSync, WhatOnlyOneHeadChangedNeedsNoDecision) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  second.sync();
  must_save(ana, set_field(k_cpf, "rg", "123"));
  must_save(second, set_field(k_cpf, "email_paciente", "j@exemplo.teste"));
  second.sync();
  ana.sync();
  ASSERT_TRUE(ana->edit().resolve("patient", k_cpf, {}));
  EXPECT_EQ(field(ana, "rg"), "123");
  EXPECT_EQ(field(ana, "email_paciente"), "j@exemplo.teste");
}

TEST_F(ReplicaSync, TakingOneVersionTakesAllItsFields) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  second.sync();
  must_save(ana, set_field(k_cpf, "peso", "70"));
  const auto theirs = must_save(second, set_field(k_cpf, "peso", "75"));
  second.sync();
  ana.sync();
  resolution how;
  how.take = theirs.text();
  ASSERT_TRUE(ana->edit().resolve("patient", k_cpf, how));
  EXPECT_EQ(field(ana, "peso"), "75");
}

TEST_F(ReplicaSync, TwoDevicesThatRegisterTheSamePatientOfflineMeet) {
  must_save(ana, patient_edit(k_cpf, "João"));
  must_save(second, patient_edit(k_cpf, "João da Silva"));
  ana.sync();
  second.sync();
  ana.sync();
  EXPECT_EQ(ana->read().history("patient", k_cpf)->size(), 2U);
  EXPECT_EQ(ana->read().list("patient")->size(), 1U);
  expect_as_server(ana);
  expect_as_server(second);
}

TEST_F(ReplicaSync, AnAssignmentUnderAWaitingEditIsNoticedAndTheEditStaysShown) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto mine = must_save(ana, set_field(k_cpf, "peso", "70"));
  const auto assigned = other_version({}, "João de outro médico");
  server.assign(assigned);
  ana.pull();
  EXPECT_EQ(shown(ana).version.id, mine);
  EXPECT_TRUE(shown(ana).conflict);
  const auto notices = ana->read().notices();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].what, notice_kind::assigned);
  EXPECT_EQ(notices[0].version, assigned.id);
  ASSERT_TRUE(ana->edit().forget_notices());
  EXPECT_TRUE(ana->read().notices().empty());
  ana.sync();
  EXPECT_EQ(shown(ana).version.id, assigned.id) << "pinned by the administrator";
  expect_as_server(ana);
}

TEST_F(ReplicaSync, AnAssignedVersionComesWithoutItsAncestors) {
  const auto root = other_version({}, "Raiz");
  const auto child = other_version({&root}, "Filha");
  server.assign(child);
  ana.pull();
  EXPECT_EQ(shown(ana).version.id, child.id);
  EXPECT_EQ(ana->read().history("patient", k_cpf)->size(), 1U);
  must_save(ana, set_field(k_cpf, "peso", "70"));
  ana.sync();
  expect_as_server(ana);
}

TEST_F(ReplicaSync, DraftsAndDiscardsTravel) {
  auto draft = patient_edit(k_cpf, "João");
  draft.draft = true;
  must_save(ana, draft);
  ana.sync();
  second.sync();
  EXPECT_EQ(shown(second).version.status, domain::version_status::draft);
  ASSERT_TRUE(second->edit().publish("patient", k_cpf, std::nullopt, std::nullopt));
  second.sync();
  ana.sync();
  EXPECT_EQ(shown(ana).version.status, domain::version_status::active);
  expect_as_server(ana);

  draft = set_field(k_cpf, "peso", "70");
  draft.draft = true;
  must_save(ana, draft);
  ASSERT_TRUE(ana->edit().discard_draft("patient", k_cpf, std::nullopt));
  EXPECT_EQ(ana->read().status().pending, 2U) << "the draft and its discarding";
  EXPECT_EQ(ana->read().status().pending, 2U);
  ana.push();
  EXPECT_TRUE(shown(ana).drafts.empty());
  EXPECT_EQ(ana->read().status().pending, 0U);
  EXPECT_EQ(ana->read().status().pending, 0U);
  ana.pull();
  second.sync();
  expect_as_server(ana);
  expect_as_server(second);
}

TEST_F(ReplicaSync, ADraftThatBothDevicesDiscardIsGoneOnce) {
  auto draft = patient_edit(k_cpf, "João");
  draft.draft = true;
  must_save(ana, draft);
  ana.sync();
  second.sync();
  ASSERT_TRUE(ana->edit().discard_draft("patient", k_cpf, std::nullopt));
  ASSERT_TRUE(second->edit().discard_draft("patient", k_cpf, std::nullopt));
  ana.sync();
  second.sync();
  EXPECT_EQ(second->read().status().pending, 0U);
  EXPECT_EQ(second->read().show("patient", k_cpf).error().code, errc::not_found);
  EXPECT_EQ(second->read().list("patient")->size(), 0U);
  expect_sound(second);
}

TEST_F(ReplicaSync, ADiscardOfADraftThatAPageHasReplacedWaitsForNothing) {
  auto draft = patient_edit(k_cpf, "João");
  draft.draft = true;
  must_save(ana, draft);
  ana.sync();
  second.sync();
  ASSERT_TRUE(second->edit().discard_draft("patient", k_cpf, std::nullopt));
  draft = set_field(k_cpf, "peso", "70");
  draft.draft = true;
  must_save(ana, draft);
  ana.sync();
  second.pull();
  second.push();
  EXPECT_EQ(second->read().status().pending + second->read().status().unpulled, 0U);
  second.pull();
  expect_as_server(second);
}

TEST_F(ReplicaSync, PagesOfAnySizeLeadToTheSame) {
  for (std::uint32_t n = 0; n < 30; ++n) must_save(ana, patient_edit(cpf(n), "Paciente"));
  must_save(ana, patient_edit(k_cpf, "João"));
  for (int n = 0; n < 5; ++n) must_save(ana, set_field(k_cpf, "peso", std::to_string(60 + n)));
  ana.sync();
  for (const std::size_t limit : {1U, 2U, 7U, 1000U}) {
    laptop fresh(server, "novo");
    ASSERT_TRUE(fresh.pull(limit));
    EXPECT_EQ(fresh->read().list("patient")->size(), 31U);
    EXPECT_EQ(fresh->read().history("patient", k_cpf)->size(), 6U);
    EXPECT_EQ(shown(fresh).version.number, 6);
    expect_as_server(fresh);
  }
}

TEST_F(ReplicaSync, APageIsAppliedOnce) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto checked = engine::check_page(server.page({}, second.device()), wire::cursor{});
  ASSERT_TRUE(checked);
  EXPECT_TRUE(second->sync().apply_page(*checked)->applied);
  EXPECT_FALSE(second->sync().apply_page(*checked)->applied) << "the cursor has moved";
  EXPECT_EQ(second->read().history("patient", k_cpf)->size(), 1U);
}

TEST_F(ReplicaSync, TheFeedCanStartAgainWithoutErasing) {
  must_save(ana, patient_edit(k_cpf, "João"));
  must_save(ana, set_field(k_cpf, "peso", "70"));
  ana.sync();
  ASSERT_TRUE(ana->sync().restart_feed());
  EXPECT_EQ(ana->sync().cursor().seq, 0);
  EXPECT_EQ(ana->read().history("patient", k_cpf)->size(), 2U);
  ana.pull();
  EXPECT_EQ(shown(ana).version.number, 2);
  expect_as_server(ana);
}

TEST_F(ReplicaSync, APageThatNamesWhatDidNotComeChangesNothing) {
  must_save(second, patient_edit(k_cpf, "João"));
  second.sync();
  auto page = server.page({}, ana.device());
  page.versions.clear();
  const auto checked = engine::check_page(page, {});
  ASSERT_TRUE(checked);
  EXPECT_EQ(ana->sync().apply_page(*checked).error().code, errc::protocol_error);
  EXPECT_EQ(ana->sync().cursor().seq, 0);
  EXPECT_EQ(ana->read().list("patient")->size(), 0U);
  expect_sound(ana);
}

TEST_F(ReplicaSync, TheOutcomeOfASyncIsRemembered) {
  EXPECT_FALSE(ana->read().status().last_sync);
  const auto at = ana.clock().now();
  ana->sync().note_sync(std::nullopt);
  ana.clock().advance(4);
  ana->sync().note_sync(fail(errc::unreachable, "Sem rede."));
  ana.reopen();
  EXPECT_EQ(ana->read().status().last_sync->code, "unreachable");
  EXPECT_EQ(ana->read().status().last_success, at);
}

}  // namespace
}  // namespace autocusto::replica
