-- Whoever works for one kind of job finds the next of that kind, however many of another wait before it.
CREATE INDEX jobs_due_by_kind ON jobs (kind, due_at, id) WHERE outcome IS NULL;
-- To which accounts an address is closed is asked, and forgotten, by the address alone.
CREATE INDEX failed_logins_by_address ON failed_logins (address);
-- A page of what one application was allowed, by whomever, is read in the order in which it is shown.
DROP INDEX grants_by_client;
CREATE INDEX grants_by_client ON grants (client_id, created_at, id);
