#include "client/replica/file/kept_texts.hpp"

#include <utility>

#include "client/replica/file/codec.hpp"

namespace autocusto::replica {
namespace {

constexpr std::string_view k_texts = "texts";

}  // namespace

std::vector<text_entry> texts_in(replica_file& file) {
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

void put_texts(replica_file& file, const std::vector<text_entry>& list) {
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

void forget_texts_of(replica_file& file, const record_id& record) {
  auto list = texts_in(file);
  if (std::erase_if(list, [&record](const text_entry& each) { return each.record == record; }) >
      0) {
    put_texts(file, list);
  }
}

}  // namespace autocusto::replica
