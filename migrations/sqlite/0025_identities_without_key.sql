-- An identity's connection is held by whoever writes one, and its identities go with it. Checking a key for each row took
-- a good part of an import on Postgres (ADR 0013). SQLite drops no key, so the table is made anew.
CREATE TABLE identities_without_key (
    connection_id TEXT NOT NULL,
    external_id TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    email_folded TEXT,
    username_folded TEXT,
    profile_data TEXT,
    PRIMARY KEY (connection_id, external_id)
) STRICT;
INSERT INTO identities_without_key (connection_id, external_id, user_id, position, email_folded, username_folded, profile_data)
    SELECT connection_id, external_id, user_id, position, email_folded, username_folded, profile_data FROM identities;
DROP TABLE identities;
ALTER TABLE identities_without_key RENAME TO identities;
CREATE UNIQUE INDEX identities_by_email ON identities (connection_id, email_folded) WHERE email_folded IS NOT NULL;
CREATE UNIQUE INDEX identities_by_username ON identities (connection_id, username_folded) WHERE username_folded IS NOT NULL;
CREATE INDEX identities_by_user ON identities (user_id, position);
