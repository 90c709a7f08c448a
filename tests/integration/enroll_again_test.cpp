// A device that asks to be replaced, over TLS, on both databases: who may, how often, and what the
// server remembers of it.

#include <fstream>

#include <nlohmann/json.hpp>

#include "server/auth/reenrollment.hpp"
#include "server/store/audit.hpp"
#include "server/store/people.hpp"
#include "server/store/settings.hpp"
#include "tests/integration/server_world.hpp"

namespace autocusto::test {
namespace {

class enroll_again : public server_test {
 protected:
  void SetUp() override { world.start(); }

  /// Signed by the old device and by the new key over a fresh challenge.
  static wire::enroll_request request_of(wire_device& old, const crypto::signing_key& next) {
    wire::again_object object;
    object.server = wire::decode_trust(old.who.trust_object.object).value().server;
    object.device = old.who.device;
    object.public_key = next.public_half().raw();
    object.challenge = old.greeting();
    wire::enroll_request request;
    request.device_name = "the copy";
    request.public_key = object.public_key;
    request.again = sign(old.key, wire::encode_object(object));
    request.proof = wire_device::enroll_proof(next, object.server, object.challenge);
    return request;
  }
  static wire::signed_object sign(const crypto::signing_key& key, std::string object) {
    const auto signature = crypto::sign(key, crypto::purpose_message("again", object));
    return {std::move(object), std::string(signature.raw())};
  }
  std::string ask(wire_device& by, const wire::enroll_request& request) {
    const auto answer = by.post("/v1/enroll", wire::encode(request));
    if (answer.status == 200) got = wire::decode_enroll_answer(answer.body).value();
    return code_of(answer);
  }
  store::device_row row_of(const device_id& id) {
    store::device_row row;
    world.node->database().read(
        [&](store::people::reads people) { row = people.device_by_id(id).value(); });
    return row;
  }
  void revoke(const device_id& id) {
    world.node->database().write([&](store::people::writes people) {
      people.revoke_device(people.device_by_id(id)->key, 1, false);
    });
  }
  static crypto::signing_key fresh_key() {
    return crypto::signing_key::generate(crypto::system_random());
  }

