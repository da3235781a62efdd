"""Rows N07 to N28: processes, launching and what is around, of `aiida.work`."""

import threading

import conformance_legacy as legacy
import pytest
from aiida.orm.data.base import Int
from conformance_inventory import row

from aiida import orm
from aiida.common.exceptions import MissingEntryPointError
from aiida.common.links import LinkType
from aiida.engine import Process as ModernProcess
from aiida.engine import calcfunction, construct_awaitable
from aiida.work import run as work_run
from aiida.work.class_loader import CLASS_LOADER
from aiida.work.db_types import get_db_type, to_db_type, to_native_type
from aiida.work.defaults import class_loader, parallel_engine, registry, serial_engine
from aiida.work.frozendict import FrozenDict
from aiida.work.legacy.job_process import JobProcess
from aiida.work.legacy.wait_on import WaitOnProcess
from aiida.work.process import FunctionProcess, Process
from aiida.work.process_registry import KnowledgeProvider, NotKnown, ProcessRegistry
from aiida.work.run import RunningInfo, RunningType, legacy_calc, legacy_workflow, queue_up, run, submit
from aiida.work.test_utils import BadOutput, DummyProcess, ExceptionProcess
from aiida.work.util import ProcessStack, get_or_create_output_group, is_workfunction, load_class

pytestmark = [
    pytest.mark.usefixtures('runner'),
    pytest.mark.filterwarnings('ignore::aiida.common.warnings.AiidaDeprecationWarning'),
]


def node_of(process_class, **inputs):
    return orm.load_node(run(process_class, _return_pid=True, **inputs)[1])


# processes


@row('N07')
def test_process():
    node = node_of(legacy.Both, x=Int(1), y=Int(2))
    assert issubclass(Process, ModernProcess)
    assert node.is_finished_ok
    assert node.base.links.get_outgoing(link_type=LinkType.RETURN).get_node_by_label('_return').value == 3
    assert node_of(DummyProcess, undeclared=orm.Str('is taken')).inputs.undeclared.value == 'is taken'
    template = legacy.OldEquationOfState.get_inputs_template()
    assert template.a.value == 1


@row('N07')
def test_inputs_with_an_underscore():
    node = node_of(DummyProcess, _label='short', _description='long', a=Int(1))
    assert (node.label, node.description, set(node.inputs)) == ('short', 'long', {'a'})
    before = orm.QueryBuilder().append(orm.Node).count()
    assert run(DummyProcess, _store_provenance=False) == {}
    assert orm.QueryBuilder().append(orm.Node).count() == before
    with pytest.raises(ValueError, match='given twice'):
        run(DummyProcess, _label='one', metadata={'label': 'another'})
    with pytest.raises(ValueError):  # they are of this path only
        from conformance_processes import Adder

        from aiida.engine import run as modern_run

        modern_run(Adder, x=Int(1), y=Int(2), _label='short')


@row('N08')
def test_save_keys():
    assert {key.name: key.value for key in Process.SaveKeys} == {
        'CALC_ID': 'calc_id',
        'PARENT_CALC_PID': 'parent_calc_pid',
    }
    process = DummyProcess.new()
    state = {}
    process.save_instance_state(state, None)
    assert state['calc_id'] == process.pid
    assert state['parent_calc_pid'] is None
    process.kill()


@row('N09')
def test_create_db_record():
    from aiida.orm.calculation.work import WorkCalculation

    record = DummyProcess.create_db_record()
    assert isinstance(record, WorkCalculation)
    assert not record.is_stored
    assert isinstance(legacy.Adder.create_db_record(), WorkCalculation)

    class Own(DummyProcess):
        @classmethod
        def create_db_record(cls):
            made = super().create_db_record()
            made.description = 'made here'
            return made

    assert node_of(Own).description == 'made here'


@row('N10')
def test_on_finish():
    seen = []

    class Told(DummyProcess):
        def on_finish(self):
            super().on_finish()
            seen.append(self.node.exit_status)

    class ToldOfToday(Told):
        def on_finish(self, result=None, successful=True):
            super().on_finish(result, successful)
            seen.append((result, successful))

    class Failing(Told):
        def _run(self):
            return 7

    node = node_of(Told)
    assert seen == [0]
    assert node.is_finished_ok
    assert node.get_attr('_finished')
    assert not node.get_attr('_failed')
    assert node.has_finished()
    seen.clear()
    assert node_of(ToldOfToday).is_finished_ok
    assert seen == [0, (None, True)]
    seen.clear()
    failed = node_of(Failing)
    assert failed.exit_status == 7
    assert seen == [7]
    assert (failed.has_failed(), failed.has_finished_ok(), failed.get_state()) == (True, False, 'FAILED')


