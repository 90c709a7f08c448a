-- The patient's key of records that belong to a patient (processes, emissions); empty for others.
ALTER TABLE record ADD COLUMN patient TEXT NOT NULL DEFAULT '';
CREATE INDEX record_of_patient ON record (patient) WHERE patient <> '';
