// status, verify, export, passphrase change, wipe: what concerns this laptop as a whole.

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "client/cli/app.hpp"
#include "client/cli/text.hpp"
#include "client/print/template_folder.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "client/replica/read/reader.hpp"
#include "shared/cli/terminal.hpp"

namespace autocusto::cli {
namespace {

using nlohmann::json;

const char* waiting_reason(replica::waiting_for what) {
  switch (what) {
    case replica::waiting_for::push:
      return tr("waits to be sent; `autocusto sync` sends it");
    case replica::waiting_for::feed:
      return tr("is at the server; the next sync confirms it");
    case replica::waiting_for::surrender:
      return tr("its record was taken away; it stays sealed here until the server takes it over");
  }
  return "";
}

std::string sync_line(const replica::status& s) {
  if (!s.last_sync) return tr("never");
  std::string line = local_time(format_time(s.last_sync->at));
  if (!s.last_sync->ok) line += std::string(" – ") + tr(s.last_sync->message.c_str());
  return line;
}

/// Why edits stay sealed here although their records, or the whole access, were taken away.
std::string sealed_reason(const replica::sealed_edits& sealed) {
  if (sealed.code == code_name(errc::quarantine_full)) {
    return tr(
        "the server keeps no more of this laptop: its quarantine is full. Ask the "
        "administrator to empty it, then sync again");
  }
  return tr("they have not reached the server yet. Sync again");
}

std::string taken_away_text(const replica::status& s) {
  std::string out;
  if (s.closed_since) {
    const char* pattern =
        s.erased
            ? tr("Access withdrawn {0}: everything here is erased; the server still has to hear "
                 "of it. Sync again.\n")
            : tr("Access withdrawn {0}: nothing is shown or saved here any more.\n");
    out += fmt::format(fmt::runtime(pattern), local_time(format_time(*s.closed_since)));
  }
  if (s.hidden > 0) {
    out += fmt::format(
        fmt::runtime(tr("Records taken away that still hold your edits, sealed: {}\n")), s.hidden);
  }
  if (s.sealed) {
    out += fmt::format(fmt::runtime(tr("Sealed edits: {0}, since {1}, because {2}.\n")),
                       s.sealed->items, local_time(format_time(s.sealed->since)),
                       sealed_reason(*s.sealed));
  }
  return out;
}

std::string releases_text(const replica::status& s) {
  std::string out;
  if (!s.unknown.empty()) {
    out +=
        tr("Update needed: the server has sent what this program cannot show yet. It is kept; "
           "install the new release to see it.\n");
  }
  if (s.catalogue_refused) out += refused_catalogue_text();
  if (s.beyond_server > 0) {
    out += fmt::format(fmt::runtime(tr("Records that wait until the server is updated: {}\n")),
                       s.beyond_server);
  }
  return out;
}

json surrender_json(const replica::status& s) {
  if (!s.closed_since && !s.sealed && !s.erasure_due) return nullptr;
  json out = {{"closed_since", nullptr},
              {"erased", s.erased},
              {"receipt_due", s.erasure_due},
              {"sealed", nullptr}};
  if (s.closed_since) out["closed_since"] = format_time(*s.closed_since);
  if (s.sealed) {
    out["sealed"] = {{"items", s.sealed->items},
                     {"since", format_time(s.sealed->since)},
                     {"code", s.sealed->code},
                     {"why", sealed_reason(*s.sealed)}};
  }
  return out;
}

std::string status_text(const replica::identity& who, const replica::status& s,
                        const std::vector<replica::waiting_item>& waiting) {
  std::string out = table({}, {{tr("User"), who.email},
                               {tr("Device"), who.device_name},
                               {tr("Server"), who.host + ":" + std::to_string(who.port)},
                               {tr("Last sync"), sync_line(s)},
                               {tr("Waiting"), std::to_string(s.pending)},
                               {tr("Refused"), std::to_string(s.refused.size())},
                               {tr("Conflicts"), std::to_string(s.conflicts)}});
  out += taken_away_text(s);
  out += releases_text(s);
  constexpr std::size_t shown = 20;
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : waiting) {
    if (rows.size() == shown) break;
    rows.push_back({kind_label(item.kind), item.key, short_id(item.version),
                    local_time(format_time(item.since)), waiting_reason(item.what)});
  }
  if (!rows.empty()) {
    out += '\n' + table({tr("kind"), tr("key"), tr("version"), tr("since"), tr("why")}, rows);
    if (waiting.size() > shown) {
      out += fmt::format(fmt::runtime(tr("… and {} more\n")), waiting.size() - shown);
    }
  }
  for (const auto& item : s.refused) {
    out += fmt::format(fmt::runtime(tr("Refused: {0} {1} ({2}): {3}\n")), kind_label(item.kind),
                       printable(item.key), short_id(item.version), printable(reason_of(item)));
  }
  return out;
}

/// Whether the server has told that this folder is a copy, or an older state, of another.
bool copied(const replica::status& s) {
  return s.last_sync && s.last_sync->code == code_name(errc::prev_push_old);
}

int status(const app& a) {
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const auto who = (*replica)->identity().who();
  if (!who) return a.fail(who.error());
  const auto s = (*replica)->read().status();
  const auto waiting = (*replica)->read().waiting();
  const auto clock_ahead = (*replica)->identity().clock_difference();
  json refused = json::array();
  for (const auto& item : s.refused) {
    refused.push_back({{"version_id", item.version.text()},
                       {"kind", item.kind},
                       {"key", item.key},
                       {"code", item.code},
                       {"reason", reason_of(item)}});
  }
  json items = json::array();
  for (const auto& item : waiting) {
    items.push_back({{"version_id", item.version.text()},
                     {"kind", item.kind},
                     {"key", item.key},
                     {"waits_for", replica::waiting_name(item.what)},
                     {"discard", item.discard},
                     {"since", format_time(item.since)},
                     {"why", waiting_reason(item.what)}});
  }
  json notices = json::array();
  for (const auto& notice : (*replica)->read().notices()) notices.push_back(notice_json(notice));
  json last_outcome = nullptr;
  if (s.last_sync) {
    last_outcome = {{"at", format_time(s.last_sync->at)},
                    {"ok", s.last_sync->ok},
                    {"code", s.last_sync->code},
                    {"message", s.last_sync->message}};
  }
  const json object = {
      {"user", who->email},
      {"device", who->device.text()},
      {"device_name", who->device_name},
      {"role", who->role},
      {"server", who->host + ":" + std::to_string(who->port)},
      {"pending", s.pending},
      {"unconfirmed", s.unpulled},
      {"oldest_pending", s.oldest_pending ? json(format_time(*s.oldest_pending)) : json(nullptr)},
      {"waiting", std::move(items)},
      {"refused", std::move(refused)},
      {"conflicts", s.conflicts},
      {"hidden", s.hidden},
      {"update_needed", !s.unknown.empty()},
      {"unknown", s.unknown},
      {"beyond_server", s.beyond_server},
      {"catalogue_refused", s.catalogue_refused},
      {"surrender", surrender_json(s)},
      {"notices", std::move(notices)},
      {"last_sync", s.last_success ? json(format_time(*s.last_success)) : json(nullptr)},
      {"last_outcome", std::move(last_outcome)},
      {"copied", copied(s)},
      {"clock_ahead_seconds", clock_ahead ? json(*clock_ahead) : json(nullptr)}};
  return a.done(object, status_text(*who, s, waiting) + clock_text(clock_ahead));
}

int verify(const app& a) {
  auto replica = a.open();
  if (!replica) return a.fail(replica.error());
  const auto report = (*replica)->read().verify();
  const bool well = report.problems.empty() && report.missing_commits == 0;
  const json object = {{"ok", well},
                       {"missing_commits", report.missing_commits},
                       {"records", report.records},
                       {"versions", report.versions},
                       {"cells", report.cells},
                       {"problems", report.problems}};
  std::string text =
      fmt::format(fmt::runtime(tr("Checked {0} records, {1} versions, {2} sealed cells.\n")),
                  report.records, report.versions, report.cells);
  for (const auto& problem : report.problems) text += printable(problem) + '\n';
  if (report.missing_commits > 0) {
    text += fmt::format(
        fmt::runtime(
            tr("Written here and not in the file any more: {} times. Its log (-wal) was removed, "
               "or an older file was put back; what was not synced by then is lost. Look through "
               "your last edits, then sync.\n")),
        report.missing_commits);
  }
  if (well) text += tr("All is well.\n");
  a.done(object, text);
  return well ? 0 : 1;
}

/// A new file that only its owner can read; closed by its destructor, and removed unless finished.
class private_output {
 public:
  explicit private_output(const std::string& path)
      : path_(path),
        fd_(path == "-" ? ::dup(STDOUT_FILENO)
                        : ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {}
  /// What was not finished holds patients in clear, and is of no use.
  ~private_output() {
    if (fd_ < 0) return;
    if (!finished_ && path_ != "-") ::unlink(path_.c_str());
    ::close(fd_);
  }
  private_output(const private_output&) = delete;
  private_output& operator=(const private_output&) = delete;
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  void write(std::string_view text) {
    while (ok_ && !text.empty()) {
      const ssize_t n = ::write(fd_, text.data(), text.size());
      ok_ = n > 0;
      if (ok_) text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  /// Whether everything is on disk (a pipe or terminal cannot be synced).
  [[nodiscard]] bool finish() {
    finished_ = ok_ && (::fsync(fd_) == 0 || errno == EINVAL || errno == EROFS);
    return finished_;
  }

 private:
  std::string path_;
  int fd_;
  bool finished_ = false;
  bool ok_ = true;
};

int export_all(const app& a, const std::string& path) {
  if (path == "-" && a.json) {
    return a.fail(fail(errc::usage, "Give a file name with --json; both would go to stdout."));
  }
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  if (const auto open = (*replica)->read().check_access(); !open) return a.fail(open.error());
  private_output file(path);
  if (!file.is_open()) {
    return a.fail(
        fail(errc::usage, "The file exists already or cannot be made; name another one."));
  }
  const std::size_t count = (*replica)->read().export_lines([&file](std::string_view line) {
    file.write(line);
    file.write("\n");
  });
  if (!file.finish()) {
    return a.fail(fail(errc::internal, "The file could not be written whole; is the disk full?"));
  }
  if (path == "-") return 0;
  return a.done({{"versions", count}, {"file", path}},
                fmt::format(fmt::runtime(tr("Exported {} versions. The file is not sealed: keep it "
                                            "safe, and delete it when it is no longer needed.\n")),
                            count));
}

int change_passphrase(const app& a, const std::string& new_file) {
  passphrase_source old_source;
  old_source.file = a.passphrase_file;
  old_source.prompt = tr("Present passphrase: ");
  const auto old_one = read_passphrase(old_source);
  if (!old_one) return a.fail(old_one.error());
  auto replica = a.open_with(old_one->view());
  if (!replica) return a.fail(replica.error());
  passphrase_source new_source;
  new_source.file = new_file;
  new_source.environment = "AUTOCUSTO_NEW_PASSPHRASE";
  new_source.prompt = tr("New passphrase: ");
  new_source.confirm = tr("Once more: ");
  new_source.offer = tr("Random words are easy to keep and hard to guess, for example: {}\n");
  const auto new_one = read_passphrase(new_source);
  if (!new_one) return a.fail(new_one.error());
  if (const auto ok = (*replica)->change_passphrase(old_one->view(), new_one->view()); !ok) {
    return a.fail(ok.error());
  }
  return a.done({{"changed", true}}, tr("The passphrase is changed.\n"));
}

int wipe(const app& a, bool yes) {
  if (!yes) {
    if (!stdin_is_terminal()) {
      return a.fail(
          fail(errc::usage, "Wiping erases everything on this laptop; confirm with --yes."));
    }
    const auto answer = read_line(
        tr("This erases everything on this laptop, unsent edits included. Type `wipe` to go on: "));
    if (!answer) return a.fail(answer.error());
    if (*answer != "wipe") return a.fail(fail(errc::usage, "Nothing was erased."));
  }
  if (const auto ok = replica::replica_store::wipe(a.home); !ok) return a.fail(ok.error());
  printing::template_folder(a.home).remove_all();
  return a.done({{"wiped", true}}, tr("Everything on this laptop is erased.\n"));
}

}  // namespace

void add_profile_commands(CLI::App& parser, app& a) {
  auto* status_command = parser.add_subcommand("status", tr("Who, where, what waits and why"));
  status_command->final_callback([&a] { a.action = [&a] { return status(a); }; });

  auto* verify_command =
      parser.add_subcommand("verify", tr("Checks every cell and hash of this laptop"));
  verify_command->final_callback([&a] { a.action = [&a] { return verify(a); }; });

  const auto path = std::make_shared<std::string>();
  auto* export_command =
      parser.add_subcommand("export", tr("Writes all visible versions as JSON lines"));
  export_command->add_option("FILE", *path, tr("A new file; - is stdout"))->required();
  export_command->final_callback(
      [&a, path] { a.action = [&a, path] { return export_all(a, *path); }; });

  const auto new_file = std::make_shared<std::string>();
  auto* passphrase = parser.add_subcommand("passphrase", tr("The passphrase of this laptop"));
  passphrase->require_subcommand(1);
  auto* change = passphrase->add_subcommand("change", tr("Changes it"));
  change->add_option("--new-passphrase-file", *new_file,
                     tr("A file whose first line is the new one"));
  change->final_callback(
      [&a, new_file] { a.action = [&a, new_file] { return change_passphrase(a, *new_file); }; });

  const auto yes = std::make_shared<bool>(false);
  auto* wipe_command = parser.add_subcommand("wipe", tr("Erases everything on this laptop"));
  wipe_command->add_flag("--yes", *yes, tr("Do not ask"));
  wipe_command->final_callback([&a, yes] { a.action = [&a, yes] { return wipe(a, *yes); }; });
}

}  // namespace autocusto::cli
