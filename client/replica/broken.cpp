#include "client/replica/broken.hpp"

#include <filesystem>
#include <string>

#include "shared/sqlite/error.hpp"

namespace autocusto::replica {
namespace {

// Primary result codes, see https://www.sqlite.org/rescode.html
constexpr int k_readonly = 8;
constexpr int k_io_error = 10;
constexpr int k_full = 13;
constexpr int k_cannot_open = 14;

std::string sentence(const sqlite::sqlite_error& e) {
  if (e.damaged()) {
    return "The local data was changed or damaged (the file itself); take a new enrollment link "
           "from the administrator and enroll in another folder (--home): what the server has "
           "comes back.";
  }
  switch (e.code()) {
    case k_full:
      return "The disk is full, and nothing was changed; free some space, then try again.";
    case k_readonly:
    case k_cannot_open:
      return "The local data cannot be opened for writing; see whether the folder belongs to you "
             "and "
             "the disk is writable, then try again.";
    case k_io_error:
      return "The disk could not be read or written, and nothing was changed; check the disk, then "
             "try again.";
    default:
      return std::string("The local database failed: ") + e.what() +
             "; try again, and run verify if it stays.";
  }
}

}  // namespace

error broken(const std::exception& why) {
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
  return fail(errc::internal, std::string("Something broke: ") + why.what());
}

}  // namespace autocusto::replica
