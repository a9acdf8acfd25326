-- Until when a repeat of a token's exchange may be answered. Afterwards the token's own text proves which family it
-- descends from, and its row is swept. Tokens from before do not name their family: without this moment, rows stay.
ALTER TABLE refresh_tokens ADD COLUMN repeatable_until INTEGER;
CREATE INDEX refresh_tokens_by_repeat ON refresh_tokens (repeatable_until) WHERE repeatable_until IS NOT NULL;
-- Each exchange looks for the answer that brought the token.
CREATE INDEX refresh_tokens_by_successor ON refresh_tokens (successor_id) WHERE sealed_response IS NOT NULL;
