-- Token families and what descends from them. Every lookup of a token joins its family, so one mark revokes them all.
CREATE TABLE token_families (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    sid TEXT COLLATE "C",
    audience TEXT COLLATE "C",
    scope TEXT COLLATE "C" NOT NULL,
    authenticated_at BIGINT NOT NULL,
    amr TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_reason TEXT COLLATE "C"
);
CREATE INDEX token_families_by_user ON token_families (user_id);
CREATE INDEX token_families_by_client ON token_families (client_id);
CREATE INDEX token_families_by_session ON token_families (sid);
CREATE INDEX token_families_by_end ON token_families (expires_at);

CREATE TABLE authorization_codes (
    digest BYTEA NOT NULL PRIMARY KEY,
    family_id TEXT COLLATE "C" NOT NULL REFERENCES token_families (id) ON DELETE CASCADE,
    client_id TEXT COLLATE "C" NOT NULL,
    redirect_uri TEXT COLLATE "C",
    code_challenge TEXT COLLATE "C",
    nonce TEXT COLLATE "C",
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT
);
CREATE INDEX authorization_codes_by_family ON authorization_codes (family_id);

CREATE TABLE refresh_tokens (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    digest BYTEA NOT NULL UNIQUE,
    family_id TEXT COLLATE "C" NOT NULL REFERENCES token_families (id) ON DELETE CASCADE,
    generation BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    idle_expires_at BIGINT,
    expires_at BIGINT,
    consumed_at BIGINT,
    successor_id TEXT COLLATE "C",
    seen_at BIGINT,
    sealed_response BYTEA
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family_id);

-- Access tokens that are good for userinfo, opaque ones and JWTs alike: the row is what makes them revocable.
CREATE TABLE access_tokens (
    digest BYTEA NOT NULL PRIMARY KEY,
    family_id TEXT COLLATE "C" NOT NULL REFERENCES token_families (id) ON DELETE CASCADE,
    refresh_token_id TEXT COLLATE "C",
    scope TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX access_tokens_by_family ON access_tokens (family_id);
CREATE INDEX access_tokens_by_end ON access_tokens (expires_at);
