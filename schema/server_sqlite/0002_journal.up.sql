-- Acts that also stand in a server process's signed journal, outside this database: so that a
-- database that went back to an older state is told by the journal what it lacks.
CREATE TABLE journaled (
  id      BLOB PRIMARY KEY CHECK (length(id) = 16),
  what    INTEGER NOT NULL,  -- 0 user added, 1 enabled, 2 disabled, 3 device added, 4 device
                             -- revoked, 5 view removed
  subject BLOB NOT NULL CHECK (length(subject) = 16),  -- user, device or incarnation
  at      INTEGER NOT NULL,
  object  TEXT NOT NULL      -- the act as the journal has it
) STRICT, WITHOUT ROWID;
CREATE INDEX journaled_subject ON journaled (subject, what, at);
