#include "tests/simulation/check.hpp"

#include <algorithm>
#include <functional>

#include "shared/crypto/hash.hpp"
#include "tests/simulation/ancestry.hpp"
#include "tests/simulation/kinds.hpp"

namespace autocusto::simulation {
namespace {

std::string short_of(const version_id& id) {
  return id.text().substr(0, 8);
}

}  // namespace

class checker {
 public:
  explicit checker(simulation_run& in) : in_(in), now_(in.server_->state()), family_(now_) {}

  std::string run() {
    for (const auto& what : now_.findings) broken("7: the server's own verify: " + what);
    check_numbers();
    for (const auto& [id, v] : now_.versions) check_version(id, v);
    for (const auto& [id, known] : in_.oracle_.versions()) check_known(id, known);
    for (auto& on : in_.laptops_) check_laptop(*on);
    check_repeats();
    return digest();
  }

  static void saved_still_there(simulation_run& in, laptop& on) {
    if (on.lost && on.home->closed()) return;  // it was told to erase everything at once
    const auto held = everything_on(on);
    const auto user = in.doctors_[on.user].id;
    std::set<record_id> listed;
    for (const auto& seen : on.home->see_all()) {
      listed.insert(record_id_of(in.tenant_key_, seen.key));
    }
    for (const auto& [id, record] : on.saved) {
      if (held.contains(id) || on.let_go.contains(id) || in.oracle_.was_taken(user, record)) {
        continue;
      }
      // Of a closed laptop nothing is listed: what the server lacks waits to be handed over.
      if (on.home->closed() && !on.home->unsent().contains(id)) {
        if (!in.server_->up()) continue;  // asked again at the end
        const auto now = in.server_->state();
        if (now.versions.contains(id) || now.quarantined.contains(id)) continue;
        // The closed laptop has this version but lists nothing. Before it erases itself it asks the
        // server what is missing.
        if (in.went_back(id) && !on.home->erased()) continue;
      } else if (on.home->closed()) {
        continue;
      }
      // A record of which nothing but discarded drafts is left is not listed.
      if (on.discarded.contains(record) && !listed.contains(record)) continue;
      in.oracle_.broken("1: laptop " + std::to_string(on.number) + " has lost the saved version " +
                        short_of(id));
    }
  }

 private:
  void broken(const std::string& what) { in_.oracle_.broken(what); }

  static std::set<version_id> everything_on(laptop& on) {
    std::set<version_id> held;
    for (const auto& record : on.home->see_all()) {
      for (const auto& [id, raw] : record.versions) held.insert(id);
    }
    for (const auto& id : on.home->refused()) held.insert(id);
    return held;
  }

  void check_numbers() {
    std::map<record_id, std::set<std::int64_t>> numbers;
    std::map<record_id, std::int64_t> count;
    for (const auto& [id, v] : now_.versions) {
      numbers[v.record].insert(v.number);
      ++count[v.record];
    }
    for (const auto& [record, set] : numbers) {
      if (static_cast<std::int64_t>(set.size()) != count[record] || *set.begin() != 1 ||
          *set.rbegin() != count[record]) {
        broken("2: the numbers of a record are not 1 to n");
      }
    }
  }

  void check_version(const version_id& id, const server_state::version& v) {
    if (crypto::sha256(v.raw.header).raw() != id.raw()) broken("7: an id is not its header's hash");
    const auto header = domain::decode_header(v.raw.header);
    if (!header) return broken("7: a stored header cannot be read");
    if (crypto::sha256(v.raw.payload) != header->payload_hash) broken("7: a payload is another");
    std::int64_t generation = 1;
    for (const auto& parent : header->parents) {
      const auto* older = family_.header(parent);
      if (older == nullptr) {
        if (in_.excused(parent)) return;
        broken("7: version " + short_of(id) + " has a parent that is not stored");
        continue;
      }
      generation = std::max(generation, older->generation + 1);
    }
    if (generation != header->generation) broken("7: a wrong generation at " + short_of(id));
    if (header->author == system_user()) check_merge(id, *header, v);
  }

  void check_merge(const version_id& id, const domain::version_header& header,
                   const server_state::version& v) {
    std::vector<domain::version> parents;
    for (const auto& parent : header.parents) {
      const auto at = now_.versions.find(parent);
      if (at == now_.versions.end()) return;
      parents.push_back(domain::decode_version(at->second.raw).value());
    }
    std::vector<const domain::version*> heads;
    for (const auto& parent : parents) heads.push_back(&parent);
    std::reverse(heads.begin(), heads.end());
    const auto merged = domain::decode_version(v.raw).value();
    if (domain::make_merge(heads, merged.payload.fields, in_.server_->secret()).id != id) {
      broken("9: the merge " + short_of(id) + " is not what its parents give");
    }
    const auto base = family_.single_base(header.parents);
    for (const auto& [name, value] : merged.payload.fields) {
      check_merged_field(id, name, value, parents, base);
    }
  }

