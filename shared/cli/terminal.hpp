#pragma once
// What every command line of ours shares: passphrases, prompts, results, progress.
//
// stdout carries the result: text for people, or with `--json` one JSON object and nothing else.
// stderr carries everything else: prompts, progress bars (on a terminal only), and after an error
// one sentence that says what to do next. One thread; nothing here logs.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "shared/base/error.hpp"
#include "shared/crypto/secret.hpp"
#include "shared/passphrase/strength.hpp"

namespace autocusto::cli {

[[nodiscard]] bool stdin_is_terminal();
[[nodiscard]] bool stderr_is_terminal();

/// Forbids core dumps and being traced by other processes of the user: memory holds keys.
void forbid_core_dumps();

struct passphrase_source {
  std::string file;  ///< `--passphrase-file`; its first line counts
  const char* environment = "AUTOCUSTO_PASSPHRASE";
  std::string prompt = "Passphrase: ";
  std::string confirm;  ///< if set, asked a second time and compared (new passphrases)
  /// Printed in front of the prompt for a new one, with random words in place of `{}`.
  std::string offer = "Random words are easy to keep and hard to guess, for example: {}\n";
  passphrase::purpose purpose = passphrase::purpose::profile;  ///< of a new one
};
/// From the file (its first line), else the environment, else a prompt on the terminal without
/// echo. One that opens something keeps a byte order mark or a line end that came with it, for
/// files of older programs; whoever makes a key drops them (shared/passphrase/prepared.hpp). A new
/// one
/// (`confirm` set) comes without them and must be hard to guess (shared/passphrase/strength.hpp).
/// Errors: usage, with what to do.
[[nodiscard]] result<crypto::secret> read_passphrase(const passphrase_source& source);

/// One line from stdin; with a prompt when stdin is a terminal. For KEY given as `-`, so that no
/// key stands in a shell history. Error: usage at the end of input.
[[nodiscard]] result<std::string> read_line(std::string_view prompt);
/// Everything on stdin, at most `limit` bytes. Error: usage beyond.
[[nodiscard]] result<std::string> read_all(std::size_t limit);
/// A whole file, at most `limit` bytes. Errors: usage (missing, unreadable, too large).
[[nodiscard]] result<std::string> read_file(const std::string& path, std::size_t limit);

/// Prints the object on stdout with a line break (numbers and texts as they are, keys in order).
void print_json(const nlohmann::json& object);
/// The exit status of a program that is done: what it has to say, but 1, with a sentence on stderr,
/// when stdout could not be written to its end (a full disk, a reader that went away).
[[nodiscard]] int finish(int status);
/// `{"error":{"code","message","field"?,"limit"?}}` on stdout with `json`, else the sentence on
/// stderr; returns the exit code of the error.
int print_error(const error& e, bool json);

/// One sentence on stderr, after `warning: `, cleaned; the command goes on.
void print_warning(std::string_view sentence);

/// Columns, aligned by what a terminal shows (wide and combining characters counted rightly). The
/// last column is not padded.
[[nodiscard]] std::string table(const std::vector<std::string>& head,
                                const std::vector<std::vector<std::string>>& rows);
/// Columns that a terminal uses for this text.
[[nodiscard]] std::size_t display_width(std::string_view text);
/// The text with control characters shown as U+FFFD: data of other people cannot move the cursor.
[[nodiscard]] std::string printable(std::string_view text);

/// A progress bar on stderr: `label [######      ] 512/1,000`. Draws at most ten times a second and
/// only on a terminal; the line is cleared at the end.
class progress {
 public:
  explicit progress(bool enabled);
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  /// `total` 0: unknown, only counts are shown.
  void show(std::string_view label, std::int64_t done, std::int64_t total);
  void clear();

 private:
  bool enabled_;
  bool drawn_ = false;
  std::string label_;
  std::int64_t last_draw_ = 0;  ///< milliseconds of the steady clock
};

}  // namespace autocusto::cli