  std::string new_code(const std::string& email) {
    return wire::decode_enrollment_link(world.invite(email))->code;
  }
  std::size_t devices() {
    std::size_t n = 0;
    world.node->database().read(
        [&](store::people::reads people) { n = people.all_devices().size(); });
    return n;
  }
  std::string journal() {
    std::ifstream in(world.folder() + "/acts.journal");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  wire::enroll_answer got;
};

TEST_P(enroll_again, the_old_key_makes_a_device_that_replaces_and_ends_nothing) {
  auto old = world.device("a@example.org");
  const auto first = old->version(testing::a_patient());
  ASSERT_EQ(code_of(old->push({first})), "ok");
  // Made on the copy before it knew: in the old device's name.
  const auto stray = old->version(testing::a_patient().after({&first}).with("rg", "77"));

  auto copy = world.connect(world.invite("a@example.org"));
  ASSERT_EQ(ask(*copy, request_of(*old, copy->key)), "ok");
  EXPECT_EQ(got.user, old->who.user);
  EXPECT_EQ(got.tenant_key, old->who.tenant_key);
  EXPECT_NE(got.device, old->who.device);
  const auto made = row_of(got.device);
  EXPECT_EQ(made.replaces, row_of(old->who.device).key);
  EXPECT_EQ(made.name, "the copy");

  copy->who = got;
  ASSERT_EQ(code_of(copy->open_session()), "ok");
  EXPECT_EQ(copy->session.prev_push, wire::push_memory::ok);
  const auto pushed = copy->push({stray});
  ASSERT_EQ(code_of(pushed), "ok");
  EXPECT_EQ(wire_device::results(pushed).at(0).outcome, wire::push_outcome::accepted);
  // The old device still works, and gets what it did not make, though it bears its name.
  const auto answer = old->changes({});
  ASSERT_EQ(code_of(answer), "ok");
  const auto page = wire::decode_page(answer.body).value();
  bool carried = false;
  for (const auto& v : page.versions) carried = carried || v.header == stray.raw.header;
  EXPECT_TRUE(carried);
  ASSERT_EQ(code_of(old->push({old->version(testing::a_clinic())})), "ok");
  // It may not speak for the new one.
  auto foreign = copy->version(testing::a_patient("52998224725"));
  const auto refused = old->push({foreign});
  EXPECT_EQ(wire_device::results(refused).at(0).code, "device_mismatch");
}

TEST_P(enroll_again, a_lost_answer_is_given_again_at_any_time) {
  auto old = world.device("a@example.org");
  const auto next = fresh_key();
  ASSERT_EQ(ask(*old, request_of(*old, next)), "ok");
  const auto first = got.device;
  world.clock.advance(1000 * k_hour);
  ASSERT_EQ(ask(*old, request_of(*old, next)), "ok");
  EXPECT_EQ(got.device, first);
  std::size_t lines = 0;
  world.node->database().read([&](store::people::reads people) {
    lines = people.devices_replacing(people.device_by_id(old->who.device)->key).size();
  });
  EXPECT_EQ(lines, 1U);
  revoke(first);
  EXPECT_EQ(ask(*old, request_of(*old, next)), "device_revoked");
}

TEST_P(enroll_again, a_body_that_was_overheard_is_worth_nothing) {
  auto old = world.device("a@example.org");
  const auto next = fresh_key();
  const auto request = request_of(*old, next);
  auto stranger = world.connect(world.invite("b@example.org"));
  ASSERT_EQ(ask(*old, request), "ok");
  EXPECT_EQ(ask(*stranger, request), "challenge_invalid") << "spent";
  // Without the new key nobody signs a fresh challenge.
  auto cut = request;
  cut.proof.reset();
  EXPECT_EQ(ask(*stranger, cut), "malformed") << "as a program of before would ask";
  auto other = request;
  other.proof = wire_device::enroll_proof(stranger->key,
                                          wire::decode_trust(old->who.trust_object.object)->server,
                                          stranger->greeting());
  EXPECT_EQ(ask(*stranger, other), "malformed") << "another key's proof";
  auto late = request_of(*old, next);
  world.clock.advance(2 * k_minute);
  EXPECT_EQ(ask(*stranger, late), "challenge_invalid") << "old";
  auto mixed = request_of(*old, next);
  mixed.proof = wire_device::enroll_proof(
      next, wire::decode_trust(old->who.trust_object.object)->server, old->greeting());
  EXPECT_EQ(ask(*old, mixed), "malformed") << "two challenges";
}

TEST_P(enroll_again, only_a_device_in_use_with_its_key_may) {
  auto old = world.device("a@example.org");
  const auto next = fresh_key();
  const auto good = request_of(*old, next);
  auto bad = good;
  bad.again->signature[5] = static_cast<char>(bad.again->signature[5] ^ 1);
  EXPECT_EQ(ask(*old, bad), "bad_signature");
  bad = good;
  bad.again = sign(next, good.again->object);
  EXPECT_EQ(ask(*old, bad), "bad_signature") << "the new key speaks for itself only";
  bad = good;
  bad.public_key = fresh_key().public_half().raw();
  EXPECT_EQ(ask(*old, bad), "malformed") << "another key than was signed for";
  bad = good;
  for (const char* name : {"", "a\n", "a\u009B31m", "lap\u202Epot", "lap\u200Btop"}) {
    bad.device_name = name;
    EXPECT_EQ(ask(*old, bad), "invalid_field") << name;
  }

  auto object = wire::decode_again_object(good.again->object).value();
  object.server.data()[0] ^= 1;
  bad = good;
  bad.again = sign(old->key, wire::encode_object(object));
  EXPECT_EQ(ask(*old, bad), "malformed") << "another server";
  object = wire::decode_again_object(good.again->object).value();
  object.device = crypto::system_random().make<device_id>();
  bad.again = sign(old->key, wire::encode_object(object));
  EXPECT_EQ(ask(*old, bad), "device_unknown");
  object.device = merge_device();
  bad.again = sign(old->key, wire::encode_object(object));
  EXPECT_NE(ask(*old, bad), "ok");

  const auto user = world.user("a@example.org");
  const auto enable = [&](bool on) {
    world.node->database().write(
        [&](store::people::writes people) { people.set_user_enabled(user.key, on); });
  };
  enable(false);
  EXPECT_EQ(ask(*old, good), "user_disabled");
  enable(true);
  EXPECT_EQ(ask(*old, request_of(*old, next)), "ok");
  revoke(old->who.device);
  EXPECT_EQ(ask(*old, request_of(*old, next)), "device_revoked");
  EXPECT_EQ(ask(*old, request_of(*old, fresh_key())), "device_revoked");
}

TEST_P(enroll_again, a_tree_of_copies_is_no_larger_than_a_row_of_them) {
  // Every device that was made makes others, as somebody would who has one laptop's folder.
  auto thief = world.device("a@example.org");
  struct made_device {
    wire::enroll_answer who;
    crypto::signing_key key;
  };
  std::vector<made_device> all;
  all.push_back({thief->who, thief->key.clone()});
  std::size_t refused = 0;
  const auto enough = [&] { return refused == 40 || all.size() > 2 * auth::k_stand_ins; };
  for (std::size_t i = 0; i < all.size() && !enough(); ++i) {
    for (int child = 0; child < 2 && !enough(); ++child) {
      thief->who = all[i].who;
      thief->key = all[i].key.clone();
      auto next = fresh_key();
      const auto code = ask(*thief, request_of(*thief, next));
      if (code == "ok") {
        all.push_back({got, std::move(next)});
      } else {
        EXPECT_EQ(code, "too_many_devices");
        ++refused;
      }
    }
  }
  EXPECT_EQ(all.size() - 1, auth::k_stand_ins);

  // Further links do not lift the limit of the user.
  std::size_t of_user = all.size() - 1;
  for (int link = 0; link < 3; ++link) {
    auto root = world.device("a@example.org");
    for (std::size_t i = 0; i <= auth::k_stand_ins; ++i) {
      if (ask(*root, request_of(*root, fresh_key())) == "ok") ++of_user;
    }
  }
  EXPECT_EQ(of_user, auth::k_stand_ins_of_user);
  auto other = world.device("b@example.org");
  EXPECT_EQ(ask(*other, request_of(*other, fresh_key())), "ok") << "others are not held to it";
}

TEST_P(enroll_again, there_is_an_end_to_it) {
  auto old = world.device("a@example.org");
  std::vector<device_id> made;
  for (std::size_t i = 0; i < auth::k_stand_ins; ++i) {
    ASSERT_EQ(ask(*old, request_of(*old, fresh_key())), "ok") << i;
    made.push_back(got.device);
  }
  EXPECT_EQ(ask(*old, request_of(*old, fresh_key())), "too_many_devices");
  revoke(made[3]);
  EXPECT_EQ(ask(*old, request_of(*old, fresh_key())), "ok") << "what is revoked makes room";
}

TEST_P(enroll_again, a_row_of_copies_is_bounded_by_what_a_push_looks_back) {
  auto old = world.device("a@example.org");
  const auto stray = old->version(testing::a_patient());
  for (std::size_t i = 1; i < auth::k_stand_ins_in_a_row; ++i) {
    auto next = fresh_key();
    ASSERT_EQ(ask(*old, request_of(*old, next)), "ok") << i;
    if (i > 1) revoke(old->who.device);  // only some may be in use at the same time
    old->who = got;
    old->key = std::move(next);
  }
  EXPECT_EQ(ask(*old, request_of(*old, fresh_key())), "too_many_devices");
  ASSERT_EQ(code_of(old->open_session()), "ok");
  EXPECT_EQ(wire_device::results(old->push({stray})).at(0).outcome, wire::push_outcome::accepted)
      << "the first device's edit, by the last";
}

TEST_P(enroll_again, a_new_link_joins_a_folder_of_its_own_account) {
  auto old = world.device("a@example.org");
  const auto stray = old->version(testing::a_patient());
  auto other = world.device("b@example.org");

  auto wrong = world.connect(world.invite("b@example.org"));
  auto request = request_of(*old, wrong->key);
  request.code = wrong->link.code;
  EXPECT_EQ(ask(*wrong, request), "forbidden") << "another account's link";
  EXPECT_EQ(code_of(wrong->enroll()), "ok") << "which is not spent by that";

  auto copy = world.connect(world.invite("a@example.org"));
  request = request_of(*old, copy->key);
  request.code = copy->link.code;
  request.again = sign(copy->key, request.again->object);
  EXPECT_EQ(ask(*copy, request), "bad_signature") << "a link without the folder's key";
  request = request_of(*old, copy->key);
  request.code = copy->link.code;
  ASSERT_EQ(ask(*copy, request), "ok");
  const auto first = got.device;
  request = request_of(*old, copy->key);
  request.code = copy->link.code;
  ASSERT_EQ(ask(*copy, request), "ok");
  EXPECT_EQ(got.device, first);
  copy->who = got;
  ASSERT_EQ(code_of(copy->open_session()), "ok");
  EXPECT_EQ(wire_device::results(copy->push({stray})).at(0).outcome, wire::push_outcome::accepted);
  auto again = fresh_key();
  request = request_of(*old, again);
  request.code = copy->link.code;
  EXPECT_EQ(ask(*copy, request), "code_unknown") << "spent by another key";
}

TEST_P(enroll_again, a_new_link_joins_a_device_that_the_server_has_forgotten) {
  auto old = world.device("a@example.org");
  const auto known = old->who;
  old->who.device = crypto::system_random().make<device_id>();
  const auto stray = old->version(testing::a_patient());
  auto next = fresh_key();
  EXPECT_EQ(ask(*old, request_of(*old, next)), "device_unknown");
  auto request = request_of(*old, next);
  request.code = wire::decode_enrollment_link(world.invite("a@example.org"))->code;
  ASSERT_EQ(ask(*old, request), "ok");
  old->who = got;
  old->key = std::move(next);
  ASSERT_EQ(code_of(old->open_session()), "ok");
  EXPECT_EQ(wire_device::results(old->push({stray})).at(0).outcome, wire::push_outcome::accepted);
  EXPECT_EQ(known.user, got.user);
}

TEST_P(enroll_again, a_refusal_leaves_nothing_behind) {
  auto owner = world.connect(world.invite("a@example.org"));
  ASSERT_EQ(code_of(owner->enroll()), "ok");
  auto thief = world.connect(world.admin_link);
  thief->who = owner->who;
  const auto invented = [&](const std::string& code) {
    thief->who.device = crypto::system_random().make<device_id>();
    auto request = request_of(*thief, fresh_key());
    request.code = code;
    return ask(*thief, request);
  };
  const auto before = devices();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(invented(owner->link.code), "code_unknown") << "the link is spent";
  }
  EXPECT_EQ(devices(), before);

