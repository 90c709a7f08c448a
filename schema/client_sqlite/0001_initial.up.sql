-- The laptop's replica. Every blob but record_hash (a keyed hash) and the vault's envelope is
-- sealed. Ids mean nothing outside this file: those of settings and labels are keyed hashes of their
-- names, the others are random; a version's id is its record's (`holding`) plus a number below 2^20,
-- and what belongs to a version has the same id.

-- The one thing in clear: the passphrase's parameters and the wrapped data key.
CREATE TABLE vault (
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  envelope BLOB NOT NULL
) STRICT;

-- Single values by name: who this laptop is, keys, cursor, the push under way.
CREATE TABLE setting (
  id    INTEGER PRIMARY KEY,
  value BLOB NOT NULL
) STRICT;

-- A record in one incarnation: its wrapped content key, and its view under that key.
CREATE TABLE holding (
  id          INTEGER PRIMARY KEY,
  record_hash BLOB NOT NULL,
  key_wrap    BLOB NOT NULL,
  state       BLOB NOT NULL
) STRICT;
CREATE INDEX holding_by_record ON holding (record_hash);

-- Under the record's content key: what is noted of a version, and its bytes.
CREATE TABLE version (
  id      INTEGER PRIMARY KEY,
  meta    BLOB NOT NULL,
  content BLOB NOT NULL
) STRICT;

-- Own versions that the server has not acknowledged.
CREATE TABLE waiting (
  id    INTEGER PRIMARY KEY,
  entry BLOB NOT NULL
) STRICT;

-- Own versions that it has, and whose feed item has not been pulled.
CREATE TABLE unpulled (
  id    INTEGER PRIMARY KEY,
  entry BLOB NOT NULL
) STRICT;

-- Drafts whose discarding the server does not show yet.
CREATE TABLE discard (
  id    INTEGER PRIMARY KEY,
  entry BLOB NOT NULL
) STRICT;

-- Under the record's content key: why the server refused a version.
CREATE TABLE refused (
  id    INTEGER PRIMARY KEY,
  entry BLOB NOT NULL
) STRICT;

-- Holdings that something has to be remembered of: a conflict, a removed view.
CREATE TABLE mark (
  id    INTEGER PRIMARY KEY,
  entry BLOB NOT NULL
) STRICT;

-- Under the record's content key; the id is the holding's plus a number below 2^20.
CREATE TABLE notice (
  id    INTEGER PRIMARY KEY,
  entry BLOB NOT NULL
) STRICT;

-- E-mails of authors and names of devices.
CREATE TABLE label (
  id    INTEGER PRIMARY KEY,
  value BLOB NOT NULL
) STRICT;
