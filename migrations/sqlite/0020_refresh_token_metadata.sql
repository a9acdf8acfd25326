-- What an operator notes beside a refresh token; it stays through the exchanges, so it stands at the family.
ALTER TABLE token_families ADD COLUMN metadata TEXT;
