-- What devices without access were told, and their signed receipts of what they have erased.

-- When the device first heard that its access is gone; none again once it has access.
ALTER TABLE device ADD COLUMN told_at INTEGER;

CREATE TABLE erasure (
  pk          INTEGER PRIMARY KEY,
  device      INTEGER NOT NULL REFERENCES device,
  everything  INTEGER NOT NULL,  -- 1: nothing but the device's key was left
  received_at INTEGER NOT NULL,
  object      BLOB NOT NULL,     -- canonical JSON that was signed
  signature   BLOB NOT NULL
) STRICT;
CREATE INDEX erasure_of ON erasure (device);

-- The closed incarnations that these receipts name; the first receipt counts.
CREATE TABLE erased_view (
  device      INTEGER NOT NULL REFERENCES device,
  incarnation BLOB NOT NULL CHECK (length(incarnation) = 16),
  erasure     INTEGER NOT NULL REFERENCES erasure,
  PRIMARY KEY (device, incarnation)
) STRICT, WITHOUT ROWID;

CREATE INDEX view_removed ON view (owner, closed_at) WHERE open = 0;
