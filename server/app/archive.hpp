#pragma once
// Several files in one sealed stream: what a backup is.
//
//   archive = entry* ‖ 0 (2 bytes)         entry = name length (2) ‖ name ‖ block* ‖ 0 (4 bytes)
//   block   = length (4, at most 1 MiB) ‖ bytes
//
// Numbers are big-endian. The whole is the plain text of a sealed stream (server/auth), which
// authenticates it; the reader trusts what comes out of it only as far as the format goes. One
// thread at a time.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "server/auth/sealed_stream.hpp"

namespace autocusto::app {

class archive_writer {
 public:
  /// `to` must outlive the writer.
  explicit archive_writer(auth::sealed_writer& to) : to_(to) {}
  void begin(std::string_view name);
  void put(std::string_view content);
  void end();
  /// A whole small file.
  void add(std::string_view name, std::string_view content);
  /// Ends the archive and the sealed stream.
  void finish();

 private:
  auth::sealed_writer& to_;
};

class archive_reader {
 public:
  explicit archive_reader(auth::sealed_reader from) : from_(std::move(from)) {}
  /// The next file's name; nothing at the authentic end. The one before must be read to its end.
  [[nodiscard]] result<std::optional<std::string>> next();
  /// The next block of the present file; empty at its end.
  [[nodiscard]] result<std::string> read();
  /// All of the present file; `too_large` beyond `limit` bytes.
  [[nodiscard]] result<std::string> read_all(std::size_t limit);

 private:
  [[nodiscard]] result<std::string> take(std::size_t size);
  [[nodiscard]] result<std::size_t> take_number(std::size_t size);

  auth::sealed_reader from_;
  std::string buffer_;
  std::size_t used_ = 0;
};

}  // namespace autocusto::app
