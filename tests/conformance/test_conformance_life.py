"""Rows B and C: exit codes, and the life of a process."""

import asyncio
import datetime
import inspect
import pathlib

import numpy
import pytest
from conformance_inventory import row
from conformance_processes import Counter, Recorded, RecordedChain, RecordedJob, Stuck, Tree, add
from plumpy.exceptions import KilledError, PersistenceError
from plumpy.persistence import LoadSaveContext

from aiida import orm
from aiida.common.links import LinkType
from aiida.engine import (
    AiiDAPersister,
    BaseRestartWorkChain,
    CalcJob,
    ExitCode,
    ExitCodesNamespace,
    ObjectLoader,
    PastException,
    Process,
    ProcessSpec,
    ProcessState,
    WorkChain,
    get_object_loader,
    run,
    run_get_node,
)
from aiida.engine.processes import transitions
from aiida.engine.processes.functions import FunctionProcess
from aiida.engine.runtime import codec
from aiida.manage.caching import enable_caching

pytestmark = pytest.mark.usefixtures('runner')


@row('B01')
def test_exit_code():
    assert tuple(ExitCode()) == (0, None, False)
    code = ExitCode(400, 'needs {what}', True)
    status, message, invalidates_cache = code
    assert (status, message, invalidates_cache) == (400, 'needs {what}', True)
    assert code.format(what='more') == (400, 'needs more', True)
    assert code.message == 'needs {what}'
    with pytest.raises(ValueError):
        code.format(other='more')
    with pytest.raises(ValueError):
        ExitCode(400).format(what='more')


@row('B02')
def test_namespace_of_exit_codes():
    code = ExitCode(400, 'a')
    codes = ExitCodesNamespace({'ERROR_A': code})
    assert codes(400) is code
    assert codes('ERROR_A') is code
    assert codes.ERROR_A is code
    assert codes['ERROR_A'] is code
    for unknown in (401, 'ERROR_B'):
        with pytest.raises(ValueError):
            codes(unknown)