@row('N11')
def test_report():
    class Telling(DummyProcess):
        def _run(self):
            self.say()

        def say(self):
            self.report('%d of %s', 1, 'these')

    node = node_of(Telling)
    (log,) = orm.Log.collection.get_logs_for(node)
    assert log.levelname == 'REPORT'
    assert log.message == f'[{node.pk}|Telling|say]: 1 of these'


# the database is asked


@row('N12')
def test_process_registry():
    assert issubclass(ProcessRegistry, KnowledgeProvider)
    assert isinstance(registry, ProcessRegistry)
    alive = DummyProcess.new({'a': Int(5)})
    assert registry.has_finished(alive.pid) is False
    alive.run_until_complete()
    assert registry.has_finished(alive.pid) is True
    pid = run(legacy.Both, x=Int(1), y=Int(2), _return_pid=True)[1]
    assert {label: node.value for label, node in registry.get_inputs(pid).items()} == {'x': 1, 'y': 2}
    assert {label: node.value for label, node in registry.get_outputs(pid).items()} == {'_return': 3}
    job = orm.CalcJobNode().store()
    assert registry.has_finished(job.pk) is False
    for unknown in (10**9, Int(1).store().pk, 'text', None):
        with pytest.raises(NotKnown):
            registry.has_finished(unknown)
        with pytest.raises(NotKnown):
            registry.get_inputs(unknown)
    with pytest.raises(NotKnown):
        KnowledgeProvider().has_finished(pid)
    assert WaitOnProcess(pid).is_ready(registry)


@row('N12')
def test_who_is_running():
    seen = {}

    class Asking(DummyProcess):
        def _run(self):
            seen['pid'] = (registry.current_pid, self.pid)
            seen['node'] = (registry.current_calc_node, self.calc)

    run(Asking)
    assert seen['pid'][0] == seen['pid'][1]
    assert seen['node'][0] is seen['node'][1]
    with pytest.raises(IndexError):
        registry.current_pid  # noqa: B018


# handles


@row('N13', 'N14', 'N15')
def test_running_info():
    info = RunningInfo(RunningType.PROCESS, 5)
    assert info._fields == ('type', 'pid')
    assert (info.type, info.pid) == (info[0], info[1]) == (RunningType.PROCESS, 5)
    assert isinstance(info, tuple)
    pid = run(DummyProcess, _return_pid=True)[1]
    assert construct_awaitable(RunningInfo(RunningType.PROCESS, pid)).pk == pid


@row('N16')
def test_running_type():
    assert {kind.name: kind.value for kind in RunningType} == {'PROCESS': 0, 'LEGACY_CALC': 1, 'LEGACY_WORKFLOW': 2}


@row('N17')
def test_legacy_calc():
    assert legacy_calc(12) == RunningInfo(RunningType.LEGACY_CALC, 12)

    def first(self):
        result, node = calculate.run_get_node(Int(1))
        self.ctx.expected = result
        return legacy.ToContext(job=legacy_calc(node.pk))

    def second(self):
        assert self.ctx.job.out.result == self.ctx.expected

    @calcfunction
    def calculate(x):
        return Int(x.value + 1)

    def define(cls, spec):
        super(made, cls).define(spec)
        spec.outline(cls.first, cls.second)

    made = type('Made', (legacy.WorkChain,), {'define': classmethod(define), 'first': first, 'second': second})
    assert node_of(made).is_finished_ok


@row('N18')
def test_legacy_workflow():
    assert legacy_workflow(13) == RunningInfo(RunningType.LEGACY_WORKFLOW, 13)


# launching


@row('N20')
def test_run():
    assert run(legacy.Adder, a=Int(1))['sum'].value == 2
    outputs, pid = run(legacy.Adder, a=Int(1), _return_pid=True)
    assert orm.load_node(pid).outputs.sum == outputs['sum']
    assert run(legacy.add, Int(1), Int(2)).value == 3
    pid = run(legacy.add, Int(1), Int(2), _return_pid=True)[1]
    assert orm.load_node(pid).process_label == 'add'
    for nothing in (3, print, int, DummyProcess.new()):
        with pytest.raises(ValueError, match='process class or work function'):
            run(nothing)
    with pytest.raises(ValueError, match='by name'):
        run(legacy.Adder, Int(1))
    with pytest.raises(RuntimeError, match='always fails'):
        run(ExceptionProcess)


