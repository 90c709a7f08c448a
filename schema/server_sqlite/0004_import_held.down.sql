DROP TABLE import_pending;
ALTER TABLE import_user DROP COLUMN held;
