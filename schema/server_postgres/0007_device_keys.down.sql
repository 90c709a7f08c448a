UPDATE device SET public_key = decode(repeat('00', 32), 'hex') WHERE public_key IS NULL;
ALTER TABLE device ALTER COLUMN public_key SET NOT NULL;
