// Verify finds each kind of damage that somebody does to the rows behind the program's back.
#include <algorithm>

#include "server/store/audit.hpp"
#include "server/store/people.hpp"
#include "server/store/versions.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/sqlite/database.hpp"
#include "tests/integration/sync_stores.hpp"

namespace autocusto::test {
namespace {

using testing::a_clinic;
using testing::a_patient;

struct damage {
  std::string name;
  std::string sql;
  std::string finding;
};

void PrintTo(const damage& d, std::ostream* out) {
  *out << d.name;
}

/// A store with every kind of thing in it: chains, drafts, a conflict, a merge, an assignment, a
/// removed view, refused versions, two users.
void fill(sync_world& world) {
  const auto ana = world.add_user("ana@example.org");
  const auto bia = world.add_user("bia@example.org");
  auto laptop = world.add_device(ana, "laptop");
  auto hers = world.add_device(bia, "hers");
  const auto patient = [](std::size_t n) { return a_patient(nth_cpf(n)); };
  const auto root = laptop.version(patient(0));
  const auto a = laptop.version(patient(0).after({&root}).with("rg", "1"));
  const auto b = laptop.version(patient(0).after({&root}).with("rg", "2"));
  const auto merged_root = laptop.version(patient(1));
  const auto c = laptop.version(patient(1).after({&merged_root}).with("rg", "1"));
  const auto d = laptop.version(patient(1).after({&merged_root}).with("idade", "40"));
  const auto bad = laptop.version(patient(2).with("nome_mae", ""));
  world.push(laptop, {root, a, b, merged_root, c, d, bad});
  const auto draft = laptop.version(a_clinic().draft().with("cidade", ""));
  const auto gone = laptop.version(a_clinic("2077486").draft());
  world.push(laptop, {draft, gone});
  push_options discard;
  discard.discards = {gone.id};
  world.push(laptop, {}, discard);
  world.push(hers, {hers.version(patient(3))});
  world.assign(bia, a, {}).value();
  const auto removed = hers.version(patient(4));
  world.push(hers, {removed});
  world.unassign(bia, removed.header.record.id).value();
  world.db->write([&](store::audit::writes audit) {
    for (const char* what : {"record.show", "user.add", "record.list"}) {
      store::audit_row line;
      line.at = 1'700'000'000'000;
      line.actor = ana.key;
      line.what = what;
      line.object = "{}";
      audit.add_audit(line);
    }
  });
}

class SyncVerify : public ::testing::TestWithParam<damage> {
 protected:
  std::unique_ptr<store::database> open() {
    return store::open_sqlite(folder_.path().string(), true, false);
  }
  void edit(const std::string& sql) {
    sqlite::open_options options;
    options.mode = sqlite::open_mode::read_write;
    sqlite::database db(folder_ / "store.sqlite", options);
    db.execute("PRAGMA foreign_keys=OFF; PRAGMA ignore_check_constraints=ON;");
    db.execute(sql);
  }

