#include "tests/support/sigtap_zip.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include <zip.h>

namespace autocusto::test {
namespace {

void demand(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(what);
}

}  // namespace

std::string file_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  demand(in.good(), "a file of a test cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<sigtap::text_file*> files_of(sigtap::tables& tables) {
  return {&tables.procedures, &tables.procedures_layout, &tables.cids, &tables.cids_layout,
          &tables.links,      &tables.links_layout};
}

sigtap::tables sigtap_tables(const std::string& folder) {
  auto out = sigtap::named_tables();
  for (auto* file : files_of(out)) file->bytes = file_bytes(folder + "/" + file->name);
  return out;
}

std::string zip_of(const std::vector<sigtap::text_file>& files, bool stored) {
  zip_source_t* whole = zip_source_buffer_create(nullptr, 0, 0, nullptr);
  demand(whole != nullptr, "no memory for a ZIP");
  zip_t* zip = zip_open_from_source(whole, ZIP_TRUNCATE, nullptr);
  demand(zip != nullptr, "a ZIP cannot be made");
  zip_source_keep(whole);
  for (const auto& file : files) {
    zip_source_t* part = zip_source_buffer(zip, file.bytes.data(), file.bytes.size(), 0);
    const auto at = zip_file_add(zip, file.name.c_str(), part, ZIP_FL_ENC_UTF_8);
    demand(at >= 0, "a file cannot be added to a ZIP");
    const auto method = stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE;
    demand(zip_set_file_compression(zip, static_cast<zip_uint64_t>(at), method, 0) == 0,
           "a ZIP cannot be compressed so");
  }
  demand(zip_close(zip) == 0, "a ZIP cannot be written");
  demand(zip_source_open(whole) == 0, "a ZIP cannot be read back");
  std::string out;
  char buffer[4096];
  for (zip_int64_t got = 0; (got = zip_source_read(whole, buffer, sizeof buffer)) > 0;) {
    out.append(buffer, static_cast<std::size_t>(got));
  }
  zip_source_close(whole);
  zip_source_free(whole);
  return out;
}

std::string zip_of(sigtap::tables tables, bool stored) {
  std::vector<sigtap::text_file> files;
  for (const auto* file : files_of(tables)) files.push_back(*file);
  return zip_of(files, stored);
}

}  // namespace autocusto::test
