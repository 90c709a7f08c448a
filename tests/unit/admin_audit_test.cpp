// Checking the audit log, and the administrator's messages.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/crypto/random.hpp"
#include "shared/wire/messages.hpp"
#include "tests/support/domain_builders.hpp"
#include "tools/admin/audit_check.hpp"

namespace autocusto::admin {
namespace {

using ::testing::HasSubstr;
using testing::nth;

class audit_log : public ::testing::Test {
 protected:
  audit_log() {
    msg::device_item device;
    device.id = nth<device_id>(2);
    device.public_key = key.public_half().text();
    devices.items.push_back(device);
  }

  void sign(msg::audit_item& line, const std::string& purpose) const {
    const auto message = crypto::purpose_message(purpose, line.object);
    line.signature = crypto::sign(key, message).text();
  }

  [[nodiscard]] msg::audit_item act(std::size_t id) const {
    wire::act_object object;
    object.server = nth<server_id>(1);
    object.actor = nth<user_id>(1);
    object.device = nth<device_id>(2);
    object.id = nth<act_id>(id);
    object.act = "user.disable";
    object.args = R"({"user":"ana@clinica.test"})";
    msg::audit_item line;
    line.id = static_cast<std::int64_t>(id);
    line.act = object.id;
    line.actor_id = object.actor;
    line.device = object.device;
    line.what = object.act;
    line.object = wire::encode_object(object);
    sign(line, "act");
    return line;
  }

  [[nodiscard]] msg::audit_item resolution() const {
    wire::push_object object;
    object.server = nth<server_id>(1);
    object.actor = nth<user_id>(1);
    object.device = nth<device_id>(2);
    object.owner = nth<user_id>(9);
    object.id = nth<push_id>(3);
    object.versions = {nth<version_id>(4)};
    msg::audit_item line;
    line.id = 50;
    line.actor_id = object.actor;
    line.device = object.device;
    line.what = msg::k_resolve;
    line.object = wire::encode_object(object);
    sign(line, "push");
    return line;
  }

  [[nodiscard]] std::string why(const std::vector<msg::audit_item>& lines) const {
    audit_check check(nth<server_id>(1), devices);
    for (const auto& line : lines) check.add(line);
    std::string out;
    for (const auto& problem : check.problems()) {
      out += std::to_string(problem.line) + ": " + problem.why + "\n";
    }
    return out;
  }

