// Imports after something else has happened: views taken away here, runs in any order, several
// sources, runs that have ended meanwhile.
#include <chrono>
#include <future>

#include "server/store/conflicts.hpp"
#include "server/store/feed.hpp"
#include "server/store/imports/rows.hpp"
#include "server/store/people.hpp"
#include "server/store/records.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "server/sync/feed_writer.hpp"
#include "tests/integration/import_fixture.hpp"

namespace autocusto::test {
namespace {

using names = std::map<std::string, std::string>;

class import_runs : public import_on_both {
 protected:
  record_id patient_ = domain::make_record_id(k_tenant, "patient", k_cpf);

  void take_away(const std::string& email) {
    write([&](store::transaction& tx) {
      EXPECT_TRUE(sync::unassign(tx, {&crypto::system_random(), 9}, user(email), patient_, {}));
      return 0;
    });
  }

  /// The user registers the patient anew, knowing of no other version.
  version_id register_anew(const std::string& email) {
    const auto owner = user(email);
    auto b = testing::a_patient(k_cpf);
    b.header().record.id = patient_;
    b.header().author = owner.id;
    const auto value = b.with("nome_paciente", "de novo").make();
    write([&](store::transaction& tx) {
      store::device_row device;
      device.id = b.header().device;
      device.user = owner.key;
      device.name = "laptop";
      device.public_key = std::string(32, 'k');
      const store::wanted_record wanted[] = {{patient_, {}, {}, false}};
      const auto record = store::records::writes(tx).lock_records(wanted)[0].value();
      store::new_version fresh;
      fresh.record = record.key;
      fresh.number = record.last_number + 1;
      fresh.author = owner.key;
      fresh.device = store::people::writes(tx).add_device(device);
      fresh.value = &value;
      sync::feed_event event;
      event.version = store::versions::writes(tx).add_versions(std::span(&fresh, 1))[0];
      event.version_public = value.id;
      event.record = patient_;
      event.incarnation = crypto::system_random().make<incarnation_id>();
      store::view_row view;
      view.user = owner.key;
      view.record = record.key;
      view.state.incarnation = event.incarnation;
      view.state.heads = {value.id};
      view.active = value.id;
      event.view = store::views::writes(tx).save_views(std::span(&view, 1))[0];
      sync::append_events(tx, owner.key, owner.id, std::span(&event, 1));
      return 0;
    });
    return value.id;
  }

  /// What the user's open view of the patient has made visible.
  std::vector<version_id> visible(const std::string& email) {
    std::vector<version_id> out;
    for (const auto& view : views(email)) {
      read([&](store::snapshot& snapshot) {
        const auto record =
            store::records::reads(snapshot).records_by_pk(std::array{view.record}).at(0);
        if (!view.open || record.id != patient_) return 0;
        std::vector<store::pk> keys;
        for (const auto& item : store::feed::reads(snapshot).shown_versions(std::array{view.key})) {
          keys.push_back(item.version);
        }
        for (const auto& v : store::versions::reads(snapshot).versions(keys)) out.push_back(v.id);
        return 0;
      });
    }
    return out;
  }

