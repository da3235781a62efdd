-- claimable: whether there is anything to claim at a time
SELECT EXISTS (
    SELECT 1 FROM process_run WHERE owner IS NULL AND ready_since <= :now AND desired_state <> 'pause'
) OR EXISTS (
    SELECT 1 FROM process_run
    WHERE owner IS NOT NULL AND lease_until < :lost AND ready_since <= :now AND desired_state <> 'pause'
);

-- claim: take what is ready and free, or was lost by its owner
UPDATE process_run
SET owner = :owner, lease_until = :lease_until, fence = fence + 1,
    attempts = attempts + (owner IS NOT NULL), counted = counted OR owner IS NOT NULL,
    last_error = CASE
        WHEN owner IS NULL THEN last_error
        ELSE 'the lease of ' || substr(owner, 1, instr(owner || '@', '@') - 1) || ' ran out'
    END
WHERE node_id IN (
    SELECT node_id FROM (
        SELECT node_id, priority, ready_since FROM process_run
        WHERE owner IS NULL AND ready_since <= :now AND desired_state <> 'pause'
        UNION ALL
        SELECT node_id, priority, ready_since FROM process_run INDEXED BY ix_process_run_lease
        WHERE owner IS NOT NULL AND lease_until < :lost AND ready_since <= :now AND desired_state <> 'pause'
        ORDER BY priority DESC, ready_since, node_id
        LIMIT :limit
    )
)
RETURNING node_id, ready_since, priority, owner, lease_until, fence, desired_state, desired_message, attempts, last_error;

-- claim_one: take this row if it is free or was lost by its owner
UPDATE process_run
SET owner = :owner, lease_until = :lease_until, fence = fence + 1,
    attempts = attempts + (owner IS NOT NULL), counted = counted OR owner IS NOT NULL,
    last_error = CASE
        WHEN owner IS NULL THEN last_error
        ELSE 'the lease of ' || substr(owner, 1, instr(owner || '@', '@') - 1) || ' ran out'
    END
WHERE node_id = :node_id AND (owner IS NULL OR lease_until < :now)
RETURNING node_id, ready_since, priority, owner, lease_until, fence, desired_state, desired_message, attempts, last_error;

-- renew: extend all leases of an owner
UPDATE process_run SET lease_until = :lease_until WHERE owner = :owner
RETURNING node_id, ready_since, priority, owner, lease_until, fence, desired_state, desired_message, attempts, last_error;

-- ahead: whether a time is further in the future than it can be
SELECT EXISTS (
    SELECT 1 FROM process_run
    WHERE owner IS NULL AND ready_since > CASE WHEN last_error IS NULL THEN :latest ELSE :rested END
) OR EXISTS (SELECT 1 FROM process_run INDEXED BY ix_process_run_lease WHERE owner IS NOT NULL AND lease_until > :lease_latest)
OR EXISTS (SELECT 1 FROM worker WHERE heartbeat > :latest);

-- shorten_rests: let no process rest longer than one that failed does, and one that did not fail not at all
UPDATE process_run SET ready_since = CASE WHEN last_error IS NULL THEN :now ELSE :rested END
WHERE owner IS NULL AND ready_since > CASE WHEN last_error IS NULL THEN :latest ELSE :rested END;

-- shorten_leases: let no lease run longer than leases do
UPDATE process_run SET lease_until = :lease_until WHERE owner IS NOT NULL AND lease_until > :lease_latest;

-- lost: whether anything was lost by its owner; takes a JSON list of owners
SELECT EXISTS (SELECT 1 FROM process_run INDEXED BY ix_process_run_lease WHERE owner IS NOT NULL AND lease_until < :lost)
OR EXISTS (
    SELECT 1 FROM process_run WHERE owner IN (SELECT value FROM json_each(:gone)) AND lease_until IS NOT NULL
);

-- reclaim: free what was lost by its owner; takes a JSON list of owners
UPDATE process_run
SET owner = NULL, lease_until = NULL, fence = fence + 1, ready_since = :now, attempts = attempts + 1, counted = 1,
    last_error = CASE
        WHEN lease_until < :lost THEN 'the lease of ' || substr(owner, 1, instr(owner || '@', '@') - 1) || ' ran out'
        ELSE substr(owner, 1, instr(owner || '@', '@') - 1) || ' is gone'
    END
WHERE owner IS NOT NULL
    AND (lease_until < :lost OR (lease_until IS NOT NULL AND owner IN (SELECT value FROM json_each(:gone))))
RETURNING node_id, ready_since, priority, owner, lease_until, fence, desired_state, desired_message, attempts, last_error;

-- disown: free what an owner gives up in the middle of a step, which is no fault of the process
UPDATE process_run SET owner = NULL, lease_until = NULL, fence = fence + 1, ready_since = :now,
    last_error = CASE WHEN counted THEN last_error END
WHERE owner = :owner AND lease_until IS NOT NULL
RETURNING node_id;

-- release: give a row back; without a time it is ready once it waits for nothing, or was called since it waits
UPDATE process_run
SET owner = NULL, lease_until = NULL,
    ready_since = CASE
        WHEN :ready_since IS NOT NULL THEN :ready_since
        WHEN EXISTS (SELECT 1 FROM process_wait WHERE parent_id = :node_id) THEN ready_since
        ELSE :now
    END,
    attempts = CASE WHEN :error IS NULL THEN 0 ELSE attempts + :counted END,
    last_error = :error, counted = :counted
WHERE node_id = :node_id AND fence = :fence;

-- set_desired: say what is wanted; a process that lies idle is handed to the next who asks, unless it is to pause
UPDATE process_run
SET desired_state = :state, desired_message = :message,
    attempts = CASE WHEN :state = 'run' THEN 0 ELSE attempts END,
    last_error = CASE WHEN :state = 'run' THEN NULL ELSE last_error END,
    ready_since = CASE
        WHEN :state = 'kill' THEN coalesce(min(ready_since, :now), :now)
        WHEN :state = 'run' AND ready_since IS NULL
             AND NOT EXISTS (SELECT 1 FROM process_wait WHERE parent_id = :node_id) THEN :now
        ELSE ready_since
    END
WHERE node_id = :node_id;

-- alive_of: which nodes are to be run; takes a JSON list of ids
SELECT node_id FROM process_run WHERE node_id IN (SELECT value FROM json_each(?)) ORDER BY node_id;

-- parents_of: who waits for a node
SELECT parent_id FROM process_wait WHERE child_id = ?;

-- wait_for: let a parent wait for those of the children that are alive; takes a JSON list of ids
INSERT INTO process_wait (child_id, parent_id)
SELECT node_id, :parent_id FROM process_run WHERE node_id IN (SELECT value FROM json_each(:child_ids))
ON CONFLICT DO NOTHING;

-- hold_back: make a parent not ready while it waits for something
UPDATE process_run
SET ready_since = CASE WHEN EXISTS (SELECT 1 FROM process_wait WHERE parent_id = :parent_id) THEN NULL ELSE :now END
WHERE node_id = :parent_id;

-- record_event: append to what happened
INSERT INTO process_event (node_id, kind, time, payload) VALUES (?, ?, ?, ?);

-- unmarked_pauses: what is to be paused and is held by nobody, though its node does not say so
SELECT run.node_id FROM process_run AS run JOIN db_dbnode AS node ON node.id = run.node_id
WHERE run.desired_state = 'pause' AND run.owner IS NULL AND json_extract(node.attributes, '$.paused') IS NOT 1
ORDER BY run.node_id;
