"""Rows G: restart work chains and their handlers."""

import asyncio
import os

import pytest
from conformance_inventory import row

from aiida import orm
from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.engine import (
    BaseRestartWorkChain,
    ExitCode,
    ProcessHandlerReport,
    ToContext,
    WorkChain,
    process_handler,
    run,
    run_get_node,
    while_,
)

pytestmark = pytest.mark.usefixtures('runner')


class Sub(WorkChain):
    """Ends as its inputs say: ``ends`` has an exit status for each iteration, -1 raises, -2 kills."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('ends', valid_type=orm.List)
        spec.input('iteration', valid_type=orm.Int)
        spec.input('settings', valid_type=orm.Dict, required=False)
        spec.output('y', valid_type=orm.Int, required=False)
        spec.exit_code(500, 'ERROR_A', 'a')
        spec.exit_code(501, 'ERROR_B', 'b')
        spec.outline(cls.only)

    def only(self):
        end = self.inputs.ends.get_list()[self.inputs.iteration.value]
        if end == -1:
            raise ValueError('on purpose')
        if end == -2:
            self.kill('on purpose')
            return None
        if end == 0:
            self.out('y', orm.Int(self.inputs.iteration.value).store())
        return end


class Restart(BaseRestartWorkChain):
    """Runs ``Sub`` until it ends well."""

    _process_class = Sub

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('ends', valid_type=orm.List)
        spec.output('y', valid_type=orm.Int, required=False)
        spec.outline(
            cls.setup,
            while_(cls.should_run_process)(cls.prepare, cls.run_process, cls.inspect_process),
            cls.results,
        )

    def prepare(self):
        self.ctx.inputs = {'ends': self.inputs.ends, 'iteration': orm.Int(self.ctx.iteration), 'settings': {'a': 1}}


def reports(node):
    """Return what a work chain reported, without what stands before."""
    return [log.message.partition(']: ')[2] for log in orm.Log.collection.get_logs_for(node)]


def with_handlers(**handlers):
    """Return a restart work chain with these handlers."""
    return type('Handled', (Restart,), handlers)


@row('G01', 'G04', 'G08')
def test_it_ends_well_at_once():
    results, node = run_get_node(Restart, ends=[0])
    assert node.is_finished_ok
    assert results['y'].value == 0
    (child,) = node.called
    assert child.process_type == 'test_conformance_restart.Sub'
    assert reports(node) == [
        f'launching Sub<{child.pk}> iteration #1',
        'work chain completed after 1 iterations',
        'remote folders will not be cleaned',
    ]
    assert child.inputs.settings.get_dict() == {'a': 1}


@row('G01')
def test_members():
    assert BaseRestartWorkChain._process_class is None
    assert BaseRestartWorkChain._considered_handlers_extra == 'considered_handlers'
    process = Restart(inputs={'ends': [0]})
    assert process.process_class is Sub
    process.kill()
    with pytest.raises(ValueError, match='_process_class'):
        type('Without', (Restart,), {'_process_class': None})(inputs={'ends': [0]})


@row('G01')
def test_inputs_of_the_sub_process_are_missing():
    process = type('Without', (Restart,), {'prepare': lambda self: None})(inputs={'ends': [0]})
    with pytest.raises(AttributeError, match='inputs'):
        run(process)
    assert process.node.is_excepted


@row('G01')
def test_outputs_can_be_changed():
    def get_outputs(self, node):
        return {'y': first}

    first = orm.Int(77).store()
    results, _ = run_get_node(type('Changed', (Restart,), {'get_outputs': get_outputs}), ends=[0])
    assert results['y'].value == 77


@row('G05')
def test_one_failure_is_tried_again():
    node = run_get_node(Restart, ends=[500, 0]).node
    assert node.is_finished_ok
    assert len(node.called) == 2
    assert node.outputs.y.value == 1


@row('G05', 'G07')
@pytest.mark.parametrize(
    ('ends', 'status', 'iterations'),
    [
        ([500, 501], 402, 2),
        ([-1], 301, 1),
        ([-2], 302, 1),
    ],
)
def test_without_handlers(ends, status, iterations):
    node = run_get_node(Restart, ends=ends).node
    assert node.exit_status == status
    assert len(node.called) == iterations


@row('G05')
@pytest.mark.parametrize('first', [0, 500])
@pytest.mark.parametrize('end', [0, 450])
def test_matrix(first, end):
    @process_handler
    def handle(self, node):
        if len(self.ctx.children) == 1:
            return ProcessHandlerReport(True, ExitCode(end, 'as told') if end else ExitCode())
        return None

    node = run_get_node(with_handlers(handle=handle), ends=[first, 0]).node
    assert node.exit_status == end
    assert len(node.called) == (1 if end else 2)


@row('G05')
def test_handled_failures_do_not_count_as_unhandled():
    @process_handler(exit_codes=Sub.exit_codes.ERROR_A)
    def handle(self, node):
        return ProcessHandlerReport()

    node = run_get_node(with_handlers(handle=handle), ends=[501, 500, 501, 0]).node
    assert node.is_finished_ok
    assert len(node.called) == 4


@row('G06')
def test_order_of_handlers():
    def make(name, do_break=False, **options):
        @process_handler(**options)
        def handler(self, node):
            called.append(name)
            return ProcessHandlerReport(do_break) if node.is_failed else None

        handler.__name__ = name
        return handler

    called = []
    process_class = with_handlers(
        low=make('low', priority=-5),
        high=make('high', priority=100),
        plain=make('plain', do_break=True),
        off=make('off', priority=50, enabled=False),
        only_a=make('only_a', priority=20, exit_codes=[Sub.exit_codes.ERROR_A]),
    )
    node = run_get_node(process_class, ends=[501, 0]).node
    assert called == ['high', 'plain', 'high', 'plain', 'low']
    called.clear()
    run(process_class, ends=[500, 0])
    assert called[:3] == ['high', 'only_a', 'plain']
    extra = node.base.extras.get('considered_handlers')
    assert [[name for name, _ in iteration] for iteration in extra] == [
        ['high', 'only_a', 'plain'],
        ['high', 'only_a', 'plain', 'low'],
    ]
    assert process_class.is_process_handler('low')
    assert process_class.is_process_handler(process_class.low)
    assert not process_class.is_process_handler('setup')
    assert not process_class.is_process_handler('no_such')
    assert {handler.__name__ for handler in process_class.get_process_handlers()} == {
        'low',
        'high',
        'plain',
        'off',
        'only_a',
    }
    overrides = {'off': True, 'low': {'enabled': True, 'priority': 200}, 'high': False, 'plain': {'priority': 7}}
    process = process_class(inputs={'ends': [0], 'handler_overrides': overrides})
    assert [(priority, handler.__name__) for priority, handler in process.get_process_handlers_by_priority()] == [
        (200, 'low'),
        (50, 'off'),
        (20, 'only_a'),
        (7, 'plain'),
    ]
    process.kill()


@row('G06')
@pytest.mark.parametrize(
    'overrides',
    [
        {'no_such': True},
        {'handle': 5},
        {'handle': {'no_such': 1}},
        {'handle': {'enabled': 1}},
        {'handle': {'priority': 'a'}},
    ],
)
def test_overrides_that_are_refused(overrides):
    @process_handler
    def handle(self, node):
        return None

    with pytest.raises(ValueError, match='handler_overrides'):
        run(with_handlers(handle=handle), ends=[0], handler_overrides=overrides)


@row('G02')
def test_decorator():
    def handler(self, node):
        return None

    assert process_handler(handler).__name__ == 'handler'
    assert process_handler(priority=3)(handler).priority == 3
    assert process_handler(handler).enabled is True
    assert process_handler(enabled=False)(handler).enabled is False
    for options in ({'priority': 'a'}, {'exit_codes': 5}, {'exit_codes': [5]}, {'enabled': 'yes'}):
        with pytest.raises(TypeError):
            process_handler(**options)(handler)
    for wrong in (lambda self: None, lambda self, node, more: None, lambda *args: None):
        with pytest.raises(TypeError):
            process_handler(wrong)


@row('G03')
def test_report_of_a_handler():
    do_break, exit_code = ProcessHandlerReport()
    assert (do_break, exit_code) == (False, ExitCode())
    assert ProcessHandlerReport(True, ExitCode(5)).exit_code.status == 5


@row('G05')
def test_a_handler_returns_something_else():
    @process_handler
    def handle(self, node):
        return True

    process = with_handlers(handle=handle)(inputs={'ends': [0]})
    with pytest.raises(RuntimeError, match='handle'):
        run(process)
    assert process.node.is_excepted


@row('G07')
def test_inputs_of_a_restart_work_chain():
    inputs = BaseRestartWorkChain.spec().inputs
    assert inputs['max_iterations'].default().value == 5
    assert inputs['clean_workdir'].default().value is False
    assert inputs['handler_overrides'].required is False
    assert {'on_unhandled_failure', 'pause_on_max_iterations'} <= set(inputs)


@row('G07')
def test_too_many_iterations():
    @process_handler
    def handle(self, node):
        return ProcessHandlerReport()

    node = run_get_node(with_handlers(handle=handle), ends=[500] * 5, max_iterations=3).node
    assert node.exit_status == 401
    assert len(node.called) == 3
    assert any('maximum number of iterations' in text for text in reports(node))


@row('G07')
@pytest.mark.parametrize(
    ('action', 'iterations', 'status'),
    [('abort', 1, 402), ('restart_once', 2, 402), (None, 2, 402)],
)
def test_what_to_do_about_a_failure_that_was_not_handled(action, iterations, status):
    inputs = {} if action is None else {'on_unhandled_failure': action}
    node = run_get_node(Restart, ends=[500, 500], **inputs).node
    assert (len(node.called), node.exit_status) == (iterations, status)


@row('G04')
def test_the_least_outline():
    class Least(BaseRestartWorkChain):
        _process_class = Sub

        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.outline(cls.setup_inputs, while_(cls.should_run_process)(cls.run_process, cls.inspect_process))

        def setup_inputs(self):
            self.setup()
            self.ctx.inputs = {'ends': orm.List([0]), 'iteration': orm.Int(0)}

    assert run_get_node(Least).node.is_finished_ok
    assert issubclass(ToContext, dict)


def played(runner, process, ends_paused=1):
    """Run a process, and play it each time it is paused, that many times."""

    async def go():
        task = runner.start_task(process)
        for _ in range(ends_paused):
            while not process.paused:
                assert not process.has_terminated(), 'it was to be paused'
                await asyncio.sleep(0.005)
            assert orm.load_node(process.pid).paused
            statuses.append(orm.load_node(process.pid).process_status)
            process.play()
        await task

    statuses = []
    runner.loop.run_until_complete(asyncio.wait_for(go(), 10))
    return statuses


@row('G07')
@pytest.mark.parametrize(
    ('action', 'ends', 'iterations'), [('pause', [500, 0], 2), ('restart_and_pause', [500, 500, 0], 3)]
)
def test_pausing_after_a_failure_that_was_not_handled(runner, action, ends, iterations):
    process = Restart(inputs={'ends': ends, 'on_unhandled_failure': action})
    played(runner, process)
    assert process.node.is_finished_ok
    assert len(process.node.called) == iterations


@row('G07')
def test_pausing_at_the_last_iteration(runner):
    @process_handler
    def handle(self, node):
        return ProcessHandlerReport() if node.is_failed else None

    inputs = {'ends': [500, 500, 500, 0], 'max_iterations': 2, 'pause_on_max_iterations': True}
    process = with_handlers(handle=handle)(inputs=inputs)
    played(runner, process)
    assert process.node.is_finished_ok
    assert len(process.node.called) == 4


@row('G07')
def test_an_action_that_does_not_exist():
    with pytest.raises(ValueError, match='on_unhandled_failure'):
        run(Restart, ends=[0], on_unhandled_failure='no_such')


class RestartJob(BaseRestartWorkChain):
    """Runs a sum as a job."""

    _process_class = ArithmeticAddCalculation

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.expose_inputs(ArithmeticAddCalculation, namespace='add')
        spec.expose_outputs(ArithmeticAddCalculation)
        spec.outline(cls.setup, while_(cls.should_run_process)(cls.run_process, cls.inspect_process), cls.results)

    def setup(self):
        super().setup()
        self.ctx.inputs = self.exposed_inputs(ArithmeticAddCalculation, 'add')


@row('G07', 'G08')
@pytest.mark.parametrize('clean', [True, False])
def test_cleaning(bash, clean):
    results, node = run_get_node(RestartJob, add={'code': bash, 'x': 1, 'y': 2}, clean_workdir=clean)
    assert results['sum'].value == 3
    (job,) = node.called
    folder = job.get_remote_workdir()
    assert (os.path.exists(folder) and bool(os.listdir(folder))) is not clean
    expected = f'cleaned remote folders of calculations: {job.pk}' if clean else 'remote folders will not be cleaned'
    assert reports(node)[-1] == expected


@row('G01', 'G05')
@pytest.mark.parametrize('name', ['no_such', 'wrong'])
def test_inputs_that_the_sub_process_refuses(name):
    process = type('Wrong', (Restart,), {'prepare': lambda self: self.ctx.update(inputs={name: 1})})(
        inputs={'ends': [0]}
    )
    with pytest.raises(ValueError, match=rf'inputs|{name}'):
        run(process)
    assert process.node.is_excepted


@row('G04', 'G07')
@pytest.mark.parametrize('with_results', [True, False])
def test_the_last_iteration_ends_it(with_results):
    """Also without the step `results` a work chain that gave up has not finished well."""

    @process_handler
    def handle(self, node):
        return ProcessHandlerReport()

    class Short(Restart):
        handle_all = handle

        @classmethod
        def define(cls, spec):
            super().define(spec)
            steps = [while_(cls.should_run_process)(cls.prepare, cls.run_process, cls.inspect_process)]
            spec.outline(cls.setup, *steps, *([cls.results] if with_results else []))

    node = run_get_node(Short, ends=[500] * 3, max_iterations=2).node
    assert (node.exit_status, len(node.called)) == (401, 2)
    second = sorted(node.called, key=lambda called: called.pk)[1]
    assert reports(node)[2:] == [
        f'launching Sub<{second.pk}> iteration #2',
        f'Sub<{second.pk}> failed but a handler dealt with the problem',
        f'reached the maximum number of iterations 2: last ran Sub<{second.pk}>',
        'remote folders will not be cleaned',
    ]


@row('G07')
@pytest.mark.parametrize('number', [0, -1])
def test_no_iterations_at_all(number):
    node = run_get_node(Restart, ends=[0], max_iterations=number).node
    assert (node.exit_status, node.called) == (401, [])
    assert f'`max_iterations` is {number}' in reports(node)[0]


@row('G05', 'G08')
@pytest.mark.parametrize(
    ('action', 'ends', 'told'),
    [
        (
            None,
            [500, 501],
            [
                '{0} failed with an unhandled failure, restarting once more',
                '{1} failed with an unhandled failure for the second consecutive time, aborting',
            ],
        ),
        ('restart_once', [500, 0], ['{0} failed with an unhandled failure, restarting once more']),
        ('abort', [500], ['{0} failed with an unhandled failure, aborting']),
        ('abort', [0], []),
    ],
)
def test_what_is_told_of_a_failure_that_was_not_handled(action, ends, told):
    """Without the input it is as `restart_once`; aiida-core 2.9 aborts at once then, as with `abort` here."""
    inputs = {} if action is None else {'on_unhandled_failure': action}
    node = run_get_node(Restart, ends=ends, **inputs).node
    names = [f'Sub<{called.pk}>' for called in sorted(node.called, key=lambda called: called.pk)]
    assert [text for text in reports(node) if ' failed ' in text] == [text.format(*names) for text in told]


@row('G07')
def test_what_is_told_when_it_pauses(runner):
    process = Restart(inputs={'ends': [500, 501, 0], 'on_unhandled_failure': 'pause', 'max_iterations': 1})
    pk = process.pid
    statuses = played(runner, process, 2)
    assert statuses == [f'Paused, a failure was not handled: see `verdi process report {pk}`'] * 2
    assert process.node.is_finished_ok
    texts = reports(process.node)
    assert sum('pausing for inspection' in text for text in texts) == 2
    assert (
        texts.count(f'to run it once more, use `verdi process play {pk}`; to give up, `verdi process kill {pk}`') == 2
    )


@row('G07')
def test_killing_what_paused_by_itself(runner):
    async def go():
        task = runner.start_task(process)
        while not process.paused:
            await asyncio.sleep(0.005)
        assert process.kill('given up') is True
        await task

    process = Restart(inputs={'ends': [500, 0], 'on_unhandled_failure': 'pause'})
    runner.loop.run_until_complete(asyncio.wait_for(go(), 10))
    assert process.node.is_killed
    assert process.node.process_status == 'given up'


@row('G07')
def test_refused_actions():
    for wrong in ('', 'continue', 5):
        with pytest.raises(ValueError, match='on_unhandled_failure'):
            run(Restart, ends=[0], on_unhandled_failure=wrong)


@row('G06')
def test_what_is_noted_of_handlers():
    @process_handler(priority=10)
    def first(self, node):
        return ProcessHandlerReport() if node.is_failed else None

    @process_handler(exit_codes=Sub.exit_codes.ERROR_A)
    def second(self, node):
        return ProcessHandlerReport(True, ExitCode(77, 'seven'))

    @process_handler(priority=-10)
    def third(self, node):
        raise AssertionError('the handler before said to break')

    made = with_handlers(first=first, second=second, third=third)
    node = run_get_node(made, ends=[501, 500], handler_overrides={'third': False}).node
    assert (node.exit_status, node.exit_message) == (77, 'seven')
    dealt = {'do_break': False, 'exit_status': 0}
    assert node.base.extras.get('considered_handlers') == [
        [['first', dealt], ['second', None]],
        [['first', dealt], ['second', {'do_break': True, 'exit_status': 77}]],
    ]
    last = sorted(node.called, key=lambda called: called.pk)[1]
    told = f'Sub<{last.pk}> failed but a handler detected an unrecoverable problem, aborting'
    assert told in reports(node)


@row('G06')
def test_a_handler_that_raises():
    @process_handler
    def handle(self, node):
        raise KeyError('in a handler')

    process = with_handlers(handle=handle)(inputs={'ends': [0]})
    with pytest.raises(KeyError, match='in a handler'):
        run(process)
    assert process.node.is_excepted


@row('G01')
def test_bare_dictionaries_are_wrapped():
    class Wants(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.input('plain', valid_type=orm.Dict)
            spec.input('either', valid_type=(orm.Dict, orm.Int))
            spec.input_namespace('any', dynamic=True)
            spec.input('below.plain', valid_type=orm.Dict)

    process = Restart(inputs={'ends': [0]})
    given = {name: {'a': 1} for name in ('plain', 'either', 'unknown')}
    given.update(any={'b': {'c': 1}}, below={'plain': {'d': 1}}, metadata={'label': 'x'})
    wrapped = process._wrap_bare_dict_inputs(Wants.spec().inputs, given)
    assert isinstance(wrapped.plain, orm.Dict)
    assert isinstance(wrapped.either, orm.Dict)
    assert isinstance(wrapped.below.plain, orm.Dict)
    assert wrapped.below.plain.get_dict() == {'d': 1}
    assert not isinstance(wrapped['any']['b'], orm.Node)
    assert wrapped.unknown == {'a': 1}
    assert wrapped.metadata == {'label': 'x'}
    process.kill()


@row('G01')
def test_an_output_that_is_missing():
    class Missing(Restart):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.output('z')

    node = run_get_node(Missing, ends=[0]).node
    (child,) = node.called
    assert node.exit_status == 11
    assert f"required output 'z' was not an output of Sub<{child.pk}>" in reports(node)