@row('N20')
def test_run_in_a_step_and_beside():
    def first(self):
        self.out('sum', run(legacy.Adder, a=Int(1))['sum'])

    def define(cls, spec):
        super(made, cls).define(spec)
        spec.outline(cls.first)

    made = type('Made', (legacy.WorkChain,), {'define': classmethod(define), 'first': first})
    node = node_of(made)
    assert node.outputs.sum.value == 2
    assert node.called[0].process_label == 'Adder'
    futures = [getattr(work_run, 'async')(legacy.Adder, a=Int(number)) for number in range(3)]
    assert [future.result(timeout=20)['sum'].value for future in futures] == [1, 2, 3]
    assert isinstance(getattr(work_run, 'async')(ExceptionProcess).exception(timeout=20), RuntimeError)
    assert serial_engine.submit(legacy.Adder, {'a': Int(1)}).result()['sum'].value == 2
    assert isinstance(serial_engine.submit(ExceptionProcess).exception(), RuntimeError)
    assert parallel_engine.submit(legacy.Adder, {'a': Int(1)}).result(timeout=20)['sum'].value == 2
    assert parallel_engine.run(legacy.Adder, {'a': Int(5)})['sum'].value == 6


@row('N19')
@pytest.mark.filterwarnings('ignore:.*is not running')
def test_queue_up_without_a_storage(store):
    pid = queue_up(legacy.Adder, {'a': Int(1), '_label': 'queued'}, None)
    node = orm.load_node(pid)
    assert (node.process_state.value, node.label) == ('created', 'queued')
    row = store.read_run(pid)
    assert (row.owner, row.desired_state) == (None, 'run')
    handle = submit(legacy.Adder, a=Int(1))
    assert handle.type is RunningType.PROCESS
    assert store.read_run(handle.pid).owner is None
    with pytest.raises(AssertionError, match='call it'):
        submit(legacy.add, a=Int(1), b=Int(2))


@row('N19', 'N20')
@pytest.mark.parametrize('wrong', [{'a': 'no number'}, {}, {'a': 1, '_label': 3}])
def test_inputs_that_are_wrong_are_refused_in_a_few_lines(wrong):
    """Nobody's mistake is found in the frames of the engine."""
    for launch in (run, submit, lambda process_class, **inputs: queue_up(process_class, inputs, None)):
        with pytest.raises(ValueError) as caught:
            launch(legacy.Adder, **wrong)
        assert len(caught.traceback) <= 5, caught.traceback


# to test with


@row('N21')
def test_bad_output():
    with pytest.raises(TypeError, match='bad_output'):
        run(BadOutput)
    (node,) = orm.QueryBuilder().append(orm.WorkflowNode).all(flat=True)
    assert node.is_excepted
    assert node.get_outputs_dict() == {}


@row('N22')
def test_dummy_process():
    given = Int(3)
    outputs, pid = run(DummyProcess, anything=given, _return_pid=True)
    assert outputs == {}
    assert orm.load_node(pid).get_inputs_dict()['anything'] == given


# the stack of processes


@row('N23')
def test_the_stack_is_that_of_the_thread():
    seen = {}
    barrier = threading.Barrier(2)

    class Looking(DummyProcess):
        def _run(self, **inputs):
            barrier.wait(10)
            seen[self.inputs.name.value] = (ProcessStack.pids(), self.pid)
            barrier.wait(10)

    futures = [getattr(work_run, 'async')(Looking, name=orm.Str(name)) for name in 'ab']
    for future in futures:
        future.result(timeout=20)
    assert {name: [pid] for name, (_, pid) in seen.items()} == {name: pids for name, (pids, _) in seen.items()}
    assert ProcessStack.stack() == []
    with pytest.raises(TypeError, match='one stack'):
        ProcessStack()


@row('N23')
def test_the_top_is_the_parent():
    @legacy.workfunction
    def inner(a):
        assert ProcessStack.top() is ProcessStack.stack()[-1]
        assert len(ProcessStack.stack()) == 2
        return a

    class Outer(DummyProcess):
        def _run(self):
            assert ProcessStack.top() is self
            inner(Int(1).store())

    node = node_of(Outer)
    assert [child.process_label.rpartition('.')[2] for child in node.called] == ['inner']


