-- At which provider a session began, so that it can be ended there too, and from there.
CREATE TABLE session_origins (
    sid TEXT NOT NULL PRIMARY KEY REFERENCES sessions (sid) ON DELETE CASCADE,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    provider_sid TEXT,
    id_token_sealed BLOB
) STRICT;
CREATE INDEX session_origins_by_subject ON session_origins (connection_id, subject);
CREATE INDEX session_origins_by_provider_sid ON session_origins (connection_id, provider_sid);
