#pragma once
// Private to server/admin: one record as the store has it, put into the words of the wire.
// Functions of one snapshot; they throw `error_exception` for what is not there.

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/store/people.hpp"
#include "server/store/views.hpp"
#include "shared/wire/admin.hpp"

namespace autocusto::admin::detail {

struct record_snapshot {
  store::record_row row;
  std::vector<store::version_node> nodes;  ///< by number
  std::vector<store::view_of_user> views;  ///< open ones, by e-mail

  [[nodiscard]] const store::version_node* find(const version_id& id) const;
};

/// Everything but bytes; `visible` of the nodes is told for the open view of `owner`. not_found for
/// an unknown record.
[[nodiscard]] record_snapshot load(store::snapshot& snapshot, const record_id& record,
                                   store::pk owner = 0);

/// E-mails and device names by key.
class labels {
 public:
  labels(store::people::reads people, std::span<const store::pk> users,
         std::span<const store::pk> devices);
  [[nodiscard]] std::string email(store::pk user) const;
  [[nodiscard]] std::string device(store::pk device) const;
  [[nodiscard]] const store::user_row* user_row(store::pk user) const;
  [[nodiscard]] const store::device_row* device_row(store::pk device) const;

 private:
  std::unordered_map<store::pk, store::user_row> users_;
  std::unordered_map<store::pk, store::device_row> devices_;
};

/// The versions with summaries, and fields if asked, in the order given.
[[nodiscard]] std::vector<wire::admin::version_shown> describe(
    store::snapshot& snapshot, const record_snapshot& of,
    const std::vector<const store::version_node*>& which, bool with_fields);

[[nodiscard]] std::vector<wire::admin::view_item> views_of(const record_snapshot& of);

/// The version that a person names by number or id prefix.
[[nodiscard]] const store::version_node& select(const record_snapshot& of,
                                                const std::string& selector);

}  // namespace autocusto::admin::detail
