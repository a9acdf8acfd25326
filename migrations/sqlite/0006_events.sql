-- Security events: product data that administrators read, not log lines.
CREATE TABLE events (
    log_id TEXT NOT NULL PRIMARY KEY,
    date INTEGER NOT NULL,
    type TEXT NOT NULL,
    client_id TEXT,
    user_id TEXT,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_age ON events (date, log_id);
CREATE INDEX events_by_user ON events (user_id, date, log_id);
CREATE INDEX events_by_type ON events (type, date, log_id);
