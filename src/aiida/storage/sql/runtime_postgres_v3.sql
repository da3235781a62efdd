-- From version 2 of our own tables to version 3.

-- whether `last_error` is a failed attempt; 0: it is trouble that is no fault of the process
ALTER TABLE process_run ADD COLUMN counted integer NOT NULL DEFAULT 1;
UPDATE process_run SET counted = 0 WHERE attempts = 0 AND last_error IS NOT NULL;
