-- insert_node: store a node
INSERT INTO db_dbnode (uuid, node_type, process_type, label, description, ctime, mtime, attributes, extras,
                       repository_metadata, dbcomputer_id, user_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- read_node: one node, all columns
SELECT id, uuid, node_type, process_type, label, description, ctime, mtime, attributes, extras, repository_metadata,
       dbcomputer_id, user_id
FROM db_dbnode WHERE id = ?;

-- read_attributes: the attributes of a node
SELECT attributes FROM db_dbnode WHERE id = ?;

-- read_extras: the extras of a node
SELECT extras FROM db_dbnode WHERE id = ?;

-- find_nodes_uuid: the node with this uuid
SELECT id FROM db_dbnode WHERE uuid = ?;

-- find_nodes_label: nodes with this label, oldest first
SELECT id FROM db_dbnode WHERE label = ? ORDER BY id;

-- insert_link: store a link
INSERT INTO db_dblink (input_id, output_id, type, label) VALUES (?, ?, ?, ?);

-- insert_log: store a log record
INSERT INTO db_dblog (uuid, time, loggername, levelname, dbnode_id, message, metadata) VALUES (?, ?, ?, ?, ?, ?, ?);

-- add_to_group: add a member; one that is in already stays
INSERT INTO db_dbgroup_dbnodes (dbgroup_id, dbnode_id) VALUES (?, ?) ON CONFLICT DO NOTHING;

-- empty_group: remove all members
DELETE FROM db_dbgroup_dbnodes WHERE dbgroup_id = ?;

-- group_members: the members, in the order they were added
SELECT dbnode_id FROM db_dbgroup_dbnodes WHERE dbgroup_id = ? ORDER BY id;

-- write_setting: insert or replace a global setting
INSERT INTO db_dbsetting (key, val, description, time) VALUES (?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET val = excluded.val, description = excluded.description, time = excluded.time;

-- first_user: the user that was there first
SELECT min(id) FROM db_dbuser;
