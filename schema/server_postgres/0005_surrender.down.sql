DROP INDEX view_removed;
DROP TABLE erased_view;
DROP TABLE erasure;
ALTER TABLE device DROP COLUMN told_at;
