// SIGTAP's files, as anybody may have changed them: the ZIP, and the tables in it. An input that is
// no ZIP is the six tables, with bytes 0 between them. What is read keeps the rules of a catalogue.
#include "shared/reference/catalogue.hpp"
#include "tests/fuzz/demand.hpp"
#include "tools/sigtap/import.hpp"

using namespace autocusto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  auto tables = sigtap::named_tables();
  if (text.starts_with("PK")) {
    auto unpacked = sigtap::unzip_tables(text);
    if (!unpacked) return 0;
    tables = *std::move(unpacked);
  } else {
    auto rest = text;
    for (auto* file : {&tables.procedures_layout, &tables.procedures, &tables.cids_layout,
                       &tables.cids, &tables.links_layout, &tables.links}) {
      const auto end = rest.find('\0');
      file->bytes = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
  }
  for (const bool all : {false, true}) {
    const auto read = sigtap::read_tables(tables, all);
    if (!read) continue;
    const auto again = reference::read_catalogue(reference::write_catalogue(*read));
    fuzz::demand(again.has_value() && *again == *read, "a catalogue is not what was written");
  }
  return 0;
}
