// The doctor's edits, each in a transaction of its own.
#include "client/replica/edit/editor.hpp"

#include <utility>

#include "client/replica/access/surrender.hpp"
#include "client/replica/edit/edit_commands.hpp"
#include "client/replica/file/kept_texts.hpp"
#include "client/replica/file/taken_records.hpp"

namespace autocusto::replica {
namespace {

// So many records are kept in memory at once while many lines are entered.
constexpr std::size_t k_records_in_memory = 256;

/// Runs one command in a transaction and commits what it saved.
template <class Command>
result<saved> run(replica_file& file, Command&& command) {
  auto scope = file.begin();
  if (!scope) return scope.error();
  unit_of_work set(file);
  auto commands = edit_commands::begin(file, set);
  if (!commands) return commands.error();
  result<saved> done = command(*commands, set);
  if (!done || !done->changed) return done;
  commands->finish();
  (*scope)->commit();
  return done;
}

/// The same on a visible record.
template <class Command>
result<saved> run_on(replica_file& file, std::string_view kind, std::string_view key,
                     Command&& command) {
  return run(file, [&](edit_commands& commands, unit_of_work& set) -> result<saved> {
    const auto at = find_visible(file, set, kind, key);
    if (!at) return at.error();
    return command(commands, *at);
  });
}

error name_line(error e, std::size_t line) {
  e.message = "Line " + std::to_string(line) + ": " + e.message;
  return e;
}

/// What is wrong with the lines of a batch, of which nothing is saved then.
class batch_problems {
 public:
  void add(std::size_t index, std::size_t line, const error& first, std::vector<error> all) {
    if (told_.wrong_lines++ == 0) told_.index = index;
    if (told_.wrong_lines > k_lines_told) return;
    if (all.empty()) all.push_back(first);
    for (auto& one : all) told_.problems.push_back(name_line(std::move(one), line));
  }
  [[nodiscard]] std::optional<error> first() const {
    if (told_.problems.empty()) return std::nullopt;
    return told_.problems.front();
  }
  void tell(edit_problems* why) {
    if (why != nullptr) *why = std::move(told_);
  }

 private:
  edit_problems told_;
};

bool about_the_line(errc code) {
  return exit_code(code) == exit_code(errc::invalid_field) || code == errc::usage ||
         code == errc::malformed;
}

}  // namespace

result<saved> editor::save(const edit& what, edit_problems* why) {
  return run(*file_,
             [&](edit_commands& commands, unit_of_work&) { return commands.save(what, why); });
}

result<std::vector<saved>> editor::save_all(std::span<const edit> edits, edit_problems* why) {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  unit_of_work set(file);
  auto commands = edit_commands::begin(file, set);
  if (!commands) return commands.error();
  std::vector<saved> out;
  out.reserve(edits.size());
  batch_problems wrong;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    edit_problems own;
    auto done =
        edits[i].unreadable ? result<saved>(*edits[i].unreadable) : commands->save(edits[i], &own);
    if (!done) {
      wrong.add(i, edits[i].line > 0 ? edits[i].line : i + 1, done.error(),
                std::move(own.problems));
      // Others are not the line's fault: the next one would fail, too.
      if (!about_the_line(done.error().code)) break;
      continue;
    }
    out.push_back(*std::move(done));
    if (set.size() >= k_records_in_memory) set.flush();
  }
  if (const auto first = wrong.first()) {
    wrong.tell(why);
    return *first;
  }
  commands->finish();
  (*scope)->commit();
  return out;
}

result<saved> editor::publish(std::string_view kind, std::string_view key,
                              const std::optional<std::string>& selector,
                              const std::optional<std::string>& summary, edit_problems* why) {
  return run_on(*file_, kind, key, [&](edit_commands& commands, const target& at) -> result<saved> {
    const auto draft = select_draft(*at.held, selector);
    if (!draft) return draft.error();
    return commands.publish(at, **draft, summary, why);
  });
}

result<version_id> editor::discard_draft(std::string_view kind, std::string_view key,
                                         const std::optional<std::string>& selector) {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  unit_of_work set(file);
  const auto at = find_visible(file, set, kind, key);
  if (!at) return at.error();
  const auto draft = select_draft(*at->held, selector);
  if (!draft) return draft.error();
  const auto id = (*draft)->id;
  const auto row = (*draft)->row;
  at->held->change().discards.push_back({.row = row, .draft = id});
  file.put_entry(k_discard, row, pack(discard_entry{.draft = id, .since = file.now()}));
  set.flush();
  (*scope)->commit();
  return id;
}

result<saved> editor::revert(std::string_view kind, std::string_view key, std::string_view selector,
                             const std::optional<std::string>& summary, edit_problems* why) {
  return run_on(*file_, kind, key, [&](edit_commands& commands, const target& at) -> result<saved> {
    const auto to = select_version(*at.held, selector);
    if (!to) return to.error();
    return commands.revert(at, **to, summary, why);
  });
}

result<saved> editor::resolve(std::string_view kind, std::string_view key, const resolution& how,
                              edit_problems* why) {
  return run_on(*file_, kind, key, [&](edit_commands& commands, const target& at) {
    return commands.resolve(at, how, why);
  });
}

result<void> editor::forget_notices() {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  file.db().ask("DELETE FROM notice")->run();
  forget_taken(file);
  (*scope)->commit();
  return {};
}

result<void> editor::keep_texts(std::string_view name, std::span<const kept_text> texts) {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  if (auto open = check_open(file); !open) return open;
  auto list = texts_in(file);
  std::erase_if(list, [name](const text_entry& each) { return each.name == name; });
  unit_of_work set(file);
  for (const auto& text : texts) {
    text_entry entry{.name = std::string(name), .record = std::nullopt, .what = text};
    if (!text.kind.empty()) {
      const auto at = find_held(file, set, text.kind, text.key);
      if (!at) continue;  // taken away meanwhile, and the text with it
      entry.record = at->id;
    }
    list.push_back(std::move(entry));
  }
  put_texts(file, list);
  (*scope)->commit();
  return {};
}

}  // namespace autocusto::replica
