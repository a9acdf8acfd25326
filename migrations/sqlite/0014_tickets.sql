-- Links that serve once: to confirm an address, or to choose a new password. Only digests are kept, of which the kind is
-- a part. What the person was like when the link was made is kept beside it: any change since spends the link.
CREATE TABLE tickets (
    digest BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    client_id TEXT REFERENCES clients (client_id) ON DELETE SET NULL,
    email_folded TEXT,
    last_password_reset INTEGER,
    logins_count INTEGER,
    password_version INTEGER,
    is_mailed INTEGER NOT NULL,
    result_url TEXT,
    tells_email INTEGER NOT NULL,
    verifies_email INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    spent_at INTEGER
) STRICT;
CREATE INDEX tickets_by_user ON tickets (user_id);
CREATE INDEX tickets_mailed ON tickets (email_folded, created_at) WHERE email_folded IS NOT NULL;
CREATE INDEX tickets_by_end ON tickets (expires_at);
CREATE INDEX tickets_by_client ON tickets (client_id) WHERE client_id IS NOT NULL;
