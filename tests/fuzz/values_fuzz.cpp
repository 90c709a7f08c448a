// What people type into fields and keys, and files of kinds. The first byte chooses the field.
#include <stdexcept>

#include "shared/domain/entry.hpp"
#include "shared/domain/search.hpp"
#include "shared/domain/validate.hpp"
#include "tests/fuzz/demand.hpp"

using namespace autocusto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto text = fuzz::text_of(data + 1, size - 1);
  for (const auto& kind : domain::record_kinds()) {
    if (const auto key = domain::normalise_key(kind.kind, text)) {
      const auto again = domain::normalise_key(kind.kind, *key);
      fuzz::demand(again.has_value() && *again == *key, "a key is not normal after all");
      fuzz::demand(domain::lookup_key(kind.kind, *key).has_value(), "a key cannot be looked up");
    }
    static_cast<void>(domain::lookup_key(kind.kind, text));
    auto fields = domain::empty_fields(kind.kind);
    const auto& field = kind.fields[data[0] % kind.fields.size()];
    if (field.type != domain::field_type::text) continue;
    fields.at(field.name) = std::string(text);
    static_cast<void>(domain::validate_fields(kind, fields, domain::version_status::draft, {}));
    if (const auto entered = domain::entered_text(field, text)) {
      fuzz::demand(domain::entered_text(field, *entered).value() == *entered,
                   "entering what was entered changes it");
    }
  }
  if (const auto normal = domain::to_nfc(text)) {
    const auto again = domain::to_nfc(*normal);
    fuzz::demand(again.has_value() && *again == *normal, "a normal form is not normal");
  }
  const auto folded = domain::fold_text(text);
  fuzz::demand(domain::fold_text(folded) == folded, "folding twice folds more");
  const auto seen = domain::visible_text(text);
  fuzz::demand(domain::visible_text(seen) == seen, "a visible text is not visible");
  static_cast<void>(domain::mark_unseen(text));
  const auto name = domain::fold_name(text);
  fuzz::demand(name.words.empty() || domain::search_term(text).finds(name, ""),
               "a name does not find itself");
  static_cast<void>(domain::validate_summary(text));
  try {
    static_cast<void>(domain::parse_record_kind(text));
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
