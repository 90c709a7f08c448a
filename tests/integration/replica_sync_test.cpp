// Pushing and pulling, against a server that is small enough to see through.
#include <algorithm>

#include <gtest/gtest.h>

#include "shared/base/limits.hpp"
#include "tests/support/domain_builders.hpp"
#include "tests/support/replica_support.hpp"

namespace autocusto::replica {
namespace {

using test::cpf;
using test::laptop;
using test::patient_edit;
using test::set_field;
using test::small_server;

const std::string k_cpf = "11144477735";

struct ReplicaSync : ::testing::Test {
  small_server server;
  laptop ana{server};
  laptop second{server, "computador-da-sala"};

  record_id record = server.record_of("patient", k_cpf);

  static record_shown shown(laptop& on, const std::string& key = k_cpf) {
    auto r = on->show("patient", key);
    if (!r) throw error_exception(r.error());
    return *std::move(r);
  }
  static std::string field(laptop& on, const std::string& name) {
    return domain::value_text(shown(on).fields.at(name));
  }
  static version_id must_save(laptop& on, const edit& e) {
    auto r = on->save(e);
    if (!r) throw error_exception(r.error());
    return r->version;
  }
  static void expect_sound(laptop& on) {
    const auto report = on->verify();
    EXPECT_TRUE(report.problems.empty()) << report.problems.front();
  }
  /// All is acknowledged and pulled, so what is shown must be the server's view.
  void expect_as_server(laptop& on) {
    const auto& view = server.view(record);
    auto heads = view.heads;
    std::sort(heads.begin(), heads.end());
    EXPECT_EQ(shown(on).heads, heads);
    EXPECT_EQ(shown(on).drafts, view.drafts);
    EXPECT_EQ(on->status().pending, 0U);
    EXPECT_EQ(on->status().unpulled, 0U);
    EXPECT_EQ(on->cursor(), server.end());
    expect_sound(on);
  }
  /// A version that somebody else made for this record.
  domain::version other_version(const std::vector<const domain::version*>& parents,
                                const std::string& name) {
    auto b = testing::a_patient(k_cpf);
    if (!parents.empty()) b.after(parents);
    b.header().record.id = record;
    b.header().author = testing::nth<user_id>(77);
    b.with("nome_paciente", name.c_str());
    return b.make();
  }
};

TEST_F(ReplicaSync, APushedVersionIsAcknowledgedThenPulled) {
  const auto id = must_save(ana, patient_edit(k_cpf, "João"));
  EXPECT_EQ(ana.push().acknowledged, 1U);
  EXPECT_TRUE(shown(ana).synced);
  EXPECT_EQ(ana->status().pending, 0U);
  EXPECT_EQ(ana->status().unpulled, 1U);
  EXPECT_EQ(ana->waiting().at(0).what, waiting_for::feed);
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
  const auto conflicts = ana->conflicts();
  ASSERT_EQ(conflicts.size(), 1U);
  EXPECT_EQ(conflicts[0].id, 1);
  EXPECT_EQ(conflicts[0].heads.size(), 2U);
  EXPECT_EQ(ana->status().conflicts, 1U);
  EXPECT_TRUE(ana->list("patient")->at(0).conflict);

  const auto open = ana->resolve("patient", k_cpf, {});
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, errc::conflict_open);
  EXPECT_EQ(open.error().field, "peso");
  resolution how;
  how.from = {{"peso", theirs.text()}};
  how.set = {{"altura", std::string("170")}};
  const auto done = ana->resolve("patient", k_cpf, how);
  ASSERT_TRUE(done);
  EXPECT_FALSE(shown(ana).conflict);
  EXPECT_EQ(field(ana, "peso"), "75");
  EXPECT_EQ(field(ana, "altura"), "170");
  auto parents = std::vector{mine, theirs};
  std::sort(parents.begin(), parents.end());
  EXPECT_EQ(shown(ana).version.parents, parents);
  EXPECT_EQ(ana->status().conflicts, 0U);
  ana.sync();
  second.sync();
  EXPECT_EQ(shown(second).version.id, done->version);
  expect_as_server(ana);
  expect_as_server(second);
  EXPECT_EQ(ana->resolve("patient", k_cpf, {}).error().code, errc::not_found);
}

TEST_F(ReplicaSync, WhatOnlyOneHeadChangedNeedsNoDecision) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  second.sync();
  must_save(ana, set_field(k_cpf, "rg", "123"));
  must_save(second, set_field(k_cpf, "email_paciente", "j@exemplo.teste"));
  second.sync();
  ana.sync();
  ASSERT_TRUE(ana->resolve("patient", k_cpf, {}));
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
  ASSERT_TRUE(ana->resolve("patient", k_cpf, how));
  EXPECT_EQ(field(ana, "peso"), "75");
}

