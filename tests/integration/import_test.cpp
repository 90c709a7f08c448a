// Whole imports from a real legacy database into both databases: repeated, cut, taken back.
#include "server/store/conflicts.hpp"
#include "server/store/feed.hpp"
#include "server/store/imports/pending.hpp"
#include "server/store/imports/rows.hpp"
#include "server/store/imports/runs.hpp"
#include "server/store/journal.hpp"
#include "server/store/people.hpp"
#include "server/store/views.hpp"
#include "tests/integration/import_fixture.hpp"

namespace autocusto::test {
namespace {

SYNC_ON_BOTH(import_on_both);

using names = std::map<std::string, std::string>;

TEST_P(import_on_both, each_doctor_sees_the_own_version_and_nothing_else) {
  const auto out = run();
  EXPECT_EQ(out.made.versions, 3);
  EXPECT_EQ(out.made.views, 4);
  EXPECT_EQ(out.made.users, 2);
  EXPECT_EQ(shown("a@x.test"), (names{{k_cpf, "de A"}, {"1234567", "Clínica"}}));
  EXPECT_EQ(shown("b@x.test"), (names{{k_cpf, "de B"}, {"1234567", "Clínica"}}));
  EXPECT_EQ(out.rows.accounted().at("django_session").at("ignored"), 2);
  EXPECT_EQ(out.rows.accounted().at("processos_medicamento").at("deferred"), 1);
  const auto kept = read([&](store::imports::rows::reads rows) {
    return rows.kept_rows(out.run, "processos_medicamento", 0, 10);
  });
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_NE(kept[0].content.find("Remédio"), std::string::npos);
  expect_clean();
}

TEST_P(import_on_both, a_dry_run_writes_nothing_and_reports_the_same) {
  const auto before = picture();
  auto dry = run(nullptr, true);
  EXPECT_EQ(picture(), before);
  EXPECT_TRUE(read([](store::imports::runs::reads runs) { return runs.import_runs(); }).empty());
  const auto real = run();
  dry.run = real.run;
  dry.dry_run = false;
  EXPECT_EQ(legacy::report_json(dry), real.json);
}

TEST_P(import_on_both, twice_changes_nothing_and_new_edits_come_alone) {
  static_cast<void>(run());
  const auto before = picture();
  const auto again = run();
  EXPECT_EQ(again.made.versions + again.made.views + again.made.users, 0);
  EXPECT_EQ(picture(), before);
  sql(legacy_edit(3, 1, 3, 1, "de A, depois") + legacy_patient(5, k_cpf_2, 2, "novo"));
  const auto third = run();
  EXPECT_EQ(third.made.versions, 2);
  EXPECT_EQ(third.made.views, 2);
  EXPECT_EQ(shown("a@x.test").at(k_cpf), "de A, depois");
  EXPECT_EQ(shown("b@x.test"), (names{{k_cpf, "de B"}, {k_cpf_2, "novo"}, {"1234567", "Clínica"}}));
  EXPECT_EQ(views("a@x.test").at(1).state.heads.size(), 1U);
  expect_clean();
}

TEST_P(import_on_both, a_row_that_changed_continues_what_it_was) {
  static_cast<void>(run());
  sql("UPDATE pacientes_pacienteversion SET nome_paciente='corrigido' WHERE id=1");
  const auto again = run();
  EXPECT_EQ(again.made.versions, 1);
  EXPECT_EQ(shown("a@x.test").at(k_cpf), "corrigido");
  EXPECT_EQ(shown("b@x.test").at(k_cpf), "de B");
  expect_clean();
}

TEST_P(import_on_both, a_run_that_was_cut_is_gone_on_with) {
  interrupted_writer writer(*db_, 1);
  EXPECT_THROW(static_cast<void>(run(&writer)), error_exception);
  expect_clean();
  const auto rest = run();
  EXPECT_TRUE(rest.continued);
  EXPECT_EQ(rest.run, 1);
  EXPECT_EQ(rest.made.versions, 3) << "of the whole run";
  EXPECT_EQ(shown("a@x.test").at(k_cpf), "de A");
  expect_clean();
  EXPECT_TRUE(take_back(1).done);
  EXPECT_TRUE(read([](store::views::reads views) { return views.views_after(0, 10); }).empty());
}

TEST_P(import_on_both, taken_back_and_made_again_is_the_same) {
  const auto before = picture();
  static_cast<void>(run());
  const auto first = picture();
  const auto gone = take_back(1);
  EXPECT_TRUE(gone.done);
  EXPECT_TRUE(gone.blockers.empty());
  EXPECT_EQ(gone.removed.versions, 3);
  EXPECT_EQ(gone.removed.views, 4);
  EXPECT_EQ(picture(), before);
  expect_clean();
  EXPECT_FALSE(intake::open_import_writer(*db_)->rollback({1, false, 5})) << "only once";
  EXPECT_FALSE(intake::open_import_writer(*db_)->rollback({77, false, 5}));
  static_cast<void>(run());
  EXPECT_EQ(picture(), first);
}

TEST_P(import_on_both, a_second_run_is_taken_back_alone) {
  static_cast<void>(run());
  const auto before = picture();
  sql(legacy_edit(3, 1, 3, 1, "de A, depois") + legacy_patient(5, k_cpf_2, 2, "novo"));
  static_cast<void>(run());
  const auto first = intake::open_import_writer(*db_)->rollback({1, true, 5});
  ASSERT_FALSE(first) << "the second builds on it";
  EXPECT_EQ(first.error().code, errc::conflict_open);
  EXPECT_NE(first.error().message.find("autocusto-import rollback 2"), std::string::npos);
  EXPECT_TRUE(take_back(2).done);
  EXPECT_EQ(picture(), before);
  expect_clean();
}

TEST_P(import_on_both, what_a_device_received_stays) {
  static_cast<void>(run());
  pull("a@x.test");
  const auto refused = take_back(1);
  EXPECT_FALSE(refused.done);
  ASSERT_EQ(refused.blockers.size(), 1U);
  EXPECT_EQ(refused.blockers[0].table, "usuarios_usuario");
  EXPECT_EQ(refused.blockers[0].legacy_id, 1);
  EXPECT_EQ(refused.blockers[0].reason, "received");
  EXPECT_EQ(shown("b@x.test").size(), 2U) << "nothing has happened";
  const auto rest = take_back(1, true);
  EXPECT_TRUE(rest.done);
  EXPECT_EQ(rest.kept.views, 2);
  EXPECT_EQ(shown("a@x.test"), (names{{k_cpf, "de A"}, {"1234567", "Clínica"}}));
  EXPECT_EQ(read([](store::views::reads views) { return views.views_after(0, 10); }).size(), 2U);
  expect_clean();
}

TEST_P(import_on_both, a_head_that_came_ahead_of_its_item_was_received) {
  static_cast<void>(run());
  sql(legacy_edit(3, 1, 3, 1, "de A, depois"));
  static_cast<void>(run());
  pull("a@x.test", 2);  // the two items of the first run; the patient's new head comes with them
  const auto refused = take_back(2);
  EXPECT_FALSE(refused.done);
  ASSERT_EQ(refused.blockers.size(), 1U);
  EXPECT_EQ(refused.blockers[0].reason, "received");
}

TEST_P(import_on_both, pages_without_anything_of_a_run_do_not_keep_it) {
  static_cast<void>(run());
  pull("a@x.test", 1);
  sql(legacy_patient(5, k_cpf_2, 1, "novo"));
  static_cast<void>(run());
  EXPECT_TRUE(take_back(2).done);
  expect_clean();
}

TEST_P(import_on_both, nobody_sees_a_run_before_its_end) {
  interrupted_writer first(*db_, 1);
  EXPECT_THROW(static_cast<void>(run(&first)), error_exception);
  EXPECT_FALSE(user("a@x.test").enabled);
  EXPECT_TRUE(
      read([&](store::people::reads people) { return people.is_held(user("a@x.test").key); }));
  static_cast<void>(run());
  EXPECT_TRUE(user("a@x.test").enabled);
  EXPECT_FALSE(
      read([&](store::people::reads people) { return people.is_held(user("a@x.test").key); }));
  // Those who were there before see nothing of a second run until it ends, either.
  const auto before = picture_of_users();
  sql(legacy_edit(3, 1, 3, 1, "de A, depois") + legacy_patient(5, k_cpf_2, 2, "novo"));
  interrupted_writer second(*db_, 2);
  EXPECT_THROW(static_cast<void>(run(&second)), error_exception);
  EXPECT_EQ(picture_of_users(), before);
  expect_clean();
  const auto rest = run();
  EXPECT_TRUE(rest.continued);
  EXPECT_EQ(rest.made.views, 2);
  EXPECT_EQ(shown("a@x.test").at(k_cpf), "de A, depois");
  EXPECT_EQ(shown("b@x.test").at(k_cpf_2), "novo");
  EXPECT_EQ(views("a@x.test").at(1).state.heads.size(), 1U);
  EXPECT_EQ(read([&](store::imports::runs::reads runs) { return runs.import_run(2)->views; }), 2);
  expect_clean();
  EXPECT_TRUE(take_back(2).done);
  EXPECT_EQ(picture_of_users(), before);
}

TEST_P(import_on_both, a_run_that_was_cut_is_taken_back_without_a_trace) {
  static_cast<void>(run());
  const auto before = picture();
  sql(legacy_edit(3, 1, 3, 1, "de A, depois") + legacy_patient(5, k_cpf_2, 2, "novo"));
  interrupted_writer writer(*db_, 2);
  EXPECT_THROW(static_cast<void>(run(&writer)), error_exception);
  EXPECT_TRUE(take_back(2).done);
  EXPECT_EQ(picture(), before);
  EXPECT_TRUE(read([](store::imports::pending::reads pending) {
                return pending.pending_rows(2, 0, 0, 10);
              }).empty());
  expect_clean();
}

TEST_P(import_on_both, own_versions_that_came_with_a_cut_run_are_in_the_history_all_the_same) {
  static_cast<void>(run());
  // Two own edits at once: the older one is only an item of the feed.
  sql(legacy_edit(3, 1, 3, 1, "de A, um") + legacy_edit(4, 1, 4, 1, "de A, dois"));
  interrupted_writer writer(*db_, 2);
  EXPECT_THROW(static_cast<void>(run(&writer)), error_exception);
  static_cast<void>(run());
  const auto of = views("a@x.test").at(1);
  const auto items =
      read([&](store::feed::reads feed) { return feed.shown_versions(std::array{of.key}); });
  EXPECT_EQ(items.size(), 3U);
  EXPECT_EQ(shown("a@x.test").at(k_cpf), "de A, dois");
  expect_clean();
}

TEST_P(import_on_both, accounts_that_only_the_journal_remembers_are_completed) {
  sql("INSERT INTO usuarios_usuario (id, email) VALUES (3, 'c@x.test')");
  static_cast<void>(run());
  const auto a = user("a@x.test");
  const auto b = user("b@x.test");
  EXPECT_TRUE(take_back(1).done);  // as after a backup from before the import
  db_->write([&](store::transaction& tx) {
    const auto held = store::user_or_placeholder(tx, a.id, 1);
    store::device_row device;
    device.id = crypto::system_random().make<device_id>();
    device.user = held.key;
    device.name = "laptop";
    device.public_key = std::string(32, 'k');
    static_cast<void>(store::people::writes(tx).add_device(device));
    store::journaled_row disabled;
    disabled.id = crypto::system_random().make<act_id>();
    disabled.what = store::journaled_act::user_disabled;
    disabled.subject = b.id.raw();
    disabled.at = 7;
    disabled.object = "{}";
    EXPECT_TRUE(store::journal::writes(tx).add_journaled(disabled));
  });
  static_cast<void>(run());
  EXPECT_EQ(user("a@x.test").id, a.id);
  EXPECT_TRUE(user("a@x.test").enabled);
  EXPECT_EQ(shown("a@x.test").at(k_cpf), "de A");
  EXPECT_EQ(user("b@x.test").id, b.id);
  EXPECT_FALSE(user("b@x.test").enabled) << "an administrator disabled it";
  EXPECT_TRUE(user("c@x.test").enabled);
  expect_clean();
}

TEST_P(import_on_both, what_left_the_source_stays_here) {
  static_cast<void>(run());
  const auto before = picture();
  sql("DELETE FROM pacientes_pacienteusuarioversion WHERE paciente_usuario_id=90;"
      "DELETE FROM pacientes_paciente_usuarios WHERE id=90");
  const auto again = run();
  EXPECT_EQ(again.made.versions + again.made.views, 0);
  EXPECT_EQ(picture(), before);
  EXPECT_EQ(shown("b@x.test").at(k_cpf), "de B");
}

TEST_P(import_on_both, what_somebody_decided_here_stays_and_the_sources_edit_stands_beside_it) {
  static_cast<void>(run());
  const auto of_b = shown_id("b@x.test");
  const auto of_a = shown_id("a@x.test");
  const auto owner = user("a@x.test");
  write([&](store::transaction& tx) {
    const auto record = domain::make_record_id(k_tenant, "patient", k_cpf);
    EXPECT_TRUE(sync::assign(tx, {&crypto::system_random(), 9}, owner, record, of_b, {of_a}));
    return 0;
  });
  const auto unchanged = run();
  EXPECT_EQ(unchanged.made.views, 0) << "the source says nothing new";
  EXPECT_EQ(shown("a@x.test").at(k_cpf), "de B");
  sql(legacy_edit(3, 1, 3, 1, "de A, depois"));
  static_cast<void>(run());
  EXPECT_EQ(shown("a@x.test").at(k_cpf), "de B");
  const auto conflicts = read([](store::snapshot& snapshot) {
    return store::conflicts::reads(snapshot).conflict_list(false, true);
  });
  ASSERT_EQ(conflicts.size(), 1U);
  EXPECT_EQ(conflicts[0].conflict.heads.size(), 2U);
  expect_clean();
  EXPECT_TRUE(take_back(3).done);
  EXPECT_TRUE(read([](store::snapshot& snapshot) {
                return store::conflicts::reads(snapshot).conflict_list(false, true);
              }).empty());
  EXPECT_TRUE(take_back(2).done);
  const auto refused = take_back(1);
  EXPECT_FALSE(refused.done);
  EXPECT_EQ(refused.blockers.at(0).reason, "feed_moved");
  expect_clean();
}

TEST_P(import_on_both, accounts_of_one_e_mail_stay_apart) {
  sql("INSERT INTO usuarios_usuario (id, email) VALUES (3, 'A@x.test'), (4, 'a@x.test');");
  const auto out = run();
  EXPECT_EQ(out.made.users, 4);
  EXPECT_EQ(user("a@x.test").email, "a@x.test");
  EXPECT_EQ(user("A@x.test").email, "A@x.test");
  const auto twin = user("a@x.test#4");
  EXPECT_EQ(twin.email, "a@x.test");
  EXPECT_NE(twin.key, user("a@x.test").key);
  read([](store::people::reads people) {
    EXPECT_TRUE(people.email_taken("a@X.test"));
    EXPECT_TRUE(people.user_by_email("b@X.test"));
    EXPECT_FALSE(people.user_by_email("x@x.test"));
    return 0;
  });
  EXPECT_TRUE(take_back(1).done);
  EXPECT_FALSE(read([](store::people::reads people) { return people.email_taken("a@x.test"); }));
}

TEST_P(import_on_both, two_lanes_write_what_one_writes) {
  if (GetParam() != kind::postgres) return;  // the embedded database has one writer
  static_cast<void>(run());
  const auto of_one = picture();
  EXPECT_TRUE(take_back(1).done);
  for (const int batches : {0, 1, 2}) {
    interrupted_writer writer(*db_, batches, 2);
    EXPECT_THROW(static_cast<void>(run(&writer)), error_exception)
        << "and no writer waits for ever";
    expect_clean();
  }
  const auto rest = run(intake::open_import_writer(*db_, 2).get());
  EXPECT_TRUE(rest.continued);
  EXPECT_EQ(picture(), of_one) << "feeds have one order";
  EXPECT_TRUE(take_back(rest.run).done);
}

TEST_P(import_on_both, the_socket_is_the_same_door) {
  if (GetParam() != kind::sqlite) return;
  const auto listener = local::listener::start(backend_->location(), *db_);
  ASSERT_TRUE(listener);
  auto writer = local::connect_import_writer(backend_->location());
  ASSERT_TRUE(writer);
  const auto out = run(writer->get());
  EXPECT_EQ(out.made.versions, 3);
  EXPECT_EQ(shown("a@x.test"), (names{{k_cpf, "de A"}, {"1234567", "Clínica"}}));
  EXPECT_EQ((*writer)->rollback({77, false, 5}).error().code, errc::not_found);
  EXPECT_TRUE((*writer)->rollback({1, false, 5}).value().done);
  expect_clean();
}

}  // namespace
}  // namespace autocusto::test
