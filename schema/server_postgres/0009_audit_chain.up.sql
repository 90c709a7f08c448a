-- The chain over the audit log (shared/wire/audit_chain.hpp): a link for each line, and the last one,
-- which is locked by whoever appends. The lines that are there are chained by the program, the next
-- time that it serves or writes a line.
CREATE TABLE audit_chain (
  seq  bigint PRIMARY KEY CHECK (seq > 0),
  line bigint NOT NULL UNIQUE REFERENCES audit_log,
  link bytea NOT NULL CHECK (length(link) = 32)
);

CREATE TABLE audit_head (
  id   smallint PRIMARY KEY CHECK (id = 1),
  seq  bigint NOT NULL,
  line bigint NOT NULL,
  link bytea NOT NULL CHECK (length(link) = 32)
);
INSERT INTO audit_head (id, seq, line, link)
  VALUES (1, 0, 0, decode(repeat('00', 32), 'hex'));

CREATE TRIGGER audit_chain_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_chain
  FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse();