TEST_F(ReplicaSync, TwoDevicesThatRegisterTheSamePatientOfflineMeet) {
  must_save(ana, patient_edit(k_cpf, "João"));
  must_save(second, patient_edit(k_cpf, "João da Silva"));
  ana.sync();
  second.sync();
  ana.sync();
  EXPECT_EQ(ana->history("patient", k_cpf)->size(), 2U);
  EXPECT_EQ(ana->list("patient")->size(), 1U);
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
  const auto notices = ana->notices();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].what, notice_kind::assigned);
  EXPECT_EQ(notices[0].version, assigned.id);
  ASSERT_TRUE(ana->forget_notices());
  EXPECT_TRUE(ana->notices().empty());
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
  EXPECT_EQ(ana->history("patient", k_cpf)->size(), 1U);
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
  ASSERT_TRUE(second->publish("patient", k_cpf, std::nullopt, std::nullopt));
  second.sync();
  ana.sync();
  EXPECT_EQ(shown(ana).version.status, domain::version_status::active);
  expect_as_server(ana);

  draft = set_field(k_cpf, "peso", "70");
  draft.draft = true;
  must_save(ana, draft);
  ASSERT_TRUE(ana->discard_draft("patient", k_cpf, std::nullopt));
  EXPECT_EQ(ana->status().pending, 2U) << "the draft and its discarding";
  ana.push();
  EXPECT_TRUE(shown(ana).drafts.empty());
  EXPECT_EQ(ana->status().pending, 0U);
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
  ASSERT_TRUE(ana->discard_draft("patient", k_cpf, std::nullopt));
  ASSERT_TRUE(second->discard_draft("patient", k_cpf, std::nullopt));
  ana.sync();
  second.sync();
  EXPECT_EQ(second->status().pending, 0U);
  EXPECT_EQ(second->show("patient", k_cpf).error().code, errc::not_found);
  EXPECT_EQ(second->list("patient")->size(), 0U);
  expect_sound(second);
}

TEST_F(ReplicaSync, ARefusedVersionAndWhatGoesOnFromItStayReadable) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto refused = must_save(ana, set_field(k_cpf, "peso", "70"));
  ana.start_push();
  const auto child = must_save(ana, set_field(k_cpf, "altura", "170"));
  server.refuse(refused, "invalid_field");
  const auto effect = ana.push();
  EXPECT_EQ(effect.refused, (std::vector{refused, child})) << "the child was not even sent";
  EXPECT_EQ(field(ana, "peso"), "");
  EXPECT_EQ(ana->status().pending, 0U);
  const auto list = ana->refused();
  ASSERT_EQ(list.size(), 2U);
  const auto first = std::find_if(list.begin(), list.end(),
                                  [&](const refused_item& i) { return i.version == refused; });
  EXPECT_EQ(first->code, "invalid_field");
  EXPECT_EQ(first->key, k_cpf);
  EXPECT_TRUE(first->at_server);
  const auto later = ana->refused_show(child.text().substr(0, 12));
  ASSERT_TRUE(later);
  EXPECT_EQ(later->what.code, "parent_refused");
  EXPECT_FALSE(later->what.at_server);
  EXPECT_EQ(later->changes.size(), 2U) << "against the nearest accepted ancestor";
  expect_sound(ana);

  must_save(ana, set_field(k_cpf, "rg", "123"));
  const auto again = ana->refused_reapply(child.text());
  ASSERT_TRUE(again);
  EXPECT_EQ(field(ana, "peso"), "70");
  EXPECT_EQ(field(ana, "altura"), "170");
  EXPECT_EQ(field(ana, "rg"), "123");
  EXPECT_TRUE(ana->refused().empty()) << "its refused ancestor's changes are in it";
  ana.sync();
  expect_as_server(ana);
}

