-- A device without a key has none: the server's own devices, and those that a restored database has
-- forgotten, had 32 zero bytes, which are a point of small order. NULL is nobody's key.
ALTER TABLE device ALTER COLUMN public_key DROP NOT NULL;
UPDATE device SET public_key = NULL WHERE public_key = decode(repeat('00', 32), 'hex');
