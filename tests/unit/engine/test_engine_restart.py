"""Work chains that run a process again until it ends well."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aiida import orm
from aiida.engine import (
    BaseRestartWorkChain,
    ExitCode,
    ProcessHandlerReport,
    WorkChain,
    process_handler,
    run,
    run_get_node,
    while_,
)
from aiida.engine.runners import Runner


class Sub(WorkChain):
    """Ends as its input says: 0 is success, others are exit statuses, 99 excepts, 98 is killed."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('x', valid_type=orm.Int)
        spec.input('n.parameters', valid_type=orm.Dict, required=False)
        spec.output('y', valid_type=orm.Int)
        spec.output('extra', valid_type=orm.Int, required=False)
        spec.exit_code(1, 'E', 'e')
        spec.outline(cls.go)

    def go(self) -> Any:
        x = self.inputs.x.value
        if x == 99:
            raise ValueError('a')
        if x == 98:
            self.kill('k')
        elif x > 0:
            return ExitCode(x)
        else:
            self.out('y', self.inputs.x)
        return None


class Again(BaseRestartWorkChain):
    """Handles 1 by trying 0, 3 by giving up; 4 by trying 2, which nobody handles."""

    _process_class = Sub

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('x', valid_type=orm.Int)
        spec.expose_outputs(Sub)
        spec.exit_code(500, 'ERROR_HOPELESS', 'hopeless')
        spec.outline(cls.setup, while_(cls.should_run_process)(cls.run_process, cls.inspect_process), cls.results)

    def setup(self) -> None:
        super().setup()
        self.ctx.inputs = {'x': self.inputs.x, 'n': {'parameters': {'a': 1}}}

    @process_handler(priority=100, exit_codes=ExitCode(1))
    def handle_one(self, node: Any) -> Any:
        self.ctx.inputs['x'] = orm.Int(0)
        return ProcessHandlerReport()

    @process_handler(priority=50, exit_codes=[ExitCode(3), ExitCode(33)])
    def handle_three(self, node: Any) -> Any:
        return ProcessHandlerReport(True, self.exit_codes.ERROR_HOPELESS)

    @process_handler
    def handle_four(self, node: Any) -> Any:
        if node.exit_status == 4:
            self.ctx.inputs['x'] = orm.Int(2)
            return ProcessHandlerReport(do_break=True)
        return None

    @process_handler(enabled=False)
    def handle_success(self, node: Any) -> Any:
        return ProcessHandlerReport(True, self.exit_codes.ERROR_HOPELESS)


NONE = [['handle_one', None], ['handle_three', None], ['handle_four', None]]
GOOD = {'do_break': False, 'exit_status': 0}


@pytest.mark.parametrize(
    ('inputs', 'status', 'considered'),
    [
        ({'x': 0}, 0, [NONE]),
        ({'x': 1}, 0, [[['handle_one', GOOD], *NONE[1:]], NONE]),
        ({'x': 2}, 402, [NONE, NONE]),
        ({'x': 3}, 500, [[NONE[0], ['handle_three', {'do_break': True, 'exit_status': 500}]]]),
        ({'x': 4}, 402, [[*NONE[:2], ['handle_four', {**GOOD, 'do_break': True}]], NONE, NONE]),
        ({'x': 99}, 301, [[]]),
        ({'x': 98}, 302, [[]]),
        ({'x': 1, 'max_iterations': 1}, 401, [[['handle_one', GOOD], *NONE[1:]]]),
        ({'x': 2, 'on_unhandled_failure': 'abort'}, 402, [NONE]),
        (
            {'x': 0, 'handler_overrides': {'handle_success': True}},
            500,
            [[*NONE, ['handle_success', {'do_break': True, 'exit_status': 500}]]],
        ),
        (
            {'x': 0, 'handler_overrides': {'handle_success': {'enabled': True, 'priority': 1000}}},
            500,
            [[['handle_success', {'do_break': True, 'exit_status': 500}]]],
        ),
        ({'x': 1, 'handler_overrides': {'handle_one': False}}, 402, [NONE[1:], NONE[1:]]),
    ],
)
def test_decisions(inputs: dict[str, Any], status: int, considered: list[Any]) -> None:
    result, node = run_get_node(Again, inputs)
    assert node.exit_status == status
    assert node.base.extras.get('considered_handlers') == considered
    assert ('y' in result) is (status == 0)
    assert len(node.called) == len(considered)
    assert node.called[0].inputs.n.parameters.get_dict() == {'a': 1}