TEST_F(ReplicaSync, DiscardingARefusedVersionTakesItsDescendantsAlong) {
  const auto root = must_save(ana, patient_edit(k_cpf, "João"));
  must_save(ana, set_field(k_cpf, "peso", "70"));
  server.refuse(root, "invalid_key");
  ana.push();
  EXPECT_EQ(ana->show("patient", k_cpf).error().code, errc::not_found);
  ASSERT_EQ(ana->refused().size(), 2U);
  EXPECT_EQ(ana->refused_discard("zzzz").error().code, errc::not_found);
  EXPECT_EQ(*ana->refused_discard(root.text()), 2U);
  EXPECT_TRUE(ana->refused().empty());
  expect_sound(ana);
  EXPECT_TRUE(ana->save(patient_edit(k_cpf, "João"))->created);
}

TEST_F(ReplicaSync, ALostReceiptIsAnsweredAgain) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.start_push();
  const auto pending = ana->current_push();
  ASSERT_TRUE(pending);
  const auto receipt = server.push(pending->object, pending->request);
  ana.reopen();  // the answer never came
  const auto again = ana->current_push();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->object.id, pending->object.id);
  EXPECT_EQ(again->request.object.object, pending->request.object.object);
  EXPECT_EQ(again->request.versions.at(0).raw, pending->request.versions.at(0).raw);
  ana.pull();  // the page comes before the receipt
  EXPECT_EQ(ana->status().unpulled, 0U);
  ASSERT_TRUE(ana->apply_receipt(receipt));
  EXPECT_FALSE(ana->current_push());
  EXPECT_EQ(ana->last_push(), pending->object.id);
  const auto twice = ana->apply_receipt(receipt);
  EXPECT_FALSE(twice->was_pending);
  expect_as_server(ana);
}

TEST_F(ReplicaSync, AReceiptThatAnswersSomethingElseIsRefused) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.start_push();
  auto receipt = server.push(ana->current_push()->object, ana->current_push()->request);
  receipt.results.push_back(receipt.results.front());
  EXPECT_EQ(ana->apply_receipt(receipt).error().code, errc::protocol_error);
  EXPECT_TRUE(ana->current_push());
  EXPECT_EQ(ana->status().pending, 1U);
}

TEST_F(ReplicaSync, OnePushIsUnderWayAtATime) {
  must_save(ana, patient_edit(k_cpf, "João"));
  const auto object = ana.start_push();
  EXPECT_EQ(ana->store_pending_push(object, {}).error().code, errc::busy);
  ASSERT_TRUE(ana->drop_pending_push());
  EXPECT_EQ(ana->status().pending, 1U);
  EXPECT_EQ(ana.push().acknowledged, 1U);
  auto stranger = object;
  stranger.versions = {testing::nth<version_id>(1)};
  EXPECT_EQ(ana->store_pending_push(stranger, {}).error().code, errc::bad_request);
}

TEST_F(ReplicaSync, AnOutboxIsLimitedAndKeepsARecordTogether) {
  std::vector<edit> lines;
  for (std::uint32_t n = 0; n < 700; ++n) {
    lines.push_back(patient_edit(cpf(n), "Paciente"));
    lines.push_back(set_field(cpf(n), "peso", "70"));
  }
  ASSERT_TRUE(ana->save_all(lines));
  const auto first = ana->next_outbox();
  EXPECT_EQ(first.ids.size(), 1000U);
  EXPECT_TRUE(first.more);
  for (std::size_t i = 0; i < first.ids.size(); i += 2) {
    const auto root = domain::decode_header(first.versions[i].raw.header);
    const auto child = domain::decode_header(first.versions[i + 1].raw.header);
    ASSERT_TRUE(root->parents.empty());
    ASSERT_EQ(child->parents, std::vector{first.ids[i]});
  }
  EXPECT_EQ(ana.push().acknowledged, 1400U);
  ana.pull();
  EXPECT_EQ(server.versions(), 1400U);
  EXPECT_EQ(ana->status().unpulled, 0U);
  expect_sound(ana);
}

