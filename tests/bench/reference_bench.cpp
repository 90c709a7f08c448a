// How long the catalogue takes to be ready, and to answer while somebody types; prints JSON. Of the
// one that is compiled in, and of one as large as a catalogue may be.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "shared/reference/index.hpp"
#include "shared/reference/starting.hpp"

namespace {

using namespace autocusto;

constexpr const char* k_words[] = {"Fingolimode", "Metotrexato", "Azatioprina",   "Lamotrigina",
                                   "Esclerose",   "Múltipla",    "Epilepsia",     "Artrite",
                                   "Crônica",     "Reumatóide",  "Insuficiência", "Hepática"};

std::string number(std::size_t n, std::size_t digits) {
  auto out = std::to_string(n);
  return std::string(digits - std::min(digits, out.size()), '0') + out;
}

/// Names of four words and a strength, none twice.
std::string name_of(std::size_t n) {
  std::string out;
  for (std::size_t i = 0, left = n; i < 4; ++i, left /= 5) {
    out += std::string(k_words[(left * 7 + i) % std::size(k_words)]) + ' ';
  }
  return out + std::to_string(n) + " mg";
}

reference::catalogue large() {
  reference::catalogue out;
  out.revision = 1;
  out.valid_from = "2026-08-01";
  for (std::size_t n = 0; n < 20'000; ++n) {
    const auto cid = std::string(1, static_cast<char>('A' + n / 1000)) + number(n / 10 % 100, 2) +
                     '.' + std::to_string(n % 10);
    if (!out.diseases.empty() && out.diseases.back().cid == cid) continue;
    out.diseases.push_back({cid, name_of(n)});
  }
  for (std::size_t n = 0; n < reference::k_most_medicines; ++n) {
    auto& one = out.medicines.emplace_back();
    one.code = number(n, 10);
    one.name = one.print_name = name_of(n);
    for (std::size_t i = 0; i < 10; ++i) {
      one.cids.push_back(out.diseases[(n * 10 + i) % out.diseases.size()].cid);
    }
  }
  reference::sort_catalogue(out);
  return out;
}

double milliseconds(const std::chrono::steady_clock::time_point& begin) {
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  return took.count();
}

void measure(const char* name, reference::catalogue of) {
  const auto medicines = of.medicines.size();
  const auto diseases = of.diseases.size();
  const auto begin = std::chrono::steady_clock::now();
  const reference::catalogue_index index(std::move(of));
  const double ready = milliseconds(begin);
  std::vector<double> times;
  for (const std::string typed : {"fingolimode multipla 5 mg", "insuf hepatica", "metotrexato",
                                  "060408", "g40", "mg", "nada que exista"}) {
    for (std::size_t size = 1; size <= typed.size(); ++size) {
      const auto stroke = std::chrono::steady_clock::now();
      const auto found = index.search(typed.substr(0, size), 20);
      times.push_back(milliseconds(stroke));
      if (found.medicines.size() > 20) std::abort();
    }
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "\"%s\": {\"medicines\": %zu, \"diseases\": %zu, \"ready_ms\": %.2f, "
      "\"key_stroke_median_ms\": "
      "%.3f, \"key_stroke_worst_ms\": %.3f}",
      name, medicines, diseases, ready, times[times.size() / 2], times.back());
}

}  // namespace

int main() {
  std::printf("{");
  measure("starting", autocusto::reference::starting_catalogue());
  std::printf(", ");
  measure("largest", large());
  std::printf("}\n");
  return 0;
}
