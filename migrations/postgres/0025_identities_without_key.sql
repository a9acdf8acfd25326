-- An identity's connection is held by whoever writes one, and its identities go with it. Checking a key for each row took
-- a good part of an import on Postgres (ADR 0013).
-- Most who write lock the two tables in this order.
LOCK TABLE connections, identities IN ACCESS EXCLUSIVE MODE;
ALTER TABLE identities DROP CONSTRAINT identities_connection_id_fkey;
