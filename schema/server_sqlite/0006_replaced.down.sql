DROP INDEX device_replaces;
