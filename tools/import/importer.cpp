#include "tools/import/importer.hpp"

#include <algorithm>

#include "server/store/imports/rows.hpp"
#include "server/store/imports/runs.hpp"
#include "server/store/people.hpp"
#include "shared/base/bytes.hpp"
#include "tools/import/rules/changed.hpp"
#include "tools/import/rules/texts.hpp"
#include "tools/import/source/people.hpp"
#include "tools/import/source/records.hpp"

namespace autocusto::import {
namespace {

// A transaction: large enough that its round trips and flush cost little, small enough to be quick.
constexpr std::size_t k_versions_per_chunk = 4000;
constexpr std::size_t k_records_per_chunk = 1500;

}  // namespace

importer::importer(connection& from, const layout& of, store::database& reads,
                   intake::import_writer* writer, const run_options& options)
    : from_(from), layout_(of), reads_(reads), writer_(writer), options_(options) {}

run_outcome importer::run() {
  begin();
  import_accounts();
  encoder_ = std::make_unique<encoder>(options_.keys, options_.source,
                                       last_migration(from_, layout_) / 1000, users_);
  pipeline_ = std::make_unique<pipeline>(
      [this](const chunk& what) { return encode(what); },
      [this](const intake::batch& what, const intake::commit_order& before_feeds) {
        write(what, before_feeds);
      },
      options_.dry_run ? 1 : writer_->parallelism());
  chunk unreadable;
  keep_quarantined(unreadable, 0);
  put(unreadable);
  import_kind(clinic_kind(), merged_clinics_);
  import_kind(patient_kind(), merged_patients_);
  keep_everything();
  pipeline_->finish();
  finish();
  return std::move(out_);
}

void importer::begin() {
  out_.layout = layout_.name;
  out_.dry_run = options_.dry_run;
  for (const auto& [table, rows] : count_rows(from_, layout_)) {
    out_.rows.set_source_rows(table, rows);
    const auto& others = layout_.other_tables;
    if (std::find(others.begin(), others.end(), table) != others.end()) {
      out_.rows.count(table, outcome::ignored, rows);
    } else {
      total_ += rows;
    }
  }
  if (!options_.dry_run) {
    const auto state =
        writer_->begin({options_.source, layout_.name, options_.options_text, options_.now});
    if (!state) throw error_exception(state.error());
    out_.run = state->run;
    out_.continued = state->continued;
  }
  reads_.read([this](store::snapshot& snapshot) {
    store::people::reads people(snapshot);
    known_source_ = store::imports::rows::reads(snapshot).has_imported_versions(options_.source);
    if (const auto device = people.device_by_id(import_device())) import_device_ = device->key;
    system_user_ = people.user_by_id(system_user()).value().key;
    if (!out_.continued) return;
    const auto row = store::imports::runs::reads(snapshot).import_run(out_.run);
    out_.made = {row->versions, row->views, row->users};
  });
}

void importer::import_kind(const legacy_kind& kind, merged_masters& merged) {
  bundle_stream bundles(from_, layout_, kind);
  const judge_input input{&kind, layout_.versioned,
                          [this](legacy_id user) { return users_.contains(user); }};
  const bool clinics = kind.spec->kind == clinic_kind().spec->kind;
  chunk gathered;
  std::size_t versions = 0;
  std::size_t first_item = out_.rows.items().size();
  const auto flush = [&] {
    keep_quarantined(gathered, first_item);
    put(gathered);
    first_item = out_.rows.items().size();
    versions = 0;
  };
  while (auto next = bundles.next()) {
    auto& rows = *gathered.rows.emplace_back(std::make_unique<bundle>(*std::move(next)));
    for (auto& record : judge(input, rows, out_.rows)) {
      merged.add(record.masters);
      if (clinics) {
        for (const auto id : record.masters) clinics_.emplace(id, record.survivor);
      }
      versions += record.versions.size();
      gathered.records.push_back(std::move(record));
    }
    if (versions >= k_versions_per_chunk || gathered.rows.size() >= k_records_per_chunk) flush();
  }
  flush();
}

/// Rows that the last bundles put into quarantine, fetched whole.
void importer::keep_quarantined(chunk& to, std::size_t first_item) {
  const auto& items = out_.rows.items();
  std::map<std::string_view, std::map<legacy_id, std::string>> reasons;
  for (std::size_t i = first_item; i < items.size(); ++i) {
    if (items[i].result != outcome::quarantined) continue;
    auto& reason = reasons[out_.rows.table_name(items[i])][items[i].id];
    if (!reason.empty()) reason += ",";
    reason += out_.rows.reason_name(items[i]);
  }
  for (const auto& [table, rows] : reasons) {
    std::vector<std::int64_t> ids;
    for (const auto& [id, reason] : rows) ids.push_back(id);
    read_rows(from_, layout_, table, ids,
              [&, name = table, &rows_of = rows](std::int64_t id, std::string_view json) {
                keep(to, name, id, {outcome::quarantined, entry_of(rows_of, id), true}, json);
              });
  }
}

void importer::keep(chunk& to, std::string_view table, legacy_id id, const kept_verdict& verdict,
                    std::string_view json) {
  // A merged row is said by the one that it became.
  if (verdict.result == outcome::merged || !verdict.whole) return;
  auto& row = to.kept.emplace_back();
  row.origin = table;
  row.legacy_id = id;
  row.outcome = verdict.result == outcome::quarantined ? store::kept_outcome::quarantined
                                                       : store::kept_outcome::deferred;
  row.reason = verdict.reasons;
  row.content =
      is_readable(json) ? std::string(json) : R"({"base64url":")" + to_base64url(json) + "\"}";
  row.digest = digest_of(row.reason + "\n" + row.content);
}

