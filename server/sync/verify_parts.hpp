#pragma once
// Private to verify: the walks and what they share. One thread.

#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "server/store/people.hpp"
#include "server/store/versions.hpp"
#include "server/sync/verify.hpp"
#include "shared/domain/dag.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::sync::detail {

class verifier {
 public:
  /// Both arguments must outlive it.
  verifier(store::snapshot& snapshot, const verify_options& options)
      : snapshot_(snapshot), people_(snapshot), versions_(snapshot), options_(options) {}

  [[nodiscard]] verify_report run();

 private:
  /// One feed item, as small as the check of the views needs it.
  struct step {
    store::pk record = 0;
    store::pk view = 0;
    std::int64_t seq = 0;
    store::feed_kind kind = store::feed_kind::version;
    store::pk version = 0;
  };

  void load_people();
  void find(std::string what, std::string where);
  void await_parents(std::string where);
  void tell(std::string_view what, std::int64_t done) const;

  // verify_records.cpp
  void walk_records();
  void check_record(const store::record_row& record, std::vector<const store::version_node*> nodes);
  void check_parents(const store::version_node& node,
                     const std::unordered_map<version_id, const store::version_node*>& known);
  void check_bytes(const store::stored_version& bytes, const store::version_node& node,
                   const store::record_row& record);
  void check_payload(const store::stored_version& bytes, const hash256& expected,
                     const store::record_row& record, const std::string& where);

  // verify_feeds.cpp
  void walk_feeds();
  std::vector<step> walk_feed(const store::user_row& user);
  void check_item(const store::feed_item& item, std::int64_t seq, hash256& chain,
                  const std::string& where);
  void check_views_of(const store::user_row& user, std::vector<step> steps);
  void check_views(const store::user_row& user, std::span<const step> steps);
  void check_view(const store::view_row& row, const store::view_row& replayed,
                  const domain::version_dag& dag);
  void check_conflict(const store::view_row& row,
                      const std::vector<const store::conflict_row*>& open);
  void walk_views();

  // verify_pushes.cpp
  void walk_pushes();
  void check_push(const store::push_row& push);
  void check_receipt(const store::push_row& push, const wire::push_object& object,
                     const std::string& where);

  // verify_audit.cpp
  void walk_audit();
  void check_audit_head(const store::audit_head_row& last, const store::audit_head_row& head);

  store::snapshot& snapshot_;
  store::people::reads people_;
  store::versions::reads versions_;
  const verify_options& options_;
  verify_report report_;
  std::unordered_map<store::pk, user_id> users_;
  std::unordered_map<store::pk, store::device_row> devices_;
  std::unordered_set<store::pk> replayed_views_;
};

}  // namespace autocusto::sync::detail
