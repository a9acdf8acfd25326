-- Authorization requests that clients have sent ahead (RFC 9126), until a browser brings the one-time name of one.
CREATE TABLE pushed_authorizations (
    digest BYTEA NOT NULL PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    parameters TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX pushed_authorizations_by_client ON pushed_authorizations (client_id);
CREATE INDEX pushed_authorizations_by_end ON pushed_authorizations (expires_at);
