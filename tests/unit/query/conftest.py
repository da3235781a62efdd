"""A small graph, stored row by row, whose nodes go by their labels.

d1, dic -> c1 (a CalcJob) -> o1, r1;  o1, d2 -> c2 -> o2;  d1, d2 -> wc, which calls c1 and c2 and returns o2.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aiida.storage.records import EntityKind, LinkRecord, LogRecord, NodeRecord
from aiida.storage.sqlite.store import SqliteStore

START = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
NODES: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    (
        'd1',
        'data.core.int.Int.',
        {'value': 1},
        {'kind': 'a', 'num': 1, 'flag': True, 'none': None, 'lst': [1, 2, 3], 'nested': {'x': {'y': 5}}},
    ),
    ('d2', 'data.core.int.Int.', {'value': 2}, {'kind': 'b', 'num': 2.5, 'flag': False, 'lst': ['a', 'b']}),
    ('f', 'data.core.float.Float.', {'value': 2.5}, {'num': '2'}),
    ('s', 'data.core.str.Str.', {'value': 'hello_World%'}, {}),
    ('b', 'data.core.bool.Bool.', {'value': True}, {}),
    (
        'dic',
        'data.core.dict.Dict.',
        {
            'a': 1,
            'b': {'c': 'text', 'd': [1, 'two', None, True]},
            'e': None,
            'f': True,
            'g': 1.0,
            'with space': 3,
            'big': 2**40,
            'str1': '1',
            'empty': {},
            'emptyl': [],
            'lod': [{'n': 1, 'm': 2}],
        },
        {},
    ),
    ('l', 'data.core.list.List.', {'list': [1, 2, 3]}, {}),
    ('wc', 'process.workflow.workchain.WorkChainNode.', {'process_state': 'running'}, {}),
    ('c1', 'process.calculation.calcjob.CalcJobNode.', {'process_state': 'finished', 'exit_status': 0}, {}),
    ('o1', 'data.core.int.Int.', {'value': 10}, {}),
    ('r1', 'data.core.remote.RemoteData.', {'remote_path': '/tmp/x'}, {}),
    ('c2', 'process.calculation.calcfunction.CalcFunctionNode.', {'process_state': 'finished', 'exit_status': 300}, {}),
    ('o2', 'data.core.int.Int.', {'value': 20}, {}),
)
LINKS = (
    ('d1', 'wc', 'input_work', 'inp'),
    ('d2', 'wc', 'input_work', 'ns__other'),
    ('d1', 'c1', 'input_calc', 'x'),
    ('dic', 'c1', 'input_calc', 'params'),
    ('wc', 'c1', 'call_calc', 'CALL'),
    ('c1', 'o1', 'create', 'result'),
    ('c1', 'r1', 'create', 'remote_folder'),
    ('o1', 'c2', 'input_calc', 'a'),
    ('d2', 'c2', 'input_calc', 'b'),
    ('wc', 'c2', 'call_calc', 'CALL_2'),
    ('c2', 'o2', 'create', 'result'),
    ('wc', 'o2', 'return', 'final'),
)
GROUPS = (('g1', ('d1', 'o1', 'c1')), ('g2', ('d1', 'd2')))


def fill(store: SqliteStore) -> dict[str, int]:
    """Store the graph and return the ids of its nodes by their labels."""
    user = store.default_user_id
    assert user is not None
    computer = store.insert_entity(
        EntityKind.COMPUTER,
        {
            'uuid': _uuid(100),
            'label': 'localhost',
            'hostname': 'localhost',
            'description': '',
            'scheduler_type': 'core.direct',
            'transport_type': 'core.local',
            'metadata': {'workdir': '/scratch'},
        },
    )
    store.insert_entity(
        EntityKind.AUTHINFO,
        {
            'aiidauser_id': user,
            'dbcomputer_id': computer,
            'metadata': {},
            'auth_params': {'safe_interval': 0},
            'enabled': True,
        },
    )
    ids = {}
    for number, (label, node_type, attributes, extras) in enumerate(NODES, 1):
        moment = START + timedelta(hours=number)
        ids[label] = store.insert_node(
            NodeRecord(
                uuid=_uuid(number),
                node_type=node_type,
                process_type='aiida.calculations:core.arithmetic.add' if label == 'c1' else None,
                label=label,
                ctime=moment,
                mtime=moment,
                attributes=attributes,
                extras=extras,
                user_id=user,
                dbcomputer_id=computer if label in ('c1', 'r1') else None,
            )
        )
    store.insert_links(LinkRecord(ids[a], ids[b], link_type, label) for a, b, link_type, label in LINKS)
    for number, (label, members) in enumerate(GROUPS):
        group = store.insert_entity(
            EntityKind.GROUP,
            {
                'uuid': _uuid(200 + number),
                'label': label,
                'type_string': 'core',
                'time': START,
                'description': '',
                'extras': {},
                'user_id': user,
            },
        )
        store.add_to_group(group, [ids[member] for member in members])
    store.insert_entity(
        EntityKind.COMMENT,
        {
            'uuid': _uuid(300),
            'dbnode_id': ids['d1'],
            'ctime': START,
            'mtime': START,
            'user_id': user,
            'content': 'remark',
        },
    )
    store.insert_logs([LogRecord(_uuid(400), START, 'aiida', 'REPORT', ids['wc'], 'under way', {'args': []})])
    return ids


def _uuid(number: int) -> str:
    return f'{number:08x}-0000-4000-8000-000000000000'


@pytest.fixture(scope='module', params=['sqlite', 'postgres'])
def empty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A store of each kind, for a module."""
    if request.param == 'sqlite':
        store: Any = SqliteStore.in_memory()
    else:
        server = request.getfixturevalue('postgres_server')
        store = server.new_store(tmp_path_factory.mktemp('postgres') / 'profile')
    yield store
    store.close()


@pytest.fixture(scope='module')
def graph(empty: Any) -> Any:
    """A store of each kind with the graph in it, to be read only."""
    fill(empty)
    return empty
