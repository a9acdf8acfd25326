-- What an operator notes beside a session.
ALTER TABLE sessions ADD COLUMN metadata TEXT COLLATE "C";
