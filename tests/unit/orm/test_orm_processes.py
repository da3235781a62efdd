"""Nodes of processes: state, sealing, holding, the record of a job, messages."""

from __future__ import annotations

import logging
from enum import IntEnum
from typing import Any

import pytest

from aiida import orm
from aiida.common.datastructures import CalcJobState
from aiida.common.exceptions import ModificationNotAllowed
from aiida.orm.utils.log import DBLogHandler


def attributes_in_the_database(node: orm.Node) -> dict[str, Any]:
    return node.backend.read_attributes(node.pk)  # type: ignore[no-any-return]


def test_updatable_attributes() -> None:
    node = orm.CalculationNode()
    node.base.attributes.set('function_name', 'f')
    node.store()
    node.set_process_state('running')
    node.set_exit_status(1)
    for change in (
        lambda: node.base.attributes.set('function_name', 'g'),
        lambda: node.base.attributes.delete('function_name'),
        lambda: node.base.attributes.reset({'process_state': 'running'}),
        lambda: node.base.attributes.clear(),
    ):
        with pytest.raises(ModificationNotAllowed, match='updatable'):
            change()
    assert node.base.attributes.all == {'function_name': 'f', 'process_state': 'running', 'exit_status': 1}


def test_seal() -> None:
    node = orm.WorkflowNode()
    with pytest.raises(ModificationNotAllowed, match='not stored'):
        node.seal()
    node.store()
    assert not node.is_sealed
    assert node.seal() is node
    assert node.is_sealed
    assert node.sealed
    assert orm.load_node(node.pk).is_sealed
    with pytest.raises(ModificationNotAllowed, match='sealed'):
        node.set_process_state('finished')
    node.label = 'still free'
    node.base.extras.set('a', 1)


def test_state() -> None:
    from plumpy.process_states import ProcessState

    node = orm.CalculationNode().store()
    assert node.process_state is None
    assert not node.is_terminated
    for state, flag in (('finished', 'is_finished'), ('excepted', 'is_excepted'), ('killed', 'is_killed')):
        node.set_process_state(ProcessState(state))
        assert node.process_state is ProcessState(state)
        assert getattr(node, flag)
        assert node.is_terminated
        assert sum((node.is_finished, node.is_excepted, node.is_killed)) == 1
    node.set_process_state('waiting')
    assert not node.is_terminated
    node.set_process_state('bogus')
    with pytest.raises(ValueError, match='bogus'):
        node.process_state  # noqa: B018


class Status(IntEnum):
    BAD = 300


def test_exit_status() -> None:
    node = orm.CalculationNode().store()
    assert node.exit_status is None
    assert node.exit_code is None
    node.set_process_state('finished')
    node.set_exit_status()
    assert node.exit_status == 0
    assert node.is_finished_ok
    assert not node.is_failed
    node.set_exit_status(Status.BAD)
    node.set_exit_message('it broke')
    node.set_exit_message(None)
    assert (node.exit_status, node.exit_message) == (300, 'it broke')
    assert node.is_failed
    with pytest.raises(ValueError, match='integer'):
        node.set_exit_status('a')  # type: ignore[arg-type]
    with pytest.raises(ValueError, match='string'):
        node.set_exit_message(3)  # type: ignore[arg-type]


def test_exception() -> None:
    node = orm.CalculationNode().store()
    node.set_exception('ValueError: boom')
    assert node.exception is None
    node.set_process_state('excepted')
    assert node.exception == 'ValueError: boom'
    with pytest.raises(ValueError, match='string'):
        node.set_exception(ValueError())  # type: ignore[arg-type]


def test_status_pause_and_checkpoint() -> None:
    node = orm.WorkChainNode().store()
    node.set_process_status('busy')
    assert node.process_status == 'busy'
    node.set_process_status(None)
    assert node.process_status is None
    node.pause()
    assert node.paused
    node.unpause()
    node.unpause()
    assert not node.paused
    assert node.checkpoint is None
    node.set_checkpoint('bundle')
    assert node.checkpoint == 'bundle'
    node.delete_checkpoint()
    node.delete_checkpoint()
    node.set_stepper_state_info('1:a')
    assert node.stepper_state_info == '1:a'
    assert node.base.attributes.all == {'stepper_state_info': '1:a'}


