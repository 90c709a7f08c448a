DROP INDEX quarantine_of_owner;
DROP INDEX device_owner;
-- What nobody has approved is no device to a program that does not know of it.
UPDATE device SET revoked_at = enrolled_at WHERE pending = 1 AND revoked_at IS NULL;
ALTER TABLE device DROP COLUMN pending;
