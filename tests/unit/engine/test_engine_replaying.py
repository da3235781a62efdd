"""What a step launched before it was interrupted, when the step is run again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from engine_samples import Leaf, Stuck

from aiida import orm
from aiida.common.exceptions import StorageUnavailable
from aiida.engine import WorkChain, calcfunction, run
from aiida.engine.runners import Runner
from aiida.engine.runtime.resuming import resume


@calcfunction
def twice(x: Any) -> Any:
    CALLS.append(x.value)
    if x.value in Launching.breaks_in:
        raise StorageUnavailable('the database is away')
    return orm.Int(2 * x.value)


CALLS: list[int] = []


class Launching(WorkChain):
    """One step that launches what ``launches`` does, and is interrupted the first time."""

    attempt: ClassVar[int] = 0
    breaks_in: ClassVar[tuple[int, ...]] = ()
    launches: ClassVar[Callable[[Any, int], Any]]

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.outputs.dynamic = True
        spec.outline(cls.launch, cls.end)

    def launch(self) -> None:
        Launching.attempt += 1
        type(self).launches(self, Launching.attempt)
        if Launching.attempt == 1:
            raise StorageUnavailable('the database is away')

    def end(self) -> None:
        pass


@pytest.fixture(autouse=True)
def fresh() -> None:
    Launching.attempt, Launching.breaks_in = 0, ()
    CALLS.clear()


def interrupted_and_resumed(runner: Runner, launches: Callable[[Any, int], Any]) -> Any:
    """Run a step that is interrupted, run it again, and return the node of its process."""
    Launching.launches = staticmethod(launches)
    with pytest.raises(StorageUnavailable):
        run(Launching)
    node = orm.QueryBuilder().append(orm.WorkChainNode, filters={'attributes.process_label': 'Launching'}).one()[0]
    process = resume(runner, node.pk)
    runner.run_until_complete(asyncio.wait_for(process.future(), 20))  # type: ignore[arg-type]
    runner.run_until_complete(asyncio.wait_for(end_of(node.called), 20))  # type: ignore[arg-type]
    assert node.is_finished_ok
    assert Launching.attempt == 2
    return node


async def end_of(nodes: list[Any]) -> None:
    while not all(node.is_terminated for node in nodes):
        await asyncio.sleep(0.01)


def test_the_same_is_not_launched_again(runner: Runner) -> None:
    def launches(process: Any, attempt: int) -> Any:
        process.to_context(one=process.submit(Leaf, x=1), two=process.submit(Leaf, x=2))

    node = interrupted_and_resumed(runner, launches)
    assert [(called.inputs.x.value, called.is_finished_ok) for called in node.called] == [(1, True), (2, True)]


def test_what_has_other_inputs_is_another(runner: Runner) -> None:
    def launches(process: Any, attempt: int) -> Any:
        process.to_context(it=process.submit(Leaf, x=attempt))

    node = interrupted_and_resumed(runner, launches)
    assert [called.inputs.x.value for called in node.called] == [1, 2]
    assert node.called[1].is_finished_ok


def test_what_has_another_label_or_class_is_another(runner: Runner) -> None:
    def launches(process: Any, attempt: int) -> Any:
        process.to_context(it=process.submit(Leaf, x=1, metadata={'label': str(attempt)}))
        if attempt == 1:
            process.submit(Stuck)

    node = interrupted_and_resumed(runner, launches)
    found = {(called.process_label, called.label): called for called in node.called}
    assert found.keys() == {('Leaf', '1'), ('Leaf', '2'), ('Stuck', '')}
    assert found['Leaf', '2'].is_finished_ok
    assert found['Stuck', ''].is_killed
    assert 'interrupted' in found['Stuck', ''].process_status


def test_a_function_that_had_ended_is_not_called_again(runner: Runner) -> None:
    values = []

    def launches(process: Any, attempt: int) -> Any:
        values.append(twice(orm.Int(4)).pk)

    node = interrupted_and_resumed(runner, launches)
    assert CALLS == [4]
    assert len(node.called) == 1
    assert values[0] == values[1]


def test_a_function_that_was_cut_off_is_called_anew(runner: Runner) -> None:
    def launches(process: Any, attempt: int) -> Any:
        Launching.breaks_in = (4,) if attempt == 1 else ()
        twice(orm.Int(4))

    node = interrupted_and_resumed(runner, launches)
    assert CALLS == [4, 4]
    assert sorted(called.process_state.value for called in node.called) == ['finished', 'killed']
    assert all(called.is_sealed for called in node.called)
