-- What an import tells of the rows it did not take: they describe people, so they are sealed. And links to what an
-- export gives, each good once and for a short time; only digests are kept.
CREATE TABLE job_errors (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    after_rows INTEGER NOT NULL,
    errors_sealed BLOB NOT NULL,
    PRIMARY KEY (job_id, after_rows)
) STRICT;

CREATE TABLE job_downloads (
    digest BLOB NOT NULL PRIMARY KEY,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX job_downloads_by_job ON job_downloads (job_id);
CREATE INDEX job_downloads_by_end ON job_downloads (expires_at);
