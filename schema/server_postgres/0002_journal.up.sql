-- Acts that also stand in a server process's signed journal, outside this database: so that a
-- database that went back to an older state is told by the journal what it lacks.
CREATE TABLE journaled (
  id      bytea PRIMARY KEY CHECK (length(id) = 16),
  what    bigint NOT NULL,  -- 0 user added, 1 enabled, 2 disabled, 3 device added, 4 device
                             -- revoked, 5 view removed
  subject bytea NOT NULL CHECK (length(subject) = 16),  -- user, device or incarnation
  at      bigint NOT NULL,
  object  text NOT NULL      -- the act as the journal has it
);
CREATE INDEX journaled_subject ON journaled (subject, what, at);
