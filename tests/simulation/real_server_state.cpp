// Everything that a real_server holds, read past the server's services.
#include "server/store/erasures.hpp"
#include "server/store/feed.hpp"
#include "server/store/people.hpp"
#include "server/store/quarantine.hpp"
#include "server/store/records.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "server/sync/verify.hpp"
#include "tests/simulation/real_server_process.hpp"

namespace autocusto::simulation {

std::int64_t real_server::feed_end(const user_id& user) {
  std::int64_t seq = 0;
  database_->read([&](store::snapshot& snapshot) {
    seq = store::feed::reads(snapshot)
              .head(store::people::reads(snapshot).user_by_id(user).value().key)
              .seq;
  });
  return seq;
}

server_state real_server::state() {
  constexpr std::int64_t all = 1'000'000;
  server_state out;
  database_->read([&](store::snapshot& snapshot) {
    store::people::reads people(snapshot);
    std::map<store::pk, user_id> users;
    for (const auto& row : people.all_users()) {
      users[row.key] = row.id;
      const auto head = store::feed::reads(snapshot).head(row.key);
      out.feeds[row.id] = {.seq = head.seq, .chain = head.chain};
    }
    std::map<store::pk, record_id> records;
    for (const auto& row : store::records::reads(snapshot).records_after(0, all))
      records[row.key] = row.id;
    for (auto& row : store::versions::reads(snapshot).versions_after(0, all)) {
      const auto header = domain::decode_header(row.header);
      auto& v = out.versions[row.id];
      if (header) v.record = header->record.id;
      v.number = row.number;
      v.raw = {std::move(row.header), row.payload.value_or("")};
    }
    for (const auto& row : store::views::reads(snapshot).views_after(0, all)) {
      if (!row.open) continue;
      out.open_views[{users.at(row.user), records.at(row.record)}] = {
          row.state.heads, row.active, row.state.pinned, row.state.drafts};
    }
    for (const auto& row : store::quarantine::reads(snapshot).quarantine_list()) {
      if (row.version) out.quarantined.insert(*row.version);
    }
    for (const auto& device : people.all_devices()) {
      if (!store::erasures::reads(snapshot).erasures_of_everything(device.key).empty())
        out.erased.insert(device.id);
    }
    sync::verify_options options;
    options.server_keys = {keys_.signing.public_half()};
    options.tenant_key = keys_.tenant_key.view();
    for (const auto& f : sync::verify(snapshot, options).findings) {
      out.findings.push_back(f.what + " at " + f.where);
    }
  });
  return out;
}

}  // namespace autocusto::simulation
