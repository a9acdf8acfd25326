-- Where the pages of an application come from, for browsers that ask whether they may call us (CORS). Kept with the
-- client; clients that were there before gain theirs here.
CREATE TABLE client_origins (
    origin TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    PRIMARY KEY (origin, client_id)
);
CREATE INDEX client_origins_by_client ON client_origins (client_id);
INSERT INTO client_origins (origin, client_id)
SELECT DISTINCT lower(substring(entry.value FROM '^[hH][tT][tT][pP][sS]?://[^/]+')), clients.client_id
FROM clients
CROSS JOIN LATERAL (VALUES ('callbacks'), ('web_origins'), ('allowed_origins')) AS list (name)
CROSS JOIN LATERAL jsonb_array_elements_text(clients.document::jsonb -> list.name) AS entry (value)
WHERE entry.value ~* '^https?://[^/]';
