// What synchronising costs the server, without HTTP and TLS: new root versions of about 700 bytes
// of JSON pushed in batches of 1,000, edits of them, then the same read as pages, then verify.
// Prints one JSON object; rates are versions per second of processor time of this program (all its
// threads), and beside them, for pushes, per second of wall clock, on the embedded database.
//
//   sync_bench [versions]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "server/sync/candidate.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sync_world.hpp"

namespace autocusto::test {
namespace {

using steady = std::chrono::steady_clock;
constexpr std::size_t k_batch = 1'000;

class stopwatch {
 public:
  template <class Work>
  void run(Work&& work) {
    const auto start = steady::now();
    const auto cpu = std::clock();
    work();
    cpu_ += static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
    wall_ += std::chrono::duration<double>(steady::now() - start).count();
  }
  [[nodiscard]] double rate(std::size_t count) const { return static_cast<double>(count) / cpu_; }
  [[nodiscard]] double wall_rate(std::size_t count) const {
    return static_cast<double>(count) / wall_;
  }

 private:
  double wall_ = 0;
  double cpu_ = 0;
};

testing::version_builder large_patient(std::size_t n) {
  auto b = testing::a_patient(nth_cpf(n));
  b.with("email_paciente", "paciente@exemplo.com.br").with("telefone1_paciente", "11 98765-4321");
  b.with("peso", "70").with("altura", "170").with("cidade_paciente", "São Paulo");
  b.with("cep_paciente", "01310-100").with("etnia", "etnia_parda").with("idade", "47");
  return b.salt(n);
}

void push_all(sync_world& world, sync_device& device, const std::vector<domain::version>& all,
              stopwatch& whole, stopwatch& decoding) {
  for (std::size_t from = 0; from < all.size(); from += k_batch) {
    const std::size_t to = std::min(all.size(), from + k_batch);
    const std::vector<domain::version> batch(all.begin() + static_cast<std::ptrdiff_t>(from),
                                             all.begin() + static_cast<std::ptrdiff_t>(to));
    push_options options;
    options.id = world.random->make<push_id>();
    const auto body = world.push_body(device, batch, options);
    decoding.run([&] {
      auto request = wire::decode_push_request(body).value();
      for (auto& v : request.versions) {
        static_cast<void>(sync::examine(std::move(v.raw), world.keys.tenant_key));
      }
    });
    sync::push_answer answer;
    whole.run([&] { answer = world.pushes.push(device.who, body); });
    if (words(world.lines(answer)).find('_') != std::string::npos) std::abort();
    device.last_push = options.id;
  }
}

void measure(std::size_t count) {
  const temporary_folder folder("autocusto-sync-bench");
  sync_world world(store::open_sqlite(folder.path().string(), true, false));
  const auto user = world.add_user("ana@example.org");
  auto laptop = world.add_device(user, "laptop");
  const auto tablet = world.add_device(user, "tablet");
  std::vector<domain::version> roots;
  std::vector<domain::version> edits;
  for (std::size_t n = 0; n < count; ++n) {
    roots.push_back(laptop.version(large_patient(n)));
    edits.push_back(laptop.version(large_patient(n).after({&roots.back()}).with("peso", "71")));
  }
  stopwatch root_push, edit_push, decoding, pages, encoding, verifying;
  push_all(world, laptop, roots, root_push, decoding);
  push_all(world, laptop, edits, edit_push, decoding);
  wire::cursor at;
  std::size_t bytes = 0;
  std::size_t carried = 0;
  for (bool more = true; more;) {
    wire::page page;
    pages.run([&] { page = world.changes.changes(tablet.who, at, 1000).value(); });
    encoding.run([&] { bytes += wire::encode(page).size(); });
    carried += page.versions.size();
    at = page.next;
    more = page.more;
  }
  sync::verify_report report;
  verifying.run([&] { report = world.verify(); });
  if (!report.clean() || carried < 2 * count) std::abort();
  std::printf(
      "{\"versions\":%zu,\"decode_and_check_per_s\":%.0f,\"push_roots_per_s\":%.0f,"
      "\"push_edits_per_s\":%.0f,\"push_roots_per_wall_s\":%.0f,\"page_per_s\":%.0f,"
      "\"encode_page_per_s\":%.0f,\"verify_per_s\":%.0f,\"page_bytes\":%zu}\n",
      2 * count, decoding.rate(2 * count), root_push.rate(count), edit_push.rate(count),
      root_push.wall_rate(count), pages.rate(carried), encoding.rate(carried),
      verifying.rate(2 * count), bytes);
}

}  // namespace

void run_sync_bench(std::size_t count) {
  measure(count);
}

}  // namespace autocusto::test

int main(int argc, char** argv) {
  autocusto::test::run_sync_bench(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10'000);
}
