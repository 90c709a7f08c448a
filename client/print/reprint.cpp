#include "client/print/reprint.hpp"

#include <utility>

#include "client/pdf/print.hpp"
#include "client/print/sources.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::printing {
namespace {

constexpr std::size_t k_shortest_mark = 4;

error drawn_otherwise() {
  return fail(errc::hash_mismatch,
              "This program would draw the emission differently than it was issued (another "
              "release, or another catalogue), so nothing was printed; print the process anew.",
              "pdf_sha256");
}

}  // namespace

result<reprinted> reprint(const replica::reader& reader, std::string_view emission,
                          const reference_source& catalogue) {
  const auto shown = reader.show("emission", emission);
  if (!shown) return shown.error();
  const auto made = pins_of(shown->key, shown->fields);
  if (!made) return made.error();
  const auto found = gather_pinned(reader, *made);
  if (!found) {
    if (found.error().code != errc::not_found) return found.error();
    return fail(errc::not_found,
                "A version that this emission was made of is not here any more, so it cannot be "
                "printed again.");
  }
  const auto documents = documents_from(made->documents);
  if (!documents || made->form != "lme") return drawn_otherwise();
  print_options how;
  how.start = made->start;
  how.months = made->months;
  how.dates = made->dates;
  how.documents = *documents;
  how.allow = {allowance::retired, allowance::maximum};
  auto ready = resolve(found->from, how, catalogue);
  if (!ready.problems.empty()) return drawn_otherwise();
  auto paper = pdf::print(std::span(&ready.request, 1));
  if (paper.sha256 != made->pdf_sha256) return drawn_otherwise();
  return reprinted{shown->key, std::move(paper.pdf), std::move(paper.sha256), paper.pages};
}

result<std::string> find_emission(const replica::reader& reader, std::string_view typed) {
  if (typed.find('@') != std::string_view::npos) {
    return domain::lookup_key("emission", typed);
  }
  const auto all = reader.list("emission");
  if (!all) return all.error();
  const std::string* found = nullptr;
  for (const auto& one : *all) {
    if (typed.size() < k_shortest_mark || !mark_of(one.key).starts_with(typed)) continue;
    if (found != nullptr) {
      return fail(errc::ambiguous, "Several emissions begin like that; give more of the mark.");
    }
    found = &one.key;
  }
  if (found == nullptr) {
    return fail(errc::not_found,
                "There is no such emission here; `autocusto emission list` shows "
                "all.");
  }
  return *found;
}

}  // namespace autocusto::printing
