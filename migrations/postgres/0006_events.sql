-- Security events: product data that administrators read, not log lines.
CREATE TABLE events (
    log_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    date BIGINT NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C",
    user_id TEXT COLLATE "C",
    document TEXT COLLATE "C" NOT NULL
);
CREATE INDEX events_by_age ON events (date, log_id);
CREATE INDEX events_by_user ON events (user_id, date, log_id);
CREATE INDEX events_by_type ON events (type, date, log_id);
