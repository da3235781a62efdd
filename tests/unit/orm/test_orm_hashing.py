"""Hashes of values and nodes, and what is found by them."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import OrderedDict
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from aiida import orm
from aiida.common.caching import enable_caching
from aiida.common.cleaning import clean_value
from aiida.common.exceptions import HashingError, InvalidOperation, ValidationError
from aiida.common.hashing import float_to_text, make_hash
from aiida.common.links import LinkType


class Colour(Enum):
    RED = 1
    BLUE = 2


#: Each value has a hash of its own.
DIFFERENT = [
    None, True, False, 0, 1,
    1.0, 0.5, '1', '', 'a', b'a', [], [1], [[1]], {}, {'a': 1}, {'a': 2}, {1: 'a'}, {'a': [1]},
    [1, 2], [2, 1], ['a', 'b'], ['a,b'], ['as1:b'], {'a', 'b'}, math.nan, math.inf, -math.inf, 2**70, 1 + 2j,
    datetime(2020, 1, 1), datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 1).date(), UUID(int=1),
    PurePosixPath('a'),
    Colour.RED, Colour.BLUE, np.array([1, 2, 3]), np.array([[1, 2, 3]]), {'a': None}, ['None'],
]  # fmt: skip


def test_different_values_have_different_hashes() -> None:
    hashes = [make_hash(value) for value in DIFFERENT]
    assert len(set(hashes)) == len(DIFFERENT)
    assert all(len(digest) == 64 for digest in hashes)


@pytest.mark.parametrize(
    ('one', 'two'),
    [
        ({'a': 1, 'b': 2}, {'b': 2, 'a': 1}),
        ({'a': 1}, OrderedDict(a=1)),
        ([1, 2], (1, 2)),
        (0.1 + 0.2, 0.3),
        (0.0, -0.0),
        (1.5, Decimal('1.5')),
        (1.5, np.float64(1.5)),
        (2, np.int64(2)),
        ({1, 2, 3}, {3, 2, 1}),
        ({1, 2}, frozenset({1, 2})),
        (b'a', bytearray(b'a')),
        (datetime(2020, 1, 1, 12, tzinfo=UTC), datetime(2020, 1, 1, 13, tzinfo=timezone(timedelta(hours=1)))),
    ],
)
def test_equal_values_have_equal_hashes(one: Any, two: Any) -> None:
    assert make_hash(one) == make_hash(two)


def test_what_cannot_be_hashed() -> None:
    with pytest.raises(HashingError, match='object'):
        make_hash({'a': [object()]})


def test_hashes_are_the_same_in_every_interpreter() -> None:
    value = "{'a': [1, 2.5, None, True, 'x'], 'b': {'c', 'd', 'e'}}"
    code = f'from aiida.common.hashing import make_hash; print(make_hash({value}))'
    out = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout.strip()
    assert out == make_hash(eval(value))
    assert make_hash({'a': [1, 2.5, None, True, 'x']}) == (
        '27bf5826c068f72f8e8250e8862b7a2248ea91bc2349c209dbb9508fb88b8217'
    )


def test_float_to_text() -> None:
    assert float_to_text(0.1 + 0.2) == '0.3'
    assert float_to_text(1 / 3, sig=3) == '0.333'
    assert float_to_text(-0.0) == '0'


# cleaning


@pytest.mark.parametrize(
    ('value', 'cleaned'),
    [
        ((1, 2), [1, 2]),
        ({1: 'a', 2.5: 'b', False: 'c'}, {'1': 'a', '2.5': 'b', 'False': 'c'}),
        (np.float64(1.5), 1.5),
        (np.int32(2), 2),
        (np.bool_(True), True),
        (Decimal('1.5'), 1.5),
        ({'a': ({'b': np.int64(1)},)}, {'a': [{'b': 1}]}),
        (OrderedDict(a=OrderedDict(b=1)), {'a': {'b': 1}}),
        (2**70, 2**70),
        ('a', 'a'),
        (None, None),
    ],
)
def test_clean_value(value: Any, cleaned: Any) -> None:
    result = clean_value(value)
    assert result == cleaned
    assert type(result) is type(cleaned)


def test_cleaned_values_are_copies() -> None:
    value = {'a': [{'b': 1}]}
    cleaned = clean_value(value)
    value['a'][0]['b'] = 2
    assert cleaned == {'a': [{'b': 1}]}


@pytest.mark.parametrize(
    'value', [math.nan, math.inf, np.float64('nan'), object(), b'a', datetime(2020, 1, 1), 1j, Colour.RED]
)
def test_refused_values_are_located(value: Any) -> None:
    with pytest.raises(ValidationError, match=r'at a\[1\]\.b'):
        clean_value({'a': [0, {'b': value}]})
    with pytest.raises(ValidationError):
        clean_value(value)


def test_nodes_inside_values() -> None:
    assert clean_value({'a': orm.Int(1), 'b': [orm.Str('x')], 'c': orm.List([1]), 'd': orm.Dict({'e': 1})}) == {
        'a': 1,
        'b': ['x'],
        'c': [1],
        'd': {'e': 1},
    }
    with pytest.raises(ValidationError, match='node'):
        clean_value({'a': orm.Data()})


# nodes


def test_hash_of_data(computer: orm.Computer) -> None:
    def digest(**kwargs: Any) -> str | None:
        attributes, content = kwargs.pop('attributes', {}), kwargs.pop('content', None)
        node = kwargs.pop('cls', orm.Data)(**kwargs)
        node.base.attributes.set_many(attributes)
        if content is not None:
            node.base.repository.put_object_from_bytes(content, 'file')
        before = node.base.caching.compute_hash()
        node.store()
        assert node.base.caching.get_hash() == node.base.caching.compute_hash() == before
        assert orm.load_node(node.pk).base.caching.compute_hash() == before
        return node.base.caching.get_hash()

    assert digest(attributes={'a': 1}) == digest(
        attributes={'a': 1}, label='other', description='other', extras={'x': 1}
    )
    different = [
        digest(),
        digest(attributes={'a': 1}),
        digest(attributes={'a': 2}),
        digest(content=b'a'),
        digest(content=b'b'),
        digest(computer=computer),
        digest(cls=orm.FolderData),
    ]
    assert len(set(different)) == len(different)
    assert None not in different


class Accepting:
    """What a process class says of its nodes as sources."""

    @classmethod
    def is_valid_cache(cls, node: orm.ProcessNode) -> bool:
        return node.exit_status == 0


def finished(value: orm.Node, **attributes: Any) -> orm.CalculationNode:
    """Return a stored calculation that has ended, with one input and one output."""
    node = orm.CalculationNode(process_type=f'{__name__}.Accepting')
    node.base.attributes.set_many(attributes)
    node.base.links.add_incoming(value, LinkType.INPUT_CALC, 'x')
    node.store()
    if not node.base.caching.is_created_from_cache:
        output = orm.Int(7)
        output.base.links.add_incoming(node, LinkType.CREATE, 'y')
        output.store()
        node.set_process_state('finished')
        node.set_exit_status(attributes.get('exit_status', 0))
    node.seal()
    return node


def test_hash_of_a_process() -> None:
    value = orm.Int(1).store()
    node = finished(value)
    digest = node.base.caching.get_hash()
    assert node.base.caching.compute_hash() == digest
    assert set(node.base.caching.get_objects_to_hash()) == {
        'class', 'attributes', 'repository_hash', 'computer_uuid', 'inputs',
    }  # fmt: skip
    assert finished(orm.Int(1).store()).base.caching.get_hash() == digest
    assert finished(value, metadata_inputs={'a': 1}).base.caching.get_hash() == digest
    assert finished(orm.Int(2).store()).base.caching.get_hash() != digest
    assert finished(value, version=1).base.caching.get_hash() != digest


def test_same_nodes() -> None:
    value = orm.Int(1).store()
    one, two, other = finished(value), finished(value), finished(orm.Int(2).store())
    assert one.base.caching.get_all_same_nodes() == [two]
    two.is_valid_cache = False
    assert one.base.caching.get_all_same_nodes() == []
    two.is_valid_cache = True
    two.base.caching.clear_hash()
    assert one.base.caching.get_all_same_nodes() == []
    two.base.caching.rehash()
    assert one.base.caching.get_all_same_nodes() == [two]
    assert other.base.caching.get_all_same_nodes() == []
    with pytest.raises(InvalidOperation):
        orm.CalculationNode().base.caching.get_all_same_nodes()
    with pytest.raises(TypeError):
        two.is_valid_cache = 'yes'  # type: ignore[assignment]


def test_only_what_finished_is_a_source() -> None:
    value = orm.Int(1).store()
    node = orm.CalculationNode(process_type=f'{__name__}.Accepting').store()
    assert not node.is_valid_cache
    node.set_process_state('excepted')
    node.set_exit_status(0)
    assert not node.is_valid_cache
    node.set_process_state('finished')
    assert not node.is_valid_cache
    node.seal()
    assert node.is_valid_cache
    assert finished(value).is_valid_cache
    assert not finished(value, exit_status=11).is_valid_cache
    lost = orm.CalculationNode(process_type='no.such.thing').store()
    lost.set_process_state('finished')
    lost.seal()
    assert not lost.is_valid_cache
    silent = orm.CalculationNode(process_type='collections.OrderedDict').store()
    silent.set_process_state('finished')
    silent.seal()
    assert silent.is_valid_cache


def test_outputs_are_taken_over() -> None:
    value = orm.Int(1).store()
    source = finished(value)
    assert not finished(value).base.caching.is_created_from_cache
    with enable_caching():
        node = finished(value)
        fresh = finished(orm.Int(3).store())
    assert not fresh.base.caching.is_created_from_cache
    assert node.base.caching.is_created_from_cache
    assert node.base.caching.get_cache_source() == source.uuid
    assert node.base.caching.get_hash() == source.base.caching.get_hash()
    assert node.exit_status == 0
    assert node.outputs.y.value == 7
    assert node.outputs.y.uuid != source.outputs.y.uuid
    assert node.inputs.x == value


def test_data_is_never_taken_over() -> None:
    with enable_caching():
        orm.Int(1).store()
        assert not orm.Int(1).store().base.caching.is_created_from_cache


def test_the_inputs_may_refuse_the_cache() -> None:
    value = orm.Int(1).store()
    finished(value)
    with enable_caching():
        node = orm.CalculationNode(process_type=f'{__name__}.Accepting')
        node.base.links.add_incoming(value, LinkType.INPUT_CALC, 'x')
        node.set_metadata_inputs({'metadata': {'disable_cache': True}})
        node.store()
    assert not node.base.caching.is_created_from_cache
