// record why: one sentence, and below it the events that led there.

#include <algorithm>

#include <fmt/format.h>

#include "shared/cli/terminal.hpp"
#include "tools/admin/app.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

std::string name_of(const msg::access_step& step) {
  return step.version ? fmt::format("{} ({})", step.number, short_id(*step.version))
                      : std::string();
}

std::string run_of(const msg::access_step& step) {
  return step.import_run ? fmt::format("import run {}", *step.import_run) : std::string();
}

std::string step_text(const msg::access_step& step) {
  const auto name = name_of(step);
  const std::string by = step.by.empty() ? "" : " by " + step.by + ", " + when(step.at);
  if (step.cause == "own")
    return fmt::format("saved {} on {}, {}", name, step.device, when(step.created_at));
  if (step.cause == "import")
    return fmt::format("got {} of {} by {}", name, step.author, run_of(step));
  if (step.cause == "merge") return "merged by the rules into " + name;
  if (step.cause == "resolution") {
    return fmt::format("resolved by {} with {}, {}", step.author, name, when(step.created_at));
  }
  if (step.cause == "assignment" && step.import_run) {
    return fmt::format("assigned {} of {} by {}", name, step.author, run_of(step));
  }
  if (step.cause == "assignment") return fmt::format("assigned {} of {}{}", name, step.author, by);
  if (step.cause == "acceptance") {
    return fmt::format("accepted {} of {} from quarantine{}", name, step.author, by);
  }
  if (step.cause == "discard") return "discarded the draft " + name;
  return "access removed" + (step.import_run ? " by " + run_of(step) : by);
}

std::string rule_text(const msg::access_explanation& w) {
  if (w.rule == "pinned") return "an administrator assigned it, and it is still a head";
  if (w.rule == "only_head") return "it is the only head";
  if (w.rule == "greatest_generation") return "of several heads it has the longest line behind it";
  if (w.rule == "greatest_id") {
    return "of several heads with equally long lines it has the greatest id";
  }
  return w.rule;
}

/// The last event that brought the shown version; where nothing is shown, the last of all.
const msg::access_step& turning_point(const msg::access_explanation& w) {
  const auto* last = &w.steps.back();
  if (!w.view || !w.view->active) return *last;
  for (const auto& step : w.steps) {
    if (step.version == w.view->active && step.cause != "discard") last = &step;
  }
  return *last;
}

/// Whether the import also brought versions of this user with greater numbers than this own one.
bool wrote_later_ones(const msg::access_explanation& w, const msg::access_step& step) {
  return step.author == w.user &&
         std::any_of(w.steps.begin(), w.steps.end(), [&](const msg::access_step& other) {
           return other.import_run && other.author == w.user && other.number > step.number;
         });
}

std::string reason_of(const msg::access_explanation& w, const msg::access_step& step) {
  const std::string by = step.by.empty() ? "an administrator" : step.by;
  const std::string at = step.at.empty() ? "" : " at " + when(step.at);
  if (w.cause == "imported_assignment" && wrote_later_ones(w, step)) {
    // Where several records became one, the own newest version is put into the view the same way,
    // although others of the user have greater numbers.
    return fmt::format(
        "the legacy database had assigned it to this user; or it had assigned none, and it is the "
        "newest one that the user wrote ({})",
        run_of(step));
  }
  if (w.cause == "imported_assignment") {
    return fmt::format("the legacy database had assigned it to this user ({})", run_of(step));
  }
  if (w.cause == "imported_own") {
    return fmt::format(
        "the legacy database had assigned no version to this user, and this is the user's own "
        "newest one ({})",
        run_of(step));
  }
  if (w.cause == "imported_other") return fmt::format("{} brought it", run_of(step));
  if (w.cause == "assigned") return fmt::format("{} assigned it{}", by, at);
  if (w.cause == "accepted") {
    return fmt::format("{} accepted it from quarantine{}", by, at);
  }
  if (w.cause == "merged") return "the rules merged the user's edits into it";
  if (w.cause == "resolved") {
    return fmt::format("{} resolved a conflict with it at {}", step.author, when(step.created_at));
  }
  return fmt::format("the user saved it on {} at {}", step.device, when(step.created_at));
}

std::string sentence_of(const msg::access_explanation& w) {
  const auto& step = turning_point(w);
  const auto record = w.kind + " " + w.key;
  if (w.cause == "closed") {
    const std::string by = step.by.empty() ? "" : " by " + step.by + " at " + when(step.at);
    return fmt::format("{} sees nothing of {}: access was taken away{}.", w.user, record, by);
  }
  if (w.cause == "drafts") {
    return fmt::format("{} sees only drafts of {}: no version is published yet.", w.user, record);
  }
  auto out = fmt::format("{} sees version {} of {}: {}", w.user, name_of(step), record,
                         reason_of(w, step));
  const auto others = w.view->heads.size() - 1;
  if (others > 0) {
    out += fmt::format("; it stands in conflict with {} other{}, and {}", others,
                       others == 1 ? "" : "s", rule_text(w));
  }
  return out + ".";
}

}  // namespace

int explain_access(const app& a, const std::string& kind, const std::string& typed,
                   const std::string& user) {
  const auto key = read_key(kind, typed);
  session s(a);
  msg::explain_request query;
  query.record = s.record(kind, key);
  query.user = user;
  const auto w = s.ask<msg::access_explanation>("/v1/admin/records/why", query);
  std::vector<std::vector<std::string>> rows;
  for (const auto& step : w.steps) {
    std::vector<std::string> heads;
    for (const auto& id : step.heads) heads.push_back(short_id(id));
    rows.push_back({std::to_string(step.seq), step_text(step), joined(heads, " ")});
  }
  const auto sentence = sentence_of(w);
  auto object = message_json(w);
  object["sentence"] = sentence;
  object["reason"] = rule_text(w);
  return a.done(object, cli::printable(sentence) + "\n" +
                            cli::table({"feed", "what happened", "heads after it"}, rows));
}

}  // namespace autocusto::admin
