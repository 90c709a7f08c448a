-- What brings a legacy database in: what a run made, what it kept for later, and how to take it
-- back. `source` names one legacy installation, so that its ids mean the same in every run.
ALTER TABLE import_run ADD COLUMN layout TEXT NOT NULL DEFAULT '';
ALTER TABLE import_run ADD COLUMN versions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_run ADD COLUMN views INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_run ADD COLUMN users INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_run ADD COLUMN version_floor INTEGER NOT NULL DEFAULT 0;  -- keys that were there
ALTER TABLE import_run ADD COLUMN view_floor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_run ADD COLUMN options TEXT NOT NULL DEFAULT '';

-- The greatest number of its owner's feed that a device was given while items of an import were
-- in it: so that a run is only taken back where nobody has it.
ALTER TABLE device ADD COLUMN given INTEGER NOT NULL DEFAULT 0;

-- Accounts whose e-mail is the same as another's but for case (or altogether). Their
-- app_user.email_key is `e-mail#legacy id`; here stands what they share.
CREATE TABLE email_twin (
  email_key TEXT NOT NULL,
  owner     INTEGER NOT NULL REFERENCES app_user,
  PRIMARY KEY (email_key, owner)
) STRICT, WITHOUT ROWID;

CREATE TABLE import_user (
  source    TEXT NOT NULL,
  legacy_id INTEGER NOT NULL,
  owner     INTEGER NOT NULL REFERENCES app_user,
  run       INTEGER NOT NULL REFERENCES import_run,
  made      INTEGER NOT NULL,  -- 0: the account was there before
  PRIMARY KEY (source, legacy_id)
) STRICT, WITHOUT ROWID;

-- Which row of the source became which version. A row that changes becomes another version.
CREATE TABLE import_version (
  source    TEXT NOT NULL,
  origin    INTEGER NOT NULL,  -- 0 patient version, 1 clinic version, 2 patient, 3 clinic
  legacy_id INTEGER NOT NULL,
  version   INTEGER NOT NULL,
  run       INTEGER NOT NULL,
  number    INTEGER NOT NULL,  -- as the source numbers it
  digest    INTEGER NOT NULL,  -- of the row's content
  PRIMARY KEY (source, origin, legacy_id, version)
) STRICT, WITHOUT ROWID;

-- Views that were there when a run moved them, as they were.
CREATE TABLE import_view (
  run    INTEGER NOT NULL REFERENCES import_run,
  view   INTEGER NOT NULL REFERENCES view,
  heads  BLOB NOT NULL,
  active BLOB,
  pinned BLOB,
  drafts BLOB NOT NULL,
  PRIMARY KEY (run, view)
) STRICT, WITHOUT ROWID;

-- Rows kept whole, as JSON, for a later kind of record (deferred) or for people (quarantined).
CREATE TABLE import_row (
  source    TEXT NOT NULL,
  origin    TEXT NOT NULL,  -- the table
  legacy_id INTEGER NOT NULL,
  run       INTEGER NOT NULL REFERENCES import_run,
  outcome   INTEGER NOT NULL,  -- 0 deferred, 1 quarantined
  digest    INTEGER NOT NULL,
  reason    TEXT NOT NULL,
  content   TEXT NOT NULL,
  PRIMARY KEY (source, origin, legacy_id, run)
) STRICT, WITHOUT ROWID;
