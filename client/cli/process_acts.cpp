// process close, recode.

#include "client/print/process_acts.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/cli/app.hpp"
#include "client/cli/text.hpp"
#include "client/replica/edit/editor.hpp"
#include "client/replica/read/reader.hpp"

namespace autocusto::cli {
namespace {

using nlohmann::json;

struct act_options {
  std::string key;
  std::string cid;
  std::string reason;
};

int close_process(const app& a, const act_options& o) {
  const auto key = resolve_key(o.key);
  if (!key) return a.fail(key.error(), "process");
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  auto editor = (*replica)->edit();
  const auto saved = printing::close_process((*replica)->read(), editor, *key, o.reason);
  if (!saved) return a.fail(saved.error(), "process");
  return a.done(saved_json(*saved), saved_text(*saved));
}

int recode_process(const app& a, const act_options& o) {
  const auto key = resolve_key(o.key);
  if (!key) return a.fail(key.error(), "process");
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  auto editor = (*replica)->edit();
  const auto saved = printing::recode_process((*replica)->read(), editor, *key, o.cid, o.reason);
  if (!saved) return a.fail(saved.error(), "process");
  json object = saved_json(saved->front());
  object["closed"] = saved_json(saved->back());
  return a.done(object, saved_text(saved->front()) + saved_text(saved->back()));
}

}  // namespace

void add_process_acts(CLI::App& parser, app& a) {
  const auto o = std::make_shared<act_options>();
  auto* group = parser.get_subcommand("process");
  const auto add = [&](const char* name, const char* what,
                       int (*run)(const app&, const act_options&)) {
    auto* command = group->add_subcommand(name, what);
    command->add_option("KEY", o->key, tr("CPF/CID; - asks"))->required();
    command->add_option("--reason", o->reason, tr("Why, in a sentence"))->required();
    command->final_callback([&a, o, run] { a.action = [&a, o, run] { return run(a, *o); }; });
    return command;
  };
  add("close", tr("Closes a process: it is not due any more"), close_process);
  add("recode", tr("Goes on under another CID: a new process, and the old one closed"),
      recode_process)
      ->add_option("CID", o->cid, tr("The right CID, such as G35"))
      ->required();
}

}  // namespace autocusto::cli