  void check_merged_field(const version_id& id, const std::string& name,
                          const domain::field_value& value,
                          const std::vector<domain::version>& parents,
                          const std::optional<version_id>& base) {
    std::set<domain::field_value> all;
    for (const auto& parent : parents) all.insert(parent.payload.fields.at(name));
    if (!all.contains(value)) return broken("9: a merge made a value up at " + short_of(id));
    if (!base || all.size() == 1) return;
    const auto old = domain::decode_version(now_.versions.at(*base).raw).value();
    all.erase(old.payload.fields.at(name));
    if (all.size() > 1 || (all.size() == 1 && value != *all.begin())) {
      broken("9: the merge " + short_of(id) + " dropped a change of " + name);
    }
  }

  void check_known(const version_id& id, const known_version& known) {
    if (!known.accepted) {
      return;
    }
    if (in_.excused(id)) return;
    const auto at = now_.versions.find(id);
    if (at == now_.versions.end()) {
      // One of a view that was taken meanwhile is not restored into it.
      if (in_.went_back(id) && now_.quarantined.contains(id) &&
          in_.oracle_.was_taken(known.owner, known.header.record.id)) {
        return;
      }
      // Its answer was lost, so no proof came back with it, and the laptop that has its parent has
      // not come yet: kept in quarantine, and on the laptop among what was refused.
      if (in_.went_back(id) && now_.quarantined.contains(id) && known.parent_missed) return;
      return broken("1: the acknowledged version " + short_of(id) + " is not on the server");
    }
    if (at->second.raw.header != known.raw.header || at->second.raw.payload != known.raw.payload) {
      return broken("1: the acknowledged version " + short_of(id) + " has other bytes");
    }
    const auto record = known.header.record.id;
    if (known.header.status != domain::version_status::active) return;
    if (in_.oracle_.moved_at(known.owner, record) >= known.since) return;
    // Brought again by somebody else who had it: then it is in that one's view.
    if (in_.went_back(id) && !in_.held_by(id, known.owner)) return;
    const auto view = now_.open_views.find({known.owner, record});
    if (view == now_.open_views.end()) return broken("5: a view is gone that nobody took");
    const auto& heads = view->second.heads;
    const bool there = std::any_of(heads.begin(), heads.end(), [&](const version_id& head) {
      return head == id || family_.is_ancestor(id, head);
    });
    if (!there) broken("5: the accepted version " + short_of(id) + " was overwritten silently");
  }

  void check_laptop(laptop& on) {
    const auto& user = in_.doctors_[on.user];
    const auto name = "laptop " + std::to_string(on.number);
    if (on.home->wiped()) {
      if (!on.lost_access) broken("1: " + name + " was wiped though nobody revoked it");
      if (!on.lost) check_fate(on, {}, name);
      const bool told = (on.revoked || user.disabled) && !on.came_back_late && !on.receipt_lost;
      if (told && !now_.erased.contains(on.device)) {
        broken("10: the server lacks the erasure receipt of " + name);
      }
      return;
    }
    const auto& why = on.sync ? on.sync->ending().why : std::nullopt;
    if (why && (why->code == errc::device_revoked || why->code == errc::user_disabled)) {
      broken("10: " + name + " still holds what it should have handed over");
    }
    for (const auto& what : on.home->verify()) broken("7: " + name + "'s own verify: " + what);
    const auto seen = on.home->see_all();
    for (const auto& record : seen) {
      for (const auto& [id, raw] : record.versions) {
        if (!in_.oracle_.may_hold(user.id, id, raw.header)) {
          broken("3: " + name + " holds the foreign version " + short_of(id));
        }
      }
    }
    check_fate(on, everything_on(on), name);
    for (const auto& id : on.home->refused()) {
      if (!on.home->refused_readable(id)) broken("11: " + name + " cannot read a refused version");
    }
    if (on.revoked || user.disabled || !on.sync || on.sync->ending().why) return;
    if (on.home->waiting() > 0) broken("10: " + name + " still has something waiting");
    check_view(on, user, seen, name);
  }

