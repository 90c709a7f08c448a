#include "client/print/issue.hpp"

#include <utility>

#include "client/pdf/print.hpp"
#include "client/print/process_acts.hpp"

namespace autocusto::printing {
result<resolved> check(const replica::reader& reader, const order& what,
                       const reference_source& catalogue, const std::string& used) {
  const auto found = gather(reader, what.what, used);
  if (!found) return found.error();
  return resolve(found->from, what.how, catalogue);
}

result<drawn> draw(const replica::reader& reader, const order& what,
                   const reference_source& catalogue, const std::string& used,
                   std::vector<problem>* why) {
  auto found = gather(reader, what.what, used);
  if (!found) return found.error();
  if (const auto agreed = check_agreement(found->from); !agreed) return agreed.error();
  auto how = what.how;
  how.accept_draft = true;
  auto ready = resolve(found->from, how, catalogue);
  if (!ready.problems.empty()) {
    if (why != nullptr) *why = std::move(ready.problems);
    return fail(errc::invalid_field,
                "The process cannot be printed yet; correct what is listed and print again.");
  }
  auto paper = pdf::print(std::span(&ready.request, 1));
  drawn out;
  out.made = std::move(found->made);
  out.draft = ready.request.draft;
  out.made.catalogue = catalogue.revision();
  out.made.form = what.form;
  out.made.start = ready.request.start;
  out.made.months = ready.request.months;
  out.made.dates = ready.request.dates;
  out.made.documents = documents_text(ready.request.documents);
  out.made.pdf_sha256 = paper.sha256;
  out.pdf = std::move(paper.pdf);
  out.pages = paper.pages;
  out.documents = std::move(paper.reports.front().documents);
  out.warnings = std::move(ready.warnings);
  out.request = std::move(ready.request);
  return out;
}

result<std::vector<recorded>> record(const replica::reader& reader, replica::editor& editor,
                                     std::span<const drawn> all) {
  std::vector<recorded> out;
  std::vector<replica::edit> edits;
  for (const auto& one : all) {
    auto& done = out.emplace_back();
    if (one.draft) continue;
    done.emission = emission_key(one.made);
    const auto here = reader.show("emission", done.emission);
    if (here) continue;
    if (here.error().code != errc::not_found) return here.error();
    done.created = true;
    replica::edit edit;
    edit.kind = "emission";
    edit.key = done.emission;
    edit.fields = emission_fields(one.made, one.pages, one.request.rows);
    edit.expect = replica::edit::start{};
    edits.push_back(std::move(edit));
  }
  if (edits.empty()) return out;
  const auto saved = editor.save_all(edits);
  if (!saved) return without_line(saved.error());
  return out;
}

}  // namespace autocusto::printing