@row('N24', 'N25')
def test_who_is_at_the_top():
    seen = {}

    class Asking(DummyProcess):
        def _run(self):
            seen['node'] = ProcessStack.get_active_process_calc_node() is self.calc
            seen['pid'] = ProcessStack.get_active_process_id() == self.pid

    run(Asking)
    assert seen == {'node': True, 'pid': True}
    for ask in (ProcessStack.get_active_process_calc_node, ProcessStack.get_active_process_id, ProcessStack.top):
        with pytest.raises(IndexError, match='no process'):
            ask()


@row('N26')
def test_pop():
    one, two = DummyProcess.new(), DummyProcess.new()
    ProcessStack.push(one)
    ProcessStack.push(two)
    for wrong in ({}, {'process': one}, {'pid': one.pid}, {'process': two, 'pid': one.pid}):
        with pytest.raises(AssertionError):
            ProcessStack.pop(**wrong)
    assert ProcessStack.stack() == [one, two]
    ProcessStack.pop(process=two)
    child = DummyProcess.new()
    assert child.get_parent_calc() == one.node
    ProcessStack.pop(pid=one.pid)
    assert ProcessStack.stack() == []
    with pytest.raises(AssertionError):
        ProcessStack.pop(pid=one.pid)
    for process in (one, two, child):
        process.kill()


# small things


@row('N27')
def test_outputs_as_an_input():
    @calcfunction
    def two(x):
        return {'one': Int(x.value), 'two': Int(x.value + 1)}

    _, calculation = two.run_get_node(Int(1))
    group = get_or_create_output_group(calculation)
    assert isinstance(group, FrozenDict)
    assert {label: node.value for label, node in group.items()} == {'one': 1, 'two': 2}
    assert (group['two'].value, group.one.value, len(group), 'one' in group, list(group)) == (
        *(2, 1, 2, True),
        ['one', 'two'],
    )
    assert get_or_create_output_group(calculation).uuid == group.uuid
    again = orm.load_node(group.pk)
    assert type(again) is FrozenDict
    from aiida.orm.data.frozendict import FrozenDict as OfOld

    assert OfOld is FrozenDict
    assert again.get_dict() == group.get_dict()
    assert set(group.creator.inputs) == {'one', 'two'}
    assert group.pk in orm.QueryBuilder().append(orm.Data, project='id').all(flat=True)
    with pytest.raises(TypeError):
        get_or_create_output_group(Int(1))
    with pytest.raises(AttributeError):
        group.three  # noqa: B018
    with pytest.raises(ValueError, match='not stored'):
        FrozenDict({'a': Int(1)})

    seen = {}

    class Taking(DummyProcess):
        def _run(self, calculation):
            seen['sum'] = calculation['one'].value + calculation.two.value

    node = node_of(Taking, calculation=calculation)
    assert seen == {'sum': 3}
    assert node.inputs.calculation == group
    work = node_of(legacy.Adder, a=Int(1))
    assert get_or_create_output_group(work)['sum'].value == 2
    assert len(get_or_create_output_group(node_of(DummyProcess))) == 0
    returned = get_or_create_output_group(node_of(legacy.Both, x=Int(1), y=Int(2)))
    assert returned['_return'].value == 3
    assert get_or_create_output_group(returned['_return'].creator)['result'].value == 3


@row('N28')
def test_load_class():
    assert load_class('aiida.work.test_utils.DummyProcess') is DummyProcess
    for wrong, error in (
        ('DummyProcess', ValueError),
        ('aiida.nothing.X', ImportError),
        ('aiida.orm.X', AttributeError),
    ):
        with pytest.raises(error):
            load_class(wrong)
    assert class_loader is CLASS_LOADER
    assert CLASS_LOADER.load_class('aiida.work.test_utils.DummyProcess') is DummyProcess
    assert CLASS_LOADER.load_class(CLASS_LOADER.class_identifier(DummyProcess)) is DummyProcess
    with pytest.raises(ImportError):
        CLASS_LOADER.load_class('aiida.orm.X')


def test_values_and_nodes():
    values = [True, 1, 2.5, 'text', [1, 2], {'a': 1}]
    nodes = [to_db_type(value) for value in values]
    assert [type(node) for node in nodes] == [orm.Bool, orm.Int, orm.Float, orm.Str, orm.List, orm.Dict]
    assert [to_native_type(node) for node in nodes] == values
    assert [get_db_type(type(value)) for value in values] == [type(node) for node in nodes]
    assert to_db_type(nodes[0]) is nodes[0]
    assert get_db_type(object) is None


