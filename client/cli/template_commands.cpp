// template add, list, remove: forms that the clinic supplies.

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/cli/app.hpp"
#include "client/cli/text.hpp"
#include "client/pdf/template.hpp"
#include "client/print/template_folder.hpp"
#include "shared/cli/terminal.hpp"

namespace autocusto::cli {
namespace {

using nlohmann::json;

struct template_options {
  std::string file;
  std::string map = "ministerio";
  std::string replaces = "lme";
  std::string name;
};

/// A profile that is there; no passphrase is needed, for templates are not sealed.
result<printing::template_folder> folder_of(const app& a) {
  if (replica::replica_store::exists(a.home)) return printing::template_folder(a.home);
  return fail(errc::not_enrolled,
              "This laptop is not enrolled yet; run `autocusto enroll LINK` with the link from "
              "your administrator.");
}

json template_json(const printing::kept_template& one) {
  return {{"id", one.id},
          {"name", one.name},
          {"replaces", pdf::document_name(one.replaces)},
          {"pages", one.pages},
          {"unknown_fields", one.unknown_fields},
          {"absent_fields", one.absent_fields},
          {"repaired", one.repaired}};
}

result<pdf::document_kind> kind_of(const std::string& name) {
  for (const auto kind : {pdf::document_kind::lme, pdf::document_kind::prescription,
                          pdf::document_kind::controlled, pdf::document_kind::clinic_template}) {
    if (pdf::document_name(kind) == name) return kind;
  }
  return fail(errc::usage, "--for takes lme, receita, receita-especial or modelo.", "for");
}

int add_template(const app& a, const template_options& o) {
  const auto folder = folder_of(a);
  if (!folder) return a.fail(folder.error());
  const auto kind = kind_of(o.replaces);
  if (!kind) return a.fail(kind.error());
  const auto pdf = read_file(o.file, pdf::template_limits::bytes + 1);
  if (!pdf) return a.fail(pdf.error());
  std::string map(pdf::ready_map(o.map));
  if (map.empty()) {
    auto read = read_file(o.map, pdf::template_limits::bytes);
    if (!read) return a.fail(read.error());
    map = *std::move(read);
  }
  const auto name = o.name.empty() ? o.file.substr(o.file.rfind('/') + 1) : o.name;
  auto open = *folder;
  const auto kept = open.add(name, *pdf, map, *kind);
  if (!kept) return a.fail(kept.error());
  std::string text =
      fmt::format(fmt::runtime(tr("Added as {0}: {1} pages.\n")), kept->id, kept->pages);
  if (kept->repaired) text += tr("The file was damaged, and could be read all the same.\n");
  for (const auto& field : kept->unknown_fields) {
    text += fmt::format(fmt::runtime(tr("Not filled in, for the map lacks it: {}\n")),
                        printable(field));
  }
  return a.done(template_json(*kept), text);
}

int list_templates(const app& a, const template_options&) {
  const auto folder = folder_of(a);
  if (!folder) return a.fail(folder.error());
  const auto all = folder->list();
  json items = json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : all) {
    items.push_back(template_json(one));
    rows.push_back({one.id, std::string(pdf::document_name(one.replaces)),
                    std::to_string(one.pages), one.name});
  }
  const json object = {{"items", std::move(items)}, {"count", all.size()}};
  if (rows.empty()) return a.done(object, tr("Nothing found.\n"));
  return a.done(object, table({tr("template"), tr("stands for"), tr("pages"), tr("name")}, rows));
}

int remove_template(const app& a, const template_options& o) {
  const auto folder = folder_of(a);
  if (!folder) return a.fail(folder.error());
  const auto id = folder->find(o.file);
  if (!id) return a.fail(id.error());
  auto open = *folder;
  if (const auto gone = open.remove(*id); !gone) return a.fail(gone.error());
  return a.done({{"id", *id}}, fmt::format(fmt::runtime(tr("Template {} removed.\n")), *id));
}

}  // namespace

void add_template_commands(CLI::App& parser, app& a) {
  const auto o = std::make_shared<template_options>();
  auto* group = parser.add_subcommand("template", tr("Forms that the clinic supplies"));
  group->require_subcommand(1);
  const auto run_with = [&a, &o](CLI::App* command,
                                 int (*run)(const app&, const template_options&)) {
    command->final_callback([&a, o, run] { a.action = [&a, o, run] { return run(a, *o); }; });
  };
  auto* add = group->add_subcommand("add", tr("Keeps a PDF with form fields"));
  add->add_option("FILE", o->file, tr("The PDF"))->required();
  add->add_option("--map", o->map,
                  tr("Which field shows what: ministerio, autocusto, or a JSON file"));
  add->add_option("--for", o->replaces,
                  tr("What it stands for: lme, receita, receita-especial; modelo: one more "
                     "document"));
  add->add_option("--name", o->name, tr("What people call it; the file's name if left out"));
  run_with(add, add_template);
  run_with(group->add_subcommand("list", tr("Lists all templates")), list_templates);
  auto* remove = group->add_subcommand("remove", tr("Removes a template"));
  remove->add_option("ID", o->file, tr("Its id, or the start of it"))->required();
  run_with(remove, remove_template);
}

}  // namespace autocusto::cli