  crypto::signing_key key = crypto::signing_key::generate(crypto::system_random());
  msg::device_list devices;
};

TEST_F(audit_log, a_sound_log_has_no_problems_and_is_counted) {
  msg::audit_item read;
  read.what = "record.show";
  audit_check check(nth<server_id>(1), devices);
  for (const auto& line : {act(1), read, act(2), resolution()}) check.add(line);
  EXPECT_TRUE(check.problems().empty());
  EXPECT_EQ(check.lines(), 4);
  EXPECT_EQ(check.signed_lines(), 3);
  EXPECT_EQ(check.devices(), 1U);
}

TEST_F(audit_log, a_changed_object_is_found) {
  auto line = act(1);
  line.object.replace(line.object.find("ana@"), 4, "bia@");
  EXPECT_THAT(why({line}), HasSubstr("1: The signature does not hold"));
}

TEST_F(audit_log, a_signature_by_another_key_or_for_another_purpose_is_found) {
  auto line = act(1);
  key = crypto::signing_key::generate(crypto::system_random());
  sign(line, "act");
  EXPECT_THAT(why({line}), HasSubstr("does not hold"));
  devices.items[0].public_key = key.public_half().text();
  EXPECT_EQ(why({line}), "");
  sign(line, "push");
  EXPECT_THAT(why({line}), HasSubstr("does not hold"));
}

TEST_F(audit_log, a_line_that_tells_another_act_than_was_signed_is_found) {
  auto other = act(1);
  other.what = "user.enable";
  EXPECT_THAT(why({other}), HasSubstr("another act"));
  other = act(1);
  other.actor_id = nth<user_id>(2);
  EXPECT_THAT(why({other}), HasSubstr("another act"));
  other = act(1);
  other.act = nth<act_id>(8);
  EXPECT_THAT(why({other}), HasSubstr("another act"));
  auto push = resolution();
  push.actor_id = nth<user_id>(2);
  EXPECT_THAT(why({push}), HasSubstr("another resolution"));
}

TEST_F(audit_log, acts_without_signature_and_reads_with_one_are_found) {
  auto line = act(1);
  line.signature.clear();
  EXPECT_THAT(why({line}), HasSubstr("without a signature"));
  line = act(1);
  line.what = "record.show";
  EXPECT_THAT(why({line}), HasSubstr("where there should be none"));
}

TEST_F(audit_log, the_same_act_twice_unknown_devices_and_other_servers_are_found) {
  EXPECT_THAT(why({act(1), act(1)}), HasSubstr("twice"));
  EXPECT_THAT(why({resolution(), resolution()}), HasSubstr("twice"));
  auto line = act(1);
  line.device = nth<device_id>(77);
  EXPECT_THAT(why({line}), HasSubstr("not known"));
  audit_check elsewhere(nth<server_id>(2), devices);
  elsewhere.add(act(1));
  ASSERT_EQ(elsewhere.problems().size(), 1U);
  EXPECT_THAT(elsewhere.problems()[0].why, HasSubstr("another server"));
}

TEST(admin_messages, come_back_as_they_were_sent) {
  msg::conflict_shown c;
  c.conflict.id = 3;
  c.conflict.kind = "patient";
  c.conflict.heads = {nth<version_id>(1), nth<version_id>(2)};
  c.conflict.closed_at = "2026-11-22T10:00:00.000Z";
  c.owner = nth<user_id>(4);
  c.pinned = nth<version_id>(2);
  c.single_base = true;
  auto& head = c.heads.emplace_back();
  head.info.version = nth<version_id>(1);
  head.info.number = 12;
  head.info.head_of = {"ana@clinica.test"};
  head.fields["incapaz"] = true;
  head.fields["nome_paciente"] = std::string("João \"x\"");
  const auto text = msg::encode(c);
  const auto back = msg::decode<msg::conflict_shown>(text).value();
  EXPECT_EQ(msg::encode(back), text);
  EXPECT_EQ(back.heads[0].fields, head.fields);
  EXPECT_EQ(back.conflict.heads, c.conflict.heads);
  EXPECT_EQ(back.pinned, c.pinned);
  EXPECT_FALSE(back.active);
  EXPECT_FALSE(back.base);
}

TEST(admin_messages, name_the_member_that_is_wrong_and_ignore_what_they_do_not_know) {
  const auto field = [](const char* json) {
    const auto read = msg::decode<msg::explain_request>(json);
    return read ? std::string("fine") : read.error().field;
  };
  EXPECT_EQ(field(R"({"record":"00","user":"a@b"})"), "record");
  EXPECT_EQ(field(R"({"record":"00000000000000000000000000000001"})"), "user");
  EXPECT_EQ(field(R"({"record":"00000000000000000000000000000001","user":1})"), "user");
  EXPECT_EQ(field(R"({"record":"00000000000000000000000000000001","user":"a@b","new":[1]})"),
            "fine");
  EXPECT_FALSE(msg::decode<msg::record_query>("[]"));
  EXPECT_FALSE(msg::decode<msg::record_query>(R"({"limit":"5"})"));
  EXPECT_EQ(msg::decode<msg::record_query>("{}")->limit, msg::record_query{}.limit);
}

TEST(version_names, are_numbers_first_and_prefixes_of_four_digits_or_more) {
  const std::vector<msg::version_name> names{{testing::id_of<version_id>("\x12\x34\x56"), 1},
                                             {testing::id_of<version_id>("\x12\x34\x77"), 1234},
                                             {testing::id_of<version_id>("\xab\xcd"), 3}};
  EXPECT_EQ(msg::select_version(names, "1").value(), 0U);
  EXPECT_EQ(msg::select_version(names, "1234").value(), 1U) << "a number, where it is one";
  EXPECT_EQ(msg::select_version(names, "12345").value(), 0U);
  EXPECT_EQ(msg::select_version(names, "abcd").value(), 2U);
  EXPECT_EQ(msg::select_version(names, "abc").error().code, errc::not_found);
  EXPECT_EQ(msg::select_version({names[0], names[1]}, "1234567890").error().code, errc::not_found);
  EXPECT_EQ(msg::select_version({{names[0].id, 7}, {names[1].id, 8}}, "1234").error().code,
            errc::ambiguous);
}

}  // namespace
}  // namespace autocusto::admin