def test_live_node_is_read_each_time_and_sealed_one_once(store: Any) -> None:
    node = orm.CalculationNode().store()
    other = orm.load_node(node.pk)
    other.set_process_state('running')
    assert node.process_state.value == 'running'
    other.seal()
    assert node.is_sealed
    store.patch_node(node.pk, 'attributes', {'process_state': 'killed'}, (), node.mtime)
    assert node.process_state.value == 'running'


def test_hold_gathers_until_flush() -> None:
    node = orm.CalculationNode()
    node.hold()
    assert node.is_held
    node.base.attributes.set('process_label', 'f')
    node.store()
    assert attributes_in_the_database(node) == {'process_label': 'f'}
    node.set_process_state('running')
    node.pause()
    node.unpause()
    assert node.process_state.value == 'running'
    assert attributes_in_the_database(node) == {'process_label': 'f'}
    node.flush()
    assert attributes_in_the_database(node) == {'process_label': 'f', 'process_state': 'running'}
    node.set_process_state('finished')
    node.seal()
    node.release()
    assert not node.is_held
    assert attributes_in_the_database(node) == {'process_label': 'f', 'process_state': 'finished', 'sealed': True}


def test_hold_removes_what_was_written() -> None:
    node = orm.CalculationNode().store()
    node.pause()
    node.hold()
    node.unpause()
    assert attributes_in_the_database(node) == {'paused': True}
    node.flush()
    assert attributes_in_the_database(node) == {}


def test_flush_that_is_rolled_back_is_gathered_again(store: Any) -> None:
    node = orm.CalculationNode().store()
    node.hold()
    node.set_process_status('one')
    node.set_process_state('running')
    with pytest.raises(RuntimeError), store.transaction():
        node.flush()
        node.set_process_state('finished')
        raise RuntimeError
    assert attributes_in_the_database(node) == {}
    assert node.process_state.value == 'finished'
    node.flush()
    assert attributes_in_the_database(node) == {'process_status': 'one', 'process_state': 'finished'}


def test_another_object_sees_what_is_flushed_only() -> None:
    node = orm.CalculationNode().store()
    other = orm.load_node(node.pk)
    node.hold()
    node.set_process_state('running')
    other.pause()
    assert other.process_state is None
    node.flush()
    assert other.process_state.value == 'running'
    assert other.paused


@pytest.fixture
def kept(store: Any) -> Any:
    """Messages of nodes are kept."""
    logger = logging.getLogger('aiida')
    level, handlers = logger.level, logger.handlers
    logger.handlers = [DBLogHandler()]
    logger.setLevel(logging.DEBUG)
    yield
    logger.handlers = handlers
    logger.setLevel(level)


METADATA = {
    'name', 'msg', 'args', 'levelname', 'levelno', 'pathname', 'filename', 'module', 'exc_text', 'stack_info', 'lineno',
    'funcName', 'created', 'msecs', 'relativeCreated', 'thread', 'threadName', 'processName', 'process', 'dbnode_id',
    'message', 'asctime',
}  # fmt: skip


def test_messages_have_the_form_of_the_sample(kept: Any) -> None:
    node = orm.WorkChainNode()
    node.logger.report('before it is stored')
    node.store()
    node.logger.report('said %s', 'this')
    (log,) = orm.Log.collection.get_logs_for(node)
    assert (log.loggername, log.levelname, log.message, log.dbnode_id) == (
        'aiida.orm.nodes.process.workflow.workchain.WorkChainNode',
        'REPORT',
        'said this',
        node.pk,
    )
    assert log.node == node
    assert set(log.metadata) - {'taskName'} == METADATA
    assert (log.metadata['msg'], log.metadata['args'], log.metadata['levelno']) == ('said %s', "('this',)", 23)
    assert log.metadata['filename'] == 'test_orm_processes.py'