  void expect_nothing_comes(const std::string& email, const std::vector<version_id>& shown) {
    EXPECT_EQ(run().made.views, 0) << "the source says nothing new";
    sql(legacy_edit(3, 1, 3, 1, "de A, depois"));
    EXPECT_EQ(run().made.views, 0);
    EXPECT_EQ(visible(email), shown);
    EXPECT_TRUE(read([](store::conflicts::reads conflicts) {
                  return conflicts.conflict_list(false, true);
                }).empty());
    expect_clean();
  }
};

SYNC_ON_BOTH(import_runs);

TEST_P(import_runs, a_view_that_was_taken_away_here_stays_away) {
  static_cast<void>(run());
  take_away("a@x.test");
  expect_nothing_comes("a@x.test", {});
}

TEST_P(import_runs, a_view_that_was_replaced_here_gets_nothing_of_the_source) {
  static_cast<void>(run());
  const auto of_b = shown_id("b@x.test");
  take_away("a@x.test");
  write([&](store::transaction& tx) {
    EXPECT_TRUE(
        sync::assign(tx, {&crypto::system_random(), 9}, user("a@x.test"), patient_, of_b, {}));
    return 0;
  });
  expect_nothing_comes("a@x.test", {of_b});
}

TEST_P(import_runs, a_record_that_its_user_registers_anew_gets_nothing_of_the_source) {
  static_cast<void>(run());
  take_away("a@x.test");
  const auto own = register_anew("a@x.test");
  expect_nothing_comes("a@x.test", {own});
}

TEST_P(import_runs, an_account_that_is_disabled_during_a_run_stays_disabled_at_its_end) {
  interrupted_writer writer(*db_, 1);
  EXPECT_THROW(static_cast<void>(run(&writer)), error_exception);
  write([&](store::people::writes people) {
    people.set_user_enabled(user("a@x.test").key, false);
    EXPECT_TRUE(people.is_held(user("a@x.test").key)) << "of the import still";
    return 0;
  });
  static_cast<void>(run());
  EXPECT_FALSE(user("a@x.test").enabled);
  EXPECT_FALSE(
      read([&](store::people::reads people) { return people.is_held(user("a@x.test").key); }));
  EXPECT_TRUE(user("b@x.test").enabled);
  expect_clean();
}

TEST_P(import_runs, runs_are_taken_back_newest_first) {
  sql("INSERT INTO usuarios_usuario (id, email) VALUES (3, 'c@x.test')");
  const auto before = picture();
  static_cast<void>(run());
  sql(legacy_patient(5, k_cpf_2, 3, "de C"));  // the first view of an account of the first run
  static_cast<void>(run());
  for (const bool except_used : {false, true}) {
    const auto refused = intake::open_import_writer(*db_)->rollback({1, except_used, 5});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::conflict_open);
  }
  expect_clean();
  EXPECT_TRUE(take_back(2).done);
  expect_clean();
  EXPECT_TRUE(take_back(1).done);
  expect_clean();
  EXPECT_EQ(picture(), before);
}

TEST_P(import_runs, a_newer_run_that_made_nothing_is_taken_back_with_what_it_found) {
  const auto before = picture();
  static_cast<void>(run());
  static_cast<void>(run());
  EXPECT_TRUE(take_back(1).done);
  EXPECT_EQ(picture(), before);
  const auto again = intake::open_import_writer(*db_)->rollback({2, false, 5});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::already_exists) << "it went with the first";
  static_cast<void>(run());
  EXPECT_TRUE(take_back(3).done);
  EXPECT_EQ(picture(), before);
  expect_clean();
}

TEST_P(import_runs, a_newer_run_that_made_anything_has_to_go_first) {
  static_cast<void>(run());
  const auto newest_first = [&](store::pk newer) {
    static_cast<void>(run());
    static_cast<void>(run());  // made nothing
    const auto refused = intake::open_import_writer(*db_)->rollback({1, false, 5});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("Run " + std::to_string(newer) + " "), std::string::npos)
        << refused.error().message;
    EXPECT_TRUE(take_back(newer).done);
  };
  sql("INSERT INTO usuarios_usuario (id, email) VALUES (3, 'c@x.test')");
  newest_first(2);  // an account
  sql("DELETE FROM usuarios_usuario WHERE id = 3");
  sql(legacy_edit(7, 1, 3, 1, "de A, depois"));
  newest_first(4);  // a version
  sql("DELETE FROM pacientes_pacienteversion WHERE id = 7");
  sql("INSERT INTO processos_protocolo (id) VALUES (1)");
  newest_first(6);  // a row that is kept
  EXPECT_TRUE(take_back(1).done);
  expect_clean();
}

TEST_P(import_runs, a_run_of_another_source_that_has_not_ended_stands_in_the_way) {
  static_cast<void>(run());
  interrupted_writer writer(*db_, 1);
  source_name_ = "outra";
  EXPECT_THROW(static_cast<void>(run(&writer)), error_exception);
  const auto refused = intake::open_import_writer(*db_)->rollback({1, false, 5});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::conflict_open);
  EXPECT_NE(refused.error().message.find("has not ended"), std::string::npos);
  EXPECT_TRUE(take_back(2).done);
  EXPECT_TRUE(take_back(1).done);
}

