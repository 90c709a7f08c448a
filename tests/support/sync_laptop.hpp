#pragma once
// A laptop in a test's process: a real replica, the real sync, and a line to the server that loses
// and repeats answers as the test says. One thread, but `stop`.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "client/replica/edit/editor.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "client/replica/read/reader.hpp"
#include "client/replica/replica.hpp"
#include "client/replica/sync/sync_store.hpp"
#include "client/sync/enrollment.hpp"
#include "client/sync/sync_runner.hpp"
#include "client/transport/foreign.hpp"
#include "client/transport/remote.hpp"
#include "shared/crypto/random.hpp"
#include "tests/support/replica_state.hpp"

namespace autocusto::test {

enum class mishap {
  none,
  lost_request,  ///< the server never sees it
  lost_answer,   ///< the server has done it, nobody hears of it
  repeated,      ///< the server gets it twice, the second answer arrives
};

/// Passes calls on, with mishaps on the way.
class lossy_line final : public transport::remote_api {
 public:
  explicit lossy_line(transport::remote& behind) : behind_(behind) {}

  std::function<mishap()> next = [] { return mishap::none; };
  int calls = 0;
  int catalogues = 0;            ///< of those calls, for a catalogue
  bool forge_catalogue = false;  ///< answers none that the server has signed
  /// A proxy on the way answers larger pushes with 413.
  std::size_t body_limit = std::numeric_limits<std::size_t>::max();
  std::size_t largest = 0;  ///< body of a push so far
  int refused = 0;          ///< pushes refused for their size

  [[nodiscard]] bool has_session() const override { return behind_.has_session(); }
  [[nodiscard]] transport::answer<wire::challenge_answer> challenge(
      const device_id& device) override {
    return pass<wire::challenge_answer>([&] { return behind_.challenge(device); });
  }
  [[nodiscard]] transport::answer<wire::session_answer> open_session(
      const wire::signed_object& proof) override {
    return pass<wire::session_answer>([&] { return behind_.open_session(proof); });
  }
  [[nodiscard]] ::autocusto::engine::learned last_learned() const override {
    return behind_.last_learned();
  }
  [[nodiscard]] transport::answer<wire::push_receipt> push(
      const transport::packed_push& request) override {
    largest = std::max(largest, request.body.size());
    if (request.body.size() > body_limit) {
      http::response page;
      page.status = 413;
      page.content_type = "text/html";
      page.body = "<html>too large";
      page.headers = {{"server", "nginx"}};
      ++refused;
      return transport::failure{*transport::foreign_answer(page, request.body.size()), {}};
    }
    return pass<wire::push_receipt>([&] { return behind_.push(request); });
  }
  [[nodiscard]] transport::answer<wire::push_receipt> surrender(
      const transport::packed_push& request) override {
    return pass<wire::push_receipt>([&] { return behind_.surrender(request); });
  }
  /// A server of before does not know the question.
  bool knows_receipts = true;
  int receipts = 0;  ///< asked for
  [[nodiscard]] transport::answer<wire::push_receipt> receipt(const push_id& id) override {
    ++receipts;
    if (!knows_receipts) return transport::failure{fail(errc::not_found, "No such path."), {}};
    return pass<wire::push_receipt>([&] { return behind_.receipt(id); });
  }
  [[nodiscard]] transport::answer<wire::erasure_answer> send_erasure(
      const wire::signed_object& receipt) override {
    return pass<wire::erasure_answer>([&] { return behind_.send_erasure(receipt); });
  }
  [[nodiscard]] transport::answer<std::vector<version_id>> missing(
      const std::vector<version_id>& held) override {
    return pass<std::vector<version_id>>([&] { return behind_.missing(held); });
  }
  [[nodiscard]] transport::answer<wire::page> changes(const wire::cursor& from, std::int64_t limit,
                                                      int wait_seconds,
                                                      std::optional<std::int64_t> unsent_seconds,
                                                      bool own) override {
    const auto most = std::min<std::int64_t>(limit, page_limit);
    return pass<wire::page>(
        [&] { return behind_.changes(from, most, wait_seconds, unsent_seconds, own); });
  }
  [[nodiscard]] transport::answer<std::optional<::autocusto::engine::fetched_catalogue>> catalogue(
      const std::optional<hash256>& have) override {
    ++catalogues;
    if (forge_catalogue) return transport::failure{fail(errc::untrusted_server, "Forged."), {}};
    return pass<std::optional<::autocusto::engine::fetched_catalogue>>(
        [&] { return behind_.catalogue(have); });
  }
  void interrupt() noexcept override { behind_.interrupt(); }
  void clear_interrupt() override { behind_.clear_interrupt(); }

