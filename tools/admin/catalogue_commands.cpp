// catalogue: import, diff, publish, rollback, export, show.
//
// A new revision is a file first: `import` writes it, people look at it or add to it, `publish`
// sends it. So nothing is published that nobody could see before.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/base/clock.hpp"
#include "shared/cli/output.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/reference/compare.hpp"
#include "shared/reference/starting.hpp"
#include "shared/wire/catalogue.hpp"
#include "tools/admin/app.hpp"
#include "tools/admin/catalogue_uses.hpp"
#include "tools/admin/text.hpp"
#include "tools/sigtap/import.hpp"

namespace autocusto::admin {
namespace {

using nlohmann::json;

struct catalogue_options {
  std::string sigtap;
  std::string from;
  std::string out;
  std::string file;
  std::string before;
  std::string after;
  std::string day;
  std::int64_t revision = 0;
  bool all_diseases = false;
  bool dry_run = false;
  bool force = false;
  bool uses = false;
};

std::string read_file(const std::string& path, std::size_t most) {
  std::ifstream in(path, std::ios::binary);
  std::string out;
  if (in) {
    out.resize(most + 1);
    in.read(out.data(), static_cast<std::streamsize>(out.size()));
    out.resize(static_cast<std::size_t>(in.gcount()));
  }
  if (out.empty()) refuse(errc::usage, "The file " + path + " cannot be read, or is empty.");
  if (out.size() > most) refuse(errc::too_large, "The file " + path + " is too large.");
  return out;
}

/// For people: indented. What is published is the canonical text.
std::string indented(const reference::catalogue& value) {
  const auto tree = autocusto::json::parse(reference::write_catalogue(value)).value();
  return tree.dump(1) + "\n";
}

void write_file(const std::string& path, const std::string& text, bool force) {
  if (!force && std::filesystem::exists(path)) {
    refuse(errc::already_exists,
           "The file " + path + " exists; name another one with --out, or give --force.");
  }
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) refuse(errc::usage, "The file " + path + " cannot be written.");
}

reference::catalogue published(session& s, std::int64_t revision) {
  const auto told = s.catalogue(revision);
  return reference::read_catalogue(told.text).value();
}

/// The newest revision of the server; the starting one, as revision 0, while there is none.
reference::catalogue newest(session& s) {
  const auto list = s.get<msg::catalogue_list>("/v1/admin/catalogue");
  if (list.items.empty()) return reference::starting_catalogue();
  return published(s, list.items.back().revision);
}

reference::catalogue from_file(const std::string& path) {
  auto value =
      reference::parse_catalogue(read_file(path, 4 * reference::k_catalogue_bytes)).value();
  return value;
}

bool is_number(const std::string& what) {
  return !what.empty() && what.size() < 10 &&
         what.find_first_not_of("0123456789") == std::string::npos;
}

/// A revision by its number (0: the starting one), or a file.
reference::catalogue named(const app& a, const std::string& what) {
  if (!is_number(what)) return from_file(what);
  if (std::stoll(what) == 0) return reference::starting_catalogue();
  session s(a);
  return published(s, std::stoll(what));
}

json changes_json(const std::vector<reference::change>& changes) {
  json out = json::array();
  for (const auto& one : changes) {
    out.push_back({{"of", std::string(reference::subject_name(one.of))},
                   {"change", std::string(reference::change_name(one.kind))},
                   {"code", one.code},
                   {"before", one.before},
                   {"after", one.after}});
  }
  return out;
}

std::string changes_text(const std::vector<reference::change>& changes) {
  if (changes.empty()) return "Nothing differs.\n";
  std::vector<std::vector<std::string>> rows;
  std::map<std::string, int> counts;
  for (const auto& one : changes) {
    const std::string kind(reference::change_name(one.kind));
    const std::string of(reference::subject_name(one.of));
    ++counts[of + " " + kind];
    const bool both = !one.before.empty() && !one.after.empty();
    rows.push_back({of, one.code, kind, one.before + (both ? " > " : "") + one.after});
  }
  std::string out = cli::table({"", "code", "change", ""}, rows);
  for (const auto& [what, count] : counts) out += fmt::format("{}: {}\n", what, count);
  return out;
}

/// What the import brings, as a revision of its own.
reference::catalogue imported(const catalogue_options& o) {
  if (o.sigtap.empty() == o.from.empty()) {
    refuse(errc::usage, "Name the source: --sigtap ZIP or --from FILE.");
  }
  if (!o.from.empty()) return from_file(o.from);
  const auto tables = sigtap::unzip_tables(read_file(o.sigtap, sigtap::k_zip_bytes)).value();
  return sigtap::read_tables(tables, o.all_diseases).value();
}

int import_catalogue(const app& a, const catalogue_options& o) {
  const auto brought = imported(o);
  session s(a);
  const auto before = newest(s);
  const auto after = reference::next_revision(before, brought);
  reference::check_catalogue(after).value();
  const auto changes = reference::compare(before, after);
  const auto uses = read_uses(s);
  json object{{"revision", after.revision},
              {"valid_from", after.valid_from},
              {"changes", with_uses(changes_json(changes), uses)},
              {"file", nullptr}};
  auto text = changes_text(changes) + uses_text(changes, uses);
  if (o.dry_run) return a.done(object, text + "Nothing was written.\n");
  const auto path = o.out.empty() ? fmt::format("catalogue-{}.json", after.revision) : o.out;
  write_file(path, indented(after), o.force);
  object["file"] = path;
  return a.done(object,
                text + fmt::format("Revision {} is in {}; `catalogue publish {}` makes it "
                                   "the one that laptops get.\n",
                                   after.revision, cli::printable(path), cli::printable(path)));
}

/// Of files the server knows nothing; then it is asked only if it shall be.
int diff(const app& a, const catalogue_options& o) {
  const auto changes = reference::compare(named(a, o.before), named(a, o.after));
  std::optional<process_uses> uses;
  const auto published_one = [](const std::string& what) { return is_number(what) && what != "0"; };
  if (o.uses || published_one(o.before) || published_one(o.after)) {
    session s(a);
    uses = read_uses(s);
  }
  return a.done({{"changes", with_uses(changes_json(changes), uses)}, {"count", changes.size()}},
                changes_text(changes) + uses_text(changes, uses));
}

/// The file's catalogue as the revision after the newest one. It must have been made from that one:
/// by `import` (with the next number), or from its `export`.
reference::catalogue to_publish(const catalogue_options& o, const reference::catalogue& before) {
  auto value = from_file(o.file);
  if (value.revision != before.revision && value.revision != before.revision + 1) {
    refuse(errc::view_moved,
           fmt::format("This file was made from revision {}, and the newest one is {}; make it "
                       "anew from that one.",
                       value.revision - 1, before.revision));
  }
  value.revision = before.revision + 1;
  reference::sort_catalogue(value);
  reference::check_catalogue(value).value();
  return value;
}

int publish(const app& a, const catalogue_options& o) {
  session s(a);
  const auto before = newest(s);
  const auto value = to_publish(o, before);
  // The first revision follows nothing that laptops could miss.
  if (before.revision > 0) reference::check_follows(before, value).value();
  const auto changes = reference::compare(before, value);
  const auto uses = read_uses(s);
  json object{{"revision", value.revision}, {"changes", with_uses(changes_json(changes), uses)}};
  auto text = changes_text(changes) + uses_text(changes, uses);
  if (o.dry_run) return a.done(object, text + "Nothing was published.\n");
  const auto hash = s.send_catalogue(reference::write_catalogue(value));
  const auto done =
      s.act("catalogue.publish", {{"hash", hash.text()}, {"revision", value.revision}});
  object["hash"] = hash.text();
  object["at"] = done.at;
  return a.done(object, text + fmt::format("Published revision {}; laptops get it with their next "
                                           "sync.\n",
                                           value.revision));
}

std::string today() {
  return format_time(system_clock_source().now()).substr(0, 10);
}

int rollback(const app& a, const catalogue_options& o) {
  session s(a);
  const auto before = newest(s);
  const auto day = o.day.empty() ? today() : o.day;
  const auto value = reference::restored_revision(before, published(s, o.revision), day);
  const auto changes = reference::compare(before, value);
  const auto uses = read_uses(s);
  json object{{"revision", value.revision}, {"changes", with_uses(changes_json(changes), uses)}};
  auto text = changes_text(changes) + uses_text(changes, uses);
  if (o.dry_run) return a.done(object, text + "Nothing was published.\n");
  const auto done = s.act("catalogue.rollback",
                          {{"revision", value.revision}, {"to", o.revision}, {"from", day}});
  object["at"] = done.at;
  return a.done(object, text + fmt::format("Revision {} has the content of revision {}.\n",
                                           value.revision, o.revision));
}

int export_catalogue(const app& a, const catalogue_options& o) {
  const auto value = named(a, o.before);
  if (o.out.empty()) {
    cli::print(indented(value));
    return 0;
  }
  write_file(o.out, indented(value), o.force);
  return a.done({{"revision", value.revision}, {"file", o.out}},
                fmt::format("Revision {} is in {}.\n", value.revision, cli::printable(o.out)));
}

int show(const app& a) {
  session s(a);
  const auto list = s.get<msg::catalogue_list>("/v1/admin/catalogue");
  const auto value = newest(s);
  const auto retired = std::count_if(value.medicines.begin(), value.medicines.end(),
                                     [](const auto& one) { return one.retired_on.has_value(); });
  json object = message_json(list);
  object["newest"] = {{"revision", value.revision},        {"valid_from", value.valid_from},
                      {"diseases", value.diseases.size()}, {"medicines", value.medicines.size()},
                      {"medicines_retired", retired},      {"protocols", value.protocols.size()}};
  auto text = fmt::format(
      "Revision {}, valid from {}: {} diseases, {} medicines ({} of them retired), {} protocols.\n",
      value.revision, value.valid_from, value.diseases.size(), value.medicines.size(), retired,
      value.protocols.size());
  if (list.items.empty()) {
    text += "Nothing is published; laptops have the starting catalogue of their program.\n";
    return a.done(object, text);
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : list.items) {
    rows.push_back({std::to_string(item.revision), when(item.published_at), item.hash.text()});
  }
  return a.done(object, text + cli::table({"revision", "published", "hash"}, rows));
}

using options_of = std::shared_ptr<catalogue_options>;
using command = int (*)(const app&, const catalogue_options&);

void run_with(CLI::App& sub, app& a, const options_of& o, command run) {
  sub.final_callback([&a, o, run] { a.action = [&a, o, run] { return run(a, *o); }; });
}

void add_import(CLI::App& group, app& a, const options_of& o) {
  auto* sub = group.add_subcommand("import", "Make the next revision, as a file");
  sub->add_option("--sigtap", o->sigtap, "A ZIP of SIGTAP, as DATASUS publishes it");
  sub->add_option("--from", o->from, "A file in the form of `catalogue export`");
  sub->add_flag("--all-diseases", o->all_diseases, "All CIDs, also those without a medicine");
  sub->add_flag("--dry-run", o->dry_run, "Only tell what would change");
  sub->add_option("--out", o->out, "The file to write (else catalogue-N.json)");
  sub->add_flag("--force", o->force, "Write over a file that is there");
  run_with(*sub, a, o, import_catalogue);
}

void add_publishing(CLI::App& group, app& a, const options_of& o) {
  auto* sub = group.add_subcommand("publish", "Make a file the revision that laptops get");
  sub->add_option("FILE", o->file, "Of `import`, or an edited `export`")->required();
  sub->add_flag("--dry-run", o->dry_run, "Only tell what would change");
  run_with(*sub, a, o, publish);
  sub = group.add_subcommand("rollback", "Publish the content of an earlier revision anew");
  sub->add_option("REVISION", o->revision, "Its number")->required();
  sub->add_option("--from", o->day, "The day from which it is valid (else today)");
  sub->add_flag("--dry-run", o->dry_run, "Only tell what would change");
  run_with(*sub, a, o, rollback);
}

}  // namespace

void add_catalogue_commands(CLI::App& parser, app& a) {
  const auto o = std::make_shared<catalogue_options>();
  auto* group = parser.add_subcommand("catalogue", "Diseases, medicines and protocols");
  group->require_subcommand(1);
  add_import(*group, a, o);
  add_publishing(*group, a, o);
  auto* sub = group->add_subcommand("diff", "What differs between two revisions or files");
  sub->add_option("A", o->before, "A number (0: the starting one), or a file")->required();
  sub->add_option("B", o->after, "The same")->required();
  sub->add_flag("--uses", o->uses, "Of two files too: whose processes name what differs");
  run_with(*sub, a, o, diff);
  sub = group->add_subcommand("export", "A revision as a file that can be edited");
  sub->add_option("REVISION", o->before, "Its number (0: the starting one)")->required();
  sub->add_option("--out", o->out, "The file to write (else stdout)");
  sub->add_flag("--force", o->force, "Write over a file that is there");
  run_with(*sub, a, o, export_catalogue);
  sub = group->add_subcommand("show", "The revisions, and what is in the newest one");
  sub->final_callback([&a] { a.action = [&a] { return show(a); }; });
}

}  // namespace autocusto::admin
