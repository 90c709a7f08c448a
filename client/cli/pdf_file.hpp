#pragma once
// Where a PDF goes: a new file with mode 0600, or stdout.
//
// The file is written aside, so what is there under its name is whole; nothing is replaced unless
// `force` says so. It is in its place before what was issued is saved, so that nothing counts as
// issued without its paper; what was not kept in the end is taken away again, and what it replaced
// comes back. One thread.

#include <string>
#include <string_view>

#include "shared/base/error.hpp"

namespace autocusto::cli {

class pdf_file {
 public:
  /// `-` is stdout. Errors: already_exists; usage with the path as `field`, also for a folder or
  /// anything else that is no plain file, `force` or not.
  [[nodiscard]] static result<pdf_file> prepare(std::string path, bool force);
  ~pdf_file();
  pdf_file(pdf_file&& other) noexcept;
  pdf_file& operator=(pdf_file&&) = delete;
  pdf_file(const pdf_file&) = delete;
  pdf_file& operator=(const pdf_file&) = delete;

  /// Puts all of it aside, on disk. Once. Error: usage, when the disk does not take it.
  [[nodiscard]] result<void> write(std::string_view pdf);
  /// Gives it its name, or sends it to stdout, to the last byte.
  [[nodiscard]] result<void> commit();
  /// It stays.
  void keep();
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool is_stdout() const { return path_ == "-"; }

 private:
  pdf_file(std::string path, bool force) : path_(std::move(path)), force_(force) {}

  std::string path_;
  bool force_;
  std::string beside_;     ///< put aside, or what was replaced; empty: neither
  std::string waiting_;    ///< for stdout
  bool in_place_ = false;  ///< under its name, and not kept yet
};

/// `lme-<6 hexadecimal digits>-<start>.pdf`: nothing about a patient.
[[nodiscard]] std::string default_pdf_name(std::string_view mark, std::string_view start);

}  // namespace autocusto::cli
