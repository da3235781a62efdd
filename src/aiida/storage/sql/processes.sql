-- enlist: say that a node is to be run
INSERT INTO process_run (node_id, ready_since, priority, owner, lease_until, fence) VALUES (?, ?, ?, ?, ?, ?);

-- runs_of: what an owner holds
SELECT node_id, ready_since, priority, owner, lease_until, fence, desired_state, desired_message, attempts, last_error
FROM process_run WHERE owner = ?;

-- lease_holders: who holds something with a lease
SELECT DISTINCT owner FROM process_run WHERE owner IS NOT NULL AND lease_until IS NOT NULL;

-- note_progress: forget failed attempts
UPDATE process_run SET attempts = 0, last_error = NULL WHERE node_id = ? AND attempts > 0;

-- hurry: let what rests for no fault of its own be tried now
UPDATE process_run SET ready_since = :now
WHERE owner IS NULL AND counted = 0 AND last_error IS NOT NULL AND ready_since > :now;

-- resting: what hinders processes that rest for no fault of their own, and how many
SELECT last_error, count(*) AS number FROM process_run
WHERE owner IS NULL AND counted = 0 AND last_error IS NOT NULL AND ready_since IS NOT NULL
GROUP BY last_error ORDER BY number DESC, last_error;

-- heartbeat: say that a worker is alive
UPDATE worker SET heartbeat = ? WHERE id = ?;

-- read_run: the row of a node
SELECT node_id, ready_since, priority, owner, lease_until, fence, desired_state, desired_message, attempts, last_error
FROM process_run WHERE node_id = ?;

-- read_fence: the fence of a node
SELECT fence FROM process_run WHERE node_id = ?;

-- delete_run: take a node from what is to be run; what it waits for and who waits for it go with it
DELETE FROM process_run WHERE node_id = ?;

-- waiting_for: what a parent waits for
SELECT child_id FROM process_wait WHERE parent_id = ? ORDER BY child_id;

-- save_checkpoint: insert or replace a checkpoint
INSERT INTO process_checkpoint (node_id, tag, fence, time, bundle) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (node_id, tag) DO UPDATE SET fence = excluded.fence, time = excluded.time, bundle = excluded.bundle;

-- load_checkpoint: a checkpoint
SELECT bundle FROM process_checkpoint WHERE node_id = ? AND tag = ?;

-- list_checkpoints: what checkpoints there are
SELECT node_id, tag FROM process_checkpoint ORDER BY node_id, tag;

-- list_checkpoints_of: what checkpoints there are of a node
SELECT node_id, tag FROM process_checkpoint WHERE node_id = ? ORDER BY tag;

-- delete_checkpoint: delete one checkpoint
DELETE FROM process_checkpoint WHERE node_id = ? AND tag = ?;

-- delete_checkpoints: delete all checkpoints of a node
DELETE FROM process_checkpoint WHERE node_id = ?;

-- prune_events: drop what is older than a number
DELETE FROM process_event WHERE number <= ?;

-- last_event: the number of what happened last
SELECT coalesce(max(number), 0) FROM process_event;

-- read_events: what happened after a number
SELECT number, node_id, kind, time, payload FROM process_event WHERE number > ? ORDER BY number LIMIT ?;

-- register_worker: insert or replace a worker
INSERT INTO worker (id, host, pid, started, heartbeat, fingerprint) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET host = excluded.host, pid = excluded.pid, started = excluded.started,
    heartbeat = excluded.heartbeat, fingerprint = excluded.fingerprint;

-- set_back_heartbeats: let no worker have been heard of in the future
UPDATE worker SET heartbeat = :now WHERE heartbeat > :latest;

-- remove_worker: delete a worker
DELETE FROM worker WHERE id = ?;

-- list_workers: the workers, by the time they started
SELECT id, host, pid, started, heartbeat, fingerprint FROM worker ORDER BY started, id;

-- wake: make a parent ready if it waits for nothing any more
UPDATE process_run SET ready_since = :now
WHERE node_id = :parent_id AND NOT EXISTS (SELECT 1 FROM process_wait WHERE parent_id = :parent_id)
RETURNING node_id;

-- read_hold: how a computer is held, or failed lately
SELECT computer_id, failures, since, failed_at, until, stage, error, revision FROM computer_hold WHERE computer_id = ?;

-- list_holds: the computers that are held, or failed lately
SELECT computer_id, failures, since, failed_at, until, stage, error, revision FROM computer_hold ORDER BY computer_id;

-- insert_hold: note the first failure of a computer, unless somebody has
INSERT INTO computer_hold (computer_id, failures, since, failed_at, until, stage, error, revision)
VALUES (:computer_id, :failures, :since, :failed_at, :until, :stage, :error, :revision)
ON CONFLICT (computer_id) DO NOTHING;

-- update_hold: change what is noted of a computer, unless somebody has
UPDATE computer_hold
SET failures = :failures, since = :since, failed_at = :failed_at, until = :until, stage = :stage, error = :error,
    revision = :revision
WHERE computer_id = :computer_id AND revision = :revision - 1;

-- lift_hold: forget the failures of a computer that had not come further than where something succeeded
DELETE FROM computer_hold WHERE computer_id = ? AND stage <= ?;
