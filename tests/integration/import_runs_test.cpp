// Imports after something else has happened: views taken away here, runs in any order, several
// sources, runs that have ended meanwhile.
#include "server/sync/feed_writer.hpp"
#include "tests/integration/import_fixture.hpp"

namespace autocusto::test {
namespace {

class import_runs : public import_on_both {
 protected:
  record_id patient_ = domain::make_record_id(k_tenant, "patient", k_cpf);

  void take_away(const std::string& email) {
    write([&](store::writer& w) {
      EXPECT_TRUE(sync::unassign(w, {&crypto::system_random(), 9}, user(email), patient_, {}));
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
    write([&](store::writer& w) {
      store::device_row device;
      device.id = b.header().device;
      device.user = owner.key;
      device.name = "laptop";
      device.public_key = std::string(32, 'k');
      const store::writer::wanted_record wanted[] = {{patient_, {}, {}, false}};
      const auto record = w.lock_records(wanted)[0].value();
      store::new_version fresh;
      fresh.record = record.key;
      fresh.number = record.last_number + 1;
      fresh.author = owner.key;
      fresh.device = w.add_device(device);
      fresh.value = &value;
      sync::feed_event event;
      event.version = w.add_versions(std::span(&fresh, 1))[0];
      event.version_public = value.id;
      event.record = patient_;
      event.incarnation = crypto::system_random().make<incarnation_id>();
      store::view_row view;
      view.user = owner.key;
      view.record = record.key;
      view.state.incarnation = event.incarnation;
      view.state.heads = {value.id};
      view.active = value.id;
      event.view = w.save_views(std::span(&view, 1))[0];
      sync::append_events(w, owner.key, owner.id, std::span(&event, 1));
      return 0;
    });
    return value.id;
  }

  /// What the user's open view of the patient has made visible.
  std::vector<version_id> visible(const std::string& email) {
    std::vector<version_id> out;
    for (const auto& view : views(email)) {
      read([&](store::reader& r) {
        const auto record = r.records_by_pk(std::array{view.record}).at(0);
        if (!view.open || record.id != patient_) return 0;
        std::vector<store::pk> keys;
        for (const auto& item : r.shown_versions(std::array{view.key})) {
          keys.push_back(item.version);
        }
        for (const auto& v : r.versions(keys)) out.push_back(v.id);
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
    EXPECT_TRUE(read([](store::reader& r) { return r.conflict_list(false, true); }).empty());
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
  write([&](store::writer& w) {
    EXPECT_TRUE(
        sync::assign(w, {&crypto::system_random(), 9}, user("a@x.test"), patient_, of_b, {}));
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

}  // namespace
}  // namespace autocusto::test
