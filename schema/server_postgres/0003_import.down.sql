DROP TABLE import_row;
DROP TABLE import_view;
DROP TABLE import_version;
DROP TABLE import_user;
DROP TABLE email_twin;
ALTER TABLE device DROP COLUMN given;
ALTER TABLE import_run
  DROP COLUMN layout, DROP COLUMN versions, DROP COLUMN views, DROP COLUMN users,
  DROP COLUMN version_floor, DROP COLUMN view_floor, DROP COLUMN options;
