#include "client/print/renew.hpp"

#include <set>
#include <utility>

#include "client/pdf/print.hpp"

namespace autocusto::printing {
namespace {

error is_draft() {
  return fail(errc::invalid_field, "The process is a draft; publish it before it is renewed.",
              "processo");
}

/// A damaged record keeps the others from nothing.
result<drawn> draw_sound(const replica::reader& reader, const order& what,
                         const reference_source& catalogue, const std::string& used,
                         std::vector<problem>* why) {
  try {
    return draw(reader, what, catalogue, used, why);
  } catch (const error_exception& e) {
    if (e.get().code != errc::database) throw;
    return e.get();
  }
}

}  // namespace

renewal renew(const replica::reader& reader, std::span<const std::string> processes,
              const order& how, const reference_source& catalogue, const std::string& used) {
  renewal out;
  std::set<std::string> seen;
  std::vector<pdf::print_request> requests;
  for (const auto& process : processes) {
    if (!seen.insert(process).second) continue;
    order one = how;
    one.what.process = process;
    std::vector<problem> problems;
    auto page = draw_sound(reader, one, catalogue, used, &problems);
    if (page && page->draft) {
      out.refused.push_back({process, is_draft(), {}});
    } else if (!page) {
      out.refused.push_back({process, page.error(), std::move(problems)});
    } else if (seen.insert(page->made.process).second || page->made.process == process) {
      requests.push_back(page->request);
      out.printed.push_back(*std::move(page));
    }
  }
  if (requests.empty()) return out;
  auto paper = pdf::print(requests);
  out.pdf = std::move(paper.pdf);
  out.sha256 = std::move(paper.sha256);
  out.pages = paper.pages;
  return out;
}

}  // namespace autocusto::printing
