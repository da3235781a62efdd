"""Filters made of fields, written as Python expressions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from aiida.orm.computers import Computer
from aiida.orm.fields import QbField, QbFieldFilters, QbFields, add_field
from aiida.orm.groups import Group
from aiida.orm.nodes.data.data import Data
from aiida.orm.nodes.data.int import Int
from aiida.orm.nodes.data.list import List
from aiida.orm.nodes.node import Node
from aiida.orm.nodes.process.calculation.calcjob import CalcJobNode
from aiida.orm.querybuilder import QueryBuilder
from aiida.orm.users import User
from aiida.storage.sqlite.store import SqliteStore

FIELDS: Any = Int.fields

EXPRESSIONS = [
    (lambda f: f.value > 5, {'attributes.value': {'>': 5}}),
    (lambda f: f.value != 5, {'attributes.value': {'!==': 5}}),
    (lambda f: f.value.in_([1]), {'attributes.value': {'in': [1]}}),
    (lambda f: f.label.like('a%'), {'label': {'like': 'a%'}}),
    (lambda f: f.extras.has_key('x'), {'extras': {'has_key': 'x'}}),
    (lambda f: f.extras['x'] == 3, {'extras.x': {'==': 3}}),
    (lambda f: f.extras['x']['y'].longer(3), {'extras.x.y': {'longer': 3}}),
    (lambda f: f.attributes['a'].of_type('string'), {'attributes.a': {'of_type': 'string'}}),
    (lambda f: (f.value > 5) & (f.label == 'o1'), {'and': [{'attributes.value': {'>': 5}}, {'label': {'==': 'o1'}}]}),
    (
        lambda f: (f.value > 5) & (f.value < 7) & (f.label == 'x'),
        {'and': [{'attributes.value': {'>': 5}}, {'attributes.value': {'<': 7}}, {'label': {'==': 'x'}}]},
    ),
    (
        lambda f: ((f.value > 5) | (f.value < 7)) & (f.label == 'x'),
        {'and': [{'or': [{'attributes.value': {'>': 5}}, {'attributes.value': {'<': 7}}]}, {'label': {'==': 'x'}}]},
    ),
    (lambda f: ~(f.value > 5), {'attributes.value': {'!>': 5}}),
    (lambda f: ~~(f.label.like('x')), {'label': {'like': 'x'}}),
    (
        lambda f: ~((f.value > 5) & (f.label == 'o1')),
        {'!and': [{'attributes.value': {'>': 5}}, {'label': {'==': 'o1'}}]},
    ),
]


@pytest.mark.parametrize(('build', 'expected'), EXPRESSIONS)
def test_expressions(build: Any, expected: dict[str, Any]) -> None:
    assert build(FIELDS).as_dict() == expected


def test_a_boolean_field_is_a_filter() -> None:
    fields: Any = CalcJobNode.fields
    assert (fields.paused & (fields.exit_status == 0)).as_dict() == {
        'and': [{'attributes.paused': {'==': True}}, {'attributes.exit_status': {'==': 0}}]
    }
    assert (~fields.sealed).as_dict() == {'attributes.sealed': {'!==': True}}


def test_filters_on_one_field_are_gathered() -> None:
    filters = QbFieldFilters([(FIELDS.label, '==', 'x'), (FIELDS.label, 'like', 'x')])
    assert filters.as_dict() == {'and': [{'label': {'==': 'x'}}, {'label': {'like': 'x'}}]}


def test_fields_in_queries(graph: SqliteStore) -> None:
    query = QueryBuilder(graph).append(
        Int, filters=(FIELDS.value > 1) & ~(FIELDS.label == 'o2'), project=[FIELDS.value, FIELDS.pk]
    )
    assert query.order_by({Int: [{FIELDS.value: 'desc'}]}).all() == [[10, 10], [2, 2]]
    query = QueryBuilder(graph).append(
        Int, filters={FIELDS.value: {'>': 5}, 'or': [FIELDS.label == 'o1']}, project='pk'
    )
    assert query.all(flat=True) == [10]


def test_names() -> None:
    node = {
        'pk', 'uuid', 'node_type', 'process_type', 'label', 'description', 'ctime', 'mtime', 'attributes', 'extras',
        'repository_metadata', 'computer', 'user',
    }  # fmt: skip
    assert set(Node.fields.keys()) == node
    assert set(Int.fields.keys()) == node | {'source', 'value'}
    assert set(User.fields.keys()) == {'pk', 'email', 'first_name', 'last_name', 'institution'}
    assert set(Group.fields.keys()) == {
        'pk', 'uuid', 'label', 'type_string', 'time', 'description', 'extras', 'user',
    }  # fmt: skip
    assert 'hostname' in Computer.fields
    assert List.fields.value.backend_key == 'attributes.list'
    assert dir(Int.fields) == sorted(Int.fields)
    with pytest.raises(AttributeError, match=r"no field 'zz'; there are .*value"):
        _ = Int.fields.zz


def test_a_class_adds_fields_of_its_own() -> None:
    class Spectrum(Data):
        __qb_fields__ = (
            add_field('peaks', dtype=list[float] | None, is_attribute=True),
            add_field('taken', dtype=datetime, is_attribute=True),
        )

    fields: Any = Spectrum.fields
    assert fields.peaks.longer(3).as_dict() == {'attributes.peaks': {'longer': 3}}
    assert str(fields.taken) == f'QbNumericField(attributes.taken) -> {datetime}'
    assert 'source' in fields
    assert 'peaks' not in Data.fields


@pytest.mark.parametrize(
    ('field', 'expected'),
    [
        (QbField('a'), 'attributes.a'),
        (QbField('a', is_attribute=False), 'a'),
        (QbField('a', 'b'), 'attributes.b'),
        (QbField('a', 'b', is_attribute=False), 'b'),
        (add_field('a'), 'a'),
    ],
    ids=str,
)
def test_keys(field: QbField, expected: str) -> None:
    assert (field.key, field.backend_key) == ('a', expected)
    assert QbFields({'a': field})['a'] is field
