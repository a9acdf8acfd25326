-- Authorization requests that clients have sent ahead (RFC 9126), until a browser brings the one-time name of one.
CREATE TABLE pushed_authorizations (
    digest BLOB NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    parameters TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX pushed_authorizations_by_client ON pushed_authorizations (client_id);
CREATE INDEX pushed_authorizations_by_end ON pushed_authorizations (expires_at);
