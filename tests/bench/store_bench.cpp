// How fast the stores take pushes: 10,000 roots in pushes of 1,000, and as many single pushes from
// several threads as fit into a second, on both databases. Prints one JSON object.
//
//   store_bench [versions] [URL of an empty PostgreSQL database]

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include "server/store/feed.hpp"
#include "server/store/versions.hpp"
#include "shared/crypto/hash.hpp"
#include "tests/support/postgres_cluster.hpp"
#include "tests/support/process.hpp"
#include "tests/support/store_builders.hpp"

namespace autocusto::test {
namespace {

using steady = std::chrono::steady_clock;
constexpr std::size_t k_batch = 1'000;
constexpr std::size_t k_threads = 16;

double seconds_since(steady::time_point start) {
  return std::chrono::duration<double>(steady::now() - start).count();
}

push_id push_name(std::size_t n) {
  return push_id::from_raw(crypto::sha256("push " + std::to_string(n)).raw().substr(0, 16)).value();
}

struct figures {
  double batch_rate = 0;   ///< versions/s in pushes of 1,000
  double batch_cpu = 0;    ///< processor time of this program for one of them, microseconds
  double single_rate = 0;  ///< pushes/s of one version each
  double page_rate = 0;    ///< versions/s read in pages of 1,000
};

figures measure(store::database& db, std::size_t count) {
  figures f;
  if (!db.migrate(std::nullopt, false)) throw std::runtime_error("the schema cannot be made");
  const actor by = add_actor(db, 1);
  std::vector<domain::version> roots;
  for (std::size_t i = 0; i < count; ++i) roots.push_back(patient_root(i, by, true));

  auto start = steady::now();
  const std::clock_t cpu = std::clock();
  for (std::size_t at = 0; at < count; at += k_batch) {
    const std::size_t size = std::min(k_batch, count - at);
    db.write([&](store::transaction& tx) {
      push(tx, by, std::span(roots).subspan(at, size), push_name(at));
    });
  }
  f.batch_rate = static_cast<double>(count) / seconds_since(start);
  f.batch_cpu =
      static_cast<double>(std::clock() - cpu) * 1e6 / CLOCKS_PER_SEC / static_cast<double>(count);

  start = steady::now();
  std::int64_t after = 0;
  while (static_cast<std::size_t>(after) < count) {
    db.read([&](store::snapshot& snapshot) {
      std::vector<store::pk> keys;
      for (const auto& item : store::feed::reads(snapshot).feed(by.user.key, after, k_batch)) {
        keys.push_back(item.version.value());
        after = item.seq;
      }
      if (store::versions::reads(snapshot).versions(keys).size() != keys.size())
        throw std::runtime_error("versions are missing");
    });
  }
  f.page_rate = static_cast<double>(count) / seconds_since(start);

  std::vector<actor> actors;
  for (std::size_t i = 0; i < k_threads; ++i) actors.push_back(add_actor(db, 100 + i));
  std::atomic<std::size_t> pushes = 0;
  std::vector<std::thread> threads;
  start = steady::now();
  for (std::size_t t = 0; t < k_threads; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; seconds_since(start) < 2; ++i) {
        const std::size_t n = 1'000'000 * (t + 1) + i;
        const domain::version root = patient_root(n, actors[t], true);
        db.write([&](store::transaction& tx) {
          push(tx, actors[t], std::span(&root, 1), push_name(n));
        });
        ++pushes;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  f.single_rate = static_cast<double>(pushes) / seconds_since(start);
  return f;
}

void print(const char* name, const figures& f, bool last) {
  std::printf(
      "  \"%s\": {\"push_versions_per_s\": %.0f, \"push_cpu_us\": %.1f, \"page_versions_per_s\": "
      "%.0f, "
      "\"single_pushes_per_s\": %.0f}%s\n",
      name, f.batch_rate, f.batch_cpu, f.page_rate, f.single_rate, last ? "" : ",");
}

int run_all(std::size_t count, const std::string& url) {
  const temporary_folder folder("autocusto-bench");
  figures sqlite;
  rusage usage{};
  {
    const auto db = store::open_sqlite(folder.path().string(), true, false);
    sqlite = measure(*db, count);
    ::getrusage(RUSAGE_SELF, &usage);
  }
  std::optional<postgres_cluster> cluster;
  if (url.empty()) cluster.emplace(true);
  const auto db = store::open_postgres(url.empty() ? cluster->create_database() : url,
                                       static_cast<int>(k_threads));
  const figures postgres = measure(*db, count);
  const auto bytes = std::filesystem::file_size(folder / "store.sqlite");
  std::printf("{\n  \"versions\": %zu,\n", count);
  print("sqlite", sqlite, false);
  print("postgres", postgres, false);
  std::printf("  \"sqlite_file_bytes\": %ju,\n  \"sqlite_peak_kib\": %ld\n}\n",
              static_cast<std::uintmax_t>(bytes), usage.ru_maxrss);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace autocusto::test

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 10'000;
  if (count <= 0) {
    std::fprintf(stderr, "usage: store_bench [versions] [URL]\n");
    return 2;
  }
  return autocusto::test::run_all(static_cast<std::size_t>(count), argc > 2 ? argv[2] : "");
}
