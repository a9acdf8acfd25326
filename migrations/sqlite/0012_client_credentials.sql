-- Public keys of applications that authenticate with what they signed (RFC 7523).
CREATE TABLE client_credentials (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    kid TEXT NOT NULL,
    name TEXT,
    algorithm TEXT NOT NULL,
    pem TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER,
    UNIQUE (client_id, kid)
) STRICT;

-- Tokens of others that serve once, until they end: a second one with the same digest is refused, on every node.
CREATE TABLE used_tokens (
    digest BLOB NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX used_tokens_by_end ON used_tokens (expires_at);