  // As many as one user may have; then a good code is refused, too.
  const auto root = row_of(owner->who.device);
  world.node->database().write([&](store::people::writes people) {
    for (std::size_t i = 0; i < auth::k_stand_ins_of_user; ++i) {
      store::device_row row;
      row.id = crypto::system_random().make<device_id>();
      row.user = root.user;
      row.name = "copy";
      row.public_key = fresh_key().public_half().raw();
      row.replaces = root.key;
      static_cast<void>(people.add_device(row));
    }
  });
  const auto full = devices();
  const auto code = new_code("a@example.org");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(invented(code), "too_many_devices");
  EXPECT_EQ(devices(), full);
}

TEST_P(enroll_again, a_new_link_goes_before_a_revoked_key) {
  auto old = world.device("a@example.org");
  const auto next = fresh_key();
  ASSERT_EQ(ask(*old, request_of(*old, next)), "ok");
  const auto first = got.device;
  revoke(first);
  EXPECT_EQ(ask(*old, request_of(*old, next)), "device_revoked");
  auto request = request_of(*old, next);
  request.code = new_code("a@example.org");
  ASSERT_EQ(ask(*old, request), "ok");
  EXPECT_NE(got.device, first);
  const auto second = got.device;
  ASSERT_EQ(ask(*old, request_of(*old, next)), "ok") << "and then goes on without one";
  EXPECT_EQ(got.device, second);
  EXPECT_TRUE(row_of(first).revoked_at);
}

TEST_P(enroll_again, a_new_link_is_the_approval_that_a_folder_waits_for) {
  auto old = world.device("a@example.org");
  world.node->database().write([](store::settings::writes settings) {
    settings.set_setting(auth::k_reenrollment_setting, auth::k_approve);
  });
  const auto next = fresh_key();
  ASSERT_EQ(ask(*old, request_of(*old, next)), "forbidden");
  const auto waiting = devices();
  world.clock.advance(200 * k_hour);
  const auto code = new_code("a@example.org");
  for (int time = 0; time < 2; ++time) {
    auto request = request_of(*old, next);
    request.code = code;
    ASSERT_EQ(ask(*old, request), "ok") << time;
  }
  EXPECT_EQ(devices(), waiting) << "the one that waited";
  EXPECT_FALSE(row_of(got.device).pending);
  auto other = request_of(*old, fresh_key());
  other.code = code;
  EXPECT_EQ(ask(*old, other), "code_unknown") << "the code is spent";
  const auto lines = journal();
  const auto at = lines.find(R"("act":"device.approved")");
  ASSERT_NE(at, std::string::npos);
  const auto line = lines.substr(at, lines.find('\n', at) - at);
  EXPECT_NE(line.find("code_hash"), std::string::npos) << line;
  EXPECT_NE(line.find(got.device.text()), std::string::npos) << line;
  old->who = got;
  old->key = next.clone();
  EXPECT_EQ(code_of(old->open_session()), "ok");
}

TEST_P(enroll_again, the_log_and_the_journal_tell_of_it) {
  auto old = world.device("a@example.org");
  ASSERT_EQ(ask(*old, request_of(*old, fresh_key())), "ok");
  bool told = false;
  world.node->database().read([&](store::audit::reads audit) {
    for (const auto& line : audit.audit({}, {}, 0, 0, 1000)) {
      if (line.what != "device.again") continue;
      const auto object = nlohmann::json::parse(line.object);
      told = object.at("device") == got.device.text() &&
             object.at("replaces") == old->who.device.text();
    }
  });
  EXPECT_TRUE(told);
  EXPECT_NE(journal().find(R"("replaces":")" + old->who.device.text()), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(both, enroll_again, ::testing::Values(engine::sqlite, engine::postgres),
                         engine_name);

}  // namespace
}  // namespace autocusto::test
