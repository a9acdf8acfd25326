-- Work to be done later, inserted by the write that causes it. `payload_sealed` holds addresses, links and hashes.
-- `report` is what the Management API tells of a job that was asked for through it; a job without one is gone once
-- it is done. `outcome` and `expires_at` are set when a job ends.
CREATE TABLE jobs (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" REFERENCES users (user_id) ON DELETE CASCADE,
    payload_sealed BYTEA NOT NULL,
    report TEXT COLLATE "C",
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    leased_until BIGINT,
    last_error TEXT COLLATE "C",
    outcome TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX jobs_due ON jobs (due_at, id) WHERE outcome IS NULL;
CREATE INDEX jobs_ended ON jobs (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX jobs_by_user ON jobs (user_id) WHERE user_id IS NOT NULL;
