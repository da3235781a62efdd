-- claimable: whether there is anything to claim at a time; the order is that of an index, whatever the statistics say
SELECT (
    SELECT 1 FROM process_run WHERE owner IS NULL AND ready_since <= :now AND desired_state <> 'pause'
    ORDER BY priority DESC, ready_since, node_id LIMIT 1
) IS NOT NULL OR (
    SELECT 1 FROM process_run
    WHERE owner IS NOT NULL AND lease_until < :lost AND ready_since <= :now AND desired_state <> 'pause'
    ORDER BY lease_until LIMIT 1
) IS NOT NULL;

-- claim: take what is ready and free, or was lost by its owner; what others are taking is left to them
WITH free AS MATERIALIZED (
    SELECT node_id, priority, ready_since FROM process_run
    WHERE owner IS NULL AND ready_since <= :now AND desired_state <> 'pause'
    ORDER BY priority DESC, ready_since, node_id LIMIT :limit FOR UPDATE SKIP LOCKED
), lost AS MATERIALIZED (
    SELECT node_id, priority, ready_since FROM process_run
    WHERE owner IS NOT NULL AND lease_until < :lost AND ready_since <= :now AND desired_state <> 'pause'
    ORDER BY priority DESC, ready_since, node_id LIMIT :limit FOR UPDATE SKIP LOCKED
), taken AS (
    SELECT node_id FROM (SELECT * FROM free UNION ALL SELECT * FROM lost) AS found
    ORDER BY priority DESC, ready_since, node_id LIMIT :limit
)
UPDATE process_run AS run
SET owner = :owner, lease_until = :lease_until, fence = fence + 1,
    attempts = attempts + (owner IS NOT NULL)::integer,
    counted = CASE WHEN owner IS NULL THEN counted ELSE 1 END,
    last_error = CASE WHEN owner IS NULL THEN last_error ELSE 'the lease of ' || split_part(owner, '@', 1) || ' ran out' END
FROM taken WHERE run.node_id = taken.node_id
RETURNING run.node_id, run.ready_since, run.priority, run.owner, run.lease_until, run.fence, run.desired_state, run.desired_message,
    run.attempts, run.last_error;

-- claim_one: take this row if it is free or was lost by its owner
WITH taken AS MATERIALIZED (
    SELECT node_id FROM process_run WHERE node_id = :node_id AND (owner IS NULL OR lease_until < :now) FOR UPDATE
)
UPDATE process_run AS run
SET owner = :owner, lease_until = :lease_until, fence = fence + 1,
    attempts = attempts + (owner IS NOT NULL)::integer,
    counted = CASE WHEN owner IS NULL THEN counted ELSE 1 END,
    last_error = CASE WHEN owner IS NULL THEN last_error ELSE 'the lease of ' || split_part(owner, '@', 1) || ' ran out' END
FROM taken WHERE run.node_id = taken.node_id
RETURNING run.node_id, run.ready_since, run.priority, run.owner, run.lease_until, run.fence, run.desired_state, run.desired_message,
    run.attempts, run.last_error;

