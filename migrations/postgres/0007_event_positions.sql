-- The order in which a reader goes from event to event. An event's id and date are of the beginning of its call, and a
-- number drawn by its write would be drawn before the commit, so by any of them an event that is committed late would
-- come before events that were read already. `position` is therefore given after the commit, to the events that are
-- visible and have none. Numbers are reserved from `event_numbering`, whose only row is what the givers queue for.
ALTER TABLE events ADD COLUMN position BIGINT;
UPDATE events SET position = numbered.place
FROM (SELECT log_id, ROW_NUMBER() OVER (ORDER BY log_id) AS place FROM events) AS numbered
WHERE events.log_id = numbered.log_id;
CREATE UNIQUE INDEX events_by_position ON events (position);
CREATE TABLE event_numbering (
    reserved BIGINT NOT NULL
);
INSERT INTO event_numbering (reserved) SELECT COUNT(*) FROM events;
