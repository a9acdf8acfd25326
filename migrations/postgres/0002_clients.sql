-- Applications, the APIs they call, and the connections through which their users sign in.
CREATE TABLE clients (
    client_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    secret_sealed BYTEA,
    secret_digest BYTEA,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX clients_by_age ON clients (created_at, client_id);

CREATE TABLE resource_servers (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    identifier TEXT COLLATE "C" NOT NULL UNIQUE,
    document TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX resource_servers_by_age ON resource_servers (created_at, id);

CREATE TABLE client_grants (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    audience TEXT COLLATE "C" NOT NULL REFERENCES resource_servers (identifier) ON DELETE CASCADE,
    scope TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (client_id, audience)
);
CREATE INDEX client_grants_by_audience ON client_grants (audience);
CREATE INDEX client_grants_by_age ON client_grants (created_at, id);

CREATE TABLE connections (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    strategy TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    source_secret_sealed BYTEA,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX connections_by_age ON connections (created_at, id);

CREATE TABLE connection_clients (
    connection_id TEXT COLLATE "C" NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    PRIMARY KEY (connection_id, client_id)
);
CREATE INDEX connection_clients_by_client ON connection_clients (client_id);
