#pragma once
// What an import keeps in the store beside records, versions and views: its runs, which row of the
// source became what, rows kept whole for later, and how views were before.
//
// `source` names one legacy installation: its row ids mean the same in every run of that name.
// Values and interfaces only; `reader` and `writer` (store.hpp) take these in. Threads and errors
// as there.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/rows.hpp"

namespace autocusto::store {

struct import_run_row {
  pk key = 0;
  std::string source;
  std::string layout;
  std::string options;  ///< a short JSON object, for people
  unix_millis started_at = 0;
  std::optional<unix_millis> finished_at;
  std::optional<unix_millis> rolled_back_at;
  std::int64_t versions = 0;  ///< made by this run
  std::int64_t views = 0;     ///< opened or moved
  std::int64_t users = 0;     ///< accounts made
  pk version_floor = 0;       ///< greatest key before the run
  pk view_floor = 0;
  std::optional<std::string> report;  ///< JSON; read by `import_run` only
};

/// An account that a run made is disabled until the run ends. What becomes of it then.
enum class account_hold { none, enable, leave };

struct import_user_row {
  std::int64_t legacy_id = 0;
  pk owner = 0;
  pk run = 0;
  bool made = true;  ///< false: the account was there before
  account_hold held = account_hold::none;
};

/// Tables of the source whose rows become versions.
enum class import_origin { patient_version, clinic_version, patient_master, clinic_master };

struct import_version_row {
  import_origin origin = import_origin::patient_version;
  std::int64_t legacy_id = 0;
  pk version = 0;
  pk run = 0;
  std::int64_t number = 0;  ///< as the source numbers it
  std::int64_t digest = 0;  ///< of the row's content
};

/// A version that an earlier run made, found by its row.
struct imported_version {
  import_version_row row;
  version_id id;
  record_id record;
  std::int64_t generation = 1;
};

enum class kept_outcome { deferred, quarantined };

struct import_kept_row {
  std::string origin;  ///< the table
  std::int64_t legacy_id = 0;
  kept_outcome outcome = kept_outcome::deferred;
  std::int64_t digest = 0;  ///< of outcome, reason and content
  std::string reason;       ///< empty for deferred rows that nothing is wrong with
  std::string content;      ///< the row as JSON
};

struct import_view_row {
  pk view = 0;
  domain::view_state before;
  std::optional<version_id> active_before;
};

/// What a run gives to a user who was there before it: shown when the run ends.
struct import_pending_row {
  pk record = 0;
  pk owner = 0;
  incarnation_id incarnation;  ///< if the view has to be opened
  struct shown {
    version_id version;
    bool assigned = false;  ///< by an assignment; else as the user's own
  };
  std::vector<shown> versions;  ///< the last one is what is shown
};

/// What a user's feed says about one run.
struct import_feed_span {
  pk owner = 0;
  std::int64_t first = 0, last = 0, count = 0;  ///< items of the run
  std::int64_t head = 0;                        ///< last item of the feed
  std::int64_t given = 0;                       ///< the greatest number that a device was given
};

/// A feed item of kind `version` or `assigned`.
struct shown_version {
  pk view = 0;
  pk version = 0;
  std::optional<pk> import_run;
  std::int64_t seq = 0;
};

class import_reader {
 public:
  virtual ~import_reader() = default;

