"""The list of processes and its filters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from aiida.storage.records import EntityKind, LinkRecord

START = datetime(2024, 1, 1, tzinfo=UTC)
KINDS = ('process.workflow.workchain.WorkChainNode.', 'process.calculation.calcjob.CalcJobNode.')


@pytest.fixture
def ids(store, node):
    """Seven nodes, of which the last is no process; the fourth is older than the third."""
    rows = [
        {'process_state': 'created', 'process_label': 'A'},
        {'process_state': 'running', 'process_label': 'A', 'paused': True},
        {'process_state': 'waiting', 'process_label': 'AB', 'process_status': 'for children'},
        {'process_state': 'finished', 'process_label': 'A', 'exit_status': 0, 'sealed': True},
        {'process_state': 'finished', 'process_label': 'B', 'exit_status': 310, 'sealed': True, 'exit_message': 'no'},
        {'process_state': 'excepted', 'process_label': 'B', 'sealed': True, 'exception': 'ValueError: 1'},
    ]
    made = []
    for number, attributes in enumerate(rows):
        when = START + timedelta(days=-1 if number == 3 else number)
        made.append(
            node(node_type=KINDS[number % 2], attributes={**attributes, 'unlisted': 1}, ctime=when, label=f'l{number}')
        )
    made.append(node(node_type='processed.Int.', attributes={'process_state': 'running'}))
    return made


def listed(store, **filters):
    return [row.id for row in store.list_processes(**filters)]


def test_all_processes_oldest_first(store, ids):
    a, b, c, d, e, f, _ = ids
    assert listed(store) == [d, a, b, c, e, f]
    assert listed(store, descending=True) == [f, e, c, b, a, d]
    assert listed(store, order_by='id') == [a, b, c, d, e, f]
    assert listed(store, order_by='id', descending=True, limit=2) == [f, e]
    assert listed(store, limit=2) == [d, a]
    assert listed(store, limit=0) == []


@pytest.mark.parametrize(
    ('filters', 'expected'),
    [
        ({'states': ['running']}, [1]),
        ({'states': ['created', 'running', 'waiting']}, [0, 1, 2]),
        ({'states': ['created', 'running', 'waiting'], 'descending': True, 'limit': 2}, [2, 1]),
        ({'states': ['finished', 'waiting']}, [3, 2, 4]),
        ({'states': []}, []),
        ({'exit_status': 0}, [3]),
        ({'exit_status': 310}, [4]),
        ({'failed': True}, [4]),
        ({'paused': True}, [1]),
        ({'process_label': 'A'}, [3, 0, 1]),
        ({'process_label': 'A%'}, [3, 0, 1, 2]),
        ({'process_label': 'A', 'states': ['created', 'running']}, [0, 1]),
        ({'created_after': START + timedelta(days=1)}, [2, 4, 5]),
        ({'created_after': START + timedelta(days=1), 'states': ['waiting']}, [2]),
        ({'user_id': 1, 'failed': True}, [4]),
        ({'user_id': 2}, []),
        ({'node_ids': []}, []),
    ],
)
def test_filters(store, ids, filters, expected):
    assert listed(store, **filters) == [ids[number] for number in expected]


def test_by_id(store, ids):
    assert listed(store, node_ids=[ids[4], ids[6], ids[0], 4711]) == [ids[0], ids[4]]
    assert listed(store, node_ids=ids, states=['running']) == [ids[1]]


def test_by_group(store, ids):
    groups = [
        store.insert_entity(
            EntityKind.GROUP,
            {
                'uuid': str(uuid4()),
                'label': label,
                'type_string': 'core',
                'time': START,
                'description': '',
                'extras': {},
                'user_id': 1,
            },
        )
        for label in 'xy'
    ]
    store.add_to_group(groups[0], [ids[4], ids[1], ids[6]])
    store.add_to_group(groups[1], [ids[1]])
    assert listed(store, group_ids=[groups[0]]) == [ids[1], ids[4]]
    assert listed(store, group_ids=groups, states=['running']) == [ids[1]]
    assert listed(store, group_ids=[]) == []


def test_a_row_says_what_a_list_shows(store, ids):
    row = store.list_processes(node_ids=[ids[4]])[0]
    assert row.node_type == KINDS[0]
    assert (row.label, row.description, row.process_type) == ('l4', '', None)
    assert row.ctime == START + timedelta(days=4)
    assert row.uuid == store.read_node(ids[4]).uuid
    assert row.attributes == {
        'process_state': 'finished',
        'process_label': 'B',
        'exit_status': 310,
        'exit_message': 'no',
        'sealed': 1,
    }
    assert (row.desired_state, row.attempts, row.last_error) == (None, 0, None)


def test_a_row_says_what_is_wanted_and_where_it_came_from(store, ids):
    store.enlist(ids[1])
    store.set_desired(ids[1], 'pause')
    store.patch_node(ids[1], 'extras', {'_aiida_cached_from': 'some-uuid'}, (), START)
    (row,) = store.list_processes(node_ids=[ids[1]])
    assert row.desired_state == 'pause'
    assert row.attributes['paused'] is True
    assert row.attributes['_aiida_cached_from'] == 'some-uuid'


def test_a_row_says_who_runs_it_and_when_it_is_ready(store, ids):
    fence = store.enlist(ids[0])
    store.enlist(ids[1], owner='host:1:2', lease_until=50.0)
    store.release(ids[0], fence, 40.0, error='no')
    free, held, unknown = store.list_processes(node_ids=ids[:3])
    assert (free.owner, free.ready_since, free.attempts, free.last_error) == (None, 40.0, 1, 'no')
    assert (held.owner, held.lease_until, held.desired_state) == ('host:1:2', 50.0, 'run')
    assert (unknown.owner, unknown.ready_since, unknown.lease_until, unknown.desired_state) == (None,) * 4


def test_who_still_waits_for_whom(store, ids):
    for node_id in ids[:4]:
        store.enlist(node_id)
    assert store.awaited() == {}
    store.wait_for(ids[0], [ids[2], ids[1]])
    store.wait_for(ids[3], [ids[2]])
    assert store.awaited() == {ids[0]: [ids[1], ids[2]], ids[3]: [ids[2]]}
    store.finish(ids[2])
    assert store.awaited() == {ids[0]: [ids[1]]}


def test_what_is_asked_to_be_killed_and_all_below_it(store, ids):
    def call(caller, called, kind='call_work'):
        store.insert_links([LinkRecord(caller, called, kind, f'{caller}-{called}')])

    call(ids[0], ids[1])
    call(ids[1], ids[3], 'call_calc')
    call(ids[2], ids[5])
    call(ids[1], ids[4], 'return')
    for node_id in ids[:4]:
        store.enlist(node_id)
    assert store.doomed() == {}
    store.set_desired(ids[2], 'pause')
    store.set_desired(ids[0], 'kill', 'enough')
    assert store.doomed() == {ids[0]: ids[0], ids[1]: ids[0], ids[3]: ids[0]}
    store.set_desired(ids[1], 'kill')
    assert store.doomed()[ids[1]] == ids[1]
    (row,) = store.list_processes(node_ids=[ids[0]])
    assert (row.desired_state, row.desired_message, row.computer_id) == ('kill', 'enough', None)
