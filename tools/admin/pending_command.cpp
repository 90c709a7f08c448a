// enrollment new --all-pending: a link for everybody who was never given one that is still good.

#include <fmt/format.h>

#include "shared/cli/terminal.hpp"
#include "tools/admin/app.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

using nlohmann::json;

struct made_links {
  json items = json::array();
  std::vector<std::vector<std::string>> rows;
};

void add_link(session& s, const msg::user_item& user, made_links& to) {
  // By id: accounts that an import brought may share an e-mail.
  const auto done = s.act("enrollment.new", {{"user", user.id.text()}});
  const auto link = done.enrollment_link.value_or("");
  const auto expires = done.expires_at.value_or("");
  to.items.push_back({{"id", user.id.text()},
                      {"user", user.email},
                      {"role", user.role},
                      {"enrollment_link", link},
                      {"expires_at", expires}});
  to.rows.push_back({user.email, user.role, when(expires), link});
}

}  // namespace

int enroll_pending(const app& a) {
  session s(a);
  std::vector<msg::user_item> waiting;
  for (auto& user : s.get<msg::user_list>("/v1/admin/users").items) {
    if (user.pending) waiting.push_back(std::move(user));
  }
  made_links made;
  std::optional<error> stopped;
  cli::progress bar(!a.json);
  for (const auto& user : waiting) {
    bar.show("links", static_cast<std::int64_t>(made.rows.size()),
             static_cast<std::int64_t>(waiting.size()));
    try {
      add_link(s, user, made);
    } catch (const error_exception& e) {
      stopped = e.get();
      break;
    }
  }
  bar.clear();
  if (stopped && made.rows.empty()) throw error_exception(*stopped);
  // Links that were made are good and cannot be had again: they are printed whatever came after.
  auto object = items_json(made.items);
  if (stopped) {
    object["error"] = {{"code", std::string(code_name(stopped->code))},
                       {"message", stopped->message}};
  }
  const auto text = made.rows.empty()
                        ? std::string("Every enabled user has a device or a link that is good.\n")
                        : cli::table({"user", "role", "good until", "link"}, made.rows);
  const int status = a.done(object, text);
  if (!stopped) return status;
  return a.json ? exit_code(stopped->code) : cli::print_error(*stopped, false);
}

}  // namespace autocusto::admin
