#include "client/print/issue.hpp"

#include <utility>

#include "client/pdf/print.hpp"
#include "client/print/process_acts.hpp"

namespace autocusto::printing {
namespace {

/// A cancelled emission does not count, so its paper must not go out a second time as if it did.
std::optional<problem> cancelled_before(const replica::reader& reader, const drawn& what) {
  if (what.draft) return std::nullopt;
  const auto key = emission_key(what.made);
  const auto here = reader.show("emission", key);
  if (!here || text_of(here->fields, "situacao") != "cancelada") return std::nullopt;
  const auto mark = mark_of(key);
  return problem{"cancelled", "", "situacao",
                 "Este mesmo documento foi emitido e cancelado (emissão " + mark +
                     "); volte a situação dela para emitida, ou mude o processo ou a data.",
                 "This very paper was issued and cancelled (emission " + mark +
                     "); set its state back to emitida, or change the process or the date."};
}

}  // namespace

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
  if (auto cancelled = cancelled_before(reader, out)) {
    if (why != nullptr) why->push_back(*std::move(cancelled));
    return fail(errc::invalid_field,
                "The same paper was issued and then cancelled; see what is listed.");
  }
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
