-- Only people who have not moved are looked for by where their password is, and an import pays for each entry.
DROP INDEX passwords_by_origin;
CREATE INDEX passwords_at_sources ON passwords (origin_name)
    WHERE kind = 'source' AND origin = 'source' AND moved_at IS NULL;
