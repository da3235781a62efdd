"""Nodes, links, logs and the small tables, through the ports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from aiida.common.exceptions import IntegrityError, NotExistent
from aiida.storage.records import EntityKind, LinkRecord, LogRecord

SOME_TIME = datetime(2024, 2, 29, 12, 30, 15, 7, tzinfo=UTC)
# how the first parameter of a statement is written
MARKS = {'sqlite': '?', 'postgresql': '$1'}


# nodes


def test_a_node_comes_back_as_it_went(store, record):
    computer = store.insert_entity(
        EntityKind.COMPUTER,
        {
            'uuid': str(uuid4()),
            'label': 'here',
            'hostname': 'localhost',
            'description': '',
            'scheduler_type': 'core.direct',
            'transport_type': 'core.local',
            'metadata': {'workdir': '/tmp'},
        },
    )
    original = record(
        node_type='process.calculation.calcjob.CalcJobNode.',
        process_type='aiida.calculations:core.arithmetic.add',
        label='a label',
        description='ünïcode ✓',
        ctime=SOME_TIME,
        mtime=SOME_TIME.astimezone(timezone(timedelta(hours=5))),
        attributes={'a': [1, 2.5, None, True, {'b': 'c'}], 'large': 2**80, 'empty': {}},
        extras={'_aiida_hash': 'f' * 64},
        repository_metadata={'o': {'file.txt': {'k': 'a' * 64}}},
        dbcomputer_id=computer,
    )
    node_id = store.insert_node(original)
    assert original.id == node_id
    read = store.read_node(node_id)
    for column in type(original).__slots__:
        assert getattr(read, column) == getattr(original, column), column
    assert read.ctime.tzinfo is UTC
    assert read.mtime.utcoffset() == timedelta(0)


def test_not_a_number_is_refused(store, record):
    with pytest.raises(ValueError, match='nan'):
        store.insert_node(record(attributes={'deep': [{'er': float('nan')}], 'none': None}))


def test_an_absent_node_is_named(store):
    for use in (
        lambda: store.read_node(4711),
        lambda: store.read_attributes(4711),
        lambda: store.read_extras(4711),
        lambda: store.update_node(4711, {'label': 'x'}, SOME_TIME),
        lambda: store.patch_node(4711, 'extras', {'x': 1}, (), SOME_TIME),
    ):
        with pytest.raises(NotExistent, match='4711'):
            use()


def test_the_same_uuid_twice_is_refused(store, record):
    first = record()
    store.insert_node(first)
    second = record(uuid=first.uuid)
    with pytest.raises(IntegrityError, match='uuid'):
        store.insert_node(second)
    assert second.id is None


def test_a_user_that_is_not_there_is_refused(store, record):
    with pytest.raises(IntegrityError):
        store.insert_node(record(user_id=99))


def test_read_nodes_keeps_the_order_and_leaves_out_the_absent(store, node):
    ids = [node() for _ in range(4)]
    asked = [ids[2], 4711, ids[0], ids[3]]
    assert [found.id for found in store.read_nodes(asked)] == [ids[2], ids[0], ids[3]]
    assert store.read_nodes([]) == []


def test_find_nodes_by_uuid_and_label(store, node):
    uuid = 'aaaabbbb-cccc-4ddd-8eee-ffff00001111'
    first = node(uuid=uuid, label='one')
    second = node(uuid='aaaabbbb-cccc-4ddd-8eee-ffff00002222', label='one more')
    third = node(label='one')
    assert store.find_nodes('uuid', uuid) == [first]
    assert store.find_nodes('uuid', 'aaaabbbb') == []
    assert store.find_nodes('uuid', 'aaaabbbb', prefix=True) == [first, second]
    assert store.find_nodes('uuid', 'aaaabbbbcccc4ddd8eeeffff00001', prefix=True) == [first]
    assert store.find_nodes('uuid', 'aaaabbbb-cc', prefix=True) == [first, second]
    assert store.find_nodes('uuid', 'aaaabbbb-cd', prefix=True) == []
    assert store.find_nodes('label', 'one') == [first, third]
    assert store.find_nodes('label', 'one', prefix=True) == [first, second, third]
    assert store.find_nodes('label', 'o%', prefix=True) == []


def test_update_node_replaces_columns_and_sets_mtime(store, node):
    node_id = node(attributes={'a': 1}, description='before')
    store.update_node(node_id, {'label': 'new', 'attributes': {'b': 2}, 'ctime': SOME_TIME}, SOME_TIME)
    read = store.read_node(node_id)
    assert (read.label, read.attributes, read.ctime, read.mtime) == ('new', {'b': 2}, SOME_TIME, SOME_TIME)
    assert read.description == 'before'


@pytest.mark.parametrize('column', ['attributes', 'extras'])
def test_patch_node_touches_only_the_keys_it_names(store, node, column):
    node_id = node(**{column: {'kept': 1, 'changed': {'deep': 1}, 'removed': 3}})
    other = {'attributes': 'extras', 'extras': 'attributes'}[column]
    read = {'attributes': store.read_attributes, 'extras': store.read_extras}
    store.patch_node(node_id, column, {'by another': 0}, (), SOME_TIME)
    store.patch_node(
        node_id, column, {'changed': {'other': None}, 'dots.and "quotes"': [1]}, ['removed', 'absent'], SOME_TIME
    )
    assert read[column](node_id) == {
        'kept': 1,
        'changed': {'other': None},
        'by another': 0,
        'dots.and "quotes"': [1],
    }
    assert read[other](node_id) == {}
    assert store.read_node(node_id).mtime == SOME_TIME


def test_delete_nodes_takes_along_what_belongs_to_them(store, node, process):
    gone, source, target = process(), node(), node()
    user = store.default_user_id
    group = _group(store)
    store.insert_links([LinkRecord(source, gone, 'input_work', 'x'), LinkRecord(gone, target, 'return', 'y')])
    store.insert_logs([_log(gone)])
    store.insert_entity(
        EntityKind.COMMENT,
        {
            'uuid': str(uuid4()),
            'dbnode_id': gone,
            'ctime': SOME_TIME,
            'mtime': SOME_TIME,
            'user_id': user,
            'content': 'text',
        },
    )
    store.add_to_group(group, [gone, source])
    store.enlist(gone)
    store.save_checkpoint(gone, b'bundle', 0)
    store.delete_nodes([gone])
    assert store.read_nodes([gone, source, target]) != []
    assert store.find_nodes('uuid', 'x') == []
    assert store.read_links(source, 'outgoing') == []
    assert store.read_links(target, 'incoming') == []
    assert store.find_entities(EntityKind.LOG) == []
    assert store.find_entities(EntityKind.COMMENT) == []
    assert store.group_members(group) == [source]
    assert store.read_run(gone) is None
    assert store.list_checkpoints() == []
    with pytest.raises(NotExistent):
        store.read_node(gone)


def test_deleting_a_child_lets_its_parent_go_on(store, run):
    parent, child = run(owner='w', lease_until=1e12), run()
    store.wait_for(parent, [child])
    store.delete_nodes([child])
    assert store.waiting_for(parent) == []
    assert store.read_run(parent).ready_since is not None


# links


def test_links_come_in_the_order_they_were_stored(store, node):
    a, b, c = node(), node(), node()
    links = [
        LinkRecord(a, c, 'input_work', 'z'),
        LinkRecord(b, c, 'input_work', 'a'),
        LinkRecord(a, c, 'call_work', 'CALL'),
    ]
    store.insert_links(links)
    assert store.read_links(c, 'incoming') == links
    assert store.read_links(a, 'outgoing') == [links[0], links[2]]
    assert store.read_links(c, 'outgoing') == []
    assert store.read_links(c, 'incoming', ['input_work']) == links[:2]
    assert store.read_links(c, 'incoming', ['input_work', 'call_work'], 'CALL') == links[2:]
    assert store.read_links(c, 'incoming', label='a') == [links[1]]
    assert store.read_links(c, 'incoming', label='%') == []
    assert store.read_links(c, 'incoming', []) == []


def test_is_ancestor_follows_the_types_it_is_given(store, node):
    a, b, c, d = (node() for _ in range(4))
    store.insert_links(
        [
            LinkRecord(a, b, 'create', 'x'),
            LinkRecord(b, c, 'input_calc', 'x'),
            LinkRecord(c, d, 'return', 'x'),
            LinkRecord(d, a, 'input_work', 'x'),
        ]
    )
    data = ['create', 'input_calc']
    assert store.is_ancestor(a, c, data)
    assert not store.is_ancestor(c, a, data)
    assert not store.is_ancestor(a, d, data)
    assert store.is_ancestor(a, d, [*data, 'return'])
    # a cycle of other link types ends
    assert store.is_ancestor(a, a, [*data, 'return', 'input_work'])
    assert not store.is_ancestor(a, 4711, data)


# logs


def test_logs_are_stored_with_their_metadata(store, process):
    node_id = process()
    log = _log(node_id)
    store.insert_logs([log, _log(node_id)])
    rows = store.find_entities(EntityKind.LOG, dbnode_id=node_id)
    assert len(rows) == 2
    assert rows[0] == {
        'id': rows[0]['id'],
        'uuid': log.uuid,
        'time': log.time,
        'loggername': log.loggername,
        'levelname': log.levelname,
        'dbnode_id': node_id,
        'message': log.message,
        'metadata': log.metadata,
    }


def _log(node_id):
    return LogRecord(str(uuid4()), SOME_TIME, 'aiida.orm', 'REPORT', node_id, 'a message', {'args': [1]})


# the small tables


def test_entities_come_back_as_they_went(store):
    user = store.insert_entity(
        EntityKind.USER, {'email': 'a@b.c', 'first_name': 'A', 'last_name': 'B', 'institution': ''}
    )
    assert store.read_entity(EntityKind.USER, user)['email'] == 'a@b.c'
    assert [row['id'] for row in store.find_entities(EntityKind.USER, email='a@b.c', first_name='A')] == [user]
    assert store.find_entities(EntityKind.USER, email='A@B.C') == []
    store.update_entity(EntityKind.USER, user, {'institution': 'here'})
    assert store.read_entity(EntityKind.USER, user)['institution'] == 'here'
    store.delete_entity(EntityKind.USER, user)
    for use in (
        lambda: store.read_entity(EntityKind.USER, user),
        lambda: store.update_entity(EntityKind.USER, user, {'institution': ''}),
        lambda: store.update_entity(EntityKind.USER, user, {}),
        lambda: store.delete_entity(EntityKind.USER, user),
    ):
        with pytest.raises(NotExistent, match=str(user)):
            use()


def test_unique_columns_are_unique(store):
    with pytest.raises(IntegrityError, match='email'):
        store.insert_entity(
            EntityKind.USER, {'email': 'aiida@localhost', 'first_name': '', 'last_name': '', 'institution': ''}
        )


def test_what_is_referred_to_stays(store, node):
    node()
    with pytest.raises(IntegrityError):
        store.delete_entity(EntityKind.USER, store.default_user_id)
    assert store.find_entities(EntityKind.USER)


def test_booleans_and_json_of_an_authinfo(store):
    values = {
        'uuid': str(uuid4()),
        'label': 'here',
        'hostname': 'h',
        'description': '',
        'scheduler_type': 's',
        'transport_type': 't',
        'metadata': {},
    }
    computer = store.insert_entity(EntityKind.COMPUTER, values)
    authinfo = store.insert_entity(
        EntityKind.AUTHINFO,
        {
            'aiidauser_id': store.default_user_id,
            'dbcomputer_id': computer,
            'metadata': {},
            'auth_params': {'safe_interval': 0.5},
            'enabled': True,
        },
    )
    row = store.read_entity(EntityKind.AUTHINFO, authinfo)
    assert row['enabled'] is True
    assert row['auth_params'] == {'safe_interval': 0.5}
    assert store.find_entities(EntityKind.AUTHINFO, enabled=False) == []
    assert store.find_entities(EntityKind.COMPUTER, label='here')[0]['metadata'] == {}
    # the access goes with the computer
    store.delete_entity(EntityKind.COMPUTER, computer)
    assert store.find_entities(EntityKind.AUTHINFO) == []


def _group(store, label='group'):
    return store.insert_entity(
        EntityKind.GROUP,
        {
            'uuid': str(uuid4()),
            'label': label,
            'type_string': 'core',
            'time': SOME_TIME,
            'description': '',
            'extras': {'a': 1},
            'user_id': store.default_user_id,
        },
    )


def test_groups_keep_the_order_of_their_members(store, node):
    group, other = _group(store), _group(store, 'other')
    a, b, c = node(), node(), node()
    store.add_to_group(group, [c, a])
    store.add_to_group(group, [a, b])
    store.add_to_group(other, [b])
    assert store.group_members(group) == [c, a, b]
    store.remove_from_group(group, [a, 4711])
    assert store.group_members(group) == [c, b]
    store.remove_from_group(group, None)
    assert store.group_members(group) == []
    assert store.group_members(other) == [b]
    row = store.read_entity(EntityKind.GROUP, group)
    assert (row['time'], row['extras']) == (SOME_TIME, {'a': 1})


def test_deleting_a_group_keeps_its_members(store, node):
    group, member = _group(store), node()
    store.add_to_group(group, [member])
    store.delete_entity(EntityKind.GROUP, group)
    assert store.find_entities(EntityKind.GROUP) == []
    assert store.read_node(member).id == member


def test_a_member_that_is_not_there_is_refused(store):
    group = _group(store)
    with pytest.raises(IntegrityError):
        store.add_to_group(group, [4711])


def test_settings(store):
    assert store.read_setting('absent') is None
    store.write_setting('key', {'a': [1]}, 'what it is')
    store.write_setting('key', None, 'what it is')
    assert store.read_setting('key') is None
    store.write_setting('key', 'text', 'what it is now')
    assert store.read_setting('key') == 'text'
    (row,) = store.find_entities(EntityKind.SETTING, key='key')
    assert (row['val'], row['description']) == ('text', 'what it is now')
    assert abs(row['time'] - datetime.now(UTC)) < timedelta(minutes=1)


# the whole


def test_clear_leaves_the_schema_the_settings_and_the_default_user(store, node, process):
    import io

    store.insert_entity(EntityKind.USER, {'email': 'x', 'first_name': '', 'last_name': '', 'institution': ''})
    store.add_to_group(_group(store), [node()])
    store.write_setting('key', 1)
    store.enlist(process())
    key = store.repository.put_object_from_filelike(io.BytesIO(b'content'))
    user = store.default_user_id
    store.clear()
    assert store.default_user_id == user
    assert [row['email'] for row in store.find_entities(EntityKind.USER)] == ['aiida@localhost']
    assert store.find_entities(EntityKind.GROUP) == []
    assert store.list_processes() == []
    assert store.claim('w', 1e12, 2e12) == []
    assert store.read_setting('key') == 1
    assert not store.repository.has_object(key)
    node()


def test_default_user_can_be_chosen(store):
    values = {'email': 'x', 'first_name': '', 'last_name': '', 'institution': ''}
    second = store.insert_entity(EntityKind.USER, values)
    store.default_user_id = second
    assert store.default_user_id == second
    store.default_user_id = None
    assert store.default_user_id == 1


def test_select_yields_rows_at_once_or_in_batches(store, node):
    ids = [node(attributes={'n': n}) for n in range(7)]
    sql = f'SELECT id FROM db_dbnode WHERE id >= {MARKS[store.dialect]} ORDER BY id'
    assert [row[0] for row in store.select(sql, (ids[0],))] == ids
    assert [row[0] for row in store.select(sql, (ids[0],), batch_size=2)] == ids


def test_what_is_being_read_in_batches_may_be_written(store, node):
    ids = [node() for _ in range(10)]
    seen = []
    for (node_id,) in store.select('SELECT id FROM db_dbnode ORDER BY id', (), batch_size=2):
        seen.append(node_id)
        store.patch_node(node_id, 'extras', {'seen': True}, (), SOME_TIME)
        node()
    assert seen == ids


def test_batches_inside_a_transaction_see_what_it_wrote(store, record):
    with store.transaction():
        node_id = store.insert_node(record())
        assert [row[0] for row in store.select('SELECT id FROM db_dbnode', (), batch_size=2)] == [node_id]
