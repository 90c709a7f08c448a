-- A device without a key has none: the server's own devices, and those that a restored database has
-- forgotten, had 32 zero bytes, which are a point of small order. NULL is nobody's key.
ALTER TABLE device ADD COLUMN new_key BLOB;
UPDATE device SET new_key = public_key WHERE public_key <> zeroblob(32);
ALTER TABLE device DROP COLUMN public_key;
ALTER TABLE device RENAME COLUMN new_key TO public_key;
