-- Revisions of the reference catalogue (shared/reference/catalogue.hpp): canonical text, named by its
-- SHA-256. A revision without a number was sent by an administrator and is not published yet.
CREATE TABLE catalogue_revision (
  hash         BLOB PRIMARY KEY CHECK (length(hash) = 32),
  revision     INTEGER UNIQUE CHECK (revision > 0),
  content      BLOB NOT NULL,
  published_at INTEGER
) STRICT;