TEST_P(import_runs, an_account_that_another_source_uses_is_handed_over) {
  const auto before = picture();
  sql("INSERT INTO usuarios_usuario (id, email) VALUES (3, 'c@x.test')");
  static_cast<void>(run());
  // The other source names A and B, too, and shows a clinic of its own to C.
  source_ = make_legacy_source();
  source_name_ = "outro";
  sql("INSERT INTO usuarios_usuario (id, email) VALUES (3, 'c@x.test');"
      "UPDATE clinicas_clinica SET cns_clinica='7654321';"
      "DELETE FROM clinicas_clinicausuarioversion WHERE id=2;"
      "DELETE FROM clinicas_clinicausuario WHERE id=2;"
      "UPDATE clinicas_clinicausuario SET usuario_id=3");
  EXPECT_EQ(run().made.users, 0);
  const auto first = take_back(1);
  ASSERT_TRUE(first.done);
  EXPECT_EQ(first.removed.users, 0);
  EXPECT_EQ(first.kept.users, 3);
  EXPECT_EQ(first.accounts_disabled, 0);
  for (const auto* email : {"a@x.test", "b@x.test", "c@x.test"}) EXPECT_TRUE(user(email).enabled);
  EXPECT_EQ(shown("c@x.test"), (names{{"7654321", "Clínica"}}));
  expect_clean();
  const auto second = take_back(2);
  ASSERT_TRUE(second.done);
  EXPECT_EQ(second.removed.users, 3) << "nobody names them any more";
  EXPECT_EQ(picture(), before);
  expect_clean();
}

TEST_P(import_runs, an_account_that_is_handed_over_is_held_by_nobody_who_has_ended) {
  interrupted_writer writer(*db_, 1);
  EXPECT_THROW(static_cast<void>(run(&writer)), error_exception);
  source_ = make_legacy_source();
  source_name_ = "outro";
  sql("DELETE FROM clinicas_clinicausuarioversion; DELETE FROM clinicas_clinicausuario;"
      "UPDATE clinicas_clinica SET cns_clinica='7654321'");
  static_cast<void>(run());
  EXPECT_FALSE(user("a@x.test").enabled) << "the first run has not ended";
  ASSERT_TRUE(take_back(1).done);
  EXPECT_TRUE(user("a@x.test").enabled);
  EXPECT_FALSE(
      read([&](store::people::reads people) { return people.is_held(user("a@x.test").key); }));
  expect_clean();
}

TEST_P(import_runs, accounts_that_are_only_disabled_are_not_counted_as_removed) {
  static_cast<void>(run());
  write([&](store::people::writes people) {
    store::device_row device;
    device.id = crypto::system_random().make<device_id>();
    device.user = user("a@x.test").key;
    device.name = "laptop";
    device.public_key = std::string(32, 'k');
    return people.add_device(device);
  });
  const auto gone = take_back(1);
  ASSERT_TRUE(gone.done);
  EXPECT_EQ(gone.removed.users, 1);
  EXPECT_EQ(gone.accounts_disabled, 1);
  EXPECT_FALSE(user("a@x.test").enabled);
  expect_clean();
}