def test_reports() -> None:
    _, node = run_get_node(Again, x=1)
    first, second = node.called
    assert [log.message for log in orm.Log.collection.get_logs_for(node)] == [
        f'[{node.pk}|Again|run_process]: launching Sub<{first.pk}> iteration #1',
        f'[{node.pk}|Again|inspect_process]: Sub<{first.pk}> failed but a handler dealt with the problem, restarting',
        f'[{node.pk}|Again|run_process]: launching Sub<{second.pk}> iteration #2',
        f'[{node.pk}|Again|results]: work chain completed after 2 iterations',
        f'[{node.pk}|Again|on_terminated]: remote folders will not be cleaned',
    ]


@pytest.mark.parametrize('action', ['pause', 'restart_and_pause'])
def test_pausing_for_inspection(runner: Runner, action: str) -> None:
    process = Again(inputs={'x': 2, 'on_unhandled_failure': action})

    async def repair() -> None:
        task = runner.start_task(process)
        while not process.paused:
            await asyncio.sleep(0.005)
        assert process.node.paused
        assert len(process.node.called) == (1 if action == 'pause' else 2)
        process.ctx.inputs['x'] = orm.Int(0)
        process.play()
        await asyncio.wait([task], timeout=5)

    runner.run_until_complete(repair())  # type: ignore[arg-type]
    assert process.node.is_finished_ok


def test_pausing_when_iterations_are_used_up(runner: Runner) -> None:
    process = Again(inputs={'x': 1, 'max_iterations': 1, 'pause_on_max_iterations': True})

    async def go_on() -> None:
        task = runner.start_task(process)
        while not process.paused:
            await asyncio.sleep(0.005)
        process.play()
        await asyncio.wait([task], timeout=5)

    runner.run_until_complete(go_on())  # type: ignore[arg-type]
    assert process.node.is_finished_ok
    assert len(process.node.called) == 2


@pytest.mark.parametrize(
    ('overrides', 'message'),
    [
        ({'nope': True}, 'not a process handler'),
        ({'setup': True}, 'not a process handler'),
        ({'handle_one': 3}, 'not a boolean or dictionary'),
        ({'handle_one': {'zz': 1}}, 'not supported'),
        ({'handle_one': {'enabled': 3}}, '`enabled`'),
        ({'handle_one': {'priority': 'x'}}, '`priority`'),
    ],
)
def test_overrides_are_checked(overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(Again, x=0, handler_overrides=overrides)
    with pytest.raises(ValueError, match='is not one of'):
        run(Again, x=0, on_unhandled_failure='panic')


def test_handlers_of_a_class() -> None:
    assert [handler.__name__ for handler in Again.get_process_handlers()] == [
        'handle_four',
        'handle_one',
        'handle_success',
        'handle_three',
    ]
    assert Again.is_process_handler('handle_one')
    assert Again.is_process_handler(Again.handle_one)
    assert not Again.is_process_handler('setup')
    assert not Again.is_process_handler('nothing')


@pytest.mark.parametrize(
    'decorate',
    [
        lambda: process_handler(priority='x')(lambda self, node: None),  # type: ignore[arg-type]
        lambda: process_handler(exit_codes=3)(lambda self, node: None),  # type: ignore[arg-type]
        lambda: process_handler(exit_codes=[3])(lambda self, node: None),  # type: ignore[list-item]
        lambda: process_handler(enabled=3)(lambda self, node: None),  # type: ignore[arg-type]
        lambda: process_handler(lambda self: None),
        lambda: process_handler(lambda self, node, more: None),
        lambda: process_handler(lambda self, *args: None),
        lambda: process_handler(3),  # type: ignore[arg-type]
    ],
)
def test_decorator_refuses(decorate: Any) -> None:
    with pytest.raises(TypeError):
        decorate()


def test_class_without_a_process() -> None:
    class Empty(Again):
        _process_class = None

    with pytest.raises(ValueError, match='_process_class'):
        run(Empty, x=1)


def test_missing_inputs_and_wrong_reports() -> None:
    class NoInputs(Again):
        def setup(self) -> None:
            BaseRestartWorkChain.setup(self)

    with pytest.raises(AttributeError, match=r'self\.ctx\.inputs'):
        run(NoInputs, x=0)

    class WrongReport(Again):
        @process_handler
        def wrong(self, node: Any) -> Any:
            return True

    with pytest.raises(RuntimeError, match='`wrong` returned True'):
        run(WrongReport, x=0)


def test_everything_can_be_imported_by_star() -> None:
    scope: dict[str, Any] = {}
    exec('from aiida.engine import *', scope)
    assert scope['BaseRestartWorkChain'] is BaseRestartWorkChain
