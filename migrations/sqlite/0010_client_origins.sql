-- Where the pages of an application come from, for browsers that ask whether they may call us (CORS). Kept with the
-- client; clients that were there before gain theirs here.
CREATE TABLE client_origins (
    origin TEXT NOT NULL,
    client_id TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    PRIMARY KEY (origin, client_id)
) STRICT;
CREATE INDEX client_origins_by_client ON client_origins (client_id);
INSERT INTO client_origins (origin, client_id)
SELECT DISTINCT lower(substr(url, 1, start + instr(substr(url, start + 1) || '/', '/') - 1)), client_id FROM (
    SELECT clients.client_id AS client_id, entry.value AS url, instr(entry.value, '://') + 2 AS start
    FROM clients, json_each('["callbacks", "web_origins", "allowed_origins"]') AS list,
        json_each(clients.document, '$.' || list.value) AS entry
    WHERE entry.value LIKE 'https://%' OR entry.value LIKE 'http://%'
) AS urls;
