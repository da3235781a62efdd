"""Gathering the nodes of a script, and making computers from settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from aiida import orm
from aiida.common.exceptions import ValidationError
from aiida.orm.autogroup import AutogroupManager
from aiida.orm.utils.builders.computer import ComputerBuilder


@pytest.fixture
def grouping(store: Any) -> Iterator[AutogroupManager]:
    """What gathers nodes; it stops at the end of the test."""
    made = AutogroupManager()
    yield made
    made.disable()


def test_nodes_are_gathered_while_enabled(grouping: AutogroupManager) -> None:
    orm.Int(1).store()
    assert orm.AutoGroup.collection.count() == 0
    grouping.enable()
    grouping.enable()
    assert grouping.is_enabled
    nodes = [orm.Int(1).store(), orm.Data().store(), orm.CalculationNode().store()]
    nodes[0].store()
    grouping.disable()
    grouping.disable()
    orm.Int(1).store()
    group = orm.AutoGroup.collection.get()
    assert group.label.startswith('Verdi autogroup on ')
    assert list(group.nodes) == nodes


@pytest.mark.parametrize(
    ('include', 'exclude', 'gathered'),
    [
        (['aiida.data:core.int'], None, ['Int']),
        ('aiida.data:core.%', None, ['Int', 'Str']),
        (None, ['aiida.data:core.i_t'], ['Str', 'CalcJobNode']),
        (None, 'aiida.node:%', ['Int', 'Str']),
    ],
)
def test_some_classes(grouping: AutogroupManager, include: Any, exclude: Any, gathered: list[str]) -> None:
    grouping.set_include(include)
    grouping.set_exclude(exclude)
    grouping.enable()
    for node in (orm.Int(1), orm.Str('a'), orm.CalcJobNode()):
        node.store()
    assert [type(node).__name__ for node in grouping.get_or_create_group().nodes] == gathered


def test_invalid_patterns(grouping: AutogroupManager) -> None:
    with pytest.raises(ValidationError, match='group:name'):
        grouping.set_include(['int'])
    grouping.set_include(['a:b'])
    with pytest.raises(ValidationError, match='not both'):
        grouping.set_exclude(['a:b'])
    assert grouping.get_include() == ['a:b']
    assert grouping.get_exclude() is None


def test_labels(grouping: AutogroupManager) -> None:
    labels = []
    for _ in range(3):
        grouping.set_group_label_prefix('run')
        labels.append(grouping.get_or_create_group().label)
    assert labels == ['run', 'run_1', 'run_2']


def test_builder_of_computers(computer: orm.Computer) -> None:
    computer.set_mpirun_command(['srun', '-n', '{tot_num_mpiprocs}'])
    computer.set_default_mpiprocs_per_machine(4)
    builder = ComputerBuilder.from_computer(computer)
    assert builder.mpirun_command == 'srun -n {tot_num_mpiprocs}'
    builder.label = 'second'
    made = builder.new()
    assert not made.is_stored
    expected = {**ComputerBuilder.get_computer_spec(computer), 'label': 'second'}
    assert ComputerBuilder.get_computer_spec(made.store()) == expected


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'label': ''}, 'label'),
        ({'hostname': None}, 'hostname'),
        ({'mpiprocs_per_machine': 'a'}, 'integer'),
        ({'mpiprocs_per_machine': -1}, 'positive'),
        ({'shebang': 'bash'}, 'shebang'),
        ({'default_memory_per_machine': -1}, 'memory'),
    ],
)
def test_invalid_settings_of_a_builder(computer: orm.Computer, change: dict[str, Any], message: str) -> None:
    builder = ComputerBuilder(**{**ComputerBuilder.get_computer_spec(computer), **change})
    with pytest.raises(ComputerBuilder.ComputerValidationError, match=message):
        builder.new()