def test_messages_with_an_exception(kept: Any) -> None:
    node = orm.CalculationNode().store()
    try:
        raise ValueError('boom')
    except ValueError:
        node.logger.exception('oh')
    (log,) = orm.Log.collection.get_logs_for(node)
    assert 'ValueError: boom' in log.metadata['exc_text']


def test_messages_of_a_held_node_are_written_with_it(kept: Any, store: Any) -> None:
    node = orm.CalculationNode().store()
    node.hold()
    node.logger.warning('first')
    orm.load_node(node.pk).logger.warning('second')
    assert orm.Log.collection.get_logs_for(node) == []
    with pytest.raises(RuntimeError), store.transaction():
        node.flush()
        raise RuntimeError
    assert orm.Log.collection.get_logs_for(node) == []
    node.release()
    assert [log.message for log in orm.Log.collection.get_logs_for(node)] == ['first', 'second']
    node.logger.warning('third')
    assert len(orm.Log.collection.get_logs_for(node)) == 3


def test_job(computer: orm.Computer) -> None:
    node = orm.CalcJobNode(computer=computer)
    node.set_option('resources', {'num_machines': 1})
    node.set_options({'withmpi': False, 'scheduler_stdout': 'out.txt'})
    node.store()
    assert node.get_option('withmpi') is False
    assert node.get_option('nothing') is None
    assert node.get_state() is None
    node.set_state(CalcJobState.WITHSCHEDULER)
    assert node.get_state() is CalcJobState.WITHSCHEDULER
    assert node.base.attributes.get('state') == 'withscheduler'
    node.delete_state()
    node.delete_state()
    with pytest.raises(ValueError, match='CalcJobState'):
        node.set_state('withscheduler')  # type: ignore[arg-type]
    node.set_job_id(12)
    node.set_remote_workdir('/scratch/a')
    node.set_retrieve_list(['a', ('b', '.', 1)])
    node.set_retrieve_temporary_list([])
    node.set_detailed_job_info({'a': 1})
    assert (node.get_job_id(), node.get_remote_workdir()) == ('12', '/scratch/a')
    assert node.get_retrieve_list() == ['a', ['b', '.', 1]]
    assert node.get_retrieve_temporary_list() == []
    assert node.get_detailed_job_info() == {'a': 1}
    assert node.get_retrieved_node() is None
    assert node.get_scheduler_stdout() is None
    assert not node.is_imported
    assert node.get_parser_class() is None


