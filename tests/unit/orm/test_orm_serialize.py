"""Values as YAML and back."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import uuid
from datetime import datetime
from typing import Any

import pytest
from plumpy import Bundle
from plumpy.process_states import ProcessState
from plumpy.utils import AttributesFrozendict

from aiida import orm
from aiida.common.extendeddicts import AttributeDict
from aiida.common.links import LinkType
from aiida.orm.utils.serialize import deserialize_unsafe, serialize


@dataclasses.dataclass
class Point:
    x: int
    node: Any = None


@pytest.mark.parametrize(
    'value',
    [
        {'a': [1, 2.5, None, True, 'x'], 'b': {'c': []}},
        (1, 2),
        AttributeDict({'a': AttributeDict({'b': 1})}),
        AttributesFrozendict({'a': 1}),
        LinkType.CREATE,
        ProcessState.RUNNING,
        uuid.UUID(int=3),
        datetime(2020, 1, 1),
        Point(1),
        {1, 2},
        b'bytes',
    ],
)
def test_round_trip(value: Any) -> None:
    back = deserialize_unsafe(serialize(value))
    assert back == value
    assert type(back) is type(value)


def test_entities(computer: orm.Computer) -> None:
    node, group = orm.Int(1).store(), orm.Group('g').store()
    value = {'n': node, 'g': group, 'c': computer, 'in': AttributeDict({'list': [node]}), 'point': Point(1, node)}
    text = serialize(value)
    assert f"!aiida_node '{node.uuid}'" in text
    assert f"g: !aiida_group '{group.uuid}'" in text
    assert f"c: !aiida_computer '{computer.uuid}'" in text
    assert '!aiida_attributedict' in text
    back = deserialize_unsafe(text)
    assert back == value
    assert type(back['n']) is orm.Int
    assert serialize(value, encoding='utf-8') == text.encode()


def test_neighbours() -> None:
    process = orm.CalculationNode()
    process.base.links.add_incoming(orm.Int(5).store(), LinkType.INPUT_CALC, 'x')
    process.store()
    back = deserialize_unsafe(serialize(process.inputs))
    assert back.x.value == 5


def test_bundle() -> None:
    bundle = Bundle.__new__(Bundle)
    bundle.update({'a': orm.Int(1).store(), 'b': AttributeDict({'c': (1, 2)})})
    back = deserialize_unsafe(serialize({'state': bundle}))['state']
    assert type(back) is Bundle
    assert back == bundle


def test_what_is_not_stored(computer: orm.Computer) -> None:
    for entity in (orm.Int(1), orm.Group('g'), orm.Computer('x')):
        with pytest.raises(ValueError, match='not stored'):
            serialize(entity)


def test_what_was_deleted() -> None:
    node = orm.Int(1).store()
    text = serialize([node])
    orm.Node.collection.delete(node.pk)
    with pytest.raises(ValueError, match=node.uuid):
        deserialize_unsafe(text)


def test_nothing_heavy_is_imported_with_the_graph() -> None:
    code = (
        'import sys, aiida.orm\n'
        'from aiida.orm import Int, Dict, CalcJobNode, WorkChainNode, Computer, Group, load_node, Log, User\n'
        'Log._logger.report\n'
        'heavy = {"sqlalchemy", "numpy", "disk_objectstore", "asyncio", "yaml", "jinja2", "rich", "click", "plumpy"}\n'
        'print(sorted(heavy & set(sys.modules)))'
    )
    out = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == '[]'
