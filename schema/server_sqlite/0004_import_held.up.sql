-- What a run brings shows at its end, all at once: accounts that it made stay disabled until then
-- (held), and what it gives to users who were there before waits beside their views.
ALTER TABLE import_user ADD COLUMN held INTEGER NOT NULL DEFAULT 0;  -- until the run ends; then 1: enabled, 2: not

CREATE TABLE import_pending (
  run         INTEGER NOT NULL REFERENCES import_run,
  record      INTEGER NOT NULL,
  owner       INTEGER NOT NULL,
  incarnation BLOB NOT NULL,  -- if the view has to be opened
  versions    BLOB NOT NULL,  -- ids, in the order in which they become visible
  assigned    BLOB NOT NULL,  -- for each of them a byte: 1 assigned, 0 the user's own
  PRIMARY KEY (run, record, owner)
) STRICT, WITHOUT ROWID;
