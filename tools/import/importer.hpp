#pragma once
// Private to the import: the state of one run, spread over people, records and kept rows.

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tools/import/pipeline.hpp"
#include "tools/import/rules/process_fields.hpp"
#include "tools/import/rules/processes.hpp"
#include "tools/import/run.hpp"

namespace autocusto::import {

class importer {
 public:
  importer(connection& from, const layout& of, store::database& reads,
           intake::import_writer* writer, const run_options& options);

  [[nodiscard]] run_outcome run();

 private:
  // importer.cpp
  void begin();
  void finish();
  void import_kind(const legacy_kind& kind, merged_masters& merged);
  void keep_quarantined(chunk& to, std::size_t first_item);
  void put(chunk& what);
  [[nodiscard]] intake::batch encode(const chunk& what);
  [[nodiscard]] known_versions find_known(const chunk& what);
  void write(const intake::batch& what, const intake::commit_order& before_feeds);

  // importer_people.cpp
  void import_accounts();
  void keep(chunk& to, std::string_view table, legacy_id id, const kept_verdict& verdict,
            std::string_view json);
  void keep_judged(std::string_view table, const kept_verdicts& verdicts);
  void keep_plain(std::string_view table);
  void keep_diseases();
  /// What becomes of a link whose ends are there.
  using link_judge = std::function<kept_verdict(legacy_id first, legacy_id second)>;
  void keep_links(std::string_view table, std::string_view first_column,
                  std::string_view first_table, std::string_view first_missing,
                  const link_judge& judge);
  void import_doctors();
  void keep_everything();

  // importer_processes.cpp
  [[nodiscard]] std::set<legacy_id> quarantined_masters(const legacy_kind& kind) const;
  void import_processes();

  connection& from_;
  const layout& layout_;
  store::database& reads_;
  intake::import_writer* writer_;
  const run_options& options_;
  run_outcome out_;
  bool known_source_ = false;  ///< earlier runs (or a part of this one) made versions
  store::pk import_device_ = 0;
  store::pk system_user_ = 0;
  user_map users_;
  std::unordered_set<legacy_id> user_ids_;
  std::unordered_set<legacy_id> doctor_ids_;
  std::vector<doctor_row> doctors_;
  std::vector<doctor_link> links_;
  std::unordered_map<legacy_id, legacy_id> clinics_;  ///< each with its survivor
  merged_masters merged_patients_, merged_clinics_;
  std::unique_ptr<encoder> encoder_;
  std::mutex written_mutex_;  ///< for what has been written: several threads of the pipeline write
  std::int64_t written_ = 0;  ///< versions and kept rows
  std::int64_t total_ = 0;
  std::unique_ptr<pipeline> pipeline_;  ///< destroyed first
};

}  // namespace autocusto::import
