"""What the user got wrong is told in a few lines; what the user's code raises, with all its frames."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from aiida.engine import WorkChain, calcfunction, run, run_get_node, submit
from aiida.orm import Int


class Doubler(WorkChain):
    """Wants a number, and does what it is told with it."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('number', valid_type=Int, validator=cls.judge)
        spec.outline(cls.work)

    @classmethod
    def judge(cls, value: Any, port: Any) -> str | None:
        if value.value == 13:
            raise ArithmeticError('the validator is wrong')
        return 'is negative' if value.value < 0 else None

    def work(self) -> None:
        if self.inputs.number.value == 2:
            self.submit(Doubler, number=Int(-1))
        if self.inputs.number.value == 3:
            add(Int(1))  # type: ignore[call-arg]


@calcfunction
def add(x: Any, y: Any) -> Any:
    return x + y


def lines_of(action: Any) -> tuple[list[str], BaseException]:
    with pytest.raises(Exception) as caught:
        action()
    return ''.join(traceback.format_exception(caught.value)).splitlines(), caught.value


@pytest.mark.parametrize(
    ('action', 'message'),
    [
        (lambda: run(Doubler), 'required value was not provided'),
        (lambda: run(Doubler, number=Int(-1)), 'is negative'),
        (lambda: run_get_node(Doubler.get_builder()), 'required value was not provided'),
        (lambda: submit(Doubler, number=Int(1), colour=Int(1)), 'colour'),
        (lambda: submit(Doubler, number=object()), 'object object'),
        (lambda: submit(3), 'invalid process'),  # type: ignore[arg-type]
        (lambda: add(Int(1)), 'required value was not provided'),  # type: ignore[call-arg]
        (lambda: add.run_get_node(Int(1), object()), 'there is no node type'),
    ],
)
def test_a_mistake_is_told_in_a_few_lines(profile: Any, action: Any, message: str) -> None:
    lines, error = lines_of(action)
    assert isinstance(error, ValueError | TypeError)
    assert message in lines[-1]
    assert len(lines) < 26
    assert lines[0] == 'Traceback (most recent call last):'
    assert 'plumpy' not in ''.join(lines)
    assert any('in action()' in line or line.strip() == 'action()' for line in lines)


@pytest.mark.parametrize(('number', 'step'), [(2, 'self.submit(Doubler, number=Int(-1))'), (3, 'add(Int(1))')])
def test_the_frames_of_a_step_are_kept(profile: Any, number: int, step: str) -> None:
    lines, error = lines_of(lambda: run(Doubler, number=Int(number)))
    assert isinstance(error, ValueError)
    assert any(step in line for line in lines)


def test_the_frames_of_a_validator_are_kept(profile: Any) -> None:
    lines, error = lines_of(lambda: run(Doubler, number=Int(13)))
    assert isinstance(error, ArithmeticError)
    assert any("raise ArithmeticError('the validator is wrong')" in line for line in lines)
