-- read_nodes: several nodes, all columns; takes a JSON list of ids
SELECT id, uuid, node_type, process_type, label, description, ctime, mtime, attributes, extras, repository_metadata,
       dbcomputer_id, user_id
FROM db_dbnode WHERE id IN (SELECT value FROM json_each(?));

-- write_attributes: replace the attributes of a node
UPDATE db_dbnode SET attributes = ?, mtime = ? WHERE id = ?;

-- write_extras: replace the extras of a node
UPDATE db_dbnode SET extras = ?, mtime = ? WHERE id = ?;

-- find_nodes_uuid_prefix: nodes whose uuid lies between two texts, oldest first
SELECT id FROM db_dbnode WHERE uuid >= ? AND uuid < ? ORDER BY id;

-- find_nodes_label_prefix: nodes whose label lies between two texts, oldest first
SELECT id FROM db_dbnode WHERE label >= ? AND label < ? ORDER BY id;

-- delete_memberships: take nodes out of their groups; takes a JSON list of ids
DELETE FROM db_dbgroup_dbnodes WHERE dbnode_id IN (SELECT value FROM json_each(?));

-- delete_links_from: delete the links that leave nodes; takes a JSON list of ids
DELETE FROM db_dblink WHERE input_id IN (SELECT value FROM json_each(?));

-- delete_nodes: delete nodes; what enters them, logs and comments go with them; takes a JSON list of ids
DELETE FROM db_dbnode WHERE id IN (SELECT value FROM json_each(?));

-- read_links_incoming: links that enter a node, in the order they were stored; types: a JSON list or NULL
SELECT input_id, output_id, type, label FROM db_dblink
WHERE output_id = :node_id
  AND (:types IS NULL OR +type IN (SELECT value FROM json_each(:types)))
  AND (:label IS NULL OR +label = :label)
ORDER BY id;

-- read_links_outgoing: links that leave a node, in the order they were stored; types: a JSON list or NULL
SELECT input_id, output_id, type, label FROM db_dblink
WHERE input_id = :node_id
  AND (:types IS NULL OR +type IN (SELECT value FROM json_each(:types)))
  AND (:label IS NULL OR +label = :label)
ORDER BY id;

-- is_ancestor: whether a node can be reached from another one; types: a JSON list
WITH RECURSIVE
    allowed (type) AS MATERIALIZED (SELECT value FROM json_each(:types)),
    above (id) AS (
        SELECT input_id FROM db_dblink WHERE output_id = :node_id AND +type IN allowed
        UNION
        SELECT link.input_id FROM above CROSS JOIN db_dblink AS link ON link.output_id = above.id
        WHERE +link.type IN allowed
    )
SELECT 1 FROM above WHERE id = :ancestor_id LIMIT 1;

-- remove_from_group: remove members; takes a JSON list of ids
DELETE FROM db_dbgroup_dbnodes WHERE dbgroup_id = ? AND dbnode_id IN (SELECT value FROM json_each(?));

-- read_setting: the value of a global setting
SELECT val FROM db_dbsetting WHERE key = ?;
