-- The keys that tokens are bound to (RFC 9449), as thumbprints; without one, whoever has a token may use it.
ALTER TABLE token_families ADD COLUMN dpop_jkt TEXT COLLATE "C";
ALTER TABLE access_tokens ADD COLUMN dpop_jkt TEXT COLLATE "C";
