#pragma once
// What an importer hands in, as values.
//
// A run consists of accounts, then batches of whole records (each record with its versions and
// views in one batch, so in one transaction), then rows kept for later, then the end with the
// report. Nobody sees anything of it before the end: accounts that the run made are held until
// then, and what it gives to others waits (ADR 0032). Versions come encoded, with ids and parents
// settled; numbers, feed positions and what happens to views that exist are settled inside the
// transaction (plan_batch.hpp). Any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/store/imports/rows.hpp"

namespace autocusto::intake {

struct run_start {
  std::string source;
  std::string layout;
  std::string options;
  unix_millis now = 0;
};

/// The run to write under. An unfinished run of the same source is continued under its number.
struct run_state {
  store::pk run = 0;
  bool continued = false;
};

struct account {
  std::int64_t legacy_id = 0;
  user_id id;
  std::string email;
  store::user_role role = store::user_role::doctor;
  bool enabled = true;
  unix_millis created_at = 0;
};

/// What became of an account, in the order given.
struct account_outcome {
  store::pk key = 0;
  user_id id;
  bool made = false;
  bool linked = false;  ///< an account with this e-mail was here before
};

struct version_entry {
  store::import_origin origin = store::import_origin::patient_version;
  std::int64_t legacy_id = 0;
  std::int64_t legacy_number = 0;
  std::int64_t digest = 0;
  store::pk known = 0;    ///< its key, where an earlier run (or part of this one) made it
  store::pk author = 0;   ///< 0: the system user; not used for known ones
  bool archived = false;  ///< not used for known ones
  domain::version value;  ///< header, id and bytes; the payload is not parsed. Known ones: id only
};

struct visible_version {
  std::uint32_t version = 0;  ///< position in the record's versions
  bool assigned = false;      ///< by an assignment; else as the user's own
};

/// What one user sees of the record: the last one is what is shown.
struct view_entry {
  store::pk user = 0;
  user_id user_public;
  incarnation_id incarnation;  ///< if the view has to be opened
  std::vector<visible_version> visible;
};

struct record_entry {
  std::string kind;
  std::string key;
  record_id id;
  std::vector<version_entry> versions;  ///< parents before children
  std::vector<view_entry> views;
};

struct batch {
  store::pk run = 0;
  std::string source;
  unix_millis now = 0;
  store::pk import_device = 0;  ///< key of the device that the versions name
  store::pk system_user = 0;    ///< its key
  std::vector<record_entry> records;
  std::vector<store::import_kept_row> kept;
};

struct counts {
  std::int64_t versions = 0;
  std::int64_t views = 0;
  std::int64_t users = 0;
};

struct run_end {
  store::pk run = 0;
  unix_millis now = 0;
  std::string report;
};

struct rollback_request {
  store::pk run = 0;
  bool except_used = false;
  unix_millis now = 0;
};

/// Why something cannot be taken back.
struct blocker {
  std::string table;  ///< of the source; `usuarios_usuario` or the table of a version
  std::int64_t legacy_id = 0;
  std::string reason;  ///< received, feed_moved, built_on, assigned
};

struct rollback_report {
  std::vector<blocker> blockers;
  bool done = false;
  counts removed;
  counts kept;                         ///< of what was used, and accounts that another source uses
  std::int64_t accounts_disabled = 0;  ///< made by the run, neither removed nor kept: disabled,
                                       ///< since something such as the audit log names them
};

}  // namespace autocusto::intake
