// What devices without access were told, and their receipts of erasure.
#include "server/store/erasures.hpp"
#include "server/store/people.hpp"
#include "server/store/views.hpp"
#include "tests/contract/backend.hpp"

namespace autocusto::test {
namespace {

using testing::nth;

class surrender : public contract {
 protected:
  /// A closed view of ana, closed at that time; answers its incarnation.
  incarnation_id removed(std::size_t n, unix_millis at) {
    const auto done = push_all(ana_, {patient_root(n, ana_)}, n);
    const auto keys = done.views;
    auto view = read([&](store::views::reads views) { return views.views_by_pk(keys); }).at(0);
    view.open = false;
    view.closed_at = at;
    db_->write([&](store::views::writes views) { views.save_views(std::span(&view, 1)); });
    return view.state.incarnation;
  }
  void receipt(const std::vector<incarnation_id>& of, unix_millis at, bool everything = false) {
    store::erasure_row row;
    row.device = ana_.device.key;
    row.everything = everything;
    row.received_at = at;
    row.object = "{\"object\":" + std::to_string(at) + "}";
    row.signature = std::string("\0s", 2) + std::string(62, 's');
    db_->write([&](store::erasures::writes erasures) { erasures.add_erasure(row, of); });
  }
  actor ana_ = add_actor(*db_, 1);
  actor bia_ = add_actor(*db_, 2);
};
SYNC_ON_BOTH(surrender);

TEST_P(surrender, when_a_device_was_told_is_kept_and_taken_back) {
  const auto told = [&] {
    return read(
        [&](store::people::reads people) { return people.device_by_id(ana_.device.id)->told_at; });
  };
  EXPECT_EQ(told(), std::nullopt);
  db_->write([&](store::erasures::writes erasures) { erasures.device_told(ana_.device.key, 77); });
  EXPECT_EQ(told(), 77);
  db_->write([&](store::erasures::writes erasures) {
    erasures.device_told(ana_.device.key, std::nullopt);
  });
  EXPECT_EQ(told(), std::nullopt);
}

TEST_P(surrender, closed_views_are_told_by_their_owner_alone) {
  const auto gone = removed(1, 50);
  const auto done = push_all(ana_, {patient_root(2, ana_)}, 2);
  const auto open = read([&](store::views::reads views) { return views.views_by_pk(done.views); })
                        .at(0)
                        .state.incarnation;
  const std::vector<incarnation_id> asked{gone, open, nth<incarnation_id>(999)};
  db_->read([&](store::views::reads views) {
    EXPECT_EQ(views.closed_among(asked, ana_.user.key), std::vector{gone});
    EXPECT_TRUE(views.closed_among(asked, bia_.user.key).empty());
    EXPECT_TRUE(views.closed_among({}, ana_.user.key).empty());
  });
}

TEST_P(surrender, removals_come_in_order_since_a_time_with_their_receipts) {
  const auto late = removed(1, 300);
  const auto early = removed(2, 200);
  static_cast<void>(removed(3, 100));
  receipt({early}, 500);
  const auto rows = read([&](store::erasures::reads erasures) {
    return erasures.removals(ana_.user.key, 200, ana_.device.key);
  });
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].incarnation, early);
  EXPECT_EQ(rows[0].removed_at, 200);
  EXPECT_EQ(rows[0].erased_at, 500);
  EXPECT_EQ(rows[1].incarnation, late);
  EXPECT_EQ(rows[1].erased_at, std::nullopt);
  const auto other = read([&](store::erasures::reads erasures) {
    return erasures.removals(ana_.user.key, 0, bia_.device.key);
  });
  ASSERT_EQ(other.size(), 3U);
  for (const auto& row : other) EXPECT_FALSE(row.erased_at) << "each device speaks for itself";
  EXPECT_TRUE(read([&](store::erasures::reads erasures) {
                return erasures.removals(bia_.user.key, 0, ana_.device.key);
              }).empty());
}

TEST_P(surrender, the_first_receipt_counts) {
  const auto one = removed(1, 100);
  const auto two = removed(2, 100);
  receipt({one}, 500);
  receipt({one, two}, 600);
  const auto rows = read([&](store::erasures::reads erasures) {
    return erasures.removals(ana_.user.key, 0, ana_.device.key);
  });
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].erased_at, 500);
  EXPECT_EQ(rows[1].erased_at, 600);
  const std::vector<incarnation_id> asked{two, nth<incarnation_id>(999)};
  db_->read([&](store::erasures::reads erasures) {
    EXPECT_EQ(erasures.erased_among(asked, ana_.device.key), std::vector{two});
    EXPECT_TRUE(erasures.erased_among(asked, bia_.device.key).empty());
  });
}

TEST_P(surrender, receipts_of_everything_are_kept_whole) {
  receipt({removed(1, 100)}, 400);
  EXPECT_TRUE(read([&](store::erasures::reads erasures) {
                return erasures.erasures_of_everything(ana_.device.key);
              }).empty());
  receipt({}, 500, true);
  const auto rows = read([&](store::erasures::reads erasures) {
    return erasures.erasures_of_everything(ana_.device.key);
  });
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].object, "{\"object\":500}");
  EXPECT_EQ(rows[0].signature.size(), 64U);
  EXPECT_EQ(rows[0].received_at, 500);
  EXPECT_TRUE(rows[0].everything);
}

}  // namespace
}  // namespace autocusto::test
