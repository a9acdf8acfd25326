-- People, how they are known to each connection, and what their password is.
CREATE TABLE users (
    user_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    email TEXT COLLATE "C",
    email_folded TEXT COLLATE "C",
    email_verified BOOLEAN NOT NULL,
    profile TEXT COLLATE "C" NOT NULL,
    user_metadata TEXT COLLATE "C" NOT NULL,
    app_metadata TEXT COLLATE "C" NOT NULL,
    blocked BOOLEAN,
    logins_count BIGINT NOT NULL,
    last_login BIGINT,
    last_ip TEXT COLLATE "C",
    last_password_reset BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX users_by_email ON users (email_folded);
CREATE INDEX users_by_age ON users (created_at, user_id);

-- The folded names are those a person may type at a database connection; they stay empty for identities that sign
-- in elsewhere, because an upstream's address proves nothing here.
CREATE TABLE identities (
    connection_id TEXT COLLATE "C" NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    external_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    email_folded TEXT COLLATE "C",
    username_folded TEXT COLLATE "C",
    profile_data TEXT COLLATE "C",
    PRIMARY KEY (connection_id, external_id)
);
CREATE UNIQUE INDEX identities_by_email ON identities (connection_id, email_folded) WHERE email_folded IS NOT NULL;
CREATE UNIQUE INDEX identities_by_username ON identities (connection_id, username_folded) WHERE username_folded IS NOT NULL;
CREATE INDEX identities_by_user ON identities (user_id, position);

-- `origin` and `origin_name` say where the password came from and never change; `moved_at` is when it became ours.
CREATE TABLE passwords (
    user_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES users (user_id) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL,
    format TEXT COLLATE "C",
    hash TEXT COLLATE "C",
    source TEXT COLLATE "C",
    origin TEXT COLLATE "C" NOT NULL,
    origin_name TEXT COLLATE "C",
    moved_at BIGINT,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX passwords_by_origin ON passwords (origin, origin_name, moved_at);

-- A person deleted here is not brought back by the source, whatever it says.
CREATE TABLE tombstones (
    connection_id TEXT COLLATE "C" NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    external_id TEXT COLLATE "C" NOT NULL,
    deleted_at BIGINT NOT NULL,
    PRIMARY KEY (connection_id, external_id)
);

-- Wrong passwords of one account from one address. The account is a user id, or what was typed where nobody was found.
CREATE TABLE failed_logins (
    account TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    failures BIGINT NOT NULL,
    last_failed_at BIGINT NOT NULL,
    PRIMARY KEY (account, address)
);
CREATE INDEX failed_logins_by_age ON failed_logins (last_failed_at);
