// What was refused, and what administrators did and read.
#include <algorithm>

#include "server/admin/handlers.hpp"
#include "server/admin/record_snapshot.hpp"
#include "server/store/audit.hpp"
#include "server/store/quarantine.hpp"
#include "server/store/records.hpp"

namespace autocusto::admin::detail {
namespace {

/// A page of the export ends behind the version that goes beyond this.
constexpr std::size_t k_export_bytes = std::size_t{4} * 1024 * 1024;

msg::quarantine_item item_of(const store::quarantine_row& row, const labels& names) {
  msg::quarantine_item item;
  item.id = row.key;
  item.user = names.email(row.user);
  if (const auto* device = names.device_row(row.device)) {
    item.device = device->id;
    item.device_name = device->name;
  }
  item.code = row.code;
  item.message = row.message;
  item.version = row.version;
  item.received_at = format_time(row.received_at);
  return item;
}

labels labels_of(store::snapshot& snapshot, const std::vector<store::quarantine_row>& rows) {
  std::vector<store::pk> users;
  std::vector<store::pk> devices;
  for (const auto& row : rows) {
    users.push_back(row.user);
    devices.push_back(row.device);
  }
  return {snapshot, users, devices};
}

msg::quarantine_shown shown_of(const store::quarantine_row& row, const labels& names) {
  return {item_of(row, names), row.header, row.payload};
}

/// E-mails, devices and records of a page of the audit log.
struct audit_names {
  labels people;
  std::unordered_map<store::pk, store::record_row> records;
};

audit_names names_of(store::snapshot& snapshot, const std::vector<store::audit_row>& rows) {
  std::vector<store::pk> users;
  std::vector<store::pk> devices;
  std::vector<store::pk> records;
  for (const auto& row : rows) {
    users.push_back(row.actor);
    if (row.subject_user) users.push_back(*row.subject_user);
    if (row.device) devices.push_back(*row.device);
    if (row.subject_record) records.push_back(*row.subject_record);
  }
  std::sort(records.begin(), records.end());
  records.erase(std::unique(records.begin(), records.end()), records.end());
  audit_names out{labels(snapshot, users, devices), {}};
  for (auto& row : store::records::reads(snapshot).records_by_pk(records))
    out.records.emplace(row.key, std::move(row));
  return out;
}

msg::audit_item item_of(const store::audit_row& row, const audit_names& names) {
  msg::audit_item item;
  item.id = row.key;
  item.at = format_time(row.at);
  item.act = row.act;
  item.actor = names.people.email(row.actor);
  if (const auto* actor = names.people.user_row(row.actor)) item.actor_id = actor->id;
  if (row.device) {
    if (const auto* device = names.people.device_row(*row.device)) item.device = device->id;
  }
  item.what = row.what;
  if (row.subject_user) {
    item.user = names.people.email(*row.subject_user);
    if (const auto* about = names.people.user_row(*row.subject_user)) item.about = about->id;
  }
  if (row.subject_record) {
    const auto at = names.records.find(*row.subject_record);
    if (at != names.records.end()) {
      item.kind = at->second.kind;
      item.key = at->second.natural_key;
    }
  }
  item.object = row.object;
  item.signature = to_hex(row.signature);
  return item;
}

unix_millis since_of(const msg::audit_query& query) {
  if (!query.since) return 0;
  const auto at = parse_time(*query.since);
  if (!at) {
    refuse(errc::invalid_field,
           "`since` must be a time such as 2026-11-22T10:00:00.000Z, or a day such as 2026-11-22.",
           "since");
  }
  return *at;
}

}  // namespace

http::response quarantine(context& in, const http::request&, const session_owner& caller) {
  const auto args = nlohmann::json::object();
  return audited(in, caller, "quarantine.list", args, [&](store::snapshot& snapshot, auto&) {
    const auto rows = store::quarantine::reads(snapshot).quarantine_list();
    const auto names = labels_of(snapshot, rows);
    msg::quarantine_list out;
    for (const auto& row : rows) out.items.push_back(item_of(row, names));
    return out;
  });
}

http::response quarantined(context& in, const http::request& asked, const session_owner& caller) {
  const auto query = question<msg::quarantine_request>(asked);
  const nlohmann::json args{{"quarantine", query.id}};
  return audited(
      in, caller, "quarantine.show", args, [&](store::snapshot& snapshot, auto& subject) {
        const auto row = store::quarantine::reads(snapshot).quarantine(query.id);
        if (!row) {
          refuse(errc::not_found,
                 "Nothing lies in quarantine under this id; see `quarantine list`.", "id");
        }
        subject.user = row->user;
        return shown_of(*row, labels_of(snapshot, {*row}));
      });
}

http::response export_quarantine(context& in, const http::request& asked,
                                 const session_owner& caller) {
  const auto query = question<msg::quarantine_page_request>(asked);
  const nlohmann::json args{{"after", query.after}};
  return audited(in, caller, "quarantine.export", args, [&](store::snapshot& snapshot, auto&) {
    store::quarantine::reads quarantine(snapshot);
    auto rows = quarantine.quarantine_list();
    std::erase_if(rows, [&](const auto& row) { return row.key <= query.after; });
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    const auto names = labels_of(snapshot, rows);
    msg::quarantine_page out;
    std::size_t bytes = 0;
    for (const auto& row : rows) {
      if (bytes > k_export_bytes) {
        out.next = out.items.back().item.id;
        break;
      }
      const auto whole = quarantine.quarantine(row.key);
      if (!whole) continue;
      bytes += whole->header.size() + whole->payload.size();
      out.items.push_back(shown_of(*whole, names));
    }
    return out;
  });
}

http::response audit(context& in, const http::request& asked, const session_owner& caller) {
  const auto query = question<msg::audit_query>(asked);
  const std::int64_t limit = std::clamp<std::int64_t>(query.limit, 1, k_page);
  const unix_millis since = since_of(query);
  nlohmann::json args{{"after", query.after}};
  if (query.since) args["since"] = *query.since;
  return audited(in, caller, "audit.list", args, [&](store::snapshot& snapshot, auto& subject) {
    if (query.user) subject.user = user_named(snapshot, *query.user).key;
    if (query.record) {
      const auto record = store::records::reads(snapshot).record(*query.record);
      if (!record) {
        refuse(errc::not_found, "There is no such record on the server; check kind and key.",
               "record");
      }
      subject.record = record->key;
    }
    const auto rows = store::audit::reads(snapshot).audit(subject.user, subject.record, since,
                                                          query.after, limit);
    const auto names = names_of(snapshot, rows);
    msg::audit_list out;
    for (const auto& row : rows) out.items.push_back(item_of(row, names));
    if (static_cast<std::int64_t>(rows.size()) == limit) out.next = rows.back().key;
    return out;
  });
}

}  // namespace autocusto::admin::detail
