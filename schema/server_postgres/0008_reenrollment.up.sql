-- 1: enrolled by another device's signature alone, and an administrator has yet to approve it.
ALTER TABLE device ADD COLUMN pending smallint NOT NULL DEFAULT 0;
CREATE INDEX device_owner ON device (owner);
-- The limits of the quarantine are a user's.
CREATE INDEX quarantine_of_owner ON quarantine (owner, size);
