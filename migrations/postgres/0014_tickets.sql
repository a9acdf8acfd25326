-- Links that serve once: to confirm an address, or to choose a new password. Only digests are kept, of which the kind is
-- a part. What the person was like when the link was made is kept beside it: any change since spends the link.
CREATE TABLE tickets (
    digest BYTEA NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    client_id TEXT COLLATE "C" REFERENCES clients (client_id) ON DELETE SET NULL,
    email_folded TEXT COLLATE "C",
    last_password_reset BIGINT,
    logins_count BIGINT,
    password_version BIGINT,
    is_mailed BOOLEAN NOT NULL,
    result_url TEXT COLLATE "C",
    tells_email BOOLEAN NOT NULL,
    verifies_email BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    spent_at BIGINT
);
CREATE INDEX tickets_by_user ON tickets (user_id);
CREATE INDEX tickets_mailed ON tickets (email_folded, created_at) WHERE email_folded IS NOT NULL;
CREATE INDEX tickets_by_end ON tickets (expires_at);
CREATE INDEX tickets_by_client ON tickets (client_id) WHERE client_id IS NOT NULL;
