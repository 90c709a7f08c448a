// The six tables out of a ZIP. libzip unpacks and checks; sizes are bounded before and while it
// does.
#include <memory>
#include <string>

#include <zip.h>

#include "tools/sigtap/import.hpp"

namespace autocusto::sigtap {
namespace {

struct discard_zip {
  void operator()(zip_t* zip) const { zip_discard(zip); }
};
struct close_file {
  void operator()(zip_file_t* file) const { static_cast<void>(zip_fclose(file)); }
};
using zip_handle = std::unique_ptr<zip_t, discard_zip>;

/// Refers to the bytes, which must outlive it. Null when they are no ZIP.
zip_handle open_zip(std::string_view bytes) {
  zip_error_t wrong;
  zip_error_init(&wrong);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &wrong);
  zip_t* zip = source == nullptr ? nullptr
                                 : zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &wrong);
  if (zip == nullptr && source != nullptr) zip_source_free(source);
  zip_error_fini(&wrong);
  return zip_handle(zip);
}

result<void> unpack(zip_t& zip, text_file& to) {
  const auto at = zip_name_locate(&zip, to.name.c_str(), ZIP_FL_NOCASE | ZIP_FL_NODIR);
  if (at < 0) return fail(errc::malformed, "The ZIP lacks the file " + to.name + ".");
  const error damaged =
      fail(errc::malformed, "The file " + to.name + " of the ZIP is damaged; get the ZIP again.");
  zip_stat_t told;
  if (zip_stat_index(&zip, static_cast<zip_uint64_t>(at), 0, &told) != 0 ||
      (told.valid & ZIP_STAT_SIZE) == 0) {
    return damaged;
  }
  if (told.size > k_file_bytes) {
    return fail(errc::too_large, "The file " + to.name + " of the ZIP is larger than 32 MiB.", {},
                static_cast<std::int64_t>(k_file_bytes));
  }
  const std::unique_ptr<zip_file_t, close_file> file(
      zip_fopen_index(&zip, static_cast<zip_uint64_t>(at), 0));
  if (!file) return damaged;
  // The end is read too: only then libzip compares the checksum.
  to.bytes.resize(told.size + 1);
  std::size_t have = 0;
  while (have < to.bytes.size()) {
    const auto got = zip_fread(file.get(), to.bytes.data() + have, to.bytes.size() - have);
    if (got < 0) return damaged;
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  if (have != told.size) return damaged;
  to.bytes.resize(have);
  return {};
}

}  // namespace

result<tables> unzip_tables(std::string_view zip) {
  if (zip.size() > k_zip_bytes) {
    return fail(errc::too_large, "The ZIP is larger than 64 MiB.", {},
                static_cast<std::int64_t>(k_zip_bytes));
  }
  const auto opened = open_zip(zip);
  if (!opened) return fail(errc::malformed, "The file is no ZIP, or is damaged; get it again.");
  auto out = named_tables();
  for (auto* file : {&out.procedures, &out.procedures_layout, &out.cids, &out.cids_layout,
                     &out.links, &out.links_layout}) {
    if (auto done = unpack(*opened, *file); !done) return done.error();
  }
  return out;
}

}  // namespace autocusto::sigtap
