-- Shows that the log of events was altered. A seal holds digests of rows of `events`, in the order of their positions,
-- made under a key that is not in the database, and is bound to the seal before it. `erasure` stands in for the digest
-- of a row that was rewritten when a person was forgotten. `checkpoint` marks the seal behind which events were swept.
ALTER TABLE events ADD COLUMN erasure BYTEA;
CREATE TABLE event_seals (
    number BIGINT NOT NULL,
    last_position BIGINT NOT NULL,
    newest BIGINT NOT NULL,
    sealed_at BIGINT NOT NULL,
    digests BYTEA NOT NULL,
    link BYTEA NOT NULL,
    checkpoint BYTEA
);
CREATE UNIQUE INDEX event_seals_by_number ON event_seals (number);
