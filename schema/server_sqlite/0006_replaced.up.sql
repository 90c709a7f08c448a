-- Which devices stand in for one: asked for whenever a device gets a page of its own feed.
CREATE INDEX device_replaces ON device (replaces) WHERE replaces IS NOT NULL;
