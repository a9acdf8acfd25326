-- An identity's connection is held by whoever writes one, and its identities go with it: checking a key for each row was
-- a seventh of an import (ADR 0013).
-- Most who write lock the two tables in this order.
LOCK TABLE connections, identities IN ACCESS EXCLUSIVE MODE;
ALTER TABLE identities DROP CONSTRAINT identities_connection_id_fkey;
