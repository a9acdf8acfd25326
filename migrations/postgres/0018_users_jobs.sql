-- What an import tells of the rows it did not take: they describe people, so they are sealed. And links to what an
-- export gives, each good once and for a short time; only digests are kept.
CREATE TABLE job_errors (
    job_id TEXT COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    after_rows BIGINT NOT NULL,
    errors_sealed BYTEA NOT NULL,
    PRIMARY KEY (job_id, after_rows)
);

CREATE TABLE job_downloads (
    digest BYTEA NOT NULL PRIMARY KEY,
    job_id TEXT COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL
);
CREATE INDEX job_downloads_by_job ON job_downloads (job_id);
CREATE INDEX job_downloads_by_end ON job_downloads (expires_at);
