-- What brings a legacy database in: what a run made, what it kept for later, and how to take it
-- back. `source` names one legacy installation, so that its ids mean the same in every run.
ALTER TABLE import_run
  ADD COLUMN layout         text NOT NULL DEFAULT '',
  ADD COLUMN versions       bigint NOT NULL DEFAULT 0,
  ADD COLUMN views          bigint NOT NULL DEFAULT 0,
  ADD COLUMN users          bigint NOT NULL DEFAULT 0,
  ADD COLUMN version_floor  bigint NOT NULL DEFAULT 0,  -- keys that were there before
  ADD COLUMN view_floor     bigint NOT NULL DEFAULT 0,
  ADD COLUMN options        text NOT NULL DEFAULT '';

-- The greatest number of its owner's feed that a device was given while items of an import were
-- in it: so that a run is only taken back where nobody has it.
ALTER TABLE device ADD COLUMN given bigint NOT NULL DEFAULT 0;

-- Accounts whose e-mail is the same as another's but for case (or altogether). Their
-- app_user.email_key is `e-mail#legacy id`; here stands what they share.
CREATE TABLE email_twin (
  email_key text NOT NULL,
  owner     bigint NOT NULL REFERENCES app_user,
  PRIMARY KEY (email_key, owner)
);

CREATE TABLE import_user (
  source    text NOT NULL,
  legacy_id bigint NOT NULL,
  owner     bigint NOT NULL REFERENCES app_user,
  run       bigint NOT NULL,
  made      smallint NOT NULL,  -- 0: the account was there before
  PRIMARY KEY (source, legacy_id)
);

-- Which row of the source became which version. A row that changes becomes another version.
CREATE TABLE import_version (
  source    text COLLATE "C" NOT NULL,
  origin    smallint NOT NULL,  -- 0 patient version, 1 clinic version, 2 patient, 3 clinic
  legacy_id bigint NOT NULL,
  version   bigint NOT NULL,
  run       bigint NOT NULL,
  number    bigint NOT NULL,  -- as the source numbers it
  digest    bigint NOT NULL,  -- of the row's content
  PRIMARY KEY (source, origin, legacy_id, version)
);

-- Views that were there when a run moved them, as they were.
CREATE TABLE import_view (
  run    bigint NOT NULL,
  view   bigint NOT NULL,
  heads  bytea NOT NULL,
  active bytea,
  pinned bytea,
  drafts bytea NOT NULL,
  PRIMARY KEY (run, view)
);

-- Rows kept whole, as JSON, for a later kind of record (deferred) or for people (quarantined).
CREATE TABLE import_row (
  source    text COLLATE "C" NOT NULL,
  origin    text COLLATE "C" NOT NULL,  -- the table
  legacy_id bigint NOT NULL,
  run       bigint NOT NULL,
  outcome   smallint NOT NULL,  -- 0 deferred, 1 quarantined
  digest    bigint NOT NULL,
  reason    text NOT NULL,
  content   text NOT NULL,
  PRIMARY KEY (source, origin, legacy_id, run)
);
