"""Filters on paths against a reference that evaluates them in Python, over random values."""

from __future__ import annotations

import operator as op
import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiida.common.timezone import now
from aiida.storage.query.compiler import compile_query
from aiida.storage.query.tree import Order, Projection, Query, Vertex
from aiida.storage.records import NodeRecord

KEYS = st.sampled_from(['a', 'b', 'c d', '0', '1', "it's", 'é'])
NUMBERS = st.integers(-3, 3) | st.sampled_from([0.5, -1.5, 2.0, 1e20, 2**53 + 1])
TEXTS = st.sampled_from(['', 'a', 'A', 'ab', '%', '_', 'a%b', '[a]', '*', '1', 'true', 'null', "o'", '\\', 'é'])
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=4)
PATHS = st.lists(KEYS, max_size=3)
MISSING = object()

PREDICATES = st.one_of(
    st.tuples(st.sampled_from(['==', '!==']), VALUES),
    st.tuples(st.sampled_from(['<', '>', '<=', '>=', '!<']), NUMBERS | TEXTS),
    st.tuples(st.sampled_from(['in', '!in']), st.lists(VALUES, max_size=3)),
    st.tuples(st.sampled_from(['like', '!like', 'ilike']), TEXTS | st.sampled_from(['a_', '%b', 'a\\%b', '_%'])),
    st.tuples(st.sampled_from(['of_length', 'longer', 'shorter', '!longer']), st.integers(0, 3)),
    st.tuples(
        st.sampled_from(['of_type', '!of_type']),
        st.sampled_from(['object', 'array', 'string', 'number', 'boolean', 'null']),
    ),
    st.tuples(st.sampled_from(['has_key', '!has_key']), KEYS),
    st.tuples(st.just('contains'), st.lists(VALUES, max_size=2) | st.dictionaries(KEYS, VALUES, max_size=2)),
)


def find(document: Any, path: list[str]) -> Any:
    for segment in path:
        if isinstance(document, list) and segment.isdecimal():
            document = document[int(segment)] if int(segment) < len(document) else MISSING
        elif isinstance(document, dict):
            document = document.get(segment, MISSING)
        else:
            return MISSING
    return document


def kind(value: Any) -> str:
    if value is None or value is MISSING:
        return 'null'
    for types, name in (
        (bool, 'boolean'),
        ((int, float), 'number'),
        (str, 'string'),
        (list, 'array'),
        (dict, 'object'),
    ):
        if isinstance(value, types):  # type: ignore[arg-type]
            return name
    raise AssertionError(value)


def equal(left: Any, right: Any) -> bool:
    if kind(left) != kind(right):
        return False
    if isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in right)
    return right is None or bool(left == right)


def contains(left: Any, right: Any) -> bool:
    if isinstance(right, dict):
        return isinstance(left, dict) and all(
            key in left and (contains(left[key], value) if isinstance(value, (list, dict)) else equal(left[key], value))
            for key, value in right.items()
        )
    return isinstance(left, list) and all(
        any(
            (kind(item) == kind(element) and contains(item, element))
            if isinstance(element, (list, dict))
            else equal(item, element)
            for item in left
        )
        for element in right
    )


def like(value: Any, pattern: str, ignore_case: bool) -> bool:
    expression = ''
    escaped = False
    for character in pattern:
        if escaped or character not in '%_\\':
            expression += re.escape(character)
            escaped = False
        elif character == '\\':
            escaped = True
        else:
            expression += '.*' if character == '%' else '.'
    if escaped:
        expression += re.escape('\\')
    flags = re.DOTALL | (re.IGNORECASE | re.ASCII if ignore_case else 0)
    return isinstance(value, str) and re.fullmatch(expression, value, flags) is not None


def holds(value: Any, operator: str, operand: Any) -> bool:
    if operator.startswith('!'):
        return not holds(value, operator[1:], operand)
    match operator:
        case '==':
            return equal(value, operand)
        case '<' | '>' | '<=' | '>=':
            compare = {'<': op.lt, '>': op.gt, '<=': op.le, '>=': op.ge}[operator]
            return kind(value) == kind(operand) and bool(compare(value, operand))
        case 'in':
            return any(equal(value, item) for item in operand)
        case 'like' | 'ilike':
            return like(value, operand, operator == 'ilike')
        case 'of_length' | 'longer' | 'shorter':
            compare = {'of_length': op.eq, 'longer': op.gt, 'shorter': op.lt}[operator]
            return isinstance(value, list) and bool(compare(len(value), operand))
        case 'of_type':
            return kind(value) == operand
        case 'has_key':
            return isinstance(value, dict) and operand in value
        case 'contains':
            return contains(value, operand)
    raise AssertionError(operator)


@settings(max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    documents=st.lists(DOCUMENTS, min_size=1, max_size=6),
    path=PATHS,
    predicates=st.lists(PREDICATES, min_size=4, max_size=8),
)
def test_filters_hold_where_the_reference_says(
    empty: Any, documents: list[Any], path: list[str], predicates: list[tuple[str, Any]]
) -> None:
    moment = now()
    with empty.transaction():
        for number, document in enumerate(documents):
            uuid = f'{number:08x}-0000-4000-8000-000000000000'
            empty.insert_node(
                NodeRecord(uuid=uuid, node_type='data.Data.', ctime=moment, mtime=moment, user_id=1, extras=document)
            )
    try:
        key = '.'.join(['extras', *path])
        for operator, operand in predicates:
            vertex = Vertex('v', 'node', {key: {operator: operand}}, (Projection('uuid'), Projection(key)))
            compiled = compile_query(Query((vertex,), (Order('v', 'uuid'),)), empty.dialect)
            rows = [compiled.reader.read(row) for row in empty.select(compiled.sql, compiled.parameters)]
            expected = [n for n, document in enumerate(documents) if holds(find(document, path), operator, operand)]
            assert [int(row[0][:8], 16) for row in rows] == expected, (operator, operand)
            for number, row in zip(expected, rows, strict=True):
                value = find(documents[number], path)
                assert row[1] == (None if value is MISSING else value)
    finally:
        empty.clear()
