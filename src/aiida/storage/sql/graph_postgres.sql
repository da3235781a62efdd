-- read_nodes: several nodes, all columns; takes a list of ids
SELECT id, uuid, node_type, process_type, label, description, ctime, mtime, attributes, extras, repository_metadata,
       dbcomputer_id, user_id
FROM db_dbnode WHERE id = ANY(?);

-- patch_attributes: set and remove keys of the attributes of a node
UPDATE db_dbnode
SET attributes = (coalesce(attributes, '{}') || :changes::jsonb) - :removed::text[], mtime = :mtime
WHERE id = :node_id;

-- patch_extras: set and remove keys of the extras of a node
UPDATE db_dbnode
SET extras = (coalesce(extras, '{}') || :changes::jsonb) - :removed::text[], mtime = :mtime
WHERE id = :node_id;

-- find_nodes_uuid_prefix: nodes whose uuid lies between two, both included, oldest first
SELECT id FROM db_dbnode WHERE uuid >= ? AND uuid <= ? ORDER BY id;

-- find_nodes_label_prefix: nodes whose label lies between two texts, by their bytes, oldest first
SELECT id FROM db_dbnode WHERE label ~>=~ ? AND label ~<~ ? ORDER BY id;

-- delete_memberships: take nodes out of their groups; takes a list of ids
DELETE FROM db_dbgroup_dbnodes WHERE dbnode_id = ANY(?);

-- delete_links_from: delete the links that leave nodes; takes a list of ids
DELETE FROM db_dblink WHERE input_id = ANY(?);

-- delete_nodes: delete nodes; what enters them, logs and comments go with them; takes a list of ids
DELETE FROM db_dbnode WHERE id = ANY(?);

-- read_links_incoming: links that enter a node, in the order they were stored; types: a list or NULL
SELECT input_id, output_id, type, label FROM db_dblink
WHERE output_id = :node_id
  AND (:types::text[] IS NULL OR type || '' = ANY(:types))
  AND (:label::text IS NULL OR label || '' = :label)
ORDER BY id;

-- read_links_outgoing: links that leave a node, in the order they were stored; types: a list or NULL
SELECT input_id, output_id, type, label FROM db_dblink
WHERE input_id = :node_id
  AND (:types::text[] IS NULL OR type || '' = ANY(:types))
  AND (:label::text IS NULL OR label || '' = :label)
ORDER BY id;

-- is_ancestor: whether a node can be reached from another one; types: a list
WITH RECURSIVE above (id) AS (
    SELECT input_id FROM db_dblink WHERE output_id = :node_id AND type || '' = ANY(:types::text[])
    UNION
    SELECT link.input_id FROM above JOIN db_dblink AS link ON link.output_id = above.id
    WHERE link.type || '' = ANY(:types)
)
SELECT 1 FROM above WHERE id = :ancestor_id LIMIT 1;

-- remove_from_group: remove members; takes a list of ids
DELETE FROM db_dbgroup_dbnodes WHERE dbgroup_id = ? AND dbnode_id = ANY(?);

-- read_setting: the value of a global setting
SELECT val FROM db_dbsetting WHERE key = ?;

-- lock_setting: let nobody else read a global setting in a transaction, until the end of this one
SELECT pg_advisory_xact_lock(1851944290, hashtext(?));
