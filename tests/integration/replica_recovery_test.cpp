// What the replica does when the server went back: nothing that is shown changes, and everything
// waits to be given back until it has been.
#include "tests/integration/replica_fixture.hpp"

namespace autocusto::replica {
namespace {

struct replica_recovery : two_laptops {
  replica_recovery() {
    must_save(ana, patient_edit(k_cpf, "João"));
    must_save(ana, set_field(k_cpf, "peso", "70"));
    ana.sync();
    second.sync();
    must_save(second, set_field(k_cpf, "altura", "170"));
    second.sync();
    ana.sync();
  }

  /// A receipt for everything that waits, all lines alike.
  static engine::receipt_applied answer_all(laptop& on, wire::push_outcome outcome,
                                            errc code = errc::busy) {
    const auto object = on.start_push();
    wire::push_receipt receipt;
    receipt.id = object.id;
    for (const auto& id : object.versions) {
      wire::push_result line;
      line.version = id;
      line.outcome = outcome;
      if (outcome == wire::push_outcome::refused) line.code = code_name(code);
      receipt.results.push_back(line);
    }
    return on->sync().apply_receipt(receipt).value();
  }
};

TEST_F(replica_recovery, what_is_missing_waits_in_order_with_its_proofs_and_is_shown_as_before) {
  must_save(ana, set_field(k_cpf, "peso", "71"));  // never sent
  const auto before = shown(ana);
  const auto held = ana->sync().held_versions();
  ASSERT_EQ(held.size(), 3U) << "what waits was never at the server";
  ana->sync().begin_recovery(std::nullopt).value();
  ana->sync().mark_missing(held).value();
  ana.reopen();
  EXPECT_TRUE(ana->sync().recovering());
  EXPECT_EQ(shown(ana).heads, before.heads);
  EXPECT_EQ(field(ana, "peso"), "71");
  EXPECT_EQ(ana->read().history("patient", k_cpf)->size(), 4U);
  EXPECT_EQ(ana->read().status().pending, 4U);
  const auto out = ana->sync().next_outbox();
  ASSERT_EQ(out.ids.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto header = domain::decode_header(out.versions[i].raw.header).value();
    EXPECT_EQ(header.generation, static_cast<std::int64_t>(i + 1)) << "parents before children";
    EXPECT_EQ(out.versions[i].proof.has_value(), i < 3);
    EXPECT_TRUE(out.versions[i].incarnation);
  }
  expect_sound(ana);
}

TEST_F(replica_recovery, when_it_is_given_back_the_feed_begins_anew_and_nothing_was_erased) {
  ana->sync().begin_recovery(std::nullopt).value();
  ana->sync().mark_missing(ana->sync().held_versions()).value();
  ana.push();
  EXPECT_EQ(ana->read().status().pending, 0U);
  EXPECT_TRUE(ana->sync().recovering());
  ana->sync().restart_feed().value();
  EXPECT_FALSE(ana->sync().recovering());
  EXPECT_EQ(ana->sync().cursor(), wire::cursor{});
  EXPECT_EQ(field(ana, "altura"), "170") << "also before anything has been pulled";
  expect_sound(ana);
  ASSERT_TRUE(ana.pull());
  expect_as_server(ana);
}

TEST_F(replica_recovery, a_kept_push_is_given_up_where_the_server_named_its_last_one) {
  must_save(ana, set_field(k_cpf, "peso", "72"));
  ana.start_push();
  const auto last = testing::nth<push_id>(9);
  ana->sync().begin_recovery(std::optional(std::optional(last))).value();
  EXPECT_FALSE(ana->sync().inflight_push());
  EXPECT_EQ(ana->identity().last_push(), last);
  EXPECT_EQ(ana->read().status().pending, 1U);
  ana->sync().begin_recovery(std::optional(std::optional<push_id>())).value();
  EXPECT_FALSE(ana->identity().last_push()) << "the server has none of this device";
}

TEST_F(replica_recovery, acknowledged_edits_that_were_lost_stay_local_edits) {
  must_save(ana, set_field(k_cpf, "peso", "73"));
  ana.push();  // acknowledged, not pulled
  EXPECT_TRUE(ana->sync().any_unpulled());
  ana->sync().begin_recovery(std::nullopt).value();
  ana->sync().mark_missing(ana->sync().held_versions()).value();
  EXPECT_EQ(field(ana, "peso"), "73");
  EXPECT_FALSE(ana->sync().any_unpulled());
  answer_all(ana, wire::push_outcome::restored);
  EXPECT_EQ(field(ana, "peso"), "73");
  EXPECT_TRUE(ana->sync().any_unpulled());
  expect_sound(ana);
}

TEST_F(replica_recovery, what_came_ahead_of_its_item_is_awaited) {
  laptop third{server, "notebook"};
  const auto next_page = [&] {
    const auto from = third->sync().cursor();
    auto page = engine::check_page(server.page(from, third.device(), 1), from).value();
    ASSERT_TRUE(third->sync().apply_page(page).value().applied);
  };
  EXPECT_FALSE(third->sync().any_awaited());
  next_page();
  EXPECT_EQ(field(third, "altura"), "170") << "the view is shown as it is now";
  third.reopen();
  EXPECT_TRUE(third->sync().any_awaited()) << "the last version's item comes with the third page";
  next_page();
  EXPECT_TRUE(third->sync().any_awaited());
  next_page();
  EXPECT_FALSE(third->sync().any_awaited());
  third->sync().restart_feed().value();
  EXPECT_TRUE(third->sync().any_awaited()) << "now all of them are to come again";
  ASSERT_TRUE(third.pull());
  EXPECT_FALSE(third->sync().any_awaited());
  third->sync().restart_feed().value();
  server.unassign(record);
  ASSERT_TRUE(third.pull());
  EXPECT_FALSE(third->sync().any_awaited()) << "nothing more comes of a view that was taken away";
  expect_sound(third);
}

TEST_F(replica_recovery, an_own_version_whose_receipt_never_came_is_pushed_as_an_edit) {
  const auto one = must_save(ana, set_field(k_cpf, "peso", "80"));
  const auto object = ana.start_push();
  static_cast<void>(server.push(object, ana->sync().inflight_push()->request));
  ASSERT_TRUE(ana.pull()) << "its item comes, its proof does not";
  ana->sync().begin_recovery(std::optional(std::optional<push_id>())).value();
  ana->sync().mark_missing({}).value();
  EXPECT_EQ(ana->sync().next_outbox().ids, std::vector{one});
  EXPECT_EQ(field(ana, "peso"), "80");
  expect_sound(ana);
  ana.push();
  ana->sync().restart_feed().value();
  ASSERT_TRUE(ana.pull());
  EXPECT_FALSE(ana->sync().any_awaited());
  expect_as_server(ana);
}

TEST_F(replica_recovery, a_view_that_the_server_knows_as_closed_is_hidden_and_erased) {
  ana->sync().begin_recovery(std::nullopt).value();
  ana->sync().mark_missing(ana->sync().held_versions()).value();
  answer_all(ana, wire::push_outcome::refused, errc::access_removed);
  EXPECT_FALSE(ana->read().show("patient", k_cpf));
  EXPECT_EQ(ana->sync().erase_removed(false)->erased, 1U);
  EXPECT_EQ(ana->read().verify().versions, 0U);
}

TEST_F(replica_recovery, any_other_refusal_puts_it_on_the_list) {
  ana->sync().begin_recovery(std::nullopt).value();
  ana->sync().mark_missing(ana->sync().held_versions()).value();
  answer_all(ana, wire::push_outcome::refused, errc::too_many_heads);
  EXPECT_EQ(ana->read().refused().size(), 3U);
  EXPECT_EQ(ana->read().status().pending, 0U);
}

TEST_F(replica_recovery, the_quarantine_may_be_lost_too) {
  const auto one = must_save(ana, set_field(k_cpf, "peso", "74"));
  server.refuse(one, "too_many_heads");
  ana.sync();
  ASSERT_EQ(test::unsynced_count(*ana), 0U) << "the server keeps what it refused";
  ana->sync().begin_recovery(std::nullopt).value();
  ana.reopen();
  EXPECT_EQ(test::unsynced_count(*ana), 1U);
  ASSERT_EQ(ana->read().refused().size(), 1U) << "as before, until the doctor decides";
  EXPECT_FALSE(ana->read().refused().front().at_server);
  EXPECT_TRUE(ana->sync().next_outbox().empty());
  ana->sync().close().value();
  EXPECT_EQ(ana->sync().erase_everything(false)->kept, 1U);
  EXPECT_EQ(ana->sync().next_outbox().ids, std::vector{one});
  expect_sound(ana);
}

TEST_F(replica_recovery, what_was_refused_of_a_removed_record_is_offered_before_it_is_erased) {
  const auto one = must_save(ana, set_field(k_cpf, "peso", "75"));
  server.refuse(one, "too_many_heads");
  ana.sync();
  ana->sync().begin_recovery(std::nullopt).value();
  ana->sync().restart_feed().value();
  server.unassign(record);
  ASSERT_TRUE(ana.pull());
  EXPECT_EQ(ana->sync().erase_removed(false)->kept, 1U);
  ASSERT_EQ(ana->sync().next_outbox().ids, std::vector{one});
  server.refuse(one, "access_removed");
  ana.push();
  EXPECT_EQ(ana->sync().erase_removed(false)->erased, 1U);
}

TEST_F(replica_recovery, what_a_closed_laptop_has_handed_over_is_handed_over_again) {
  const auto one = must_save(ana, set_field(k_cpf, "peso", "76"));
  ana->sync().close().value();
  server.refuse(one, "device_revoked");
  ana.push();
  ASSERT_EQ(test::unsynced_count(*ana), 0U);
  ana->sync().begin_recovery(std::nullopt).value();
  EXPECT_EQ(ana->sync().next_outbox().ids, std::vector{one});
  EXPECT_EQ(ana->sync().erase_everything(false)->kept, 1U);
}

TEST_F(replica_recovery, what_another_laptop_gave_back_need_not_be_sent) {
  ana->sync().begin_recovery(std::nullopt).value();
  ana->sync().mark_missing(ana->sync().held_versions()).value();
  ana->sync().restart_feed().value();
  ASSERT_TRUE(ana.pull());
  expect_as_server(ana);
}

}  // namespace
}  // namespace autocusto::replica
