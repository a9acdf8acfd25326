-- What people have allowed applications that are not the operator's own, so that they are asked once.
CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    client_id TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    audience TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (user_id, client_id, audience)
) STRICT;
CREATE INDEX grants_by_client ON grants (client_id);
CREATE INDEX grants_by_age ON grants (created_at, id);
