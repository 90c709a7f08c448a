// How quick the laptop's replica is: prints one JSON object. `replica_bench [records]`
//
// Everything is on the disk of the temporary folder, with synchronous=FULL, as in real use.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/domain_builders.hpp"
#include "tests/support/replica_support.hpp"

namespace {

using namespace autocusto;
using namespace autocusto::test;

/// Wall time, which waits for the disk and for other programs, and the processor's time.
struct spent {
  double wall = 0;
  double cpu = 0;
  spent& operator+=(const spent& more) {
    wall += more.wall;
    cpu += more.cpu;
    return *this;
  }
};

spent seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  const auto cpu_start = std::clock();
  work();
  return {.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          .cpu = static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC};
}

/// Resident memory in MB: now, or the most there ever was.
double memory_mb(const std::string& line) {
  std::ifstream in("/proc/self/status");
  for (std::string text; std::getline(in, text);) {
    if (text.starts_with(line)) return std::strtod(text.c_str() + line.size() + 1, nullptr) / 1024;
  }
  return 0;
}

replica::edit long_edit(std::uint32_t n) {
  auto e = patient_edit(cpf(n), "Antônia Conceição Número " + std::to_string(n));
  e.fields["cidade_paciente"] = std::string("Santana do Livramento");
  e.fields["rg"] = std::string("MG-12.345.678");
  e.fields["email_paciente"] = "paciente" + std::to_string(n) + "@exemplo.teste";
  return e;
}

void report(const char* what, double value, const char* unit, bool last = false) {
  std::printf("  \"%s\": {\"value\": %.3f, \"unit\": \"%s\"}%s\n", what, value, unit,
              last ? "" : ",");
}

void report(const char* what, const spent& time) {
  std::printf("  \"%s\": {\"ms\": %.3f, \"cpu_ms\": %.3f},\n", what, time.wall * 1000,
              time.cpu * 1000);
}

void report(const char* what, const spent& time, std::size_t versions) {
  const auto count = static_cast<double>(versions);
  std::printf("  \"%s\": {\"per_second\": %.0f, \"per_cpu_second\": %.0f},\n", what,
              count / time.wall, count / time.cpu);
}

std::vector<engine::checked_page> pages_of(const small_server& server, spent& check_seconds,
                                           std::size_t& versions) {
  std::vector<engine::checked_page> out;
  wire::cursor at;
  const auto stranger = testing::nth<device_id>(9);
  for (bool more = true; more;) {
    auto page = server.page(at, stranger);
    more = page.more;
    versions += page.versions.size();
    check_seconds += seconds([&] {
      auto checked = engine::check_page(std::move(page), at);
      if (!checked) std::abort();
      out.push_back(*std::move(checked));
    });
    at = out.back().page.next;
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const auto count = static_cast<std::uint32_t>(argc > 1 ? std::atoi(argv[1]) : 10'000);
  small_server server;
  spent save_all;
  spent outbox;
  spent receipt;
  spent store_push;
  spent own;
  {
    laptop writer(server);
    std::vector<replica::edit> edits;
    for (std::uint32_t n = 0; n < count; ++n) edits.push_back(long_edit(n));
    save_all = seconds([&] {
      if (!writer->edit().save_all(edits)) std::abort();
    });
    for (;;) {
      replica::outbox next;
      outbox += seconds([&] { next = writer->sync().next_outbox(); });
      if (next.empty()) break;
      store_push += seconds([&] { writer.start_push(); });
      const auto pending = writer->sync().inflight_push();
      const auto answer = server.push(pending->object, pending->request);
      receipt += seconds([&] {
        if (!writer->sync().apply_receipt(answer)) std::abort();
      });
    }
    own = seconds([&] {
      if (!writer.pull()) std::abort();
    });
  }
  spent check;
  std::size_t versions = 0;
  const auto pages = pages_of(server, check, versions);
  laptop reader(server);
  const double before = memory_mb("VmRSS:");
  const spent apply = seconds([&] {
    for (const auto& page : pages) {
      const auto effect = reader->sync().apply_page(page);
      if (!effect || !effect->applied) std::abort();
    }
  });
  std::size_t found = 0;
  const spent list = seconds([&] { found = reader->read().list("patient")->size(); });
  const spent search =
      seconds([&] { found += reader->read().search("patient", "conceicao")->size(); });
  const spent show = seconds([&] {
    if (!reader->read().show("patient", cpf(7))) std::abort();
  });
  const spent save_one = seconds([&] {
    if (!reader->edit().save(set_field(cpf(7), "peso", "71"))) std::abort();
  });
  const spent status = seconds([&] { found += reader->read().status().pending; });
  std::printf("{\n");
  report("records", count, "records");
  report("found", static_cast<double>(found), "records");
  report("save_all", save_all);
  report("next_outbox", outbox);
  report("store_push", store_push);
  report("apply_receipt", receipt);
  report("pull_own", own, count);
  report("check_page", check, versions);
  report("apply_page", apply, versions);
  report("list", list);
  report("search", search);
  report("show", show);
  report("save_one", save_one);
  report("status", status);
  report("memory_grown", memory_mb("VmRSS:") - before, "MB");
  report("memory_peak", memory_mb("VmHWM:"), "MB", true);
  std::printf("}\n");
  return 0;
}
