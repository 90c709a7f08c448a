// The chain over the audit log: dense, in order, also when several append at once, and over lines
// that were there before it.
#include <latch>
#include <thread>

#include "server/store/audit.hpp"
#include "tests/contract/backend.hpp"

namespace autocusto::test {
namespace {

using store::pk;

class audit_chain : public contract {
 protected:
  void append(store::database& to, const std::string& what) {
    to.write([&](store::audit::writes audit) {
      store::audit_row row;
      row.at = 1'700'000'000'000;
      row.actor = actor_.user.key;
      row.device = actor_.device.key;
      row.what = what;
      row.subject_user = actor_.user.key;
      row.object = "{}";
      audit.add_audit(row);
    });
  }
  store::audit_head_row head() {
    return read([](store::audit::reads audit) { return audit.audit_head(); });
  }
  /// Every line again, from the first; checks each kept link on the way.
  hash256 folded() {
    hash256 link;
    std::int64_t count = 0;
    db_->read([&](store::audit::reads audit) {
      link = {};
      count = 0;
      for (const auto& [key, line] : audit.audit_lines(0, 0, 10'000)) {
        link = wire::audit_link(link, line);
        EXPECT_EQ(audit.audit_link(line.seq), link) << "line " << line.seq;
        count = line.seq;
      }
      EXPECT_FALSE(audit.audit_link(count + 1));
    });
    EXPECT_EQ(head().seq, count);
    return link;
  }

  actor actor_ = add_actor(*db_, 1);
};

SYNC_ON_BOTH(audit_chain);

TEST_P(audit_chain, every_line_gets_a_link_that_covers_those_before) {
  EXPECT_EQ(head().seq, 0);
  EXPECT_EQ(head().link, hash256{});
  append(*db_, "one");
  const auto first = head();
  EXPECT_EQ(first.seq, 1);
  append(*db_, "two");
  append(*db_, "two");
  EXPECT_EQ(head().seq, 3);
  EXPECT_EQ(head().link, folded());
  EXPECT_NE(head().link, first.link);
}

TEST_P(audit_chain, a_line_that_is_taken_back_leaves_no_gap) {
  append(*db_, "one");
  EXPECT_THROW(db_->write([&](store::audit::writes audit) {
    store::audit_row row;
    row.actor = actor_.user.key;
    row.what = "never";
    row.object = "{}";
    audit.add_audit(row);
    throw std::runtime_error("taken back");
  }),
               std::runtime_error);
  append(*db_, "two");
  EXPECT_EQ(head().seq, 2);
  EXPECT_EQ(head().link, folded());
}

TEST_P(audit_chain, processes_that_append_at_once_make_one_chain) {
  constexpr std::size_t k_threads = 4;
  constexpr int k_each = 10;
  std::unique_ptr<store::database> beside;
  if (GetParam() == kind::postgres) beside = backend_->open_beside();
  std::latch together(k_threads);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < k_threads; ++t) {
    threads.emplace_back([&, t] {
      auto& to = beside && t % 2 == 1 ? *beside : *db_;
      together.arrive_and_wait();
      for (int i = 0; i < k_each; ++i) append(to, "line " + std::to_string(t));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(head().seq, static_cast<std::int64_t>(k_threads) * k_each);
  EXPECT_EQ(head().link, folded());
}

TEST_P(audit_chain, lines_of_a_release_without_a_chain_are_chained_in_their_order) {
  const auto old_line = [&](int n) {
    backend_->query("INSERT INTO audit_log (at, actor, what, object, signature) SELECT " +
                    std::to_string(n) + ", " + std::to_string(actor_.user.key) +
                    ", 'old', object, signature FROM audit_log WHERE pk=1");
  };
  append(*db_, "template");
  for (int n = 0; n < 5; ++n) old_line(n);
  EXPECT_EQ(write([](store::audit::writes audit) { return audit.chain_audit(2); }), 2);
  EXPECT_EQ(head().seq, 3);
  append(*db_, "new");
  EXPECT_EQ(head().seq, 7) << "what had no link is chained first";
  EXPECT_EQ(head().link, folded());
  EXPECT_EQ(write([](store::audit::writes audit) { return audit.chain_audit(1000); }), 0);
}

TEST_P(audit_chain, links_are_not_changed_or_removed) {
  append(*db_, "one");
  for (const char* sql : {"UPDATE audit_chain SET seq=9", "DELETE FROM audit_chain"}) {
    EXPECT_ANY_THROW(backend_->query(sql)) << sql;
  }
}

}  // namespace
}  // namespace autocusto::test
