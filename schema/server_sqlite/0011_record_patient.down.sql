DROP INDEX record_of_patient;
ALTER TABLE record DROP COLUMN patient;
