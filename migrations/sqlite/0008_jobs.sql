-- Work to be done later, inserted by the write that causes it. `payload_sealed` holds addresses, links and hashes.
-- `report` is what the Management API tells of a job that was asked for through it; a job without one is gone once
-- it is done. `outcome` and `expires_at` are set when a job ends.
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    user_id TEXT REFERENCES users (user_id) ON DELETE CASCADE,
    payload_sealed BLOB NOT NULL,
    report TEXT,
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    leased_until INTEGER,
    last_error TEXT,
    outcome TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;
CREATE INDEX jobs_due ON jobs (due_at, id) WHERE outcome IS NULL;
CREATE INDEX jobs_ended ON jobs (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX jobs_by_user ON jobs (user_id) WHERE user_id IS NOT NULL;
