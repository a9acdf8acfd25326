-- Upstream providers at which people sign in.
ALTER TABLE connections ADD COLUMN provider_secret_sealed BLOB;

-- Browsers that were sent to a provider and have not come back. `digest` is that of the `state` they were sent with;
-- `secrets_sealed` holds the nonce, the code verifier and the way back to the login page.
CREATE TABLE provider_sign_ins (
    digest BLOB NOT NULL PRIMARY KEY,
    browser_digest BLOB NOT NULL,
    connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    secrets_sealed BLOB NOT NULL,
    is_silent INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX provider_sign_ins_by_end ON provider_sign_ins (expires_at);
CREATE INDEX provider_sign_ins_by_connection ON provider_sign_ins (connection_id);

-- Ids of people who were deleted. Those of a provider's people are made of names that may come again, and must not
-- come to mean somebody else.
CREATE TABLE retired_user_ids (
    user_id TEXT NOT NULL PRIMARY KEY,
    retired_at INTEGER NOT NULL
) STRICT;
