-- What a client is told of a person beyond what the scopes tell (OpenID Connect Core 5.5); none where nothing was asked for.
ALTER TABLE token_families ADD COLUMN claims TEXT;
