-- Public keys of applications that authenticate with what they signed (RFC 7523).
CREATE TABLE client_credentials (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    kid TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C",
    algorithm TEXT COLLATE "C" NOT NULL,
    pem TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT,
    UNIQUE (client_id, kid)
);

-- Tokens of others that serve once, until they end: a second one with the same digest is refused, on every node.
CREATE TABLE used_tokens (
    digest BYTEA NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX used_tokens_by_end ON used_tokens (expires_at);
