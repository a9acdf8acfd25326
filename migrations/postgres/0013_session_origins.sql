-- At which provider a session began, so that it can be ended there too, and from there.
CREATE TABLE session_origins (
    sid TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES sessions (sid) ON DELETE CASCADE,
    connection_id TEXT COLLATE "C" NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    subject TEXT COLLATE "C" NOT NULL,
    provider_sid TEXT COLLATE "C",
    id_token_sealed BYTEA
);
CREATE INDEX session_origins_by_subject ON session_origins (connection_id, subject);
CREATE INDEX session_origins_by_provider_sid ON session_origins (connection_id, provider_sid);