  /// Without reports, oldest first.
  virtual std::vector<import_run_row> import_runs() = 0;
  virtual std::optional<import_run_row> import_run(pk run) = 0;
  virtual std::vector<import_user_row> import_users(std::string_view source) = 0;
  /// For each row that became versions, the newest one.
  virtual std::vector<imported_version> imported_versions(
      std::string_view source, import_origin origin, std::span<const std::int64_t> legacy_ids) = 0;
  /// Whether any run of this source has brought versions in that are still there.
  virtual bool has_imported_versions(std::string_view source) = 0;
  /// Whether this account waits for the end of the run that made it.
  virtual bool is_held(pk user) = 0;
  /// What waits for the end of the run, by record and owner, behind (`record`, `owner`).
  virtual std::vector<import_pending_row> pending_rows(pk run, pk record, pk owner,
                                                       std::int64_t limit) = 0;
  /// Digests of kept rows, of the newest run that kept each: (legacy id, digest).
  virtual std::vector<std::pair<std::int64_t, std::int64_t>> kept_digests(
      std::string_view source, std::string_view origin,
      std::span<const std::int64_t> legacy_ids) = 0;
  /// What the source's runs up to this one keep of that table, each row as the newest of them has
  /// it, by id: those behind `after`.
  virtual std::vector<import_kept_row> kept_rows(pk run, std::string_view origin,
                                                 std::int64_t after, std::int64_t limit) = 0;
  /// Whether rows were kept by that very run.
  virtual bool keeps_rows(pk run) = 0;
  /// All views of these records, open and closed, in no order.
  virtual std::vector<view_row> views_of_records(std::span<const pk> records) = 0;
  /// For each of these views that has imported items, the version of the last one.
  virtual std::vector<std::pair<pk, version_id>> last_imported(std::span<const pk> views) = 0;
  /// Everything that these views' items have made visible.
  virtual std::vector<shown_version> shown_versions(std::span<const pk> views) = 0;
  /// The rows that these versions came from.
  virtual std::vector<import_version_row> import_rows_of(std::string_view source,
                                                         std::span<const pk> versions) = 0;
  /// What the feeds of these users say about the run; users without its items are left out.
  virtual std::vector<import_feed_span> import_spans(pk run, std::span<const pk> owners) = 0;
  /// Known ones only, in no order.
  virtual std::vector<record_row> records_by_ids(std::span<const record_id> ids) = 0;
  virtual pk greatest_version() = 0;
  virtual pk greatest_view() = 0;
};

/// Items of many users' feeds at once; `feed_row::user` says whose.
struct feed_move {
  pk user = 0;
  feed_head head;
};

/// What became of the accounts that a run made.
struct removed_accounts {
  std::int64_t gone = 0;
  std::int64_t handed_over = 0;
  std::vector<pk> disabled;
};

class import_writer {
 public:
  virtual ~import_writer() = default;

  virtual pk add_import_run(const import_run_row& run) = 0;
  /// Everything but key, source and start.
  virtual void save_import_run(const import_run_row& run) = 0;
  /// Locks the row until the end.
  virtual std::optional<import_run_row> lock_import_run(pk run) = 0;
  /// An account beside another of the same e-mail: found by the exact text, or as `e-mail#twin`.
  virtual pk add_twin_user(const user_row& user, std::int64_t twin) = 0;
  virtual void add_import_user(std::string_view source, const import_user_row& user) = 0;
  virtual void add_import_versions(std::string_view source,
                                   std::span<const import_version_row> rows) = 0;
  virtual void keep_rows(std::string_view source, pk run,
                         std::span<const import_kept_row> rows) = 0;
  virtual void add_import_views(pk run, std::span<const import_view_row> rows) = 0;
  /// Replaces what is there for the same record and owner.
  virtual void add_pending(pk run, std::span<const import_pending_row> rows) = 0;
  virtual void remove_pending(pk run) = 0;
  /// Ends the hold on the run's accounts, and enables those that are to be.
  virtual void release_import_users(std::string_view source, pk run) = 0;
  /// Locks the heads of these users in the order of their keys, made where missing; answers in that
  /// order.
  virtual std::vector<feed_move> lock_heads(std::span<const pk> users) = 0;
  virtual void append_feeds(std::span<const feed_row> rows, std::span<const feed_move> heads) = 0;
  /// Notes that a device is being given its owner's feed up to `seq`.
  virtual void note_given(pk device, std::int64_t seq) = 0;

  // Taking a run back. The caller has decided what may go.
  /// Before and after a transaction's deletions: an embedded database checks references faster with
  /// indexes that it has only meanwhile.
  virtual void begin_removal() = 0;
  virtual void end_removal() = 0;
  /// Takes the run's items off the end of these feeds, which must end with them.
  virtual void cut_feeds(pk run, std::span<const import_feed_span> spans) = 0;
  /// Versions that this run made, with a key above `after`, in the order of their keys.
  virtual std::vector<std::pair<pk, pk>> versions_of_run(pk run, pk after, std::int64_t limit) = 0;
  /// Views that this run opened, with a key above `after`.
  virtual std::vector<view_row> views_of_run(pk run, pk after, std::int64_t limit) = 0;
  virtual std::vector<import_view_row> moved_views(pk run) = 0;
  virtual void forget_moved_views(pk run, std::span<const pk> views) = 0;
  /// Views without items.
  virtual void remove_views(std::span<const pk> views) = 0;
  /// Versions that nothing refers to, last ones first; their records' last numbers follow, and
  /// records without versions go.
  virtual void remove_versions(std::span<const pk> versions, std::span<const pk> records) = 0;
  virtual void remove_kept_rows(pk run) = 0;
  /// Removes the accounts that the run made, but for `except`. Those that another source or run has
  /// found here are handed over to it: the last one that names them removes them. Those that
  /// something else refers to, such as the audit log, are disabled.
  virtual removed_accounts remove_import_users(std::string_view source, pk run,
                                               std::span<const pk> except) = 0;
};

}  // namespace autocusto::store
