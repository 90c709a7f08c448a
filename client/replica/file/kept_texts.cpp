#include "client/replica/file/kept_texts.hpp"

#include <optional>
#include <utility>

#include "client/replica/access/surrender.hpp"
#include "client/replica/file/codec.hpp"
#include "client/replica/impl.hpp"
#include "client/replica/read/lookup.hpp"

namespace autocusto::replica {
namespace {

constexpr std::string_view k_texts = "texts";

struct text_entry {
  std::string name;
  std::optional<record_id> record;
  kept_text what;
};

std::vector<text_entry> texts_in(ledger& file) {
  std::vector<text_entry> out;
  const auto cell = file.get(k_texts);
  if (!cell) return out;
  unpacker in(*cell);
  const std::size_t count = in.size(1);
  for (std::size_t i = 0; i < count; ++i) {
    text_entry each;
    each.name = in.text();
    each.record = in.optional_id<record_id>();
    each.what.kind = in.text();
    each.what.key = in.text();
    each.what.value = in.text();
    out.push_back(std::move(each));
  }
  in.finish();
  return out;
}

void put_texts(ledger& file, const std::vector<text_entry>& list) {
  if (list.empty()) return file.forget(k_texts);
  packer out;
  out.number(static_cast<std::int64_t>(list.size()));
  for (const auto& each : list) {
    out.text(each.name);
    out.optional_id(each.record);
    out.text(each.what.kind);
    out.text(each.what.key);
    out.text(each.what.value);
  }
  file.put(k_texts, out.view());
}

}  // namespace

void forget_texts_of(ledger& file, const record_id& record) {
  auto list = texts_in(file);
  if (std::erase_if(list, [&record](const text_entry& each) { return each.record == record; }) >
      0) {
    put_texts(file, list);
  }
}

result<void> replica_store::keep_texts(std::string_view name, std::span<const kept_text> texts) {
  auto& file = impl_->file;
  auto scope = file.begin();
  if (!scope) return scope.error();
  if (auto open = check_open(file); !open) return open;
  auto list = texts_in(file);
  std::erase_if(list, [name](const text_entry& each) { return each.name == name; });
  working_set set(file);
  for (const auto& text : texts) {
    text_entry entry{.name = std::string(name), .record = std::nullopt, .what = text};
    if (!text.kind.empty()) {
      const auto at = find_held(file, set, text.kind, text.key);
      if (!at) continue;  // taken away meanwhile, and the text with it
      entry.record = at->id;
    }
    list.push_back(std::move(entry));
  }
  put_texts(file, list);
  (*scope)->commit();
  return {};
}

std::vector<kept_text> replica_store::kept_texts(std::string_view name) const {
  auto& file = impl_->file;
  const sqlite::snapshot now(file.db());
  std::vector<kept_text> out;
  if (closed_now(file)) return out;
  working_set set(file);
  for (auto& each : texts_in(file)) {
    if (each.name != name) continue;
    const bool gone = each.record && set.open_view(*each.record) == nullptr;
    if (!gone) out.push_back(std::move(each.what));
  }
  return out;
}

}  // namespace autocusto::replica
