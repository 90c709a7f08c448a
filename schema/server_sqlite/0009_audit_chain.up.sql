-- The chain over the audit log (shared/wire/audit_chain.hpp): a link for each line, and the last one,
-- which is locked by whoever appends. The lines that are there are chained by the program, the next
-- time that it serves or writes a line.
CREATE TABLE audit_chain (
  seq  INTEGER PRIMARY KEY CHECK (seq > 0),
  line INTEGER NOT NULL UNIQUE REFERENCES audit_log,
  link BLOB NOT NULL CHECK (length(link) = 32)
) STRICT;

CREATE TABLE audit_head (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  seq  INTEGER NOT NULL,
  line INTEGER NOT NULL,
  link BLOB NOT NULL CHECK (length(link) = 32)
) STRICT;
INSERT INTO audit_head (id, seq, line, link) VALUES (1, 0, 0, zeroblob(32));

CREATE TRIGGER audit_chain_keeps_update BEFORE UPDATE ON audit_chain
BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
CREATE TRIGGER audit_chain_keeps_delete BEFORE DELETE ON audit_chain
BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