TEST_F(ReplicaSync, AnOutboxIsLimitedInBytes) {
  const std::string longest = "x" + std::string(99, '\x01');  // seven bytes for one character in the message
  std::vector<edit> lines;
  for (std::uint32_t n = 0; n < 1000; ++n) {
    auto e = patient_edit(cpf(n), longest);
    for (const char* name : {"nome_mae", "nome_responsavel", "idade", "sexo", "rg", "escolha_etnia",
                             "end_paciente", "cidade_paciente"}) {
      e.fields[name] = longest;
    }
    e.summary = longest + longest + longest + longest + longest;
    e.fields["incapaz"] = true;
    lines.push_back(std::move(e));
  }
  const auto saved_all = ana->save_all(lines);
  ASSERT_TRUE(saved_all) << saved_all.error().message;
  std::size_t sent = 0;
  std::size_t pushes = 0;
  for (;;) {
    const auto out = ana->next_outbox();
    if (out.empty()) break;
    std::size_t size = 0;
    for (const auto& v : out.versions) size += v.raw.header.size() + v.raw.payload.size();
    EXPECT_LT(size, limits::batch_bytes);
    sent += out.ids.size();
    ++pushes;
    ana.start_push();
    const auto pending = ana->current_push();
    EXPECT_LT(wire::encode(pending->request).size(), limits::batch_bytes);
    ASSERT_TRUE(ana->apply_receipt(server.push(pending->object, pending->request)));
  }
  EXPECT_EQ(sent, 1000U);
  EXPECT_EQ(pushes, 2U);
}

TEST_F(ReplicaSync, PagesOfAnySizeLeadToTheSame) {
  for (std::uint32_t n = 0; n < 30; ++n) must_save(ana, patient_edit(cpf(n), "Paciente"));
  must_save(ana, patient_edit(k_cpf, "João"));
  for (int n = 0; n < 5; ++n) must_save(ana, set_field(k_cpf, "peso", std::to_string(60 + n)));
  ana.sync();
  for (const std::size_t limit : {1U, 2U, 7U, 1000U}) {
    laptop fresh(server, "novo");
    ASSERT_TRUE(fresh.pull(limit));
    EXPECT_EQ(fresh->list("patient")->size(), 31U);
    EXPECT_EQ(fresh->history("patient", k_cpf)->size(), 6U);
    EXPECT_EQ(shown(fresh).version.number, 6);
    expect_as_server(fresh);
  }
}

TEST_F(ReplicaSync, APageIsAppliedOnce) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto checked = check_page(server.page({}, second.device()), wire::cursor{});
  ASSERT_TRUE(checked);
  EXPECT_TRUE(second->apply_page(*checked)->applied);
  EXPECT_FALSE(second->apply_page(*checked)->applied) << "the cursor has moved";
  EXPECT_EQ(second->history("patient", k_cpf)->size(), 1U);
}

TEST_F(ReplicaSync, TheFeedCanStartAgainWithoutErasing) {
  must_save(ana, patient_edit(k_cpf, "João"));
  must_save(ana, set_field(k_cpf, "peso", "70"));
  ana.sync();
  ASSERT_TRUE(ana->restart_feed());
  EXPECT_EQ(ana->cursor().seq, 0);
  EXPECT_EQ(ana->history("patient", k_cpf)->size(), 2U);
  ana.pull();
  EXPECT_EQ(shown(ana).version.number, 2);
  expect_as_server(ana);
}

TEST_F(ReplicaSync, AClosedViewIsHiddenWithItsPageAndErased) {
  must_save(ana, patient_edit(k_cpf, "João"));
  must_save(ana, patient_edit(cpf(5), "Fica"));
  ana.sync();
  server.unassign(record);
  ana.pull();
  EXPECT_EQ(ana->show("patient", k_cpf).error().code, errc::not_found);
  EXPECT_EQ(ana->history("patient", k_cpf).error().code, errc::not_found);
  EXPECT_EQ(ana->list("patient")->size(), 1U);
  std::size_t lines = ana->export_lines([](std::string_view) {});
  EXPECT_EQ(lines, 1U);
  EXPECT_EQ(ana->status().hidden, 1U);
  const auto effect = ana->erase_removed();
  ASSERT_TRUE(effect);
  EXPECT_EQ(effect->erased, 1U);
  EXPECT_EQ(ana->status().hidden, 0U);
  EXPECT_EQ(ana->verify().records, 1U);
  expect_sound(ana);

  const auto again = ana->save(patient_edit(k_cpf, "João de novo"));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->created) << "only a root opens a new incarnation";
  ana.sync();
  EXPECT_EQ(ana->history("patient", k_cpf)->size(), 1U);
  expect_as_server(ana);
}

