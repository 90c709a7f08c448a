#pragma once
// Files read and written in order, as sources and sinks for sealed streams. Own their descriptor;
// one thread. What the operating system refuses throws `error_exception` with a sentence.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace autocusto::app {

/// How much of a file is read at a time.
inline constexpr std::size_t k_read_block = std::size_t{256} * 1024;

class output_file {
 public:
  /// A new file of mode 0600 under a name of its own beside `path`; `already_exists` when `path`
  /// is taken.
  explicit output_file(std::string path);
  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;
  /// Removes what was not kept.
  ~output_file();
  void write(std::string_view content);
  /// Flushes to disk and gives the file its name.
  void keep();
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  std::string path_;
  std::string beside_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

class input_file {
 public:
  explicit input_file(const std::string& path);
  input_file(const input_file&) = delete;
  input_file& operator=(const input_file&) = delete;
  ~input_file();
  /// Up to `size` bytes, fewer only at the end.
  [[nodiscard]] std::string read(std::size_t size);

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace autocusto::app
