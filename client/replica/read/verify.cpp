// Verifies the replica: the versions, views and lists on the disk must agree with each other.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "client/replica/file/codec.hpp"
#include "client/replica/file/commit_count.hpp"
#include "client/replica/file/record_copy.hpp"
#include "client/replica/file/replica_file.hpp"
#include "client/replica/read/reader.hpp"

namespace autocusto::replica {
namespace {

/// Walks the replica inside one snapshot and notes what is wrong. Records are called by their local
/// row numbers, which mean nothing outside this file.
class verifier {
 public:
  verifier(replica_file& file, verify_report& report) : file_(file), report_(report) {}

  void run() {
    check_file();
    guarded("settings", [this] { read_lists(); });
    file_.check_cells([this](bool sound) {
      ++report_.cells;
      if (!sound) note("A setting or name does not open.");
    });
    guarded("settings", [this] { tenant_key_ = file_.get(k_tenant_key).value_or(""); });
    std::vector<std::int64_t> rows;
    {
      auto q = file_.db().ask("SELECT id FROM holding ORDER BY id");
      while (q->step()) rows.push_back(q->column_int(0));
    }
    for (const auto row : rows) {
      guarded("record " + std::to_string(row), [this, row] { check_record(row); });
    }
    for (const auto& [row, entry] : waiting_)
      note("Row " + std::to_string(row) + " waits for nothing.");
    check_orphans(std::set<std::int64_t>(rows.begin(), rows.end()));
  }

 private:
  /// What the lists of P say of a version.
  struct noted {
    version_id version;
    version_sync_state where = version_sync_state::waiting;
  };

  void note(std::string what) { report_.problems.push_back(std::move(what)); }

  template <class Work>
  void guarded(const std::string& what, Work&& work) {
    try {
      work();
    } catch (const error_exception& e) {
      note("In " + what + ": " + e.get().message);
    }
  }

  void check_file() {
    auto q = file_.db().ask("PRAGMA integrity_check");
    while (q->step()) {
      if (q->column_view(0) != "ok") note("The file itself is damaged.");
    }
  }

  void read_lists() {
    auto& cells = file_.keys().cells();
    for (const auto* table : {&k_waiting, &k_unpulled}) {
      file_.each_entry(*table, [&](std::int64_t id, std::string_view sealed) {
        ++report_.cells;
        const auto entry = unpack_waiting(replica_file::open_entry(*table, id, sealed, cells));
        const auto where =
            table == &k_waiting ? version_sync_state::waiting : version_sync_state::acknowledged;
        if (!waiting_.emplace(id, noted{entry.version, where}).second) {
          note("Row " + std::to_string(id) + " waits twice.");
        }
      });
    }
    file_.each_entry(k_discard, [&](std::int64_t id, std::string_view sealed) {
      ++report_.cells;
      static_cast<void>(unpack_discard(replica_file::open_entry(k_discard, id, sealed, cells)));
    });
    file_.each_entry(k_mark, [&](std::int64_t id, std::string_view sealed) {
      ++report_.cells;
      static_cast<void>(unpack_mark(replica_file::open_entry(k_mark, id, sealed, cells)));
    });
  }

  void check_record(std::int64_t row) {
    unit_of_work set(file_);
    auto* held = set.load(row);
    ++report_.records;
    report_.cells += 2;
    const std::string name = "record " + std::to_string(row);
    const auto& state = held->state();
    if (!stands_under(row, state.record.id)) {
      note("In " + name + ": the hash by which it is found is another record's.");
    }
    if (!state.key.empty() && !tenant_key_.empty() &&
        domain::make_record_id(tenant_key_, state.record.kind, state.key) != state.record.id) {
      note("In " + name + ": its id does not belong to its key.");
    }
    for (const auto* meta : held->versions()) {
      guarded(name, [&] { check_version(*held, *meta, name); });
    }
    if (static_cast<std::int64_t>(held->versions().size()) != state.versions) {
      note("In " + name + ": versions are missing, or too many.");
    }
    check_view(*held, name);
    file_.each_entry(k_notice, [&](std::int64_t id, std::string_view sealed) {
      if (copy_row(id) != row) return;
      ++report_.cells;
      static_cast<void>(
          unpack_notice(replica_file::open_entry(k_notice, id, sealed, held->sealer())));
    });
  }

