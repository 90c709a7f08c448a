#include "tests/support/store_builders.hpp"

#include <algorithm>
#include <unordered_map>

#include "server/store/feed.hpp"
#include "server/store/people.hpp"
#include "server/store/pushes.hpp"
#include "server/store/records.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "shared/crypto/hash.hpp"
#include "tests/support/domain_builders.hpp"

namespace autocusto::test {
namespace {

using testing::nth;

constexpr std::size_t k_answer_bytes_per_version = 250;

std::vector<store::wanted_record> records_of(std::span<const domain::version> versions) {
  std::vector<store::wanted_record> wanted;
  for (const domain::version& v : versions) {
    wanted.push_back({v.header.record.id, v.header.record.kind, v.payload.key, true});
  }
  return wanted;
}

void move_heads(store::view_row& view, const domain::version& v) {
  auto& heads = view.state.heads;
  std::erase_if(heads, [&v](const version_id& head) {
    return std::find(v.header.parents.begin(), v.header.parents.end(), head) !=
           v.header.parents.end();
  });
  heads.push_back(v.id);
  std::sort(heads.begin(), heads.end());
  view.active = v.id;
}

}  // namespace

actor add_actor(store::database& db, std::size_t n) {
  actor a;
  db.write([&](store::people::writes people) {
    a.user.id = nth<user_id>(n);
    a.user.email = "doctor" + std::to_string(n) + "@example.org";
    a.user.created_at = 1'000;
    a.user.key = people.add_user(a.user);
    a.device.id = nth<device_id>(n);
    a.device.user = a.user.key;
    a.device.name = "laptop " + std::to_string(n);
    a.device.public_key = std::string(32, 'k');
    a.device.enrolled_at = 2'000;
    a.device.key = people.add_device(a.device);
  });
  return a;
}

store::feed_row next_item(store::feed_head& head, store::pk user, store::feed_kind kind,
                          store::pk view, std::optional<store::pk> version) {
  store::feed_row row;
  row.user = user;
  row.seq = head.seq + 1;
  row.kind = kind;
  row.view = view;
  row.version = version;
  row.item_hash = crypto::sha256(std::to_string(row.seq) + "/" + std::to_string(view) + "/" +
                                 std::to_string(version.value_or(0)));
  row.chain = crypto::sha256(head.chain.raw(), row.item_hash.raw());
  head = {row.seq, row.chain};
  return row;
}

pushed push(store::transaction& tx, const actor& by, std::span<const domain::version> versions,
            const push_id& id) {
  store::people::writes people(tx);
  store::feed::writes feed(tx);
  pushed done;
  static_cast<void>(people.lock_device(by.device.id));
  std::vector<store::pk> record_keys;
  std::unordered_map<store::pk, std::int64_t> numbers;
  for (const auto& record : store::records::writes(tx).lock_records(records_of(versions))) {
    done.records.push_back(record.value());
    record_keys.push_back(record->key);
    numbers[record->key] = record->last_number;
  }
  std::vector<store::pk> distinct = record_keys;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  static_cast<void>(store::versions::reads(tx).graphs(distinct, by.user.key));
  std::unordered_map<store::pk, store::view_row> views;
  for (auto& view : store::views::reads(tx).open_views(distinct, by.user.key))
    views[view.record] = std::move(view);

  std::vector<store::new_version> rows;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    store::new_version row;
    row.record = record_keys[i];
    row.number = ++numbers[row.record];
    row.author = by.user.key;
    row.device = by.device.key;
    row.value = &versions[i];
    row.received_at = 3'000;
    rows.push_back(row);
    store::view_row& view = views[row.record];
    view.user = by.user.key;
    view.record = row.record;
    if (view.key == 0 && view.state.heads.empty()) {
      view.state.incarnation = incarnation_id::from_raw(versions[i].id.raw().substr(0, 16)).value();
    }
    move_heads(view, versions[i]);
  }
  done.versions = store::versions::writes(tx).add_versions(rows);
  std::vector<store::view_row> changed;
  for (const store::pk record : distinct) changed.push_back(views[record]);
  const std::vector<store::pk> saved = store::views::writes(tx).save_views(changed);
  std::unordered_map<store::pk, store::pk> view_of;
  for (std::size_t i = 0; i < distinct.size(); ++i) view_of[distinct[i]] = saved[i];
  done.head = feed.lock_head(by.user.key);
  std::vector<store::feed_row> items;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    done.views.push_back(view_of[record_keys[i]]);
    items.push_back(next_item(done.head, by.user.key, store::feed_kind::version, done.views.back(),
                              done.versions[i]));
  }
  const store::feed_move moved[] = {{by.user.key, done.head}};
  feed.append(items, moved);
  store::pushes::writes(tx).add_push(
      {id, by.device.key, std::string(70 * versions.size(), 'o'), std::string(64, 's'),
       std::string(k_answer_bytes_per_version * versions.size(), 'a'), 3'000});
  people.set_last_push(by.device.key, id);
  feed.wake(by.user.id);
  return done;
}

domain::version patient_root(std::size_t n, const actor& by, bool large) {
  auto b = testing::a_patient(std::to_string(10'000'000'000 + n));
  b.with("nome_paciente", ("Paciente " + std::to_string(n)).c_str());
  if (large) b.with("end_paciente", std::string(60, 'x').c_str());
  b.salt(n);
  b.header().author = by.user.id;
  b.header().device = by.device.id;
  return b.make();
}

domain::version edit_of(const std::vector<const domain::version*>& parents, const actor& by,
                        std::size_t n) {
  auto b = testing::a_patient(parents.at(0)->payload.key);
  b.after(parents).salt(n);
  b.with("nome_paciente", ("Paciente, alterado " + std::to_string(n)).c_str());
  b.header().author = by.user.id;
  b.header().device = by.device.id;
  return b.make();
}

}  // namespace autocusto::test