-- renew: extend the leases of an owner, but for rows that are being written: it waits for nobody, so nobody for it
WITH held AS MATERIALIZED (
    SELECT node_id FROM process_run WHERE owner = :owner ORDER BY node_id DESC FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE process_run AS run SET lease_until = :lease_until
FROM held WHERE run.node_id = held.node_id
RETURNING run.node_id, run.ready_since, run.priority, run.owner, run.lease_until, run.fence, run.desired_state, run.desired_message,
    run.attempts, run.last_error;

-- ahead: whether a time is further in the future than it can be
SELECT EXISTS (
    SELECT 1 FROM process_run
    WHERE owner IS NULL AND ready_since > CASE WHEN last_error IS NULL THEN :latest::float8 ELSE :rested::float8 END
) OR EXISTS (SELECT 1 FROM process_run WHERE owner IS NOT NULL AND lease_until > :lease_latest::float8)
OR EXISTS (SELECT 1 FROM worker WHERE heartbeat > :latest::float8);

-- shorten_rests: let no process rest longer than one that failed does, and one that did not fail not at all
WITH ahead AS MATERIALIZED (
    SELECT node_id FROM process_run
    WHERE owner IS NULL AND ready_since > CASE WHEN last_error IS NULL THEN :latest::float8 ELSE :rested::float8 END
    ORDER BY node_id DESC FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE process_run AS run SET ready_since = CASE WHEN last_error IS NULL THEN :now::float8 ELSE :rested::float8 END
FROM ahead WHERE run.node_id = ahead.node_id;

-- shorten_leases: let no lease run longer than leases do
WITH ahead AS MATERIALIZED (
    SELECT node_id FROM process_run WHERE owner IS NOT NULL AND lease_until > :lease_latest::float8
    ORDER BY node_id DESC FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE process_run AS run SET lease_until = :lease_until::float8
FROM ahead WHERE run.node_id = ahead.node_id;

-- lost: whether anything was lost by its owner; takes a list of owners
SELECT EXISTS (SELECT 1 FROM process_run WHERE owner IS NOT NULL AND lease_until < :lost)
OR EXISTS (SELECT 1 FROM process_run WHERE owner = ANY(:gone::text[]) AND lease_until IS NOT NULL);

-- reclaim: free what was lost by its owner, but for what is being written at the moment; takes a list of owners
WITH lost AS MATERIALIZED (
    SELECT node_id FROM process_run
    WHERE owner IS NOT NULL AND (lease_until < :lost OR (lease_until IS NOT NULL AND owner = ANY(:gone::text[])))
    ORDER BY node_id DESC FOR UPDATE SKIP LOCKED
)
UPDATE process_run AS run
SET owner = NULL, lease_until = NULL, fence = fence + 1, ready_since = :now, attempts = attempts + 1, counted = 1,
    last_error = CASE
        WHEN lease_until < :lost THEN 'the lease of ' || split_part(owner, '@', 1) || ' ran out'
        ELSE split_part(owner, '@', 1) || ' is gone'
    END
FROM lost WHERE run.node_id = lost.node_id
RETURNING run.node_id, run.ready_since, run.priority, run.owner, run.lease_until, run.fence, run.desired_state, run.desired_message,
    run.attempts, run.last_error;

-- disown: free what an owner gives up in the middle of a step, which is no fault of the process
WITH held AS MATERIALIZED (
    SELECT node_id FROM process_run WHERE owner = :owner AND lease_until IS NOT NULL ORDER BY node_id DESC FOR UPDATE
)
UPDATE process_run AS run SET owner = NULL, lease_until = NULL, fence = fence + 1, ready_since = :now,
    last_error = CASE WHEN counted = 1 THEN last_error END
FROM held WHERE run.node_id = held.node_id
RETURNING run.node_id;

-- release: give a row back; without a time it is ready once it waits for nothing, or was called since it waits
UPDATE process_run
SET owner = NULL, lease_until = NULL,
    ready_since = CASE
        WHEN :ready_since::float8 IS NOT NULL THEN :ready_since
        WHEN EXISTS (SELECT 1 FROM process_wait WHERE parent_id = :node_id) THEN ready_since
        ELSE :now
    END,
    attempts = CASE WHEN :error::text IS NULL THEN 0 ELSE attempts + :counted::integer END,
    last_error = :error, counted = :counted::integer
WHERE node_id = :node_id AND fence = :fence;

-- set_desired: say what is wanted; a process that lies idle is handed to the next who asks, unless it is to pause
UPDATE process_run
SET desired_state = :state, desired_message = :message,
    attempts = CASE WHEN :state::text = 'run' THEN 0 ELSE attempts END,
    last_error = CASE WHEN :state::text = 'run' THEN NULL ELSE last_error END,
    ready_since = CASE
        WHEN :state::text = 'kill' THEN least(ready_since, :now)
        WHEN :state::text = 'run' AND ready_since IS NULL
             AND NOT EXISTS (SELECT 1 FROM process_wait WHERE parent_id = :node_id) THEN :now
        ELSE ready_since
    END
WHERE node_id = :node_id;

-- alive_of: which nodes are to be run; takes a list of ids
SELECT node_id FROM process_run WHERE node_id = ANY(?) ORDER BY node_id DESC;

-- parents_of: who waits for a node; nobody else wakes them or lets them wait until this transaction ends
SELECT run.node_id FROM process_wait JOIN process_run AS run ON run.node_id = process_wait.parent_id
WHERE process_wait.child_id = ? ORDER BY run.node_id DESC FOR NO KEY UPDATE OF run;

-- wait_for: let a parent wait for those of the children that are alive, which end after this transaction; takes a list
INSERT INTO process_wait (child_id, parent_id)
SELECT node_id, :parent_id::integer
FROM (
    SELECT node_id FROM process_run WHERE node_id = ANY(:child_ids::integer[]) ORDER BY node_id DESC FOR KEY SHARE
) AS alive
ON CONFLICT DO NOTHING;

-- record_event: append to what happened
INSERT INTO process_event (node_id, kind, time, payload) VALUES (?, ?, ?, ?) RETURNING number;

-- lock_fence: the fence of a node, which nobody changes before this transaction ends
SELECT fence FROM process_run WHERE node_id = ? FOR KEY SHARE;

-- lock_run: let nobody claim a row or begin to wait for it before this transaction ends
SELECT 1 FROM process_run WHERE node_id = ? FOR UPDATE;

-- lock_parent: let nobody wake a row before this transaction ends
SELECT 1 FROM process_run WHERE node_id = ? FOR NO KEY UPDATE;

-- hold_back: make a parent not ready while it waits for something
UPDATE process_run
SET ready_since = CASE WHEN EXISTS (SELECT 1 FROM process_wait WHERE parent_id = :parent_id) THEN NULL ELSE :now::float8 END
WHERE node_id = :parent_id;

-- unmarked_pauses: what is to be paused and is held by nobody, though its node does not say so
SELECT run.node_id FROM process_run AS run JOIN db_dbnode AS node ON node.id = run.node_id
WHERE run.desired_state = 'pause' AND run.owner IS NULL AND (node.attributes ->> 'paused') IS DISTINCT FROM 'true'
ORDER BY run.node_id;
