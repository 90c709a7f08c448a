#include "tests/simulation/oracle.hpp"

#include <algorithm>

#include "shared/crypto/hash.hpp"

namespace autocusto::simulation {

void oracle::admin(const user_id& id, const device_id& with) {
  admin_ = id;
  emails_[id] = "admin";
  devices_[with] = id;
}

void oracle::saved(const user_id& by, const version_id& id) {
  ++counts.saves;
  saves_[by].insert(id);
}

void oracle::acted(const admin_act& what) {
  ++counts.acts;
  ++step_;
  if (const auto* a = std::get_if<act_assign>(&what)) {
    granted_.insert({a->user, a->version});
    moved_[{a->user, a->record}] = step_;
  } else if (const auto* u = std::get_if<act_unassign>(&what)) {
    moved_[{u->user, u->record}] = step_;
    taken_.insert({u->user, u->record});
  } else if (const auto* r = std::get_if<act_resolve>(&what)) {
    granted_.insert({r->user, r->version.id});
  } else if (const auto* d = std::get_if<act_revoke>(&what)) {
    revoked_.insert(d->device);
  } else if (const auto* e = std::get_if<act_enable>(&what); e != nullptr && !e->enabled) {
    disabled_.insert(e->user);
  }
}

void oracle::broken(std::string what) {
  if (broken_.size() < 20) broken_.push_back(std::move(what));
}

void oracle::check_repeat(const receipt_seen& before, const wire::push_receipt& receipt) {
  if (wire::encode_object(before.receipt) != wire::encode_object(receipt)) {
    broken("6: a repeated push got another receipt");
  }
}

void oracle::server_went_back(const std::set<push_id>& receipts) {
  went_back_ = true;
  std::erase_if(receipts_, [&](const auto& each) { return !receipts.contains(each.first); });
}

void oracle::reached(const wire::push_request& what) {
  ++step_;
  for (const auto& v : what.versions) {
    reached_.try_emplace(*version_id::from_raw(crypto::sha256(v.raw.header).raw()), step_);
  }
}

/// Laptops are honest here, so only what happened meanwhile can be in the way.
void oracle::check_refusal(const device_id& device, const known_version& known,
                           const std::string& code) {
  counts.surrendered += code == "device_revoked" || code == "user_disabled";
  if (code == "device_revoked" && revoked_.contains(device)) return;
  if (code == "user_disabled" && disabled_.contains(devices_.at(device))) return;
  const bool gone = code == "access_removed" || code == "parent_unavailable";
  const bool after =
      code == "parent_refused" || code == "quarantine_full" || code == "too_many_heads";
  // Its parents may be on laptops that have not come back yet, or in quarantine themselves.
  const auto& parents = known.header.parents;
  const bool in_quarantine = std::any_of(parents.begin(), parents.end(), [this](const auto& id) {
    const auto parent = versions_.find(id);
    return parent != versions_.end() && parent->second.refused;
  });
  if (code == "parent_unavailable" && (went_back_ || in_quarantine)) return;
  // Whoever brings it may be another than who wrote it: a version that an administrator assigned.
  if (gone && was_taken(devices_.at(device), known.header.record.id)) return;
  if (!after) broken("12: an honest version was refused as " + code);
}

void oracle::pushed(const device_id& device, const wire::push_request& what,
                    const wire::push_receipt& receipt) {
  const auto object = wire::decode_push_object(what.object.object).value();
  if (const auto before = receipts_.find(object.id); before != receipts_.end()) {
    return check_repeat(before->second, receipt);
  }
  ++counts.pushes;
  receipts_.emplace(object.id, receipt_seen{device, what, receipt});
  for (std::size_t i = 0; i < what.versions.size(); ++i) {
    const auto& line = receipt.results.at(i);
    const auto& raw = what.versions[i].raw;
    auto& known = versions_[line.version];
    if (known.raw.header.empty()) {
      known.header = domain::decode_header(raw.header).value();
      known.raw = raw;
      known.since = reached_.at(line.version);
      known.owner = object.owner.value_or(object.actor);
    }
    switch (line.outcome) {
      case wire::push_outcome::refused:
        known.refused = true;
        known.parent_missed = line.code == "parent_unavailable";
        ++counts.refused;
        check_refusal(device, known, line.code);
        break;
      case wire::push_outcome::sibling:
        ++counts.siblings;
        [[fallthrough]];
      default:
        counts.merges += line.outcome == wire::push_outcome::merged;
        ++counts.versions;
        known.accepted = true;
    }
  }
}

void oracle::erased(const wire::erasure_object& what, const sim_client* from) {
  ++counts.erasures;
  if (on_erasure) on_erasure(what, from);
}

bool oracle::may_hold(const user_id& user, const version_id& id, const std::string& header) const {
  if (granted_.contains({user, id})) return true;
  const auto read = domain::decode_header(header);
  if (!read) return false;
  if (read->author == user) return true;
  if (read->author != system_user()) return false;
  for (const auto& parent : read->parents) {
    if (granted_.contains({user, parent})) continue;
    const auto known = versions_.find(parent);
    // A merge of a merge: its own parents were checked when it was seen.
    if (known == versions_.end()) continue;
    if (!may_hold(user, parent, known->second.raw.header)) return false;
  }
  return true;
}

void oracle::paged(const device_id& device, const wire::page& page) {
  const auto user = devices_.at(device);
  std::set<user_id> authors;
  for (const auto& v : page.versions) {
    const auto id = *version_id::from_raw(crypto::sha256(v.header).raw());
    const auto header = domain::decode_header(v.header).value();
    authors.insert(header.author);
    if (!may_hold(user, id, v.header)) {
      broken("3: a page for " + emails_[user] + " carries version " + id.text().substr(0, 8) +
             " by " + emails_[header.author]);
    }
  }
  for (const auto& [id, email] : page.people) {
    if (!authors.contains(id)) broken("3: a page names somebody who made nothing in it");
  }
}

std::uint64_t oracle::moved_at(const user_id& user, const record_id& record) const {
  const auto at = moved_.find({user, record});
  return at == moved_.end() ? 0 : at->second;
}

}  // namespace autocusto::simulation
