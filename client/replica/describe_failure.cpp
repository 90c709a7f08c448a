#include "client/replica/describe_failure.hpp"

#include <filesystem>
#include <string>
#include <system_error>

#include "shared/sqlite/error.hpp"

namespace autocusto::replica {
namespace {

// Primary result codes, see https://www.sqlite.org/rescode.html
constexpr int k_readonly = 8;
constexpr int k_io_error = 10;
constexpr int k_full = 13;
constexpr int k_cannot_open = 14;

// Extended codes of the shared index of the write-ahead log, for which a full disk has no room.
constexpr int k_index_open = 10 | 18 << 8;
constexpr int k_index_size = 10 | 19 << 8;
constexpr int k_index_map = 10 | 21 << 8;

constexpr const char* k_full_sentence =
    "The disk is full, and nothing was changed; free some space, then try again.";
constexpr const char* k_readonly_sentence =
    "The local data cannot be opened for writing; see whether the folder belongs to you and the "
    "disk "
    "is writable, then try again.";

bool no_room(const sqlite::sqlite_error& e) {
  return e.code() == k_full || e.extended_code() == k_index_open ||
         e.extended_code() == k_index_size || e.extended_code() == k_index_map;
}

std::string sentence(const sqlite::sqlite_error& e) {
  if (e.damaged()) {
    return "The local data was changed or damaged (the file itself); take a new enrollment link "
           "from the administrator and enroll in another folder (--home): what the server has "
           "comes back.";
  }
  if (no_room(e)) return k_full_sentence;
  switch (e.code()) {
    case k_readonly:
    case k_cannot_open:
      return k_readonly_sentence;
    case k_io_error:
      return "The disk could not be read or written, and nothing was changed; check the disk, then "
             "try again.";
    default:
      return std::string("The local database failed: ") + e.what() +
             "; try again, and run verify if it stays.";
  }
}

}  // namespace

error describe_failure(const std::exception& why) {
  if (const auto* known = dynamic_cast<const error_exception*>(&why)) return known->get();
  if (const auto* failed = dynamic_cast<const sqlite::sqlite_error*>(&why)) {
    return fail(errc::database, sentence(*failed));
  }
  if (const auto* disk = dynamic_cast<const std::filesystem::filesystem_error*>(&why)) {
    return fail(errc::internal,
                "The folder " + disk->path1().string() + " cannot be used (" +
                    disk->code().message() +
                    "); check its name and rights, or name another one with --home.");
  }
  if (const auto* system = dynamic_cast<const std::system_error*>(&why)) {
    if (system->code() == std::errc::no_space_on_device) {
      return fail(errc::database, k_full_sentence);
    }
    if (system->code() == std::errc::read_only_file_system ||
        system->code() == std::errc::permission_denied) {
      return fail(errc::database, k_readonly_sentence);
    }
  }
  return fail(errc::internal, std::string("Something broke: ") + why.what());
}

}  // namespace autocusto::replica
