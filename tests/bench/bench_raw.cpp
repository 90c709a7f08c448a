#include "tests/bench/bench_raw.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include <libpq-fe.h>

#include "shared/base/bytes.hpp"
#include "shared/crypto/random.hpp"
#include "shared/domain/version.hpp"
#include "shared/sqlite/database.hpp"
#include "shared/sqlite/transaction.hpp"
#include "tests/bench/bench_crowd.hpp"
#include "tests/bench/bench_records.hpp"

namespace autocusto::bench {
namespace {

using steady = std::chrono::steady_clock;

struct row {
  version_id id;
  domain::version_bytes raw;
};
using rows = std::vector<row>;

rows make_rows(std::uint64_t seed, std::size_t count) {
  auto& random = crypto::system_random();
  const std::string tenant_key = random.bytes(32);
  const auto author = random.make<user_id>();
  const auto device = random.make<device_id>();
  rows all;
  for (std::size_t n = 0; n < count; ++n) {
    auto person = patient(seed, n);
    domain::version_header header;
    header.record = {"patient", domain::make_record_id(tenant_key, "patient", person.key)};
    header.author = author;
    header.device = device;
    header.created_at = format_time(system_clock_source().now());
    domain::version_payload payload;
    payload.key = std::move(person.key);
    payload.salt = random.make<salt128>();
    payload.summary = k_summary;
    payload.fields = std::move(person.fields);
    auto made = domain::make_version(std::move(header), std::move(payload));
    all.push_back({made.id, std::move(made.raw)});
  }
  return all;
}

double ms_of(const std::function<void()>& work) {
  const auto start = steady::now();
  work();
  return std::chrono::duration<double, std::milli>(steady::now() - start).count();
}

/// Writes all rows at once, then by ten, then singly, with fresh rows each time.
raw_figures measure(std::size_t count, std::size_t repeats,
                    const std::function<void(std::span<const row>)>& insert) {
  raw_figures f;
  const rows bulk = make_rows(1, count);
  f.bulk_s = ms_of([&] { insert(bulk); }) / 1000;
  const rows more = make_rows(2, 11 * repeats);
  std::span<const row> rest(more);
  std::vector<double> ten;
  std::vector<double> single;
  for (std::size_t i = 0; i < repeats; ++i) {
    ten.push_back(ms_of([&] { insert(rest.first(10)); }));
    single.push_back(ms_of([&] { insert(rest.subspan(10, 1)); }));
    rest = rest.subspan(11);
  }
  f.ten_ms = quantile(ten, 0.5);
  f.single_ms = quantile(single, 0.5);
  return f;
}

using result_ptr = std::unique_ptr<PGresult, decltype(&PQclear)>;

void expect(PGconn* connection, PGresult* result) {
  const result_ptr owned(result, &PQclear);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) {
    throw std::runtime_error(PQerrorMessage(connection));
  }
}

/// A text array of bytea values: {"\\x…","\\x…"}.
std::string array_of(std::span<const row> all, std::string_view (*bytes)(const row&)) {
  std::string text = "{";
  for (const row& each : all) {
    if (text.size() > 1) text += ',';
    text += "\"\\\\x" + to_hex(bytes(each)) + '"';
  }
  return text + '}';
}

void insert_unnested(PGconn* connection, std::span<const row> all) {
  const std::array<std::string, 3> arrays{
      array_of(all, [](const row& r) { return r.id.raw(); }),
      array_of(all, [](const row& r) -> std::string_view { return r.raw.header; }),
      array_of(all, [](const row& r) -> std::string_view { return r.raw.payload; })};
  const std::array<const char*, 3> values{arrays[0].c_str(), arrays[1].c_str(), arrays[2].c_str()};
  expect(connection, PQexecParams(connection,
                                  "INSERT INTO raw_row (id, header, payload) SELECT * FROM "
                                  "unnest($1::bytea[], $2::bytea[], $3::bytea[])",
                                  3, nullptr, values.data(), nullptr, nullptr, 0));
}

}  // namespace

raw_figures raw_sqlite(const std::string& folder, std::size_t count, std::size_t repeats) {
  sqlite::open_options options;
  options.mode = sqlite::open_mode::create;
  sqlite::database db(folder + "/raw.sqlite", options);
  db.execute(
      "CREATE TABLE raw_row (pk INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, header BLOB NOT "
      "NULL, payload BLOB NOT NULL) STRICT");
  return measure(count, repeats, [&db](std::span<const row> all) {
    sqlite::transaction writing(db);
    for (const row& each : all) {
      auto insert = db.ask("INSERT INTO raw_row (id, header, payload) VALUES (?, ?, ?)");
      insert->bind_blob_static(1, each.id.raw());
      insert->bind_blob_static(2, each.raw.header);
      insert->bind_blob_static(3, each.raw.payload);
      insert->run();
    }
    writing.commit();
  });
}

raw_figures raw_postgres(const std::string& url, std::size_t count, std::size_t repeats) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()),
                                                                &PQfinish);
  expect(connection.get(),
         PQexec(connection.get(),
                "CREATE TABLE raw_row (pk bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
                "id bytea NOT NULL UNIQUE, header bytea NOT NULL, payload bytea NOT NULL)"));
  return measure(count, repeats,
                 [&](std::span<const row> all) { insert_unnested(connection.get(), all); });
}

record_size size_of_records() {
  const rows sample = make_rows(1, 1'000);
  record_size size;
  for (const row& each : sample) {
    size.header += each.raw.header.size();
    size.payload += each.raw.payload.size();
  }
  size.header /= sample.size();
  size.payload /= sample.size();
  return size;
}

}  // namespace autocusto::bench
