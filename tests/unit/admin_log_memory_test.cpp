// What a profile remembers of the audit log, and what it concludes from heads and lines.
#include <gtest/gtest.h>

#include "shared/base/bytes.hpp"
#include "tests/support/domain_builders.hpp"
#include "tools/admin/chain_check.hpp"
#include "tools/admin/log_memory.hpp"

namespace autocusto::admin {
namespace {

using testing::nth;

msg::audit_item line_of(std::int64_t n, const std::string& what = "record.show") {
  msg::audit_item item;
  item.id = 10 * n;
  item.at = "2026-11-22T10:00:00.000Z";
  item.actor_id = nth<user_id>(1);
  item.what = what;
  item.object = "{\"n\":" + std::to_string(n) + "}";
  return item;
}

hash256 link_after(const std::vector<msg::audit_item>& lines) {
  hash256 link;
  std::int64_t seq = 0;
  for (const auto& item : lines) {
    wire::audit_line line;
    line.seq = ++seq;
    line.at = item.at;
    line.act = item.act;
    line.actor = item.actor_id;
    line.device = item.device;
    line.what = item.what;
    line.user = item.about;
    line.object = item.object;
    line.signature = from_hex(item.signature).value_or("");
    link = wire::audit_link(link, line);
  }
  return link;
}

std::vector<msg::audit_item> log_of(std::int64_t count) {
  std::vector<msg::audit_item> out;
  for (std::int64_t n = 1; n <= count; ++n) out.push_back(line_of(n));
  return out;
}

wire::audit_head head_of(const std::vector<msg::audit_item>& lines,
                         std::optional<std::int64_t> seen = std::nullopt,
                         const std::string& day = "2026-11-22") {
  wire::audit_head head;
  head.seq = static_cast<std::int64_t>(lines.size());
  head.link = link_after(lines);
  head.at = day + "T10:00:00.000Z";
  head.seen = seen;
  if (seen && *seen <= head.seq) {
    head.seen_link =
        link_after({lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(*seen)});
  }
  return head;
}

log_memory memory_of(const std::vector<msg::audit_item>& lines) {
  log_memory memory;
  EXPECT_EQ(memory.look(head_of(lines)), "");
  return memory;
}

TEST(audit_link, covers_every_part_of_a_line_and_all_lines_before) {
  wire::audit_line line;
  line.seq = 1;
  line.at = "t";
  line.actor = nth<user_id>(1);
  line.what = "w";
  line.object = "o";
  std::set<hash256> links{wire::audit_link({}, line)};
  const auto other = [&](auto change) {
    auto changed = line;
    change(changed);
    EXPECT_TRUE(links.insert(wire::audit_link({}, changed)).second);
  };
  other([](auto& l) { l.seq = 2; });
  other([](auto& l) { l.at = "u"; });
  other([](auto& l) { l.act = nth<act_id>(1); });
  other([](auto& l) { l.actor = nth<user_id>(2); });
  other([](auto& l) { l.device = nth<device_id>(1); });
  other([](auto& l) { l.what = "wo", l.object = ""; });
  other([](auto& l) { l.user = nth<user_id>(1); });
  other([](auto& l) { l.object = "p"; });
  other([](auto& l) { l.signature = "s"; });
  EXPECT_TRUE(links.insert(wire::audit_link(*links.begin(), line)).second);
}

TEST(audit_link, is_what_the_format_says) {
  wire::audit_line line;
  line.seq = 1;
  line.at = "2026-11-22T10:00:00.000Z";
  line.what = "server.init";
  line.object = "{}";
  EXPECT_EQ(wire::audit_link({}, line).text(),
            "c24b2fe25d46f00ef5a83dafc3f9ad2f4c3986156f96541b972fad56941ed5fa");
}

TEST(audit_head, survives_its_json) {
  wire::audit_head head;
  head.server = nth<server_id>(3);
  head.seq = 7;
  head.link = nth<hash256>(1);
  head.at = "2026-11-22T10:00:00.000Z";
  auto read = wire::decode_audit_head(wire::encode_object(head)).value();
  EXPECT_EQ(read.seq, 7);
  EXPECT_EQ(read.link, head.link);
  EXPECT_FALSE(read.seen || read.seen_link);
  head.seen = 5;
  head.seen_link = nth<hash256>(2);
  read = wire::decode_audit_head(wire::encode_object(head)).value();
  EXPECT_EQ(read.seen, 5);
  EXPECT_EQ(read.seen_link, head.seen_link);
  EXPECT_FALSE(wire::decode_audit_head(R"({"seq":1})"));
}

TEST(log_memory, a_log_that_grows_is_remembered) {
  auto memory = memory_of(log_of(3));
  EXPECT_EQ(memory.look(head_of(log_of(3), 3)), "");
  EXPECT_EQ(memory.look(head_of(log_of(5), 3)), "");
  EXPECT_EQ(memory.newest(), 5);
  const auto again = log_memory::parse(memory.text());
  EXPECT_EQ(again.heads(), memory.heads());
  EXPECT_EQ(log_memory::parse("{").newest(), 0);
  EXPECT_EQ(log_memory::parse("").newest(), 0);
}

TEST(log_memory, a_log_that_was_cut_changed_or_forked_is_noticed_and_not_remembered) {
  auto memory = memory_of(log_of(4));
  EXPECT_NE(memory.look(head_of(log_of(3), 4)).find("lacks lines 4 to 4"), std::string::npos);
  auto changed = log_of(4);
  changed[1].what = "record.list";
  EXPECT_NE(memory.look(head_of(changed, 4)), "") << "of the same length";
  changed.push_back(line_of(5));
  EXPECT_NE(memory.look(head_of(changed, 4)), "") << "chained anew, and longer";
  auto head = head_of(log_of(5), 4);
  head.seen_link.reset();
  EXPECT_NE(memory.look(head), "") << "a server that keeps silent about the line";
  EXPECT_EQ(memory.newest(), 4);
  EXPECT_EQ(memory.look(head_of(log_of(5), 4)), "") << "the true one goes on";
  EXPECT_EQ(memory.newest(), 5);
}

TEST(log_memory, a_head_that_answers_another_question_is_not_believed) {
  auto memory = memory_of(log_of(4));
  EXPECT_EQ(memory.look(head_of(log_of(6), 2)), "");
  EXPECT_EQ(memory.newest(), 4);
}

TEST(log_memory, is_bounded_and_keeps_the_first_and_the_newest) {
  log_memory memory;
  std::vector<msg::audit_item> lines;
  hash256 link;
  std::int64_t seq = 0;
  for (int year = 2020; year < 2080; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= 28; ++day) {
        char text[32];
        std::snprintf(text, sizeof text, "%04d-%02d-%02dT10:00:00.000Z", year, month, day);
        wire::audit_head head;
        head.at = text;
        head.seen = seq;
        if (seq > 0) head.seen_link = link;
        head.seq = ++seq;
        link.data()[0] = static_cast<std::uint8_t>(seq);
        link.data()[1] = static_cast<std::uint8_t>(seq >> 8);
        head.link = link;
        ASSERT_EQ(memory.look(head), "");
        ASSERT_LE(memory.heads().size(), log_memory::k_most_heads);
      }
    }
  }
  EXPECT_EQ(memory.heads().front().seq, 1);
  EXPECT_EQ(memory.newest(), seq);
  EXPECT_LT(memory.text().size(), 100'000U);
}

TEST(log_memory, a_key_that_was_exchanged_is_noticed) {
  log_memory memory;
  const auto device = nth<device_id>(1);
  EXPECT_TRUE(memory.same_key(device, std::string(64, 'a')));
  EXPECT_TRUE(memory.same_key(device, std::string(64, 'a')));
  EXPECT_FALSE(memory.same_key(device, std::string(64, 'b')));
  EXPECT_TRUE(memory.same_key(device, std::string(64, '0'))) << "the server has forgotten it";
  EXPECT_EQ(memory.key_of(device), std::string(64, 'a'));
  const auto again = log_memory::parse(memory.text());
  EXPECT_EQ(again.key_of(device), std::string(64, 'a'));
  EXPECT_FALSE(again.key_of(nth<device_id>(2)));
}

std::string told(const chain_check& check) {
  std::string out;
  for (const auto& problem : check.problems()) out += problem.why + "\n";
  return out;
}

chain_check checked(const log_memory& memory, const std::vector<msg::audit_item>& lines,
                    std::vector<wire::audit_head> heads = {}) {
  chain_check check(memory.heads(), std::move(heads));
  for (const auto& line : lines) check.add(line);
  return check;
}

TEST(chain_check, says_what_a_log_lacks) {
  auto memory = memory_of(log_of(2));
  ASSERT_EQ(memory.look(head_of(log_of(4), 2)), "");
  const auto whole = checked(memory, log_of(6), {head_of(log_of(5))});
  EXPECT_EQ(told(whole), "");
  EXPECT_EQ(whole.agreed(), 4);
  EXPECT_FALSE(whole.forgotten());

  const auto cut = checked(memory, log_of(3), {head_of(log_of(3))});
  EXPECT_NE(told(cut).find("lacks the lines 4 to 4"), std::string::npos) << told(cut);
  EXPECT_EQ(cut.agreed(), 2);
  EXPECT_TRUE(cut.forgotten());

  auto lines = log_of(6);
  lines.erase(lines.begin() + 2);
  const auto middle = checked(memory, lines, {head_of(lines)});
  EXPECT_NE(told(middle).find("3 to 4"), std::string::npos) << told(middle);
  EXPECT_EQ(middle.agreed(), 2);
  EXPECT_TRUE(middle.forgotten());

  lines = log_of(6);
  lines[0].object = "{}";
  const auto changed = checked(memory, lines, {head_of(lines)});
  EXPECT_TRUE(changed.forgotten());
  EXPECT_EQ(changed.agreed(), 0);
}

TEST(chain_check, a_fresh_profile_notices_what_the_server_itself_contradicts) {
  const log_memory fresh;
  auto lines = log_of(6);
  lines[3].what = "other";
  EXPECT_NE(told(checked(fresh, lines, {head_of(log_of(6))})), "");
  EXPECT_NE(told(checked(fresh, log_of(5), {head_of(log_of(6))})), "");
  EXPECT_EQ(told(checked(fresh, lines, {head_of(lines)})), "")
      << "chained anew before it first looked: that it cannot know";
  EXPECT_FALSE(checked(fresh, log_of(5), {head_of(log_of(6))}).forgotten());
}

}  // namespace
}  // namespace autocusto::admin
