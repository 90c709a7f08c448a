#include "client/print/reprint.hpp"

#include <algorithm>
#include <utility>

#include "client/pdf/print.hpp"
#include "client/print/issue.hpp"
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

error was_cancelled() {
  return fail(
      errc::invalid_field,
      "This emission was cancelled, so it is not printed again unless you ask for cancelled "
      "ones too.",
      "situacao");
}

error with_other_form() {
  return fail(errc::not_found,
              "The emission was printed with a form of the clinic that is not here; add the form "
              "first.",
              "modelo");
}

/// The templates that `form` names.
result<std::vector<pdf::chosen_template>> templates_of(std::string_view form,
                                                       const template_source& templates) {
  std::vector<pdf::chosen_template> out;
  if (form == k_own_form) return out;
  while (!form.empty()) {
    const auto comma = std::min(form.find(','), form.size());
    if (!templates) return with_other_form();
    auto one = templates(form.substr(0, comma));
    if (!one) return one.error();
    out.push_back(*std::move(one));
    form.remove_prefix(std::min(comma + 1, form.size()));
  }
  return out;
}

}  // namespace

result<reprinted> reprint(const replica::reader& reader, std::string_view emission,
                          const reference_source& catalogue, const template_source& templates,
                          bool cancelled_too) {
  const auto shown = reader.show("emission", emission);
  if (!shown) return shown.error();
  if (!cancelled_too && text_of(shown->fields, "situacao") == "cancelada") return was_cancelled();
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
  if (!documents) return drawn_otherwise();
  print_options how;
  auto forms = templates_of(made->form, templates);
  if (!forms) return forms.error();
  how.templates = *std::move(forms);
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
  std::string wanted(typed);
  const auto at = wanted.find('@');
  const auto from = wanted.begin() + static_cast<std::ptrdiff_t>(at == std::string::npos ? 0 : at);
  std::transform(from, wanted.end(), from,
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
  if (at != std::string::npos) return domain::lookup_key("emission", wanted);
  const auto all = reader.list("emission");
  if (!all) return all.error();
  const std::string* found = nullptr;
  for (const auto& one : *all) {
    if (wanted.size() < k_shortest_mark || !mark_of(one.key).starts_with(wanted)) continue;
    if (found != nullptr) {
      return fail(errc::ambiguous, "Several emissions begin like that; give more of the mark.");
    }
    found = &one.key;
  }
  if (found == nullptr) {
    return fail(errc::not_found,
                "There is no such emission here; the list of emissions shows all.");
  }
  return *found;
}

}  // namespace autocusto::printing