@pytest.mark.parametrize(
    ('directives', 'error'),
    [
        ('a', TypeError),
        ([3], ValueError),
        ([('a', 1)], ValueError),
        ([(1, 'b', 0)], ValueError),
        ([('a', 'b', 'c')], ValueError),
    ],
)
def test_invalid_retrieval(directives: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        orm.CalcJobNode().set_retrieve_list(directives)


def test_scheduler_state_and_job_info() -> None:
    from aiida.schedulers.datastructures import JobInfo, JobState

    node = orm.CalcJobNode().store()
    assert node.get_scheduler_state() is node.get_scheduler_lastchecktime() is node.get_last_job_info() is None
    node.set_scheduler_state(JobState.RUNNING)
    assert node.get_scheduler_state() is JobState.RUNNING
    assert node.get_scheduler_lastchecktime().tzinfo is not None
    info = JobInfo()
    info.job_id, info.job_state = '3', JobState.DONE
    node.set_last_job_info(info)
    assert node.base.attributes.get('last_job_info') == {'job_id': '3', 'job_state': 'done'}
    assert node.get_last_job_info() == info
    with pytest.raises(ValueError, match='JobState'):
        node.set_scheduler_state('running')  # type: ignore[arg-type]


def test_retrieved_files(computer: orm.Computer) -> None:
    from aiida.common.links import LinkType

    node = orm.CalcJobNode(computer=computer)
    node.set_option('scheduler_stdout', 'out.txt')
    node.set_option('scheduler_stderr', 'err.txt')
    node.store()
    retrieved = orm.FolderData()
    retrieved.base.repository.put_object_from_bytes(b'said', 'out.txt')
    retrieved.base.links.add_incoming(node, LinkType.CREATE, 'retrieved')
    retrieved.store()
    assert node.get_retrieved_node() == retrieved
    assert node.get_scheduler_stdout() == 'said'
    assert node.get_scheduler_stderr() is None


def test_process_class_that_is_not_there() -> None:
    node = orm.CalcJobNode()
    with pytest.raises(ValueError, match='no process type'):
        node.process_class  # noqa: B018
    for process_type in ('aiida.calculations:no.such', 'no.such.module.function', 'nonsense'):
        node.process_type = process_type
        with pytest.raises(ValueError, match='plugin'):
            node.process_class  # noqa: B018
    node.process_type = 'collections.OrderedDict'
    assert node.process_class.__name__ == 'OrderedDict'
    assert str(node).endswith('(unstored) (collections.OrderedDict)')


def test_builder_of_a_restart_and_exit_code(computer: orm.Computer) -> None:
    from aiida.common.links import LinkType
    from aiida.engine import ExitCode

    code = orm.InstalledCode(label='add', computer=computer, filepath_executable='/bin/bash')
    inputs = {'x': orm.Int(1), 'y': orm.Int(2), 'code': code}
    node = orm.CalcJobNode(computer=computer, process_type='aiida.calculations:core.arithmetic.add')
    for label, value in inputs.items():
        node.base.links.add_incoming(value, LinkType.INPUT_CALC, label)
    options = {'resources': {'num_machines': 1}, 'withmpi': False}
    node.set_options({**options, 'not_an_option': 1})
    node.store_all()
    assert node.get_options() == options
    builder = node.get_builder_restart()
    assert builder.process_class is node.process_class
    assert {label: builder[label] for label in inputs} == inputs
    assert {name: builder.metadata.options[name] for name in options} == options
    node.set_exit_status(300)
    node.set_exit_message('it broke')
    assert node.exit_code == ExitCode(300, 'it broke')


def test_results_without_process_class() -> None:
    node = orm.CalcJobNode().store()
    with pytest.raises(ValueError, match='process class'):
        node.res.get_results()
    with pytest.raises(AttributeError, match='process class'):
        node.res.energy  # noqa: B018
    with pytest.raises(KeyError, match='process class'):
        node.res['energy']


def sample_function(x: int) -> int:
    """A function whose source is kept."""
    return x + 1


@pytest.mark.parametrize('node_class', [orm.CalcFunctionNode, orm.WorkFunctionNode])
def test_source_of_a_function(node_class: Any) -> None:
    node = node_class()
    node.store_source_info(sample_function)
    node.store()
    assert node.function_name == 'sample_function'
    assert node.function_namespace == __name__
    assert node.function_number_of_lines == 3
    assert node.get_source_code_function().splitlines()[0] == 'def sample_function(x: int) -> int:'
    assert 'def sample_function' in node.get_source_code_file()
    assert node.base.repository.list_object_names() == ['source_file']
    builtin = node_class()
    builtin.store_source_info(len)
    assert builtin.get_source_code_file() is None
    assert builtin.base.attributes.all == {'function_name': 'len'}


def test_a_number_given_out_again_belongs_to_its_new_node(kept: Any, store: Any) -> None:
    lost = orm.CalculationNode()
    lost.hold()
    with pytest.raises(RuntimeError), store.transaction():
        lost.store()
        pk = lost.pk
        raise RuntimeError
    node = orm.CalculationNode().store()
    assert node.pk == pk
    node.logger.warning('mine')
    assert [log.message for log in orm.Log.collection.get_logs_for(node)] == ['mine']
    lost.store()
    lost.logger.warning('held')
    assert orm.Log.collection.get_logs_for(lost) == []
    lost.release()
    assert [log.message for log in orm.Log.collection.get_logs_for(lost)] == ['held']
