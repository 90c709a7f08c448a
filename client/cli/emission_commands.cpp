// emission list, reprint, set. What was issued is made by printing only.

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/cli/app.hpp"
#include "client/cli/pdf_file.hpp"
#include "client/cli/print_options.hpp"
#include "client/cli/print_views.hpp"
#include "client/cli/text.hpp"
#include "client/print/overview.hpp"
#include "client/print/process_acts.hpp"
#include "client/print/reprint.hpp"
#include "client/replica/edit/editor.hpp"
#include "client/replica/read/reader.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::cli {
namespace {

using nlohmann::json;
using printing::text_of;

struct emission_options {
  std::string id;
  std::string state;
  std::string note;
  bool has_note = false;
  std::string out;
  bool force = false;
  bool cancelled_too = false;
};

/// Opens the replica and finds the emission, then calls `work(replica, key)`.
template <class Work>
int with_emission(const app& a, const emission_options& o, Work work) {
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const auto key = printing::find_emission((*replica)->read(), o.id);
  if (!key) return a.fail(key.error(), "emission");
  return work(**replica, *key);
}

int list_emissions(const app& a, const emission_options& o) {
  std::string process;
  if (!o.id.empty()) {
    const auto typed = resolve_key(o.id);
    if (!typed) return a.fail(typed.error(), "process");
    const auto key = domain::lookup_key("process", *typed);
    if (!key) return a.fail(key.error(), "process");
    process = *key;
  }
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const auto reader = (*replica)->read();
  std::size_t damaged = 0;
  const auto all = printing::emissions_of(reader, process, &damaged);
  if (!all) return a.fail(all.error(), "emission");
  const auto names = printing::names_of_patients(reader);
  if (!names) return a.fail(names.error(), "patient");
  note_damaged(damaged);
  json items = json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : *all) {
    const auto patient = printing::name_for(*names, one.key);
    const auto medicines = domain::name_of("emission", one.fields);
    const auto start = text_of(one.fields, "inicio");
    items.push_back({{"key", one.key},
                     {"process", one.process},
                     {"patient", patient},
                     {"name", medicines},
                     {"start", start},
                     {"months", text_of(one.fields, "meses")},
                     {"pages", text_of(one.fields, "paginas")},
                     {"sha256", text_of(one.fields, "pdf_sha256")},
                     {"situacao", text_of(one.fields, "situacao")},
                     {"nota", text_of(one.fields, "nota")}});
    rows.push_back({printing::mark_of(one.key), start, text_of(one.fields, "meses"),
                    text_of(one.fields, "situacao"), one.process, patient, medicines});
  }
  const json object = {{"items", std::move(items)}, {"count", all->size()}};
  if (rows.empty()) return a.done(object, tr("Nothing found.\n"));
  return a.done(object, table({tr("emission"), tr("start"), tr("months"), tr("state"), tr("key"),
                               tr("patient"), tr("medicines")},
                              rows));
}

int reprint_emission(const app& a, const emission_options& o) {
  if (o.out == "-" && a.json) return a.fail(both_on_stdout());
  return with_emission(a, o, [&](replica::replica_store& replica, const std::string& key) {
    const auto catalogue = current_reference(replica);
    const auto done = printing::reprint(
        replica.read(), key, *catalogue,
        [folder = printing::template_folder(a.home)](std::string_view id) {
          return folder.load(id);
        },
        o.cancelled_too);
    if (!done) return fail_with(a, done.error(), {});
    const auto mark = printing::mark_of(key);
    const auto start = key.substr(key.find('@') + 1, std::string_view("2027-01-31").size());
    auto file = pdf_file::prepare(o.out.empty() ? default_pdf_name(mark, start) : o.out, o.force);
    if (!file) return a.fail(file.error());
    if (const auto written = file->write(done->pdf); !written) return a.fail(written.error());
    if (const auto named = file->commit(); !named) return a.fail(named.error());
    file->keep();
    if (file->is_stdout()) return 0;
    return a.done({{"emission", key},
                   {"pages", done->pages},
                   {"sha256", done->sha256},
                   {"file", file->path()}},
                  fmt::format(fmt::runtime(tr("Printed {0} pages to {1}.\n")), done->pages,
                              printable(file->path())));
  });
}

int mark_emission(const app& a, const emission_options& o) {
  domain::field_map fields;
  if (!o.state.empty()) fields["situacao"] = o.state;
  if (o.has_note) fields["nota"] = o.note;
  if (fields.empty()) {
    return a.fail(fail(errc::usage, "Give --situacao, --nota, or both."));
  }
  return with_emission(a, o, [&](replica::replica_store& replica, const std::string& key) {
    auto editor = replica.edit();
    replica::edit_problems why;
    const auto saved = printing::mark_emission(replica.read(), editor, key, fields, &why);
    if (!saved) return a.fail(saved.error(), "emission", &why);
    return a.done(saved_json(*saved), saved_text(*saved));
  });
}

}  // namespace

void add_emission_commands(CLI::App& parser, app& a) {
  const auto o = std::make_shared<emission_options>();
  auto* group = parser.get_subcommand("emission");
  const auto run_with = [&a, &o](CLI::App* command,
                                 int (*run)(const app&, const emission_options&)) {
    command->final_callback([&a, o, run] { a.action = [&a, o, run] { return run(a, *o); }; });
  };
  auto* list = group->add_subcommand("list", tr("Lists what was issued"));
  list->add_option("KEY", o->id, tr("CPF/CID: of this process only; - asks"));
  run_with(list, list_emissions);

  const char* id = tr("Its key, or the start of its mark, as the list shows it");
  auto* reprint = group->add_subcommand("reprint", tr("The same PDF again, byte by byte"));
  reprint->add_option("ID", o->id, id)->required();
  reprint->add_option("--out", o->out, tr("The PDF, a new file; - is stdout"));
  reprint->add_flag("--force", o->force, tr("Replace a file of that name"));
  reprint->add_flag("--cancelled-too", o->cancelled_too, tr("Also one that was cancelled"));
  run_with(reprint, reprint_emission);

  auto* set = group->add_subcommand("set", tr("Notes what became of it"));
  set->add_option("ID", o->id, id)->required();
  set->add_option("--situacao", o->state,
                  tr("emitida, entregue, deferida, devolvida, indeferida or cancelada"));
  set->add_option_function<std::string>(
      "--nota",
      [o](const std::string& text) {
        o->note = text;
        o->has_note = true;
      },
      tr("A note; empty takes it away"));
  run_with(set, mark_emission);
}

}  // namespace autocusto::cli