def test_functions_as_processes():
    def plain(a):
        return a

    process_class = FunctionProcess.build(plain)
    given = Int(1).store()
    assert process_class(inputs={'a': given}, enable_persistence=False).execute() == given
    assert process_class.args_to_dict(given) == {'a': given}
    assert is_workfunction(legacy.add)
    assert is_workfunction(calcfunction(plain))
    assert not is_workfunction(plain)


def test_inline_calculations():
    from aiida.orm.calculation.inline import InlineCalculation, make_inline

    @make_inline
    def double_inline(number, also=None):
        return {'double': Int(2 * number.value)}

    @make_inline
    def alone_inline(number):
        return {'result': Int(number.value)}

    calculation, outputs = double_inline(number=Int(3))
    assert isinstance(calculation, InlineCalculation)
    assert calculation.is_finished_ok
    assert {label: node.value for label, node in outputs.items()} == {'double': 6}
    assert outputs['double'].creator == calculation
    assert calculation.inp.number.value == 3
    assert list(alone_inline(number=Int(3))[1]) == ['result']
    assert is_workfunction(double_inline)
    with pytest.raises(TypeError, match='by name'):
        double_inline(Int(3))
    with pytest.raises(TypeError):
        make_inline(3)

    def step(self):
        outputs = double_inline(number=Int(4))[1]
        self.out('double', outputs['double'])

    def define(cls, spec):
        super(made, cls).define(spec)
        spec.outline(cls.step)

    made = type('Made', (legacy.WorkChain,), {'define': classmethod(define), 'step': step})
    node = node_of(made)
    assert node.outputs.double.value == 8
    assert [child.process_label.rpartition('.')[2] for child in node.called] == ['double_inline']


@pytest.fixture
def job_inputs(bash):
    """The inputs of a job, as they were put together then."""
    from aiida.orm import CalculationFactory, DataFactory

    ParameterData = DataFactory('parameter')
    inputs = CalculationFactory('simpleplugins.templatereplacer').process().get_inputs_template()
    inputs.code = bash
    inputs.parameters = ParameterData(dict={'value': 5})
    inputs.template = ParameterData(
        dict={
            'input_file_name': 'in.txt',
            'input_file_template': 'echo {value}',
            'cmdline_params': ['in.txt'],
            'output_file_name': 'out.txt',
        }
    )
    inputs._options.resources = {'num_machines': 1}
    inputs._options.max_wallclock_seconds = 60
    inputs._label = 'a job of old'
    return inputs


def test_a_job(job_inputs):
    from aiida.orm.calculation.job import JobCalculation

    from aiida.orm import CalculationFactory

    job = CalculationFactory('simpleplugins.templatereplacer')
    assert JobProcess.build(job) is job.process() is job
    with pytest.raises(TypeError, match='no `CalcJob`'):
        JobProcess.build(int)
    with pytest.raises(MissingEntryPointError):
        CalculationFactory('simpleplugins.nothing')
    outputs, pid = run(job.process(), _return_pid=True, **job_inputs)
    node = orm.load_node(pid)
    assert isinstance(node, JobCalculation)
    assert (node.label, node.get_option('max_wallclock_seconds')) == ('a job of old', 60)
    assert node.get_state() is None  # a method of today, which tells of the job
    assert (node.has_finished_ok(), node.has_failed(), node.get_attr('_finished')) == (True, False, True)
    assert outputs['retrieved'].base.repository.get_object_content('out.txt').strip() == '5'


def test_a_job_in_a_work_chain(job_inputs):
    def start(self):
        future = submit(job_process, **job_inputs)
        return legacy.ToContext(calc=future)

    def results(self):
        calc = self.ctx.calc
        assert calc.has_finished_ok()
        assert calc.inp.code == job_inputs.code
        self.out('retrieved', calc.out.retrieved)
        self.out('remote', calc.get_outputs_dict()['remote_folder'])

    def define(cls, spec):
        super(made, cls).define(spec)
        spec.outline(cls.start, cls.results)

    from aiida.orm import CalculationFactory

    job_process = CalculationFactory('simpleplugins.templatereplacer').process()
    made = type('Made', (legacy.WorkChain,), {'define': classmethod(define), 'start': start, 'results': results})
    node = node_of(made)
    assert node.is_finished_ok, node.exception
    assert node.outputs.remote == node.called[0].outputs.remote_folder
