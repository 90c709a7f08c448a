// Pages of the feed.
#include "shared/base/limits.hpp"
#include "shared/wire/feed.hpp"
#include "shared/wire/messages.hpp"
#include "shared/wire/parse.hpp"
#include "shared/wire/write.hpp"

namespace autocusto::wire {
namespace {

using detail::k_list;
using detail::k_number;
using detail::k_text;
using detail::object_writer;

void write_version(std::string& out, const page_version& v) {
  object_writer to(out);
  if (v.archived) to.boolean("archived", true);
  to.text("header", v.header);
  to.id("incarnation", v.incarnation);
  v.payload ? to.text("payload", *v.payload) : to.null("payload");
  to.hex("proof", v.proof);
  to.close();
}

page_version read_version(json::reader& in) {
  page_version v;
  v.header = in.string("header", limits::batch_bytes);
  v.payload = in.optional_string("payload", limits::batch_bytes);
  v.proof = detail::raw_hex(in, "proof", 32);
  v.incarnation = in.id<incarnation_id>("incarnation");
  v.archived = in.boolean_or("archived", false);
  return v;
}

void write_view(std::string& out, const page_view& v) {
  object_writer to(out);
  to.id_or_null("active", v.active);
  if (v.conflict) {
    std::string conflict;
    object_writer inner(conflict);
    inner.id_or_null("base", v.conflict->base);
    inner.number("id", v.conflict->id);
    inner.text("opened_at", v.conflict->opened_at);
    inner.close();
    to.raw("conflict", conflict);
  } else {
    to.null("conflict");
  }
  to.ids("drafts", v.drafts);
  to.ids("heads", v.heads);
  to.id("incarnation", v.incarnation);
  to.id_or_null("pinned", v.pinned);
  std::string record;
  object_writer inner(record);
  inner.id("id", v.record.id);
  inner.text("kind", v.record.kind);
  inner.close();
  to.raw("record", record);
  to.close();
}

page_view read_view(json::reader& in) {
  page_view v;
  auto record = in.object("record");
  v.record.kind = record.string("kind", 64);
  v.record.id = record.id<record_id>("id");
  v.incarnation = in.id<incarnation_id>("incarnation");
  v.heads = in.ids<version_id>("heads", k_list);
  v.active = in.optional_id<version_id>("active");
  v.pinned = in.optional_id<version_id>("pinned");
  v.drafts = in.ids<version_id>("drafts", k_list);
  if (in.has("conflict")) {
    auto conflict = in.object("conflict");
    page_view::open_conflict open;
    open.id = conflict.integer("id", 0, k_number);
    open.base = conflict.optional_id<version_id>("base");
    open.opened_at = conflict.string("opened_at", 100);
    v.conflict = std::move(open);
  }
  return v;
}

item read_item(json::reader& in) {
  item i;
  i.seq = in.integer("seq", 1, k_number);
  if (in.has("hash")) {
    i.hash_only = in.id<hash256>("hash");
    return i;
  }
  const auto kind = detail::kind_from_name(in.string("kind", 32));
  if (!kind) in.refuse("kind", "is not the name of an item kind");
  i.kind = kind.value_or(item_kind::version);
  i.incarnation = in.id<incarnation_id>("incarnation");
  i.record = in.id<record_id>("record_id");
  i.version = in.optional_id<version_id>("version_id");
  if (kind && i.version.has_value() == (i.kind == item_kind::removed)) {
    in.refuse("version_id", "is missing, or stands in an item of kind removed");
  }
  return i;
}

void write_person(std::string& out, const std::pair<user_id, std::string>& person) {
  object_writer to(out);
  to.text("email", person.second);
  to.id("user", person.first);
  to.close();
}

void write_device(std::string& out, const std::pair<device_id, std::string>& device) {
  object_writer to(out);
  to.id("device", device.first);
  to.text("name", device.second);
  to.close();
}

std::size_t expected_size(const page& m) {
  std::size_t bytes = 1000 + 250 * m.items.size() + 100 * (m.people.size() + m.devices.size());
  for (const auto& v : m.versions) {
    bytes += (v.header.size() + (v.payload ? v.payload->size() : 0)) * 9 / 8 + 220;
  }
  for (const auto& v : m.views) bytes += 500 + 70 * (v.heads.size() + v.drafts.size());
  return bytes;
}

}  // namespace

std::string encode(const page& m) {
  std::string out;
  out.reserve(expected_size(m));
  object_writer to(out);
  to.text("cursor", cursor_text(m.next));
  to.array("devices", m.devices, write_device);
  to.array("items", m.items, detail::write_item);
  to.boolean("more", m.more);
  to.array("people", m.people, write_person);
  to.array("versions", m.versions, write_version);
  to.array("views", m.views, write_view);
  to.close();
  return out;
}

result<page> decode_page(std::string_view json) {
  page m;
  const auto read = [&m](json::reader& in) {
    m.items.reserve(detail::count_of(in, "items"));
    m.versions.reserve(detail::count_of(in, "versions"));
    m.views.reserve(detail::count_of(in, "views"));
    in.objects("items", k_list, [&m](json::reader& each) { m.items.push_back(read_item(each)); });
    in.objects("versions", k_list,
               [&m](json::reader& each) { m.versions.push_back(read_version(each)); });
    in.objects("views", k_list, [&m](json::reader& each) { m.views.push_back(read_view(each)); });
    in.objects("people", k_list, [&m](json::reader& each) {
      const auto user = each.id<user_id>("user");
      m.people.emplace_back(user, each.string("email", k_text));
    });
    in.objects("devices", k_list, [&m](json::reader& each) {
      const auto device = each.id<device_id>("device");
      m.devices.emplace_back(device, each.string("name", k_text));
    });
    const auto next = parse_cursor(in.string("cursor", 200));
    if (!next) in.refuse("cursor", "is not a position in a feed");
    m.next = next.value_or(cursor{});
    m.more = in.boolean("more");
  };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  return m;
}

}  // namespace autocusto::wire
