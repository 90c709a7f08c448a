ALTER TABLE device ADD COLUMN old_key BLOB NOT NULL DEFAULT x'';
UPDATE device SET old_key = COALESCE(public_key, zeroblob(32));
ALTER TABLE device DROP COLUMN public_key;
ALTER TABLE device RENAME COLUMN old_key TO public_key;