TEST_P(import_runs, the_socket_tells_what_is_too_large_and_the_server_what_failed) {
  if (GetParam() != kind::sqlite) return;
  std::atomic<int> problems = 0;
  std::atomic<errc> last = errc::usage;
  const auto listener = local::listener::start(backend_->location(), *db_, [&](errc code) {
    last = code;
    ++problems;
  });
  ASSERT_TRUE(listener);
  const auto writer = local::connect_import_writer(backend_->location()).value();
  const auto begun = writer->begin({source_name_, "g3", "{}", ++now_}).value();
  intake::batch batch;
  batch.run = begun.run;
  batch.source = source_name_;
  batch.kept.push_back({"t", 1, store::kept_outcome::deferred, 1, "", std::string(65 << 20, 'x')});
  const auto large = writer->apply(batch, {});
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, errc::too_large);
  EXPECT_NE(large.error().message.find("64 MiB"), std::string::npos);
  EXPECT_NE(large.error().message.find("serve"), std::string::npos);
  batch.kept[0].content = "{}";
  EXPECT_TRUE(writer->apply(batch, {})) << "the connection is as good as before";
  EXPECT_EQ(problems, 0) << "a refusal of the caller is no failure here";
  backend_->query("ALTER TABLE import_row RENAME TO gone");
  EXPECT_EQ(writer->apply(batch, {}).error().code, errc::database);
  EXPECT_EQ(problems, 1);
  EXPECT_EQ(last.load(), errc::database);
}

TEST_P(import_runs, who_calls_beside_another_is_told_at_once_to_wait) {
  if (GetParam() != kind::sqlite) return;
  const auto listener = local::listener::start(
      backend_->location(), *db_, {}, [](const std::string& email) -> result<local::admin_link> {
        return local::admin_link{"https://x.test/enroll#c", email, 1};
      });
  ASSERT_TRUE(listener);
  auto writer = local::connect_import_writer(backend_->location()).value();
  static_cast<void>(writer->begin({source_name_, "g3", "{}", ++now_}).value());
  auto beside = std::async(std::launch::async,
                           [&] { return local::ask_admin_link(backend_->location(), "a@x.test"); });
  const bool told = beside.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
  EXPECT_TRUE(told) << "it waits for the import";
  if (told) {
    const auto second = local::connect_import_writer(backend_->location()).value();
    const auto refused = beside.get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::busy);
    EXPECT_NE(refused.error().message.find("when it has ended"), std::string::npos)
        << refused.error().message;
    const auto run = second->begin({source_name_, "g3", "{}", ++now_});
    ASSERT_FALSE(run);
    EXPECT_EQ(run.error().code, errc::busy);
  }
  // The next one comes right behind the end of the first: nobody has to try twice.
  for (int i = 0; i < 50; ++i) {
    writer.reset();
    const auto made = local::ask_admin_link(backend_->location(), "a@x.test");
    ASSERT_TRUE(made) << i << ": " << made.error().message;
    writer = local::connect_import_writer(backend_->location()).value();
    ASSERT_EQ(writer->finish({77, 5, "{}"}).error().code, errc::not_found);
  }
}

TEST_P(import_runs, a_run_that_has_ended_takes_nothing_more) {
  const auto writer = intake::open_import_writer(*db_);
  intake::account wanted;
  wanted.legacy_id = 7;
  wanted.id = crypto::system_random().make<user_id>();
  wanted.email = "late@x.test";
  const auto expect_refused = [&](store::pk run) {
    const auto before = picture();
    EXPECT_EQ(writer->add_accounts(run, {wanted}).error().code, errc::conflict_open);
    intake::batch late;
    late.run = run;
    late.source = source_name_;
    late.kept.push_back({"processos_medicamento", 99, store::kept_outcome::deferred, 1, "", "{}"});
    EXPECT_EQ(writer->apply(late, {}).error().code, errc::conflict_open);
    EXPECT_EQ(writer->finish({run, ++now_, "{}"}).error().code, errc::conflict_open);
    EXPECT_EQ(picture(), before);
    const auto kept = read([&](store::imports::rows::reads rows) {
      return rows.kept_rows(run, "processos_medicamento", 0, 10);
    });
    EXPECT_TRUE(kept.empty() || kept[0].legacy_id != 99) << "nothing of a refused batch is kept";
  };
  const auto first = writer->begin({source_name_, "g3", "{}", ++now_}).value();
  EXPECT_TRUE(writer->add_accounts(first.run, {wanted}));
  EXPECT_TRUE(take_back(first.run).done);
  expect_refused(first.run);
  const auto second = run();
  expect_refused(second.run);
  EXPECT_EQ(writer->finish({77, 5, "{}"}).error().code, errc::not_found);
  expect_clean();
}

}  // namespace
}  // namespace autocusto::test
