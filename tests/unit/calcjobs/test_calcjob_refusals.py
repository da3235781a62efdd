"""What a job is refused for before anything of it is stored."""

from __future__ import annotations

from typing import Any

import pytest

from aiida.engine import run
from aiida.orm import Dict, Int
from aiida.plugins import CalculationFactory


def add(bash: Any, **more: Any) -> Any:
    """Return a builder of an addition."""
    builder = CalculationFactory('core.arithmetic.add').get_builder()
    builder.code, builder.x, builder.y = bash, Int(1), Int(2)
    for name, value in more.items():
        setattr(builder, name, value)
    return builder


@pytest.mark.parametrize('option', ['max_wallclock_seconds', 'max_memory_kb'])
@pytest.mark.parametrize('value', [0, -1])
def test_an_amount_is_larger_than_zero(bash: Any, option: str, value: int) -> None:
    builder = add(bash)
    with pytest.raises(ValueError, match=rf'{option}.*larger than zero, not {value}'):
        setattr(builder.metadata.options, option, value)
        run(builder)


@pytest.mark.parametrize(
    ('monitor', 'given'), [({}, 'no keys'), ({'entry_point': 'core.always_kill', 'often': 1}, "'often'")]
)
def test_a_monitor_is_told_which_keys_it_takes(bash: Any, monitor: dict[str, Any], given: str) -> None:
    with pytest.raises(ValueError, match=rf'`monitors.watch` takes `entry_point`.*kwargs.*given are .*{given}'):
        run(add(bash, monitors={'watch': Dict(monitor)}))