  std::int64_t page_limit = 1000;

 private:
  template <class T, class Call>
  transport::answer<T> pass(Call call) {
    ++calls;
    const transport::failure gone{.what = fail(errc::unreachable, "The line is cut."),
                                  .last_push = {}};
    const auto what = next();
    if (what == mishap::lost_request) return gone;
    auto answered = call();
    if (what == mishap::lost_answer) return gone;
    if (what == mishap::repeated) return call();
    return answered;
  }

  transport::remote& behind_;
};

class sync_laptop {
 public:
  /// Enrolls with a link whose server listens at that port.
  sync_laptop(std::string folder, const std::string& link, std::uint16_t listens_at,
              const std::string& name = "laptop")
      : home(std::move(folder)),
        replica(replica::replica_store::create(home, "senha", environment()).value()) {
    auto redeemed = wire::decode_enrollment_link(link).value();
    redeemed.port = listens_at;
    const auto key = replica->identity().device_key();
    auto got = transport::enroll(redeemed, {name, &key}).value();
    const auto who = ::autocusto::engine::identity_of(got, name);
    replica->identity().enroll(who, got.tenant_key).value();
    connect();
  }
  /// Opens a folder that is enrolled already; its server listens at that port now (0: as it was).
  explicit sync_laptop(std::string folder, std::uint16_t listens_at = 0)
      : home(std::move(folder)),
        replica(replica::replica_store::open(home, "senha", environment()).value()) {
    connect(listens_at);
  }

  static replica::environment environment() {
    return {.clock = system_clock_source(), .random = crypto::system_random()};
  }

  ::autocusto::engine::run_result sync(::autocusto::engine::run_options options = {}) {
    ::autocusto::engine::sync_runner once(*port, *line, crypto::system_random());
    return once.run(options);
  }

  replica::saved save(const std::string& key, const std::string& name) {
    replica::edit what;
    what.kind = "patient";
    what.key = key;
    what.fields = {{"nome_paciente", name}, {"nome_mae", "Maria"}, {"end_paciente", "Rua A, 1"}};
    return replica->edit().save(what).value();
  }

  /// The first `count` synthetic patients, in one transaction; answers their versions.
  std::set<version_id> save_many(int count);

  std::string home;
  std::unique_ptr<replica::replica_store> replica;
  std::unique_ptr<transport::remote> server;
  std::unique_ptr<lossy_line> line;
  std::unique_ptr<replica::sync_store> port;

 private:
  void connect(std::uint16_t listens_at = 0) {
    auto address = ::autocusto::engine::address_of(replica->identity()).value();
    if (listens_at != 0) address.port = listens_at;
    server = std::make_unique<transport::remote>(address);
    line = std::make_unique<lossy_line>(*server);
    port = std::make_unique<replica::sync_store>(replica->file());
  }
};

/// The n-th synthetic CPF with valid check digits.
[[nodiscard]] inline std::string nth_cpf(int n) {
  std::string digits = std::to_string(100'000'000 + n * 7);
  for (const std::size_t length : {9U, 10U}) {
    int sum = 0;
    for (std::size_t i = 0; i < length; ++i) {
      sum += (digits[i] - '0') * static_cast<int>(length + 1 - i);
    }
    const int rest = sum * 10 % 11 % 10;
    digits.push_back(static_cast<char>('0' + rest));
  }
  return digits;
}

inline std::set<version_id> sync_laptop::save_many(int count) {
  std::vector<replica::edit> lines(static_cast<std::size_t>(count));
  for (int n = 0; n < count; ++n) {
    auto& edit = lines[static_cast<std::size_t>(n)];
    edit.kind = "patient";
    edit.key = nth_cpf(n);
    edit.fields = {{"nome_paciente", "Paciente " + std::to_string(n)},
                   {"nome_mae", "Maria"},
                   {"end_paciente", "Rua A, 1"}};
  }
  std::set<version_id> made;
  for (const auto& one : replica->edit().save_all(lines).value()) made.insert(one.version);
  return made;
}

inline void expect_ok(const autocusto::engine::run_result& r) {
  EXPECT_FALSE(r.how.why) << code_name(r.how.why->code) << ": " << r.how.why->message;
}

inline errc why(const autocusto::engine::run_result& r) {
  return r.how.why ? r.how.why->code : errc::usage;
}

/// Every visible version of every patient.
inline std::set<version_id> everything(sync_laptop& at) {
  std::set<version_id> all;
  for (const auto& item : at.replica->read().list("patient").value()) {
    for (const auto& v : at.replica->read().history("patient", item.key).value()) all.insert(v.id);
  }
  return all;
}

}  // namespace autocusto::test