  bool stands_under(std::int64_t row, const record_id& record) {
    const auto hash = file_.keys().lookup("record", record.raw());
    auto q = file_.db().ask("SELECT record_hash FROM holding WHERE id = ?");
    q->bind_int(1, row);
    return q->step() && q->column_view(0) == vault::view(hash);
  }

  void check_version(record_copy& held, const version_meta& meta, const std::string& name) {
    ++report_.versions;
    report_.cells += 2;
    const auto version = held.read(meta);  // opens it, and recomputes both hashes
    const auto& header = version.header;
    if (header.record != held.state().record || header.parents != meta.parents ||
        header.generation != meta.generation || header.status != meta.status) {
      note("In " + name + ": a version does not agree with what is noted of it.");
    }
    if (!meta.erased && version.payload.key != held.state().key) {
      note("In " + name + ": a version is of another record.");
    }
    check_generation(held, meta, name);
    const auto waiting = waiting_.extract(meta.row);
    const auto listed =
        meta.where == version_sync_state::missing ? version_sync_state::waiting : meta.where;
    const bool as_noted =
        waiting.empty() ? listed != version_sync_state::waiting && !meta.is_local()
                        : waiting.mapped().version == meta.id && waiting.mapped().where == listed;
    if (!as_noted) note("In " + name + ": a version's place in the outbox is not as noted.");
    if (meta.where == version_sync_state::refused) {
      ++report_.cells;
      const auto entry = file_.entry(k_refused, meta.row, held.sealer());
      if (!entry || unpack_refused(*entry).version != meta.id) {
        note("In " + name + ": a refused version is not on the list.");
      }
    }
  }

  /// An assigned version comes without its ancestors: only parents that are here can be checked.
  void check_generation(record_copy& held, const version_meta& meta, const std::string& name) {
    std::int64_t greatest = 0;
    for (const auto& parent : meta.parents) {
      const auto* known = held.find(parent);
      if (known == nullptr) {
        if (meta.is_local()) note("In " + name + ": a version that waits has lost a parent.");
        return;
      }
      greatest = std::max(greatest, known->generation);
    }
    if (meta.generation != greatest + 1) note("In " + name + ": a generation is wrong.");
  }

  void check_view(record_copy& held, const std::string& name) {
    for (const auto* ids : {&held.state().told.heads, &held.state().told.drafts}) {
      for (const auto& id : *ids) {
        if (held.find(id) == nullptr) note("In " + name + ": a head or draft is missing.");
      }
    }
    const auto before = held.state().shown;
    const auto number = held.state().number;
    static_cast<void>(
        held.change());  // marks it as changed, so that it is worked out again; nothing is written
    if (!(held.settled().shown == before) || held.settled().number != number) {
      note("In " + name + ": the shown view is not the one that follows from its versions.");
    }
  }

  void check_orphans(const std::set<std::int64_t>& copies) {
    auto q = file_.db().ask("SELECT id FROM version");
    std::size_t orphans = 0;
    while (q->step()) {
      if (!copies.contains(copy_row(q->column_int(0)))) ++orphans;
    }
    if (orphans > 0) {
      note(std::to_string(orphans) +
           " version rows belong to no record; the next sync deletes them.");
    }
  }

  replica_file& file_;
  verify_report& report_;
  bytes tenant_key_;
  std::map<std::int64_t, noted> waiting_;
};

/// So that the next complete sync forgets them. What is in the way (a full disk, another process)
/// only has it told once more.
void note_told(replica_file& file, std::int64_t missing) {
  try {
    if (file.count(k_commits_told) == missing) return;
    const auto scope = file.begin();
    if (!scope) return;
    file.put_number(k_commits_told, missing);
    (*scope)->commit();
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace

verify_report reader::verify() const {
  auto& file = *file_;
  verify_report report;
  const std::int64_t beside = commits_beside(file.home());  // before the snapshot: another process
                                                            // may be writing
  {
    const sqlite::snapshot now(file.db());
    verifier(file, report).run();
    try {
      report.missing_commits =
          file.get_number(k_commits_missing) + commits_lost(file.get_number(k_commits), beside);
    } catch (const error_exception&) {
      return report;  // the damaged setting is among the problems
    }
  }
  if (report.missing_commits > 0) note_told(file, report.missing_commits);
  return report;
}

}  // namespace autocusto::replica
