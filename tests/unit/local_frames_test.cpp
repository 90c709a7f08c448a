// What goes over the local socket: every question arrives as it was sent, and whatever is cut,
// longer or of another version is refused.

#include <array>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/local/frames.hpp"

namespace autocusto::local {
namespace {

template <class Id>
Id id_of(std::uint8_t n) {
  Id id;
  id.data().fill(n);
  return id;
}

intake::batch small_batch() {
  intake::version_entry known;
  known.origin = store::import_origin::clinic_version;
  known.legacy_id = 11;
  known.legacy_number = 3;
  known.digest = -5;
  known.known = 77;
  known.value.id = id_of<version_id>(1);
  known.value.header.generation = 4;
  intake::version_entry fresh;
  fresh.author = 8;
  fresh.archived = true;
  fresh.value.id = id_of<version_id>(2);
  fresh.value.raw = {.header = "{}", .payload = "conteúdo"};
  intake::view_entry view{5, id_of<user_id>(3), id_of<incarnation_id>(4), {{0, true}, {1, false}}};
  intake::batch out;
  out.run = 9;
  out.source = "fonte";
  out.now = 1234;
  out.import_device = 6;
  out.system_user = 7;
  out.records.push_back({"patient", "11144477735", id_of<record_id>(5), {known, fresh}, {view}});
  store::import_kept_row kept;
  kept.origin = "processo";
  kept.legacy_id = 21;
  kept.outcome = store::kept_outcome::quarantined;
  kept.digest = 22;
  kept.reason = "later";
  kept.content = "{\"a\":1}";
  out.kept.push_back(kept);
  return out;
}

const intake::account k_account{
    4, id_of<user_id>(6), "ana@example.org", store::user_role::doctor, false, 99};

/// Every member of a question as text, so that one that does not travel is noticed.
std::string text_of(const intake::run_start& v) {
  return v.source + "|" + v.layout + "|" + v.options + "|" + std::to_string(v.now);
}
std::string text_of(store::pk run, const intake::account& v) {
  std::ostringstream out;
  out << run << "|" << v.legacy_id << "|" << v.id.text() << "|" << v.email << "|"
      << static_cast<int>(v.role) << "|" << v.enabled << "|" << v.created_at;
  return out.str();
}
std::string text_of(const intake::run_end& v) {
  return std::to_string(v.run) + "|" + std::to_string(v.now) + "|" + v.report;
}
std::string text_of(const intake::rollback_request& v) {
  return std::to_string(v.run) + (v.except_used ? "|except|" : "|all|") + std::to_string(v.now);
}
std::string text_of(const intake::batch& b) {
  std::ostringstream out;
  out << b.run << "|" << b.source << "|" << b.now << "|" << b.import_device << "|" << b.system_user;
  for (const auto& r : b.records) {
    out << "\nrecord " << r.kind << "|" << r.key << "|" << r.id.text();
    for (const auto& v : r.versions) {
      out << "\nversion " << static_cast<int>(v.origin) << "|" << v.legacy_id << "|"
          << v.legacy_number << "|" << v.digest << "|" << v.known << "|" << v.author << "|"
          << v.archived << "|" << v.value.id.text() << "|" << v.value.raw.header << "|"
          << v.value.raw.payload << "|" << v.value.header.generation;
    }
    for (const auto& v : r.views) {
      out << "\nview " << v.user << "|" << v.user_public.text() << "|" << v.incarnation.text();
      for (const auto& each : v.visible) out << "|" << each.version << each.assigned;
    }
  }
  for (const auto& k : b.kept) {
    out << "\nkept " << k.origin << "|" << k.legacy_id << "|" << static_cast<int>(k.outcome) << "|"
        << k.digest << "|" << k.reason << "|" << k.content;
  }
  return out.str();
}

/// The server's side: remembers what it was asked.
class recorder final : public intake::import_writer {
 public:
  std::string asked;

