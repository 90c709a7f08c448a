// The reference catalogue: what administrators send, publish and take back.
//
// A catalogue is too long for an act, which the audit log keeps whole: so it is sent first, and the
// act names it by its hash. Publishing holds the common lock of acts on people, so that two
// administrators follow each other.
#include "server/store/catalogues.hpp"

#include <charconv>
#include <utility>

#include "server/admin/act_run.hpp"
#include "server/admin/handlers.hpp"
#include "server/api/catalogue.hpp"
#include "shared/base/limits.hpp"
#include "shared/reference/compare.hpp"

namespace autocusto::admin::detail {
namespace {

reference::catalogue read_stored(const std::string& content) {
  return reference::read_catalogue(content).value();
}

/// The newest published revision; an empty one before the first.
reference::catalogue newest_of(store::catalogues::reads catalogues) {
  const auto newest = catalogues.newest();
  if (!newest) return {};
  return read_stored(catalogues.revision(newest->revision)->content);
}

void publish(act_run& act, const reference::catalogue& value, std::string content) {
  store::catalogues::writes catalogues(act.tx);
  const auto follows = reference::check_follows(newest_of(act.tx), value);
  if (!follows) throw error_exception(follows.error());
  store::catalogue_row row;
  row.hash = reference::catalogue_hash(content);
  row.revision = value.revision;
  row.published_at = act.now;
  row.content = std::move(content);
  catalogues.publish(row);
}

}  // namespace

http::response catalogues(context& in) {
  return answer(look(in, [](store::snapshot& snapshot) {
    msg::catalogue_list out;
    for (const auto& row : store::catalogues::reads(snapshot).revisions()) {
      out.items.push_back({row.revision, row.hash, format_time(row.published_at)});
    }
    return out;
  }));
}

http::response catalogue(context& in, const http::request& asked) {
  const auto& text = asked.captures.at("revision");
  std::int64_t number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = wrong == std::errc() && end == text.data() + text.size();
  auto row = look(in, [&](store::snapshot& snapshot) {
    return is_number ? store::catalogues::reads(snapshot).revision(number) : std::nullopt;
  });
  if (!row) {
    refuse(errc::not_found, "There is no such revision of the catalogue; see `catalogue show`.",
           "revision");
  }
  return http::json_response(wire::encode(api::signed_catalogue(in, *std::move(row))));
}

http::response send_catalogue(context& in, const http::request& asked, const session_owner&) {
  const auto value = reference::read_catalogue(asked.body);
  if (!value) throw error_exception(value.error());
  msg::catalogue_sent out;
  out.hash = reference::catalogue_hash(asked.body);
  in.database.write(
      [&](store::catalogues::writes catalogues) { catalogues.keep_sent(out.hash, asked.body); });
  return answer(out);
}

void catalogue_publish(act_run& act) {
  const auto hash = act.id<hash256>("hash");
  const auto revision = act.number("revision", 1, limits::json_integer);
  act.complete();
  auto content = store::catalogues::reads(act.tx).sent(hash);
  if (!content) {
    refuse(errc::not_found,
           "No catalogue with this hash waits to be published: another one was sent meanwhile, or "
           "it is published. Look with `catalogue show`, then publish again.",
           "hash");
  }
  const auto value = read_stored(*content);
  if (value.revision != revision) {
    refuse(errc::malformed, "The catalogue has another number than the act names.", "revision");
  }
  publish(act, value, *std::move(content));
}

void catalogue_rollback(act_run& act) {
  const auto revision = act.number("revision", 1, limits::json_integer);
  const auto to = act.number("to", 1, limits::json_integer);
  const auto from = act.text("from");
  act.complete();
  const auto old = store::catalogues::reads(act.tx).revision(to);
  if (!old || to >= revision) {
    refuse(errc::not_found, "There is no such revision of the catalogue; see `catalogue show`.",
           "to");
  }
  const auto value =
      reference::restored_revision(newest_of(act.tx), read_stored(old->content), from);
  if (const auto fine = reference::check_catalogue(value); !fine) {
    throw error_exception(fine.error());
  }
  if (value.revision != revision) {
    refuse(errc::view_moved,
           "Another revision was published since you looked; look again and decide anew.",
           "revision");
  }
  publish(act, value, reference::write_catalogue(value));
}

}  // namespace autocusto::admin::detail
