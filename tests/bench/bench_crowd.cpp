#include "tests/bench/bench_crowd.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <thread>

#include "client/transport/remote.hpp"
#include "shared/crypto/random.hpp"
#include "shared/domain/version.hpp"
#include "shared/wire/sign.hpp"
#include "tests/bench/bench_records.hpp"

namespace autocusto::bench {
namespace {

using steady = std::chrono::steady_clock;

/// Another seed for each client, apart from those of the laptops, so that all patients differ.
constexpr std::uint64_t k_first_seed = 1'000;

class client {
 public:
  client(const std::string& link, std::uint64_t seed)
      : seed_(seed),
        key_(crypto::signing_key::generate(crypto::system_random())),
        who_(transport::enroll(wire::decode_enrollment_link(link).value(), {"client", &key_})
                 .value()),
        server_(std::make_unique<transport::remote>(who_.address)) {
    static_cast<void>(server_->sign_in(who_.device, key_, std::nullopt).value());
  }

  void push_until(steady::time_point end) {
    while (steady::now() < end) {
      const auto request = next();
      const auto start = steady::now();
      const auto receipt = server_->push(transport::pack(request)).value();
      times_ms_.push_back(std::chrono::duration<double, std::milli>(steady::now() - start).count());
      if (receipt.results.front().outcome != wire::push_outcome::accepted) {
        throw std::runtime_error("a push was not accepted");
      }
      last_ = receipt.id;
    }
  }

  [[nodiscard]] const std::vector<double>& times_ms() const { return times_ms_; }

 private:
  /// A push of a patient whom nobody has registered yet.
  wire::push_request next() {
    auto person = patient(seed_, times_ms_.size());
    domain::version_header header;
    header.record = {"patient",
                     domain::make_record_id(who_.tenant_key.view(), "patient", person.key)};
    header.author = who_.user;
    header.device = who_.device;
    header.created_at = format_time(system_clock_source().now());
    domain::version_payload payload;
    payload.key = std::move(person.key);
    payload.salt = crypto::system_random().make<salt128>();
    payload.summary = k_summary;
    payload.fields = std::move(person.fields);
    auto made = domain::make_version(std::move(header), std::move(payload));
    wire::push_object object;
    object.server = who_.server;
    object.device = who_.device;
    object.actor = who_.user;
    object.id = crypto::system_random().make<push_id>();
    object.prev_push = last_;
    object.versions = {made.id};
    wire::push_request request;
    request.object = wire::sign_canonical(key_, "push", wire::encode_object(object));
    request.versions.push_back({.raw = std::move(made.raw), .incarnation = {}, .proof = {}});
    return request;
  }

  std::uint64_t seed_;
  crypto::signing_key key_;
  transport::enrollment who_;
  std::unique_ptr<transport::remote> server_;
  std::optional<push_id> last_;
  std::vector<double> times_ms_;
};

}  // namespace

double quantile(std::vector<double> values, double share) {
  const auto last = static_cast<double>(values.size() - 1);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * last + 0.5);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

crowd_figures push_singly(const std::vector<std::string>& links, double seconds) {
  std::vector<std::unique_ptr<client>> clients;
  for (const auto& link : links) {
    clients.push_back(std::make_unique<client>(link, k_first_seed + clients.size()));
  }
  const auto start = steady::now();
  const auto end =
      start + std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(seconds));
  std::vector<std::exception_ptr> thrown(clients.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    threads.emplace_back([&one = *clients[i], &why = thrown[i], end] {
      try {
        one.push_until(end);
      } catch (...) {
        why = std::current_exception();
      }
    });
  }
  for (auto& each : threads) each.join();
  crowd_figures figures;
  figures.seconds = std::chrono::duration<double>(steady::now() - start).count();
  for (const auto& why : thrown) {
    if (why) std::rethrow_exception(why);
  }
  std::vector<double> all;
  for (const auto& each : clients) {
    all.insert(all.end(), each->times_ms().begin(), each->times_ms().end());
  }
  if (all.empty()) throw std::runtime_error("no client pushed anything");
  figures.requests = all.size();
  figures.p50_ms = quantile(all, 0.5);
  figures.p99_ms = quantile(all, 0.99);
  return figures;
}

}  // namespace autocusto::bench
