"""The rows of a calculation and its job have the form that AiiDA gives them."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.common.datastructures import CalcJobState
from aiida.common.links import LinkType

#: Attributes of a finished calcfunction as AiiDA 2.9 writes them, in their order.
CALCFUNCTION = [
    'process_state', 'process_label', 'metadata_inputs', 'version', 'function_name', 'function_starting_line_number',
    'function_number_of_lines', 'function_namespace', 'exit_status', 'sealed',
]  # fmt: skip


def multiply(x: orm.Int, y: orm.Int) -> orm.Int:
    """Return a product."""
    return orm.Int(x.value * y.value)


def test_rows_of_a_calcfunction(store: Any) -> None:
    inputs = {'x': orm.Int(2), 'y': orm.Int(3)}
    caller = orm.WorkChainNode(process_type='aiida.workflows:core.arithmetic.multiply_add').store()
    node = orm.CalcFunctionNode(label='multiply', process_type=f'{__name__}.multiply')
    node.set_process_state('created')
    node.set_process_label('multiply')
    node.base.attributes.set('metadata_inputs', None)
    node.base.attributes.set('version', {'core': '2.9.4'})
    node.store_source_info(multiply)
    node.base.links.add_incoming(caller, LinkType.CALL_CALC, 'CALL')
    for label, value in inputs.items():
        node.base.links.add_incoming(value, LinkType.INPUT_CALC, label)
    node.store_all()
    node.hold()
    result = orm.Int(6)
    result.base.links.add_incoming(node, LinkType.CREATE, 'result')
    with store.transaction():
        result.store()
        node.set_process_state('finished')
        node.set_exit_status(0)
        node.seal()
        node.flush()
    node.release()

    record = store.read_node(node.pk)
    attributes = record.attributes
    assert sorted(attributes) == sorted(CALCFUNCTION)
    assert attributes['process_state'] == 'finished'
    assert attributes['sealed'] is True
    assert record.node_type == 'process.calculation.calcfunction.CalcFunctionNode.'
    assert record.process_type == f'{__name__}.multiply'
    assert set(record.extras) == {'_aiida_hash'}
    assert list(record.repository_metadata['o']) == ['source_file']
    assert list(record.repository_metadata['o']['source_file']) == ['k']
    assert (record.label, record.description, record.dbcomputer_id, record.user_id) == (
        'multiply',
        '',
        None,
        store.default_user_id,
    )
    assert [(link.source_id, link.label, link.link_type) for link in store.read_links(node.pk, 'incoming')] == [
        (caller.pk, 'CALL', 'call_calc'),
        (inputs['x'].pk, 'x', 'input_calc'),
        (inputs['y'].pk, 'y', 'input_calc'),
    ]
    assert [(link.target_id, link.label, link.link_type) for link in store.read_links(node.pk, 'outgoing')] == [
        (result.pk, 'result', 'create')
    ]
    data = store.read_node(inputs['x'].pk)
    assert (data.node_type, data.process_type, data.attributes) == ('data.core.int.Int.', None, {'value': 2})
    assert (list(data.extras), data.repository_metadata) == (['_aiida_hash'], {})


def test_rows_of_a_job(store: Any, computer: orm.Computer) -> None:
    from aiida.schedulers.datastructures import JobInfo, JobState

    node = orm.CalcJobNode(computer=computer, process_type='aiida.calculations:core.arithmetic.add').store()
    node.set_state(CalcJobState.PARSING)
    node.set_retrieve_list(['aiida.out'])
    node.set_retrieve_temporary_list([])
    node.set_remote_workdir('/scratch')
    node.set_job_id(4886)
    info = JobInfo()
    info.job_id, info.job_state, info.job_owner, info.wallclock_time_seconds = '4886', JobState.DONE, 'root', 0
    node.set_last_job_info(info)
    node.set_scheduler_state(JobState.DONE)
    node.set_detailed_job_info(None)
    node.delete_state()
    attributes = store.read_attributes(node.pk)
    moment = attributes.pop('scheduler_lastchecktime')
    assert moment.endswith('+00:00')
    assert attributes == {
        'retrieve_list': ['aiida.out'],
        'retrieve_temporary_list': [],
        'remote_workdir': '/scratch',
        'job_id': '4886',
        'last_job_info': {
            'job_id': '4886',
            'job_state': 'done',
            'job_owner': 'root',
            'wallclock_time_seconds': 0,
        },
        'scheduler_state': 'done',
        'detailed_job_info': None,
    }
    assert store.read_node(node.pk).dbcomputer_id == computer.pk


def test_rows_of_computer_group_and_settings(store: Any, computer: orm.Computer, user: orm.User) -> None:
    from aiida.storage.records import EntityKind

    row = store.read_entity(EntityKind.COMPUTER, computer.pk)
    assert set(row) == {
        'id', 'uuid', 'label', 'hostname', 'description', 'scheduler_type', 'transport_type', 'metadata',
    }  # fmt: skip
    group = orm.Group('mygroup').store()
    row = store.read_entity(EntityKind.GROUP, group.pk)
    assert (row['label'], row['type_string'], row['extras'], row['user_id']) == ('mygroup', 'core', {}, user.pk)
    authinfo = computer.configure(safe_interval=0)
    row = store.read_entity(EntityKind.AUTHINFO, authinfo.pk)
    assert row == {
        'id': authinfo.pk,
        'aiidauser_id': user.pk,
        'dbcomputer_id': computer.pk,
        'metadata': {},
        'auth_params': {'safe_interval': 0},
        'enabled': True,
    }