void importer::put(chunk& what) {
  if (!what.records.empty() || !what.rows.empty() || !what.kept.empty())
    pipeline_->put(std::move(what));
  what = {};
}

known_versions importer::find_known(const chunk& what) {
  known_versions known;
  if (!known_source_) return known;
  std::map<store::import_origin, std::vector<std::int64_t>> ids;
  for (const auto& record : what.records) {
    for (const auto& v : record.versions) ids[v.origin].push_back(v.id);
  }
  reads_.read([&](store::imports::rows::reads rows) {
    known.clear();
    for (const auto& [origin, wanted] : ids) {
      for (auto& v : rows.imported_versions(options_.source, origin, wanted)) {
        known.emplace(known_key(origin, v.row.legacy_id), v);
      }
    }
  });
  return known;
}

intake::batch importer::encode(const chunk& what) {
  const auto known = find_known(what);
  intake::batch out;
  out.run = out_.run;
  out.source = options_.source;
  out.now = options_.now;
  out.import_device = import_device_;
  out.system_user = system_user_;
  out.records.reserve(what.records.size());
  for (const auto& record : what.records) out.records.push_back(encoder_->encode(record, known));
  out.kept = what.kept;
  return out;
}

void importer::write(const intake::batch& what, const intake::commit_order& before_feeds) {
  intake::counts made;
  if (options_.dry_run) {
    reads_.read([&](store::snapshot& snapshot) { made = intake::foresee(snapshot, what); });
  } else {
    const auto done = writer_->apply(what, before_feeds);
    if (!done) throw error_exception(done.error());
    made = *done;
  }
  const std::lock_guard lock(written_mutex_);
  out_.made.versions += made.versions;
  out_.made.views += made.views;
  std::int64_t rows = static_cast<std::int64_t>(what.kept.size());
  for (const auto& record : what.records) rows += static_cast<std::int64_t>(record.versions.size());
  written_ += rows;
  if (options_.progress) options_.progress("importing", written_, total_);
}

void importer::finish() {
  const auto wrong = out_.rows.unaccounted();
  if (!wrong.empty()) {
    throw error_exception(fail(errc::internal, "Not every row of " + wrong.front() +
                                                   " is accounted for; this is a fault of the "
                                                   "importer. What came in is whole; the run is "
                                                   "left unfinished."));
  }
  out_.rows.sort_items();
  out_.json = report_json(out_);
  if (options_.dry_run) return;
  const auto end = options_.clock ? options_.clock() : options_.now;
  const auto done = writer_->finish({out_.run, end, out_.json});
  if (!done) throw error_exception(done.error());
}

run_outcome run_import(connection& from, const layout& of, store::database& reads,
                       intake::import_writer* writer, const run_options& options) {
  return importer(from, of, reads, writer, options).run();
}

}  // namespace autocusto::import
