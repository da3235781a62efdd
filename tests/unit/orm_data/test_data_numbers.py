"""Nodes that wrap numbers, booleans and texts: operators, conversions, what is refused."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pytest

from aiida import orm
from aiida.common.exceptions import ModificationNotAllowed, ValidationError
from aiida.orm import Bool, Dict, Float, Int, Str

pytestmark = pytest.mark.usefixtures('store')

OPERATORS = {
    '+': operator.add,
    '-': operator.sub,
    '*': operator.mul,
    '/': operator.truediv,
    '//': operator.floordiv,
    '%': operator.mod,
    '**': operator.pow,
    '<': operator.lt,
    '<=': operator.le,
    '>': operator.gt,
    '>=': operator.ge,
}
PAIRS = [
    (Int, 7, Int, 2),
    (Int, 7, Float, 2.0),
    (Float, 7.5, Int, 2),
    (Float, 7.5, Float, 2.5),
    (Int, 7, None, 2),
    (Int, 7, None, 2.0),
    (Float, 7.5, None, 2),
    (None, 7, Int, 2),
    (None, 7.5, Int, 2),
    (None, 7, Float, 2.5),
    (Int, 7, None, True),
    (Int, 7, None, np.int64(2)),
    (None, np.int64(7), Int, 2),
    (None, np.float64(7.5), Int, 2),
]
NODE_OF = {int: Int, float: Float, bool: Bool, str: Str}


@pytest.mark.parametrize('symbol', OPERATORS)
@pytest.mark.parametrize(('left_class', 'left', 'right_class', 'right'), PAIRS)
def test_operators_calculate_like_the_values(
    symbol: str, left_class: Any, left: Any, right_class: Any, right: Any
) -> None:
    expected = OPERATORS[symbol](left, right)
    first = left if left_class is None else left_class(left)
    second = right if right_class is None else right_class(right)
    result = OPERATORS[symbol](first, second)
    plain = expected.item() if isinstance(expected, np.generic) else expected
    assert type(result) is NODE_OF[type(plain)]
    assert result.value == plain
    assert type(result.value) is type(plain)
    assert not result.is_stored


@pytest.mark.parametrize('other', [None, 'a', object()])
def test_operators_refuse_what_numbers_refuse(other: Any) -> None:
    with pytest.raises(TypeError):
        Int(3) + other
    with pytest.raises(TypeError):
        other - Int(3)


def test_operators_refuse_other_nodes() -> None:
    for other in (Bool(True), Dict({'a': 1}), orm.List([1])):
        with pytest.raises(TypeError):
            Int(3) - other
        with pytest.raises(TypeError):
            other - Int(3)


def test_sign_and_conversions() -> None:
    assert (abs(Int(-3)), +Int(3), int(Float(3.7)), float(Int(3)), complex(Int(3))) == (3, 3, 3, 3.0, 3 + 0j)
    negative = -Float(2.5)
    assert isinstance(negative, Float)
    assert negative.value == -2.5
    assert (round(Float(2.567), 1), round(Float(2.5)), math.floor(Float(2.5)), math.sqrt(Float(4.0))) == (2.6, 2, 2, 2)
    with pytest.raises(ZeroDivisionError):
        Int(3) / 0


def test_sums_and_order() -> None:
    assert sum([Int(1), Int(2)]).value == 3
    assert [node.value for node in sorted([Int(2), Float(1.5), Int(1)])] == [1, 1.5, 2]
    number = Int(1)
    first = number.uuid
    number += 2
    assert (number.value, number.uuid != first) == (3, True)


@pytest.mark.parametrize(
    ('made', 'value'),
    [
        (Int, 0),
        (Float, 0.0),
        (Bool, False),
        (Str, ''),
    ],
)
def test_no_value_is_the_empty_one(made: Any, value: Any) -> None:
    for node in (made(), made(None)):
        assert node.value == value
        assert type(node.value) is type(value)


@pytest.mark.parametrize(
    ('made', 'given', 'value'),
    [
        (Int, 3.7, 3),
        (Int, '5', 5),
        (Int, True, 1),
        (Int, np.int8(3), 3),
        (Int, 2**70, 2**70),
        (Float, 3, 3.0),
        (Float, '2.5', 2.5),
        (Float, np.float32(3.5), 3.5),
        (Bool, 3, True),
        (Bool, '', False),
        (Str, 3, '3'),
    ],
)
def test_values_are_converted_and_survive_the_store(made: Any, given: Any, value: Any) -> None:
    node = made(given).store()
    assert node.value == value
    assert type(node.value) is type(value)
    loaded = orm.load_node(node.pk)
    assert (loaded.value, type(loaded), loaded.node_type) == (value, made, node.node_type)
    assert loaded == node


def test_values_of_other_nodes() -> None:
    assert Int(Float(3.7)).value == 3
    assert Float(Int(3)).value == 3.0
    assert Bool(Int(0)).value is False
    assert Str(Str('a')).value == 'a'
    with pytest.raises(ValueError):
        Int('a')


def test_equality_is_that_of_values() -> None:
    assert Int(3) == 3.0 == Float(3)
    assert Int(3) != 4
    assert Int(3) != '3'
    assert Int(3) in [1, 2, 3]
    with pytest.raises(TypeError):
        hash(Int(3))


def test_change_until_stored() -> None:
    node = Int(3)
    node.value = '5'
    assert node.value == 5
    node.store()
    with pytest.raises(ModificationNotAllowed):
        node.value = 6
    assert orm.load_node(node.pk).value == 5


@pytest.mark.parametrize('value', [float('nan'), float('inf'), -float('inf')])
def test_not_a_number_is_refused(value: float) -> None:
    with pytest.raises(ValidationError, match='value'):
        Float(value).store()


def test_text_and_new() -> None:
    node = Int(3, label='three', description='the number')
    assert str(node) == f'uuid: {node.uuid} (unstored) value: 3'
    assert repr(node) == f'<Int: uuid: {node.uuid} (unstored) value: 3>'
    assert (node.label, node.description) == ('three', 'the number')
    assert (node.new().value, type(node.new(5))) == (0, Int)
    with pytest.raises(TypeError):
        Int(3, no_such_argument=1)
    with pytest.raises(RuntimeError, match='_type'):
        orm.NumericType(3)


def test_truth() -> None:
    assert not Bool(False)
    assert Bool(True)
    # Any other node is there, and so it is true.
    assert all([Int(0), Float(0), Str(''), Dict({})])
    assert int(Bool(True)) == 1


@pytest.mark.parametrize(
    ('result', 'expected'),
    [
        (lambda: Str('a') + 'b', 'ab'),
        (lambda: Str('a') + Str('b'), 'ab'),
        (lambda: 'b' + Str('a'), 'ba'),
        (lambda: Str('ab') * 2, 'abab'),
        (lambda: Int(2) * 'ab', 'abab'),
        (lambda: Str('%d K') % 3, '3 K'),
        (lambda: Str('abc')[1:], 'bc'),
        (lambda: Str('a') < 'b', True),
        (lambda: Str('a') >= Str('b'), False),
    ],
)
def test_operators_of_texts(result: Any, expected: Any) -> None:
    node = result()
    assert type(node) is NODE_OF[type(expected)]
    assert node.value == expected


def test_texts_as_containers() -> None:
    assert 'b' in Str('abc')
    assert len(Str('abc')) == 3
    assert Str('a') == 'a'
    with pytest.raises(TypeError):
        Str('a') + Dict({})
