// How quick the laptop's replica is: prints one JSON object. `replica_bench [records]`
//
// Everything is on the disk of the temporary folder, with synchronous=FULL, as in real use.
#include <chrono>
#include <cstdio>
#include <cstdlib>
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

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
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

std::vector<replica::checked_page> pages_of(const small_server& server, double& check_seconds,
                                            std::size_t& versions) {
  std::vector<replica::checked_page> out;
  wire::cursor at;
  const auto stranger = testing::nth<device_id>(9);
  for (bool more = true; more;) {
    auto page = server.page(at, stranger);
    more = page.more;
    versions += page.versions.size();
    check_seconds += seconds([&] {
      auto checked = replica::check_page(std::move(page), at);
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
  double save_all = 0;
  double outbox = 0;
  double receipt = 0;
  double store_push = 0;
  {
    laptop writer(server);
    std::vector<replica::edit> edits;
    for (std::uint32_t n = 0; n < count; ++n) edits.push_back(long_edit(n));
    save_all = seconds([&] {
      if (!writer->save_all(edits)) std::abort();
    });
    for (;;) {
      replica::outbox next;
      outbox += seconds([&] { next = writer->next_outbox(); });
      if (next.empty()) break;
      store_push += seconds([&] { writer.start_push(); });
      const auto pending = writer->current_push();
      const auto answer = server.push(pending->object, pending->request);
      receipt += seconds([&] {
        if (!writer->apply_receipt(answer)) std::abort();
      });
    }
  }
  double check = 0;
  std::size_t versions = 0;
  const auto pages = pages_of(server, check, versions);
  laptop reader(server);
  const double before = memory_mb("VmRSS:");
  const double apply = seconds([&] {
    for (const auto& page : pages) {
      const auto effect = reader->apply_page(page);
      if (!effect || !effect->applied) std::abort();
    }
  });
  std::size_t found = 0;
  const double list = seconds([&] { found = reader->list("patient")->size(); });
  const double search = seconds([&] { found += reader->search("patient", "conceicao")->size(); });
  const double show = seconds([&] {
    if (!reader->show("patient", cpf(7))) std::abort();
  });
  const double save_one = seconds([&] {
    if (!reader->save(set_field(cpf(7), "peso", "71"))) std::abort();
  });
  const double status = seconds([&] { found += reader->status().pending; });
  std::printf("{\n");
  report("records", count, "records");
  report("found", static_cast<double>(found), "records");
  report("save_all", save_all, "s");
  report("next_outbox", outbox, "s");
  report("store_push", store_push, "s");
  report("apply_receipt", receipt, "s");
  report("check_page", static_cast<double>(versions) / check, "versions/s");
  report("apply_page", static_cast<double>(versions) / apply, "versions/s");
  report("list", list * 1000, "ms");
  report("search", search * 1000, "ms");
  report("show", show * 1000, "ms");
  report("save_one", save_one * 1000, "ms");
  report("status", status * 1000, "ms");
  report("memory_grown", memory_mb("VmRSS:") - before, "MB");
  report("memory_peak", memory_mb("VmHWM:"), "MB", true);
  std::printf("}\n");
  return 0;
}
