-- The server's embedded database. Identifiers are binary (16 or 32 bytes) and joined by the
-- small integers `pk`, which never leave the server. Times are milliseconds since 1970. Numbers
-- that stand for words are listed beside their columns; the program's enumerations have the same
-- order.

CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE app_user (
  pk         INTEGER PRIMARY KEY,
  id         BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  email      TEXT NOT NULL,
  email_key  TEXT NOT NULL UNIQUE,  -- in lower case
  role       INTEGER NOT NULL,      -- 0 doctor, 1 admin, 2 system
  enabled    INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE device (
  pk          INTEGER PRIMARY KEY,
  id          BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  owner       INTEGER NOT NULL REFERENCES app_user,
  name        TEXT NOT NULL,
  public_key  BLOB NOT NULL,
  enrolled_at INTEGER NOT NULL,
  revoked_at  INTEGER,
  lost        INTEGER NOT NULL DEFAULT 0,
  last_seen   INTEGER,
  last_push   BLOB,
  replaces    INTEGER REFERENCES device
) STRICT;

CREATE TABLE enrollment (
  code_hash  BLOB PRIMARY KEY,
  owner      INTEGER NOT NULL REFERENCES app_user,
  expires_at INTEGER NOT NULL,
  device     INTEGER REFERENCES device
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  token_hash BLOB PRIMARY KEY,
  device     INTEGER NOT NULL REFERENCES device,
  scope      INTEGER NOT NULL,  -- 0 full, 1 surrender
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_device ON session (device);

CREATE TABLE spent_challenge (
  challenge_hash BLOB PRIMARY KEY,
  expires_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE import_run (
  pk             INTEGER PRIMARY KEY,
  source         TEXT NOT NULL,
  started_at     INTEGER NOT NULL,
  finished_at    INTEGER,
  rolled_back_at INTEGER,
  report         TEXT
) STRICT;

CREATE TABLE record (
  pk          INTEGER PRIMARY KEY,
  id          BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  kind        TEXT NOT NULL,
  natural_key TEXT NOT NULL,
  last_number INTEGER NOT NULL DEFAULT 0  -- versions are numbered 1 to this
) STRICT;

-- What the rules ask for stands in columns; everything else is in the header's bytes. The
-- payload is apart, so that it can be erased alone.
CREATE TABLE version (
  pk           INTEGER PRIMARY KEY,
  record       INTEGER NOT NULL REFERENCES record,
  number       INTEGER NOT NULL CHECK (number > 0),
  generation   INTEGER NOT NULL CHECK (generation > 0),
  author       INTEGER NOT NULL REFERENCES app_user,
  device       INTEGER NOT NULL REFERENCES device,
  status       INTEGER NOT NULL,             -- 0 active, 1 draft
  archived     INTEGER NOT NULL DEFAULT 0,
  parent       INTEGER REFERENCES version,   -- the first parent, if it is known
  more_parents INTEGER NOT NULL DEFAULT 0,   -- 1: the others are in version_parent
  received_at  INTEGER NOT NULL,
  import_run   INTEGER REFERENCES import_run,
  id           BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
  header       BLOB NOT NULL,
  UNIQUE (record, number)
) STRICT;

CREATE TABLE version_payload (
  version INTEGER PRIMARY KEY REFERENCES version,
  bytes   BLOB NOT NULL
) STRICT;

-- Parents that do not fit `version.parent`: the second and later ones, and those that are not
-- known (their owners' laptops have not returned after a restore), by id.
CREATE TABLE version_parent (
  version   INTEGER NOT NULL REFERENCES version,
  position  INTEGER NOT NULL,
  parent    INTEGER REFERENCES version,
  parent_id BLOB,
  PRIMARY KEY (version, position),
  CHECK ((parent IS NULL) <> (parent_id IS NULL))
) STRICT, WITHOUT ROWID;

-- One incarnation of one user's access to one record. Lists of versions are their ids, one after
-- the other.
CREATE TABLE view (
  pk          INTEGER PRIMARY KEY,
  owner       INTEGER NOT NULL REFERENCES app_user,
  record      INTEGER NOT NULL REFERENCES record,
  open        INTEGER NOT NULL,
  closed_at   INTEGER,
  import_run  INTEGER REFERENCES import_run,
  incarnation BLOB NOT NULL CHECK (length(incarnation) = 16),
  heads       BLOB NOT NULL,
  active      BLOB,
  pinned      BLOB,
  drafts      BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX view_open ON view (record, owner) WHERE open = 1;
CREATE INDEX view_closed ON view (record, owner) WHERE open = 0;

CREATE TABLE feed_head (
  owner INTEGER PRIMARY KEY REFERENCES app_user,
  seq   INTEGER NOT NULL,
  chain BLOB NOT NULL
) STRICT;

CREATE TABLE feed (
  owner      INTEGER NOT NULL REFERENCES app_user,
  seq        INTEGER NOT NULL,
  kind       INTEGER NOT NULL,  -- 0 version, 1 assigned, 2 discarded, 3 removed
  view       INTEGER NOT NULL REFERENCES view,
  version    INTEGER REFERENCES version,
  import_run INTEGER REFERENCES import_run,
  item_hash  BLOB NOT NULL,
  chain      BLOB NOT NULL,
  PRIMARY KEY (owner, seq)
) STRICT, WITHOUT ROWID;
-- A version is visible in a view exactly if one of these names both.
CREATE INDEX feed_visible ON feed (view, version) WHERE kind <= 1;

CREATE TABLE conflict (
  pk        INTEGER PRIMARY KEY,
  view      INTEGER NOT NULL REFERENCES view,
  state     INTEGER NOT NULL,  -- 0 open, 1 resolved, 2 merged, 3 assigned, 4 removed
  dismissed INTEGER NOT NULL DEFAULT 0,
  base      BLOB,
  heads     BLOB NOT NULL,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX conflict_open ON conflict (view) WHERE state = 0;

CREATE TABLE push (
  pk          INTEGER PRIMARY KEY,
  id          BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  device      INTEGER NOT NULL REFERENCES device,
  received_at INTEGER NOT NULL,
  signature   BLOB NOT NULL,
  object      BLOB NOT NULL,
  answer      BLOB NOT NULL
) STRICT;

CREATE TABLE quarantine (
  pk          INTEGER PRIMARY KEY,
  device      INTEGER NOT NULL REFERENCES device,
  owner       INTEGER NOT NULL REFERENCES app_user,
  size        INTEGER NOT NULL,  -- of header and payload
  code        TEXT NOT NULL,
  message     TEXT NOT NULL,
  version     BLOB,
  received_at INTEGER NOT NULL,
  header      BLOB NOT NULL,
  payload     BLOB NOT NULL
) STRICT;
CREATE INDEX quarantine_used ON quarantine (device, size);

CREATE TABLE policy (
  kind   TEXT NOT NULL,
  owner  INTEGER NOT NULL DEFAULT 0,  -- 0: the default of the kind
  policy INTEGER NOT NULL,            -- 0 automatic, 1 manual
  PRIMARY KEY (kind, owner)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_log (
  pk             INTEGER PRIMARY KEY,
  at             INTEGER NOT NULL,
  act            BLOB,
  actor          INTEGER NOT NULL REFERENCES app_user,
  device         INTEGER REFERENCES device,
  what           TEXT NOT NULL,
  subject_user   INTEGER REFERENCES app_user,
  subject_record INTEGER,
  object         BLOB NOT NULL,
  signature      BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX audit_act ON audit_log (act) WHERE act IS NOT NULL;
CREATE INDEX audit_record ON audit_log (subject_record, pk) WHERE subject_record IS NOT NULL;

CREATE TRIGGER audit_log_keeps BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
CREATE TRIGGER audit_log_stays BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