 private:
  temporary_folder folder_{"autocusto-verify"};
};

TEST_F(SyncVerify, AWholeStoreIsCleanAndCounted) {
  sync_world world(open());
  fill(world);
  const auto report = world.verify();
  for (const auto& f : report.findings) ADD_FAILURE() << f.what << " " << f.where;
  EXPECT_TRUE(report.clean());
  EXPECT_EQ(report.counts.records, 6);
  EXPECT_EQ(report.counts.versions, 11);
  EXPECT_EQ(report.counts.users, 3) << "the system user has a feed, too";
  EXPECT_EQ(report.counts.feed_items, 14);
  EXPECT_EQ(report.counts.views, 7);
  EXPECT_EQ(report.counts.open_conflicts, 1);
  EXPECT_EQ(report.counts.pushes, 5);
  EXPECT_EQ(report.counts.audit_lines, 3);
}

TEST_F(SyncVerify, ReceiptsOfAnotherServerAreFound) {
  sync_world world(open());
  fill(world);
  sync::verify_options options;
  options.server_keys = {crypto::signing_key::generate(*world.random).public_half()};
  options.max_findings = 2;
  sync::verify_report report;
  world.db->read([&](store::snapshot& snapshot) { report = sync::verify(snapshot, options); });
  EXPECT_EQ(report.total_findings, 5);
  ASSERT_EQ(report.findings.size(), 2U) << "no more than asked for";
  EXPECT_EQ(report.findings[0].what, "receipt_signature");
}

TEST_F(SyncVerify, RecordsOfAnotherTenantKeyAreFound) {
  sync_world world(open());
  fill(world);
  sync::verify_options options;
  options.server_keys = {world.signing.public_half()};
  options.tenant_key = "another tenant key";
  sync::verify_report report;
  world.db->read([&](store::snapshot& snapshot) { report = sync::verify(snapshot, options); });
  EXPECT_EQ(report.total_findings, 6);
  EXPECT_EQ(report.findings[0].what, "record_id");
}

const std::vector<damage> k_damages = {
    {"a byte of a header",
     "UPDATE version SET header=CAST(replace(CAST(header AS TEXT),'2026','2027') AS BLOB) "
     "WHERE pk=2",
     "header_hash"},
    {"a header that is none", "UPDATE version SET header=CAST('{}' AS BLOB) WHERE pk=2",
     "header_form"},
    {"a byte of a payload",
     "UPDATE version_payload SET bytes=CAST(replace(CAST(bytes AS TEXT),'Maria','Marta') AS BLOB) "
     "WHERE version=2",
     "payload_hash"},
    {"a payload that is gone", "DELETE FROM version_payload WHERE version=2", "payload_missing"},
    {"an author",
     "UPDATE version SET author=(SELECT pk FROM app_user WHERE email LIKE 'bia%') "
     "WHERE pk=2",
     "header_row"},
    {"a device", "UPDATE version SET device=(SELECT pk FROM device WHERE name='hers') WHERE pk=2",
     "header_row"},
    {"a status", "UPDATE version SET status=1 WHERE pk=2", "header_row"},
    {"a generation", "UPDATE version SET generation=7 WHERE pk=2", "generation"},
    {"a parent", "UPDATE version SET parent=NULL WHERE pk=2", "generation"},
    {"a version moved to another record",
     "UPDATE version SET record=(SELECT record FROM version WHERE pk=4), number=99 WHERE pk=2",
     "header_record"},
    {"a missing parent",
     "DELETE FROM version_payload WHERE version=1; DELETE FROM version WHERE "
     "pk=1",
     "number_gap"},
    {"a number", "UPDATE version SET number=9 WHERE pk=2", "number_gap"},
    {"a last number", "UPDATE record SET last_number=9 WHERE pk=1", "last_number"},
    {"a record without versions",
     "INSERT INTO record (id, kind, natural_key) VALUES (zeroblob(16), 'patient', '1')",
     "record_without_version"},
    {"a natural key", "UPDATE record SET natural_key='52998224725' WHERE pk=1", "payload_key"},
    {"a version of no record", "UPDATE version SET record=999 WHERE pk=2",
     "version_without_record"},
    {"heads of a view", "UPDATE view SET heads=substr(heads,1,32) WHERE length(heads)=64",
     "view_heads"},
    {"the active version", "UPDATE view SET active=NULL WHERE pk=1", "view_active"},
    {"a pin", "UPDATE view SET pinned=NULL WHERE pinned IS NOT NULL", "view_pinned"},
    {"a draft", "UPDATE view SET drafts=x'' WHERE length(drafts)=32", "view_drafts"},
    {"a view opened again", "UPDATE view SET open=1 WHERE open=0", "view_open"},
    {"a view closed", "UPDATE view SET open=0 WHERE pk=1", "view_open"},
    {"a view of nobody's feed",
     "INSERT INTO view (owner,record,open,incarnation,heads,drafts) "
     "VALUES (1,1,1,zeroblob(16),x'',x'')",
     "view_without_items"},
    {"a view given to somebody else", "UPDATE view SET owner=1 WHERE pk=1", "view_of_other"},
    {"an incarnation", "UPDATE view SET incarnation=zeroblob(16) WHERE pk=1", "item_hash"},
    {"a feed item", "DELETE FROM feed WHERE owner=2 AND seq=2", "feed_gap"},
    {"the last feed item", "DELETE FROM feed WHERE seq=(SELECT max(seq) FROM feed)", "feed_head"},
    {"an item's kind", "UPDATE feed SET kind=1 WHERE owner=2 AND seq=1", "item_hash"},
    {"an item's version", "UPDATE feed SET version=3 WHERE owner=2 AND seq=1", "item_hash"},
    {"an item without version", "UPDATE feed SET version=NULL WHERE owner=2 AND seq=1",
     "item_version"},
    {"an item behind the removal of its view",
     "INSERT INTO feed (owner,seq,kind,view,version,item_hash,chain) SELECT owner,seq+1,1,view,"
     "(SELECT max(pk) FROM version),zeroblob(32),zeroblob(32) FROM feed WHERE kind=3",
     "item_after_removed"},
    {"an item's hash", "UPDATE feed SET item_hash=zeroblob(32) WHERE owner=2 AND seq=1",
     "item_hash"},
    {"a chain", "UPDATE feed SET chain=zeroblob(32) WHERE owner=2 AND seq=1", "item_chain"},
    {"a feed's head", "UPDATE feed_head SET seq=seq+1", "feed_head"},
    {"a feed head's chain", "UPDATE feed_head SET chain=zeroblob(32)", "feed_head"},
    {"a conflict forgotten", "DELETE FROM conflict", "conflict_books"},
    {"a conflict closed too early", "UPDATE conflict SET state=1", "conflict_books"},
    {"a conflict of nothing",
     "INSERT INTO conflict (view,state,heads,opened_at) SELECT pk,0,x'',1 FROM view WHERE "
     "length(heads)=32 AND open=1 LIMIT 1",
     "conflict_books"},
    {"a push's signature", "UPDATE push SET signature=zeroblob(64) WHERE pk=1", "push_signature"},
    {"a push's object",
     "UPDATE push SET object=CAST(replace(CAST(object AS TEXT),'\"discards\":[]','\"discards\":[]"
     ",\"x\":1') AS BLOB) WHERE pk=1",
     "push_signature"},
    {"a push that is none", "UPDATE push SET object=x'7b7d' WHERE pk=1", "push_form"},
    {"a push of another device",
     "UPDATE push SET device=(SELECT pk FROM device WHERE name='hers') WHERE pk=1", "push_row"},
    {"another device's key",
     "UPDATE device SET public_key=(SELECT public_key FROM device WHERE name='hers') WHERE "
     "name='laptop'",
     "push_signature"},
    {"a receipt", "UPDATE push SET answer=x'7b7d' WHERE pk=1", "receipt_form"},
    {"a receipt's text",
     "UPDATE push SET answer=CAST(replace(CAST(answer AS TEXT),'accepted','duplicate') AS BLOB) "
     "WHERE pk=1",
     "receipt_signature"},
    {"a receipt of another push",
     "UPDATE push SET answer=(SELECT answer FROM push WHERE pk=2) WHERE pk=1", "receipt_lines"},
    {"a version that was acknowledged",
     "DELETE FROM version_payload WHERE version=11; DELETE FROM version WHERE pk=11; "
     "DELETE FROM feed WHERE version=11",
     "receipt_version_missing"},
    {"a line of the audit log",
     "DROP TRIGGER audit_log_keeps; UPDATE audit_log SET at=at+1 WHERE pk=2", "audit_line"},
    {"a line removed from the audit log",
     "DROP TRIGGER audit_log_stays; DELETE FROM audit_log WHERE pk=2", "audit_line"},
    {"a line cut off the audit log",
     "DROP TRIGGER audit_log_stays; DELETE FROM audit_log WHERE pk=3", "audit_head"},
    {"a link of the audit log",
     "DROP TRIGGER audit_chain_keeps_update; UPDATE audit_chain SET link=zeroblob(32) WHERE seq=1",
     "audit_line"},
    {"the audit log's head", "UPDATE audit_head SET link=zeroblob(32)", "audit_head"},
    {"an older head of the audit log",
     "UPDATE audit_head SET seq=2, line=2, link=(SELECT link FROM audit_chain WHERE seq=2)",
     "audit_head"},
};

TEST_P(SyncVerify, IsFound) {
  {
    sync_world world(open());
    fill(world);
    ASSERT_TRUE(world.verify().clean());
  }
  edit(GetParam().sql);
  sync_world world(open());
  const auto report = world.verify();
  std::string all;
  for (const auto& f : report.findings) all += f.what + " at " + f.where + "\n";
  EXPECT_TRUE(std::any_of(report.findings.begin(), report.findings.end(),
                          [](const auto& f) { return f.what == GetParam().finding; }))
      << "found only:\n"
      << all;
  // Whatever is found says where without telling whom it is about.
  EXPECT_EQ(all.find(nth_cpf(0)), std::string::npos);
  EXPECT_EQ(all.find('@'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Damages, SyncVerify, ::testing::ValuesIn(k_damages));

TEST_F(SyncVerify, APageSaysOfAVersionWithoutPayloadThatThereIsNone) {
  {
    sync_world world(open());
    fill(world);
  }
  edit("DELETE FROM version_payload WHERE version=2");
  sync_world world(open());
  store::session_owner who;
  version_id emptied;
  world.db->read([&](store::snapshot& snapshot) {
    who.user = store::people::reads(snapshot).user_by_email("ana@example.org").value();
    emptied = store::versions::reads(snapshot).versions(std::vector<store::pk>{2}).at(0).id;
  });
  const auto page = world.changes.changes(who, {}, 1000).value();
  EXPECT_GT(page.versions.size(), 1U);
  for (const auto& v : page.versions) {
    EXPECT_EQ(!v.payload, crypto::sha256(v.header).raw() == emptied.raw());
  }
}

TEST_F(SyncVerify, ADraftAndItsDiscardInOnePushAreClean) {
  sync_world world(open());
  const auto ana = world.add_user("ana@example.org");
  auto laptop = world.add_device(ana, "laptop");
  const auto draft = laptop.version(a_clinic().draft().with("cidade", ""));
  push_options discard;
  discard.discards = {draft.id};
  world.push(laptop, {draft}, discard);
  const auto report = world.verify();
  for (const auto& f : report.findings) ADD_FAILURE() << f.what << " " << f.where;
}

}  // namespace
}  // namespace autocusto::test
