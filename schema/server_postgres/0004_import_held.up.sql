-- What a run brings shows at its end, all at once: accounts that it made stay disabled until then
-- (held), and what it gives to users who were there before waits beside their views.
ALTER TABLE import_user
  ADD COLUMN held smallint NOT NULL DEFAULT 0;  -- until the run ends; then 1: enabled, 2: not

CREATE TABLE import_pending (
  run         bigint NOT NULL,
  record      bigint NOT NULL,
  owner       bigint NOT NULL,
  incarnation bytea NOT NULL,  -- if the view has to be opened
  versions    bytea NOT NULL,  -- ids, in the order in which they become visible
  assigned    bytea NOT NULL,  -- for each of them a byte: 1 assigned, 0 the user's own
  PRIMARY KEY (run, record, owner)
);
