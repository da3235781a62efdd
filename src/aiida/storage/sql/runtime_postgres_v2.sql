-- From version 1 of our own tables to version 2.

-- The computers that cannot be used at the moment, or failed lately: a row goes when something succeeds there.
CREATE TABLE computer_hold (
    computer_id integer NOT NULL PRIMARY KEY REFERENCES db_dbcomputer (id) ON DELETE CASCADE,
    -- how often in a row its use failed; what failed at the same time counts once
    failures integer NOT NULL,
    -- when the first and the last of them were
    since double precision NOT NULL,
    failed_at double precision NOT NULL,
    -- it is held: nobody uses it before this time, and then one tries; NULL: it is not held yet
    until double precision,
    -- how far who failed had come: 0 it did not connect, 1 it was connected, 2 it asked the scheduler
    stage integer NOT NULL,
    -- why
    error text NOT NULL,
    -- grows by one with every change; who has not seen the last one changes nothing
    revision integer NOT NULL
);