  /// Nothing that a doctor was told to be saved is nowhere.
  void check_fate(laptop& on, const std::set<version_id>& held, const std::string& name) {
    for (const auto& [id, record] : on.saved) {
      if (held.contains(id) || on.let_go.contains(id)) continue;
      if (now_.versions.contains(id) || now_.quarantined.contains(id)) continue;
      if (in_.excused(id)) continue;
      // Sealed on a laptop without access, in a record of which nothing else is left.
      if (on.lost_access && on.discarded.contains(record)) continue;
      // A view that was taken and is kept hidden, because something of it is not at the server.
      if (in_.oracle_.was_taken(in_.doctors_[on.user].id, record) && !on.home->wiped() &&
          on.home->hidden() > 0) {
        continue;
      }
      broken("1: the version " + short_of(id) + " saved on " + name + " is nowhere");
    }
    for (const auto& [id, known] : in_.oracle_.versions()) {
      if (!known.refused || known.accepted || !on.saved.contains(id)) continue;
      if (in_.went_back(id) && on.let_go.contains(id)) continue;
      if (!now_.quarantined.contains(id) && !in_.excused(id) && !now_.versions.contains(id)) {
        broken("11: the refused version " + short_of(id) + " is not in quarantine");
      }
      const auto record = known.header.record.id;
      if (on.home->wiped() || on.home->closed() || on.let_go.contains(id)) continue;
      if (!held.contains(id) && !in_.oracle_.was_taken(known.owner, record)) {
        broken("11: " + name + " has not kept the refused version " + short_of(id));
      }
    }
  }

  void check_view(laptop& on, const doctor& user, const std::vector<seen_record>& seen,
                  const std::string& name) {
    if (on.home->cursor() != now_.feeds.at(user.id)) broken("4: " + name + " has another chain");
    std::set<record_id> shown;
    for (const auto& record : seen) {
      const auto id = record_id_of(in_.tenant_key_, record.key);
      const auto view = now_.open_views.find({user.id, id});
      if (view == now_.open_views.end()) {
        broken("4: " + name + " shows a record that its user has no access to");
        continue;
      }
      shown.insert(id);
      auto drafts = view->second.drafts;
      std::sort(drafts.begin(), drafts.end());
      if (record.heads != view->second.heads) broken("4: " + name + " shows other heads");
      if (record.active != view->second.active) broken("4: " + name + " shows another version");
      if (record.drafts != drafts) broken("4: " + name + " shows other drafts");
    }
    for (const auto& [whose, view] : now_.open_views) {
      const bool empty = view.heads.empty() && view.drafts.empty();
      if (whose.first == user.id && !empty && !shown.contains(whose.second)) {
        broken("4: " + name + " does not show a record of its user");
      }
    }
  }

  /// The same pushes again, with good sessions: the same receipts, and nothing moves.
  void check_repeats() {
    for (auto& on : in_.laptops_) {
      if (on->home->wiped() || on->revoked || in_.doctors_[on->user].disabled) continue;
      std::string token;
      for (const auto& [id, seen] : in_.oracle_.receipts()) {
        if (seen.device != on->device) continue;
        if (token.empty()) token = open_session(*on);
        const auto again = in_.server_->handle({token, call_push{seen.what}});
        const auto* receipt = std::get_if<transport::answer<wire::push_receipt>>(&*again);
        if (!receipt->has_value()) {
          broken("6: a repeated push is refused: " + receipt->error().what.message);
        }
        if (id.data()[15] % 4 != 0) break;  // a few are enough
      }
    }
    const auto after = in_.server_->state();
    if (after.feeds != now_.feeds || after.versions.size() != now_.versions.size()) {
      broken("6: repeated pushes changed something");
    }
  }

  std::string open_session(laptop& on) {
    const auto first = in_.server_->handle({{}, call_challenge{on.device}});
    const auto& challenge = std::get<transport::answer<wire::challenge_answer>>(*first).value();
    wire::session_request wanted;
    wanted.server = challenge.server;
    wanted.device = on.device;
    wanted.challenge = challenge.challenge;
    const auto proof = on.home->port().sign("session", wire::encode_object(wanted));
    const auto second = in_.server_->handle({{}, call_session{proof}});
    return std::get<transport::answer<wire::session_answer>>(*second).value().token;
  }

  [[nodiscard]] std::string digest() const {
    std::string all;
    for (const auto& [id, v] : now_.versions) all += id.text() + std::to_string(v.number);
    for (const auto& [user, feed] : now_.feeds) all += wire::cursor_text(feed);
    for (const auto& [whose, view] : now_.open_views) {
      for (const auto& id : view.heads) all += id.text();
      all += ';';
    }
    all += std::to_string(in_.time_.now()) + '/' + std::to_string(in_.time_.steps());
    return crypto::sha256(all).text().substr(0, 16);
  }

  simulation_run& in_;
  server_state now_;
  ancestry family_;
};

void check_saved_still_there(simulation_run& in, laptop& on) {
  checker::saved_still_there(in, on);
}

std::string check_everything(simulation_run& in) {
  return checker(in).run();
}

}  // namespace autocusto::simulation
