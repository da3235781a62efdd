-- What is alive, beside the tables of the graph. Times are seconds since the epoch.
-- Version 1; later versions come with scripts that lead to them (runtime_postgres_v<n>.sql).

-- list: the processes that are not sealed, so that listing what is active does not read all that ever ran;
-- it is small, and PostgreSQL keeps it up to date whichever program writes
CREATE INDEX ix_nabucco_process_live ON db_dbnode (ctime)
WHERE node_type ~>=~ 'process.' AND node_type ~<~ 'process/' AND attributes ->> 'sealed' IS NULL;

-- A process that is to be run, and who may run it. The row is the task: there is no other queue.
CREATE TABLE process_run (
    -- the process node; its row goes when the process is terminated
    node_id integer NOT NULL PRIMARY KEY REFERENCES db_dbnode (id) ON DELETE CASCADE,
    -- from when on it may be claimed; in the future: a back-off; NULL: it waits for the rows of process_wait
    ready_since double precision,
    -- larger is earlier
    priority integer NOT NULL DEFAULT 0,
    -- who runs it; NULL: nobody
    owner text,
    -- the claim of the owner is good until then; after that the row is anyone's; NULL with an owner: it does not run out
    lease_until double precision,
    -- grows by one with every claim; a write that carries an older number is refused
    fence integer NOT NULL DEFAULT 0,
    -- 'run', 'pause' (nobody needs to claim it) or 'kill'
    desired_state text NOT NULL DEFAULT 'run',
    -- the reason given with the desired state
    desired_message text,
    -- how often in a row it was given back with an error, or lost by its owner
    attempts integer NOT NULL DEFAULT 0,
    -- the error it was given back with
    last_error text
);

-- claim: what is free, in the order in which it is handed out
CREATE INDEX ix_process_run_free ON process_run (priority DESC, ready_since, node_id)
WHERE owner IS NULL AND ready_since IS NOT NULL AND desired_state <> 'pause';
-- claim: what was lost by its owner
CREATE INDEX ix_process_run_lease ON process_run (lease_until) WHERE owner IS NOT NULL;
-- renew: what one owner holds
CREATE INDEX ix_process_run_owner ON process_run (owner) WHERE owner IS NOT NULL;

-- The parent is not ready before the child is terminated.
CREATE TABLE process_wait (
    child_id integer NOT NULL REFERENCES process_run (node_id) ON DELETE CASCADE,
    parent_id integer NOT NULL REFERENCES process_run (node_id) ON DELETE CASCADE,
    PRIMARY KEY (child_id, parent_id)
);

-- what a parent waits for
CREATE INDEX ix_process_wait_parent ON process_wait (parent_id, child_id);

-- Where to resume a process from.
CREATE TABLE process_checkpoint (
    node_id integer NOT NULL REFERENCES db_dbnode (id) ON DELETE CASCADE,
    -- the empty text, unless somebody keeps several of one process
    tag text NOT NULL DEFAULT '',
    -- the claim under which it was written
    fence integer NOT NULL,
    -- when it was written
    time double precision NOT NULL,
    -- the bundle, in the form its writer chose
    bundle bytea NOT NULL,
    PRIMARY KEY (node_id, tag)
);

-- The programs that run processes.
CREATE TABLE worker (
    -- the name its claims carry as owner
    id text NOT NULL PRIMARY KEY,
    host text NOT NULL,
    pid integer NOT NULL,
    started double precision NOT NULL,
    -- when it was last heard of
    heartbeat double precision NOT NULL,
    -- says which code it loaded
    fingerprint text NOT NULL
);

-- What happened, in the order of the numbers; old rows are dropped.
CREATE TABLE process_event (
    number bigserial NOT NULL PRIMARY KEY,
    -- no reference: what happened to a node that was deleted remains true
    node_id integer NOT NULL,
    kind text NOT NULL,
    time double precision NOT NULL,
    payload json NOT NULL
);