TEST_F(ReplicaSync, UnsyncedEditsOfAClosedViewStaySealedAndAreReported) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  must_save(ana, set_field(k_cpf, "peso", "70"));
  server.unassign(record);
  ana.pull();
  EXPECT_EQ(ana->show("patient", k_cpf).error().code, errc::not_found);
  EXPECT_TRUE(ana->next_outbox().empty());
  const auto effect = ana->erase_removed();
  EXPECT_EQ(effect->kept, 1U);
  EXPECT_EQ(effect->erased, 0U);
  EXPECT_EQ(ana->status().hidden, 1U);
  ASSERT_EQ(ana->waiting().size(), 1U);
  EXPECT_EQ(ana->waiting()[0].what, waiting_for::surrender);
  must_save(ana, patient_edit(cpf(5), "Outra"));
  EXPECT_EQ(ana.push().acknowledged, 1U) << "a blocked item never blocks the others";
  expect_sound(ana);
}

TEST_F(ReplicaSync, RefusedEditsThatTheServerHasAreErasedWithTheView) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto edit_id = must_save(ana, set_field(k_cpf, "peso", "70"));
  server.refuse(edit_id, "access_removed");
  ana.push();
  server.unassign(record);
  ana.pull();
  EXPECT_TRUE(ana->refused().empty()) << "its view was removed";
  EXPECT_EQ(ana->erase_removed()->erased, 1U);
  expect_sound(ana);
}

TEST_F(ReplicaSync, WhatDidNotFitIntoQuarantineIsKept) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  const auto edit_id = must_save(ana, set_field(k_cpf, "peso", "70"));
  server.refuse(edit_id, "quarantine_full");
  ana.push();
  server.unassign(record);
  ana.pull();
  EXPECT_EQ(ana->erase_removed()->kept, 1U);
}

TEST_F(ReplicaSync, AViewThatClosedBeforeItsReceiptCameIsHidden) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.start_push();
  const auto receipt = server.push(ana->current_push()->object, ana->current_push()->request);
  server.unassign(record);
  ana.pull();
  EXPECT_TRUE(ana->show("patient", k_cpf)) << "nobody has told yet which incarnation it is";
  ASSERT_TRUE(ana->apply_receipt(receipt));
  EXPECT_EQ(ana->show("patient", k_cpf).error().code, errc::not_found);
  EXPECT_EQ(ana->erase_removed()->erased, 1U);
}

TEST_F(ReplicaSync, AReopenedViewHoldsOnlyWhatCameAfter) {
  must_save(ana, patient_edit(k_cpf, "João"));
  ana.sync();
  server.unassign(record);
  const auto assigned = other_version({}, "Nova");
  server.assign(assigned);
  ana.pull();
  ASSERT_TRUE(ana->erase_removed());
  const auto history = *ana->history("patient", k_cpf);
  ASSERT_EQ(history.size(), 1U);
  EXPECT_EQ(history[0].id, assigned.id);
  expect_as_server(ana);
}

TEST_F(ReplicaSync, APageThatNamesWhatDidNotComeChangesNothing) {
  must_save(second, patient_edit(k_cpf, "João"));
  second.sync();
  auto page = server.page({}, ana.device());
  page.versions.clear();
  const auto checked = check_page(page, {});
  ASSERT_TRUE(checked);
  EXPECT_EQ(ana->apply_page(*checked).error().code, errc::protocol_error);
  EXPECT_EQ(ana->cursor().seq, 0);
  EXPECT_EQ(ana->list("patient")->size(), 0U);
  expect_sound(ana);
}

TEST_F(ReplicaSync, TheOutcomeOfASyncIsRemembered) {
  EXPECT_FALSE(ana->status().last_sync);
  ASSERT_TRUE(ana->note_sync({.at = 5, .ok = true, .code = {}, .message = {}}));
  ASSERT_TRUE(
      ana->note_sync({.at = 9, .ok = false, .code = "unreachable", .message = "Sem rede."}));
  ana.reopen();
  EXPECT_EQ(ana->status().last_sync->code, "unreachable");
  EXPECT_EQ(ana->status().last_success, 5);
}

}  // namespace
}  // namespace autocusto::replica