  result<intake::run_state> begin(const intake::run_start& start) override {
    asked = text_of(start);
    return intake::run_state{12, true};
  }
  result<std::vector<intake::account_outcome>> add_accounts(
      store::pk run, const std::vector<intake::account>& accounts) override {
    asked = text_of(run, accounts.at(0));
    return std::vector{intake::account_outcome{3, accounts.at(0).id, false, true}};
  }
  result<intake::counts> apply(const intake::batch& what,
                               const intake::commit_order& /*wait*/) override {
    asked = text_of(what);
    return intake::counts{1, 2, 3};
  }
  result<intake::counts> finish(const intake::run_end& end) override {
    asked = text_of(end);
    return fail(errc::conflict_open, "The run has ended.", "run");
  }
  result<intake::rollback_report> rollback(const intake::rollback_request& request) override {
    asked = text_of(request);
    return intake::rollback_report{{{"paciente", 5, "received"}}, true, {1, 1, 0}, {0, 0, 1}, 2};
  }
};

result<admin_link> link_for(const std::string& email) {
  return admin_link{"https://example.org/enroll#x", email, 777};
}

struct question_case {
  std::string name;
  std::string frame;
  std::string text;
};
template <class T>
question_case asking(std::string name, std::string frame, const T& value) {
  return {std::move(name), std::move(frame), text_of(value)};
}
const intake::run_start k_start{"fonte", "g3", "{\"a\":[]}", -1};
const intake::run_end k_end{9, 55, "relatório"};
const intake::rollback_request k_rollback{9, true, 56};
const std::array k_questions{
    asking("begin", pack_begin(k_start), k_start),
    question_case{"accounts", pack_accounts(9, {k_account}), text_of(9, k_account)},
    asking("apply", pack_apply(small_batch()), small_batch()),
    asking("finish", pack_finish(k_end), k_end),
    asking("rollback", pack_rollback(k_rollback), k_rollback),
};

TEST(local_frames, a_question_arrives_as_it_was_sent) {
  for (const auto& c : k_questions) {
    recorder writer;
    static_cast<void>(answer(writer, link_for, c.frame));
    EXPECT_EQ(writer.asked, c.text) << c.name;
  }
}

TEST(local_frames, an_answer_arrives_as_it_was_given) {
  recorder writer;
  const auto ask = [&](std::size_t which) {
    return answer(writer, link_for, k_questions.at(which).frame);
  };
  const auto state = unpack_state(ask(0)).value();
  EXPECT_EQ(state.run, 12);
  EXPECT_TRUE(state.continued);
  const auto accounts = unpack_accounts(ask(1)).value();
  ASSERT_EQ(accounts.size(), 1U);
  EXPECT_EQ(accounts[0].id, k_account.id);
  EXPECT_TRUE(accounts[0].linked && !accounts[0].made);
  const auto counts = unpack_counts(ask(2)).value();
  EXPECT_EQ(counts.versions * 100 + counts.views * 10 + counts.users, 123);
  const auto refused = unpack_counts(ask(3)).error();
  EXPECT_EQ(refused.code, errc::conflict_open);
  EXPECT_EQ(refused.message + refused.field, "The run has ended.run");
  const auto report = unpack_rollback(ask(4)).value();
  EXPECT_TRUE(report.done);
  ASSERT_EQ(report.blockers.size(), 1U);
  EXPECT_EQ(report.blockers[0].table + " " + report.blockers[0].reason, "paciente received");
  EXPECT_EQ(report.removed.versions + report.kept.users + report.accounts_disabled, 4);
  const auto link = unpack_admin_link(answer(writer, link_for, pack_admin_link("a@b.c"))).value();
  EXPECT_EQ(link.email, "a@b.c");
  EXPECT_EQ(link.expires_at, 777);
}

TEST(local_frames, what_is_cut_or_longer_is_refused_and_asks_nothing) {
  for (const auto& c : k_questions) {
    recorder writer;
    for (std::size_t size = 0; size < c.frame.size(); ++size) {
      const auto refused = unpack_counts(answer(writer, link_for, c.frame.substr(0, size)));
      ASSERT_FALSE(refused) << c.name << " cut at " << size;
      ASSERT_EQ(refused.error().code, errc::protocol_error) << c.name << " cut at " << size;
    }
    ASSERT_FALSE(unpack_counts(answer(writer, link_for, c.frame + "x"))) << c.name;
    EXPECT_EQ(writer.asked, "") << c.name;
  }
}

/// The question with another number in its 8 bytes at `at`.
std::string with_number(std::size_t at, char number) {
  auto asked = k_questions[0].frame;
  asked.at(at + 7) = number;
  return asked;
}

TEST(local_frames, another_version_or_question_is_refused) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"an older protocol", with_number(0, 0)},
      {"a newer protocol", with_number(0, 2)},
      {"no question", with_number(8, 0)},
      {"an unknown question", with_number(8, 7)},
      {"nothing", ""},
  };
  for (const auto& [name, asked] : cases) {
    recorder writer;
    const auto got = unpack_state(answer(writer, link_for, asked));
    ASSERT_FALSE(got) << name;
    EXPECT_EQ(got.error().code, errc::protocol_error) << name;
    EXPECT_EQ(writer.asked, "") << name;
  }
  recorder writer;
  EXPECT_FALSE(unpack_admin_link(answer(writer, {}, pack_admin_link("a@b.c"))))
      << "a server that makes no links";
}

TEST(local_frames, an_answer_that_is_cut_is_no_success) {
  recorder writer;
  const auto whole = answer(writer, link_for, k_questions[4].frame);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ASSERT_FALSE(unpack_rollback(whole.substr(0, size))) << size;
  }
  EXPECT_FALSE(unpack_rollback(whole + "x"));
  const auto unknown = pack_failure(fail(errc::not_found, "x"));
  EXPECT_EQ(unpack_rollback(unknown).error().code, errc::not_found);
}

}  // namespace
}  // namespace autocusto::local
