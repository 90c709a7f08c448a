// How long printing takes and how large it gets; prints JSON. `--out FILE` keeps the last PDF to
// look at.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "client/pdf/print.hpp"
#include "client/pdf/template.hpp"
#include "tests/support/print_samples.hpp"

namespace {

using autocusto::pdf::print_request;

double milliseconds_of(const std::vector<print_request>& requests,
                       autocusto::pdf::print_result& out) {
  const auto begin = std::chrono::steady_clock::now();
  out = autocusto::pdf::print(requests);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  return took.count();
}

std::string file_text(const char* name) {
  std::ifstream in(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<print_request> one{autocusto::test::sample_request(6, 6)};
  std::string out_name;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--draft") one[0].draft = true;
    if (option == "--letters") one[0].documents.report = one[0].documents.exams = true;
    if (option == "--controlled") {
      for (auto& row : one[0].rows) row.controle = "C1";
    }
    if (option == "--out" && i + 1 < argc) out_name = argv[++i];
    if (option == "--lme-template" && i + 2 < argc) {
      const auto form = autocusto::pdf::form_template::load(file_text(argv[i + 1]),
                                                            autocusto::pdf::ready_map(argv[i + 2]));
      if (!form) {
        std::fprintf(stderr, "%s\n", form.error().message.c_str());
        return 1;
      }
      for (const auto& name : (*form)->unknown_fields())
        std::fprintf(stderr, "unknown: %s\n", name.c_str());
      for (const auto& name : (*form)->absent_fields())
        std::fprintf(stderr, "absent: %s\n", name.c_str());
      one[0].templates.push_back({autocusto::pdf::document_kind::lme, *form});
      i += 2;
    }
  }
  autocusto::pdf::print_result printed;
  const double first = milliseconds_of(one, printed);
  for (const auto& problem : printed.reports[0].problems) {
    std::fprintf(stderr, "%s\n", sentence(problem, autocusto::pdf::language::pt).c_str());
  }
  std::vector<double> times;
  for (int i = 0; i < 21; ++i) times.push_back(milliseconds_of(one, printed));
  std::sort(times.begin(), times.end());
  const auto bytes = printed.pdf.size();
  const auto pages = printed.pages;
  if (!out_name.empty()) std::ofstream(out_name, std::ios::binary) << printed.pdf;
  const std::vector<print_request> hundred(100, one[0]);
  const double batch = milliseconds_of(hundred, printed);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"first_ms\": %.1f, \"median_ms\": %.1f, \"pages\": %d, \"bytes\": %zu, \"batch_100_ms\": "
      "%.0f, "
      "\"batch_100_bytes\": %zu, \"batch_100_pages\": %d, \"max_rss_kib\": %ld}\n",
      first, times[10], pages, bytes, batch, printed.pdf.size(), printed.pages, usage.ru_maxrss);
  return 0;
}
