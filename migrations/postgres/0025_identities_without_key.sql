-- An identity's connection is held by whoever writes one, and its identities go with it: checking a key for each row was
-- an eighth of an import (ADR 0013).
ALTER TABLE identities DROP CONSTRAINT identities_connection_id_fkey;