class Teapot(WorkChain):
    """The example of the documentation."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('x', valid_type=orm.Int, required=False)
        spec.exit_code(418, 'ERROR_I_AM_A_TEAPOT', 'the process had an identity crisis')
        spec.exit_code(419, 'ERROR_NUMBER', 'the number {number} is wrong', invalidates_cache=True)
        spec.outline(cls.only)

    def only(self):
        if 'x' in self.inputs:
            return self.exit_codes.ERROR_NUMBER.format(number=self.inputs.x.value)
        return self.exit_codes.ERROR_I_AM_A_TEAPOT


@row('B03', 'M08')
def test_exit_code_of_a_process():
    pk = run_get_node(Teapot).node.pk
    node = orm.load_node(pk)
    assert node.exit_status == 418
    assert node.exit_message == 'the process had an identity crisis'
    assert node.is_finished
    assert node.is_failed
    assert not node.is_finished_ok
    node = run_get_node(Teapot, x=3).node
    assert (node.exit_status, node.exit_message) == (419, 'the number 3 is wrong')
    assert Teapot.get_exit_statuses(['ERROR_NUMBER', 'ERROR_I_AM_A_TEAPOT']) == [419, 418]
    with pytest.raises(AttributeError):
        Teapot.get_exit_statuses(['ERROR_NO_SUCH'])


@row('B03', 'P27')
def test_which_exit_codes_there_can_be():
    spec = ProcessSpec()
    spec.exit_code(0, 'FINE', 'all is well')
    with pytest.raises(ValueError):
        spec.exit_code(-1, 'ERROR_A', 'a')
    for wrong in (('1', 'ERROR_A', 'a'), (1.5, 'ERROR_A', 'a'), (1, 5, 'a'), (1, 'ERROR_A', 5)):
        with pytest.raises(TypeError):
            spec.exit_code(*wrong)
    with pytest.raises(TypeError):
        spec.exit_code(1, 'ERROR_A', 'a', invalidates_cache='yes')


@row('B04')
def test_query_by_exit_status():
    wrong = run_get_node(Teapot).node
    run_get_node(Counter, x=1)
    query = orm.QueryBuilder().append(orm.ProcessNode, filters={'attributes.exit_status': 418})
    assert query.all(flat=True) == [wrong]
    query = orm.QueryBuilder().append(orm.WorkChainNode, filters={'attributes.exit_status': {'>': 0}}, project='id')
    assert query.all(flat=True) == [wrong.pk]


@row('B05')
def test_built_in_exit_codes():
    def statuses(process_class):
        return {label: code.status for label, code in process_class.exit_codes.items()}

    assert (
        statuses(Process).items()
        >= {
            'ERROR_UNSPECIFIED': 1,
            'ERROR_LEGACY_FAILURE': 2,
            'ERROR_INVALID_OUTPUT': 10,
            'ERROR_MISSING_OUTPUT': 11,
        }.items()
    )
    assert (
        statuses(CalcJob).items()
        >= {
            'ERROR_NO_RETRIEVED_FOLDER': 100,
            'ERROR_SCHEDULER_OUT_OF_MEMORY': 110,
            'ERROR_SCHEDULER_OUT_OF_WALLTIME': 120,
            'STOPPED_BY_MONITOR': 150,
        }.items()
    )
    assert (
        statuses(BaseRestartWorkChain).items()
        >= {
            'ERROR_SUB_PROCESS_EXCEPTED': 301,
            'ERROR_SUB_PROCESS_KILLED': 302,
            'ERROR_MAXIMUM_ITERATIONS_EXCEEDED': 401,
            'ERROR_SECOND_CONSECUTIVE_UNHANDLED_FAILURE': 402,
        }.items()
    )
    assert all(Process.exit_codes(status).invalidates_cache for status in (1, 2, 10, 11))


class Hooked(WorkChain):
    """Notes which hooks are called, and what the node says then."""

    called: list = []

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('fail', valid_type=orm.Bool, default=lambda: orm.Bool(False))
        spec.output('y', required=False)
        spec.outline(cls.first, cls.second)

    def note(self, name):
        type(self).called.append(name)

    def first(self):
        self.note('first')
        if self.inputs.fail.value:
            raise ValueError('on purpose')
        self.out('y', self.inputs.fail)

    def second(self):
        self.note('second')

    def init(self):
        super().init()
        self.note('init')

    def on_create(self):
        super().on_create()
        self.note(f'on_create {self.node.is_stored}')

    def on_entered(self, from_state):
        super().on_entered(from_state)
        self.note(f'on_entered {self.state.value}')

    def on_output_emitting(self, output_port, value):
        super().on_output_emitting(output_port, value)
        self.note(f'on_output_emitting {output_port}')

    def on_finish(self, result, successful):
        super().on_finish(result, successful)
        self.note(f'on_finish {result} {successful}')

    def on_except(self, exc_info):
        super().on_except(exc_info)
        self.note(f'on_except {exc_info[1]}')

    def on_kill(self, msg):
        super().on_kill(msg)
        self.note('on_kill')

    def on_paused(self, msg=None):
        super().on_paused(msg)
        self.note('on_paused')

    def on_playing(self):
        super().on_playing()
        self.note('on_playing')

    def on_terminated(self):
        super().on_terminated()
        self.note(f'on_terminated {self.node.is_sealed}')


@pytest.fixture
def hooks():
    Hooked.called = []
    return Hooked.called


@row('C01', 'P16')
def test_hooks_of_a_good_end(hooks):
    run(Hooked)
    assert hooks == [
        'on_create True',
        'on_entered created',
        'init',
        'on_entered running',
        'first',
        'on_output_emitting y',
        'on_entered running',
        'second',
        'on_finish None True',
        'on_entered finished',
        'on_terminated True',
    ]


@row('C01')
def test_hooks_of_an_exception(hooks):
    process = Hooked(inputs={'fail': True})
    with pytest.raises(ValueError, match='on purpose'):
        run(process)
    assert hooks[-4:] == ['first', 'on_except on purpose', 'on_entered excepted', 'on_terminated True']
    node = process.node
    assert node.exception == 'ValueError: on purpose'
    (log,) = orm.Log.collection.get_logs_for(node)
    assert log.levelname == 'REPORT'
    assert 'Traceback' in log.message
    assert 'on purpose' in log.message


@row('C01', 'P18')
def test_hooks_of_pause_play_and_kill(hooks):
    process = Hooked()
    process.pause('wait a bit')
    assert process.node.paused
    process.play()
    assert not process.node.paused
    assert process.kill('no more') is True
    assert [name for name in hooks if 'on_entered' not in name][2:] == [
        'on_paused',
        'on_playing',
        'on_kill',
        'on_terminated True',
    ]
    assert process.node.is_killed


@row('C01')
def test_what_a_process_says_of_itself():
    process = Counter(inputs={'x': 1, 'metadata': {'label': 'mine'}})
    assert process.uuid == process.node.uuid
    assert process.pid == process.node.pk
    assert process.metadata.label == 'mine'
    assert process.runner.live_process(process.pid) is process
    assert process.get_parent_calc() is None
    assert dict(process._flat_inputs()) == {'x': process.inputs.x}
    assert process._build_process_label() == 'Counter'
    assert [name for name, _ in process.get_provenance_inputs_iterator()] == ['x']
    assert Counter.build_process_type() == 'conformance_processes.Counter'
    decoded = process.decode_input_args(process.encode_input_args({'x': process.inputs.x, 'y': 2}))
    assert decoded == {'x': process.inputs.x, 'y': 2}
    process.set_status('thinking')
    assert process.node.process_status == 'thinking'
    process.kill()


@row('C01', 'P21')
def test_reports():
    node = run_get_node(Counter, x=2).node
    messages = [log.message for log in orm.Log.collection.get_logs_for(node)]
    assert messages == [f'[{node.pk}|Counter|count]: at 1', f'[{node.pk}|Counter|count]: at 2']
    assert {log.levelname for log in orm.Log.collection.get_logs_for(node)} == {'REPORT'}


@row('C01', 'P13', 'P14', 'P12', 'P15')
def test_names_that_are_settled():
    assert Process.SINGLE_OUTPUT_LINKNAME == 'result'
    assert {'label', 'description', 'store_provenance', 'call_link_label'} <= set(Process.spec_metadata)
    assert not any(name.startswith('_') for name in Process.spec().inputs)
    assert isinstance(Counter.get_or_create_db_record(), orm.WorkChainNode)
    assert not Counter.get_or_create_db_record().is_stored
    assert not hasattr(Process, 'create_db_record')


@row('P25')
def test_properties_of_classes():
    assert isinstance(Process.exit_codes, ExitCodesNamespace)
    assert 'label' in Process.spec_metadata
    assert 'resources' in CalcJob.spec_options
    assert CalcJob.spec_options is CalcJob.spec_metadata['options']
    assert inspect.iscoroutinefunction(WorkChain.run)


@row('C02', 'P17', 'P26')
def test_persister(store):
    persister = AiiDAPersister()
    first, second = Counter(inputs={'x': 1}), Counter(inputs={'x': 2})
    for process in (first, second):
        persister.delete_process_checkpoints(process.pid)
    assert persister.get_checkpoints() == []
    persister.save_checkpoint(first)
    persister.save_checkpoint(first, 'tagged')
    persister.save_checkpoint(second)
    assert sorted(map(tuple, persister.get_checkpoints()), key=str) == sorted(
        [(first.pid, None), (first.pid, 'tagged'), (second.pid, None)], key=str
    )
    found = persister.get_process_checkpoints(first.pid)
    assert {(item.pid, item.tag) for item in found} == {(first.pid, None), (first.pid, 'tagged')}
    bundle = persister.load_checkpoint(first.pid, 'tagged')
    assert bundle['calc_id'] == first.pid
    persister.delete_checkpoint(first.pid)
    persister.delete_checkpoint(first.pid)
    with pytest.raises(PersistenceError):
        persister.load_checkpoint(first.pid)
    persister.delete_process_checkpoints(first.pid)
    assert persister.get_process_checkpoints(first.pid) == []
    with pytest.raises(PersistenceError):
        persister.load_checkpoint(first.pid, 'tagged')
    assert [item.pid for item in persister.get_checkpoints()] == [second.pid]
    first.kill()
    second.kill()
    assert persister.get_checkpoints() == []


@row('C03', 'C04')
def test_object_loader():
    loader = get_object_loader()
    assert isinstance(loader, ObjectLoader)
    assert get_object_loader() is loader
    assert loader.load_object('conformance_processes:Counter') is Counter
    assert loader.load_object(loader.identify_object(Counter)) is Counter
    for wrong in ('no_such_module:X', 'conformance_processes:NoSuch', 'conformance_processes', 'os:'):
        with pytest.raises(ImportError):
            loader.load_object(wrong)


@row('C05')
def test_past_exception():
    from aiida.common.exceptions import AiidaException
    from aiida.engine import exceptions

    assert exceptions.PastException is PastException
    assert issubclass(PastException, AiidaException)


@row('C06')
def test_states():
    from plumpy.process_states import ProcessState as Original

    assert ProcessState is Original
    assert {state.name: state.value for state in ProcessState} == {
        name: name.lower() for name in ('CREATED', 'RUNNING', 'WAITING', 'FINISHED', 'EXCEPTED', 'KILLED')
    }


@row('C07')
def test_the_node_mirrors_the_process(runner):
    process = Stuck()
    node = orm.load_node(process.pid)
    assert (node.process_label, node.process_state, node.exit_status) == ('Stuck', ProcessState.CREATED, None)

    async def watch():
        task = runner.start_task(process)
        while orm.load_node(process.pid).process_state is not ProcessState.WAITING:
            await asyncio.sleep(0.005)
        seen = orm.load_node(process.pid)
        assert 'Waiting for child processes' in seen.process_status
        process.kill('enough')
        await task

    runner.loop.run_until_complete(asyncio.wait_for(watch(), 10))
    node = orm.load_node(process.pid)
    assert (node.process_state, node.process_status, node.is_sealed) == (ProcessState.KILLED, 'enough', True)
    with pytest.raises(Exception, match=r'seal|modif'):
        node.set_process_status('later')


@row('C08', 'P20')
def test_going_on_from_a_checkpoint(runner):
    process = Counter(inputs={'x': 4})

    async def some_steps():
        await process.step()  # created
        await process.step()
        await process.step()

    runner.loop.run_until_complete(some_steps())
    assert process.ctx.i == 2
    bundle = AiiDAPersister().load_checkpoint(process.pid)
    assert bundle[Process.SaveKeys.CALC_ID.value] == process.pid
    again = bundle.unbundle(LoadSaveContext(loader=get_object_loader(), loop=runner.loop, runner=runner))
    assert again.ctx.i == 2
    assert again.inputs.x.value == 4
    runner.loop.run_until_complete(again.step_until_terminated())
    assert again.outputs['y'].value == 4
    assert again.node.is_finished_ok
    assert AiiDAPersister().get_checkpoints() == []


@row('C09')
def test_taking_results_from_the_cache():
    with enable_caching():
        result, second = add.run_get_node(orm.Int(1), orm.Int(2))
        assert second.base.caching.is_created_from_cache is False
        result, third = add.run_get_node(orm.Int(1), orm.Int(2))
    assert third.base.caching.get_cache_source() == second.uuid
    assert third.is_finished_ok
    assert result.value == 3
    assert result.pk != second.outputs.result.pk
    assert third.base.links.get_outgoing(link_type=LinkType.CREATE).one().link_label == 'result'


@row('C09')
def test_exit_codes_that_are_not_taken_from_the_cache():
    wrong = run_get_node(Teapot, x=3).node
    assert Teapot.is_valid_cache(run_get_node(Teapot).node) is True
    assert Teapot.is_valid_cache(wrong) is False
    assert wrong.is_valid_cache is False


@row('C10', 'P20')
def test_keys_of_a_saved_process():
    assert [(key.name, key.value) for key in Process.SaveKeys] == [('CALC_ID', 'calc_id')]


@row('P18', 'F14')
def test_one_way_to_kill(runner):
    process = Tree()

    async def kill():
        task = runner.start_task(process)
        while len(process.node.called_descendants) < 2:
            await asyncio.sleep(0.005)
        outcome = process.kill('all of you')
        assert outcome is True or await outcome is True
        await task

    runner.loop.run_until_complete(asyncio.wait_for(kill(), 10))
    nodes = [process.node, *process.node.called_descendants]
    assert [type(node) for node in nodes] == [orm.WorkChainNode] * 3
    assert [node.process_state for node in nodes] == [ProcessState.KILLED] * 3
    assert process.node.process_status == 'all of you'
    assert process.kill() is True
    assert not hasattr(process, 'abort')


def chain(*steps, inputs=()):
    """Return a work chain of functions, which takes values that are not stored."""

    def define(cls, spec):
        super(made, cls).define(spec)
        for name in inputs:
            spec.input(name, non_db=True, required=False)
        spec.outline(*(getattr(cls, step.__name__) for step in steps))

    made = type('Made', (WorkChain,), {'define': classmethod(define), **{step.__name__: step for step in steps}})
    return made


@row('C08')
@pytest.mark.parametrize(
    ('key', 'value'),
    [
        ('number', float('nan')),
        ('pair', (1, [2, {3}])),
        ('when', datetime.datetime(2026, 1, 1)),
        ('path', pathlib.Path('/a/b')),
        ('array', numpy.arange(3)),
        ('text', b'bytes'),
        ('complex', 1 + 2j),
        ('keys', {1: 'a', (1, 2): 'b'}),
    ],
)
def test_values_that_go_through_a_checkpoint(runner, key, value):
    def first(self):
        self.ctx[key] = value

    def second(self):
        pass

    process = chain(first, second)()

    async def some_steps():
        await process.step()
        await process.step()

    runner.loop.run_until_complete(some_steps())
    state = AiiDAPersister().load_checkpoint(process.pid)
    found = codec.loads(state['CONTEXT'])[key] if isinstance(state['CONTEXT'], str) else state['CONTEXT'][key]
    assert type(found) is type(value)
    assert repr(found) == repr(value)
    process.kill()


@row('C08')
@pytest.mark.parametrize('value', [lambda: None, object(), asyncio.Lock])
def test_what_cannot_be_restored_is_refused_when_it_is_written(value):
    def first(self):
        self.ctx.deep = {'inner': [value if not isinstance(value, type) else value()]}

    def second(self):
        gone_on.append(True)

    gone_on = []
    process = chain(first, second)()
    with pytest.raises(Exception, match=r'deep\.inner'):
        run(process)
    assert not gone_on
    assert process.node.is_excepted
    assert 'deep.inner' in process.node.exception


@row('C08', 'A21')
def test_an_input_that_cannot_be_restored_is_refused():
    def first(self):
        pass

    with pytest.raises(Exception, match='anything'):
        run(chain(first, inputs=('anything',)), anything={'inner': lambda: None})


# the table of transitions


@row('C01', 'C06')
def test_the_table_of_transitions_is_that_of_the_states_and_of_the_page():
    for process_class in (Process, WorkChain, CalcJob, FunctionProcess):
        for state, cls in process_class.get_state_classes().items():
            assert {target.value for target in cls.ALLOWED} == {target.value for target in transitions.targets(state)}
    assert transitions.targets(None) == {ProcessState.CREATED}
    with pytest.raises(ValueError, match='no way'):
        transitions.hooks(ProcessState.FINISHED, ProcessState.RUNNING)
    page = pathlib.Path(__file__).parents[2] / 'docs' / 'life-of-a-process.md'
    assert transitions.as_markdown() in page.read_text()


@pytest.fixture
def recorded():
    Recorded.forget()
    yield Recorded
    Recorded.forget()


BESIDE = {'update_outputs', 'on_output_emitting', 'on_output_emitted', 'on_pausing', 'on_paused', 'on_playing'}


def in_the_table(recorded):
    return [name for name in recorded.called if name not in BESIDE]


@row('C01', 'P16')
@pytest.mark.parametrize(
    ('mode', 'path'),
    [
        ('good', ['created', 'running', 'running', 'finished']),
        ('wait', ['created', 'running', 'waiting', 'running', 'finished']),
        ('exit', ['created', 'running', 'finished']),
        ('raise', ['created', 'running', 'excepted']),
        ('kill', ['created', 'running', 'killed']),
    ],
)
def test_what_is_called_of_a_work_chain(recorded, mode, path):
    process = RecordedChain(inputs={'mode': mode})
    if mode in ('raise', 'kill'):
        with pytest.raises((ValueError, KilledError)):
            run(process)
    else:
        run(process)
    assert [state.value for state in recorded.states] == path
    assert in_the_table(recorded) == recorded.expected()
    emitted = [name for name in recorded.called if name.startswith('on_output')]
    assert emitted == ([] if mode == 'raise' else ['on_output_emitting', 'on_output_emitted'])
    updates = sum(name == 'update_outputs' for name in recorded.called)
    assert updates >= len(path) - 2 - (mode == 'raise')
    assert ('y' in process.node.outputs) is (mode != 'raise')


@row('C01', 'E05')
def test_what_is_called_of_a_job(recorded, bash):
    assert run_get_node(RecordedJob, code=bash, x=1, y=2).node.is_finished_ok
    states = [state.value for state in recorded.states]
    assert states[:2] == ['created', 'running']
    assert set(states[2:-2]) == {'waiting'}
    assert states[-2:] == ['running', 'finished']
    assert in_the_table(recorded) == recorded.expected()
    assert recorded.called.count('on_output_emitted') == 3


@row('C01', 'D01')
def test_what_is_called_of_a_function(recorded, monkeypatch):
    for name in dict.fromkeys((*recorded.__dict__, *FunctionProcess.__dict__)):
        if name in vars(Recorded) and (name.startswith('on_') or name == 'init'):
            original = getattr(FunctionProcess, name)

            def hook(self, *args, _name=name, _original=original, **kwargs):
                recorded.called.append(_name)
                if _name == 'on_entered':
                    recorded.states.append(self.state)
                return _original(self, *args, **kwargs)

            monkeypatch.setattr(FunctionProcess, name, hook)
    assert add(1, 2).value == 3
    assert [state.value for state in recorded.states] == ['created', 'running', 'finished']
    assert in_the_table(recorded) == recorded.expected()


@row('C01')
def test_what_is_called_when_it_is_paused_played_and_killed_before_it_began(recorded):
    process = RecordedChain()
    process.pause('later')
    process.play()
    process.kill('no more')
    assert [state.value for state in recorded.states] == ['created', 'killed']
    assert in_the_table(recorded) == recorded.expected()
    beside = [name for name in recorded.called if name in BESIDE and name != 'update_outputs']
    assert beside == ['on_pausing', 'on_paused', 'on_playing']
