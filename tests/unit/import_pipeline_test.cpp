// Encoding and writing behind the reader: everything is written once, feeds have the source's
// order, and a failure on any thread ends the whole.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tools/import/pipeline.hpp"

namespace autocusto::import {
namespace {

/// A chunk that can be told from others by its number of kept rows.
chunk numbered(std::size_t n) {
  chunk out;
  out.kept.resize(n);
  return out;
}

intake::batch encode(const chunk& from) {
  intake::batch out;
  out.run = static_cast<store::pk>(from.kept.size());
  return out;
}

TEST(import_pipeline, every_batch_is_written_once_and_feeds_in_order) {
  for (const int parallelism : {1, 2, 5}) {
    std::mutex mutex;
    std::set<store::pk> written;
    std::vector<store::pk> feeds;
    pipeline work(
        encode,
        [&](const intake::batch& what, const intake::commit_order& wait) {
          {
            const std::lock_guard lock(mutex);
            written.insert(what.run);
          }
          if (what.run % 3 == 0) return;  // has nothing for a feed
          wait();
          wait();
          const std::lock_guard lock(mutex);
          feeds.push_back(what.run);
        },
        parallelism);
    for (std::size_t n = 1; n <= 40; ++n) work.put(numbered(n));
    work.finish();
    EXPECT_EQ(written.size(), 40U) << parallelism;
    EXPECT_EQ(feeds.size(), 27U) << parallelism;
    EXPECT_TRUE(std::is_sorted(feeds.begin(), feeds.end())) << parallelism;
  }
}

TEST(import_pipeline, a_batch_that_is_ready_early_waits_for_the_earlier_ones) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<store::pk> feeds;
  pipeline work(
      encode,
      [&](const intake::batch& what, const intake::commit_order& wait) {
        if (what.run % 2 == 1) {
          // Time enough for the next batch to come first, if nothing holds it.
          std::unique_lock lock(mutex);
          changed.wait_for(lock, std::chrono::milliseconds(50), [&] {
            return std::find(feeds.begin(), feeds.end(), what.run + 1) != feeds.end();
          });
        }
        wait();
        const std::lock_guard lock(mutex);
        feeds.push_back(what.run);
        changed.notify_all();
      },
      2);
  for (std::size_t n = 1; n <= 6; ++n) work.put(numbered(n));
  work.finish();
  EXPECT_EQ(feeds, (std::vector<store::pk>{1, 2, 3, 4, 5, 6}));
}

struct failing {
  std::string name;
  store::pk encode_fails = 0;
  store::pk write_fails = 0;
};

TEST(import_pipeline, a_failure_ends_the_whole_and_is_thrown) {
  for (const auto& c : {failing{"first encoded", 1, 0}, failing{"later encoded", 5, 0},
                        failing{"first written", 0, 1}, failing{"later written", 0, 5}}) {
    std::mutex mutex;
    std::vector<store::pk> feeds;
    std::string thrown = "none";
    try {
      pipeline work(
          [&](const chunk& from) {
            auto out = encode(from);
            if (out.run == c.encode_fails) throw std::runtime_error(c.name);
            return out;
          },
          [&](const intake::batch& what, const intake::commit_order& wait) {
            if (what.run == c.write_fails) throw std::runtime_error(c.name);
            wait();
            const std::lock_guard lock(mutex);
            feeds.push_back(what.run);
          },
          2);
      for (std::size_t n = 1; n <= 40; ++n) work.put(numbered(n));
      work.finish();
    } catch (const std::runtime_error& e) {
      thrown = e.what();
    }
    EXPECT_EQ(thrown, c.name);
    const auto failed = std::max(c.encode_fails, c.write_fails);
    EXPECT_TRUE(
        std::all_of(feeds.begin(), feeds.end(), [&](store::pk run) { return run < failed; }))
        << c.name << ": a feed never has what comes behind a failure";
  }
}

TEST(import_pipeline, nothing_is_taken_after_the_end) {
  pipeline work(
      encode, [](const intake::batch&, const intake::commit_order&) {}, 1);
  work.put(numbered(1));
  work.finish();
  EXPECT_THROW(work.put(numbered(2)), std::logic_error);
}

}  // namespace
}  // namespace autocusto::import
