"""What filters let through; where the operators are those of aiida-core on SQLite, the results are what it gives."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from aiida.storage.query.compiler import compile_count, compile_query
from aiida.storage.query.tree import Order, Projection, Query, Vertex
from aiida.storage.sqlite.store import SqliteStore

DATA = 'd1 d2 f s b dic l o1 r1 o2'
UUID_1 = '00000001-0000-4000-8000-000000000000'


def labels(store: SqliteStore, filters: dict[str, Any], entity: str = 'node') -> str:
    vertex = Vertex('v', entity, filters, (Projection('label'),))
    query = Query((vertex,), (Order('v', 'id'),))
    compiled = compile_query(query, store.dialect)
    found = [compiled.reader.read(row)[0] for row in store.select(compiled.sql, compiled.parameters)]
    counted = compile_count(query, store.dialect)
    assert list(store.select(counted.sql, counted.parameters)) == [(len(found),)]
    return ' '.join(found)


def others(found: str) -> str:
    return ' '.join(label for label in DATA.split() if label not in found.split())


JSON_CASES = [
    # numbers are compared as numbers, and with numbers only
    ({'extras.num': 1}, 'd1'),
    ({'extras.num': 1.0}, 'd1'),
    ({'extras.num': {'>': 1}}, 'd2'),
    ({'extras.num': {'<': 100}}, 'd1 d2'),
    ({'extras.num': 2}, ''),
    ({'extras.num': {'!==': 1}}, others('d1')),
    ({'extras.num': {'!>': 1}}, others('d2')),
    ({'attributes.value': {'==': 1}}, 'd1'),
    ({'attributes.value': {'>=': 2}}, 'd2 f o1 o2'),
    ({'attributes.value': {'<=': 2}}, 'd1 d2'),
    ({'attributes.value': 2.5}, 'f'),
    ({'attributes.g': 1}, 'dic'),
    ({'attributes.big': 2**40}, 'dic'),
    ({'attributes.with space': 3}, 'dic'),
    # strings with strings
    ({'extras.num': '2'}, 'f'),
    ({'extras.kind': {'!==': 'a'}}, others('d1')),
    ({'attributes.str1': 1}, ''),
    ({'attributes.str1': '1'}, 'dic'),
    ({'attributes.value': {'>': 'a'}}, 's'),
    ({'attributes.value': {'like': 'hello%'}}, 's'),
    ({'attributes.value': {'like': 'HELLO%'}}, ''),
    ({'attributes.value': {'ilike': 'HELLO%'}}, 's'),
    ({'attributes.value': {'like': 'hello\\_World\\%'}}, 's'),
    ({'attributes.value': {'like': 'helloxWorld_'}}, ''),
    ({'extras.kind': {'!like': 'a%'}}, others('d1')),
    # booleans with booleans
    ({'extras.flag': True}, 'd1'),
    ({'extras.flag': False}, 'd2'),
    ({'extras.flag': 1}, ''),
    ({'attributes.value': True}, 'b'),
    ({'attributes.value': {'!==': True}}, others('b')),
    # what is not there is as null
    ({'extras.none': None}, DATA),
    ({'extras.kind': None}, others('d1 d2')),
    ({'extras.kind': {'!==': None}}, 'd1 d2'),
    ({'attributes.b.d.2': None, 'attributes.a': 1}, 'dic'),
    # arrays and objects
    ({'extras.lst': [1, 2, 3]}, 'd1'),
    ({'extras.lst': [3, 2, 1]}, ''),
    ({'extras.nested': {'==': {'x': {'y': 5}}}}, 'd1'),
    ({'attributes.lod': [{'m': 2, 'n': 1}]}, 'dic'),
    ({'attributes.lod': [{'n': 1}]}, ''),
    ({'attributes.empty': {'==': {}}}, 'dic'),
    ({'attributes.emptyl': []}, 'dic'),
    ({'extras.lst.1': 2}, 'd1'),
    ({'extras.lst.1': 'b'}, 'd2'),
    ({'attributes.lod.0.n': 1}, 'dic'),
    # in
    ({'extras.kind': {'in': ['a', 'b']}}, 'd1 d2'),
    ({'extras.kind': {'!in': ['a']}}, others('d1')),
    ({'extras.num': {'in': [1, 2.5]}}, 'd1 d2'),
    ({'extras.num': {'in': [1, '2']}}, 'd1 f'),
    ({'attributes.value': {'in': [True, 'x']}}, 'b'),
    ({'extras.kind': {'in': ['a', None]}}, others('d2')),
    ({'extras.num': {'in': []}}, ''),
    # of arrays
    ({'extras.lst': {'of_length': 3}}, 'd1'),
    ({'extras.lst': {'longer': 2}}, 'd1'),
    ({'extras.lst': {'shorter': 3}}, 'd2'),
    ({'extras.lst': {'!of_length': 3}}, others('d1')),
    ({'extras.kind': {'of_length': 1}}, ''),
    # contains
    ({'extras.lst': {'contains': [1]}}, 'd1'),
    ({'extras.lst': {'contains': [1, 3]}}, 'd1'),
    ({'extras.lst': {'contains': [1, 'a']}}, ''),
    ({'extras.lst': {'contains': []}}, 'd1 d2'),
    ({'extras.lst': {'!contains': [1]}}, 'd2'),
    ({'attributes.b.d': {'contains': ['two', None, True]}}, 'dic'),
    ({'attributes.b.d': {'contains': [False]}}, ''),
    ({'attributes.b': {'contains': {'c': 'text'}}}, 'dic'),
    ({'attributes.b': {'contains': {'d': [1]}}}, 'dic'),
    ({'attributes.b': {'contains': ['c']}}, ''),
    ({'attributes.lod': {'contains': [{'n': 1}]}}, 'dic'),
    ({'attributes.lod': {'contains': [{'n': 2}]}}, ''),
    ({'attributes.lod': {'contains': [{}]}}, 'dic'),
    ({'attributes': {'contains': {'a': 1, 'b': {'d': [1]}}}}, 'dic'),
    ({'attributes': {'contains': {'e': None}}}, 'dic'),
    ({'attributes': {'contains': {'nope': None}}}, ''),
    ({'attributes.nope': {'!contains': ['c']}}, ''),
    # keys
    ({'extras.nested': {'has_key': 'x'}}, 'd1'),
    ({'extras': {'has_key': 'kind'}}, 'd1 d2'),
    ({'extras': {'has_key': 'none'}}, 'd1'),
    ({'extras': {'!has_key': 'kind'}}, others('d1 d2')),
    ({'extras': {'has_keys': ['kind', 'nested']}}, 'd1'),
    ({'attributes.str1': {'has_key': '1'}}, ''),
    # types
    ({'extras.kind': {'of_type': 'string'}}, 'd1 d2'),
    ({'extras.num': {'of_type': 'number'}}, 'd1 d2'),
    ({'extras.flag': {'of_type': 'boolean'}}, 'd1 d2'),
    ({'extras.lst': {'of_type': 'array'}}, 'd1 d2'),
    ({'extras.nested': {'of_type': 'object'}}, 'd1'),
    ({'extras.none': {'!of_type': 'null'}}, ''),
    ({'extras.kind': {'of_type': 'null'}}, others('d1 d2')),
]


@pytest.mark.parametrize(('filters', 'expected'), JSON_CASES, ids=lambda value: str(value))
def test_paths(graph: SqliteStore, filters: dict[str, Any], expected: str) -> None:
    assert labels(graph, {'node_type': {'like': 'data.%'}, **filters}) == expected


COLUMN_CASES = [
    ({'id': 1}, 'd1'),
    ({'pk': 1}, 'd1'),
    ({'id': '1'}, 'd1'),
    ({'id': {'in': {1, 2}}}, 'd1 d2'),
    ({'id': {'in': list(range(40000))}}, DATA),
    ({'id': {'!in': list(range(2, 100))}}, 'd1'),
    ({'id': {'!in': []}}, DATA),
    ({'label': 'd1'}, 'd1'),
    ({'label': {'in': ['d1', 'd2', 'nope']}}, 'd1 d2'),
    ({'label': {'like': 'd_'}}, 'd1 d2'),
    ({'label': {'like': 'D%'}}, ''),
    ({'label': {'ilike': 'D%'}}, 'd1 d2 dic'),
    ({'label': {'!like': 'd%'}}, 'f s b l o1 r1 o2'),
    ({'label': {'like': 'd%', '!==': 'd2'}}, 'd1 dic'),
    ({'label': {'like': '%1'}}, 'd1 o1 r1'),
    ({'label': {'like': '[a-z]1'}}, ''),
    ({'label': {'!==': 'd1'}}, others('d1')),
    ({'label': {'~==': 'd1'}}, others('d1')),
    ({'label': {'!=': 'd1'}}, others('d1')),
    ({'label': None}, ''),
    ({'label': {'>': 'd1', '<': 'f'}}, 'd2 dic'),
    ({'label': {'or': [{'==': 'd1'}, {'==': 'd2'}]}}, 'd1 d2'),
    ({'label': {'and': [{'like': 'd%'}, {'!==': 'd2'}]}}, 'd1 dic'),
    ({'label': {'!or': [{'==': 'd1'}, {'==': 'd2'}]}}, others('d1 d2')),
    ({'or': [{'label': 'd1'}, {'label': 'd2'}]}, 'd1 d2'),
    ({'and': [{'label': 'd1'}, {'label': 'd2'}]}, ''),
    ({'!or': [{'label': 'd1'}, {'label': 'd2'}]}, others('d1 d2')),
    ({'!and': [{'label': 'd1'}, {'id': {'>': 0}}]}, others('d1')),
    ({'or': []}, DATA),
    ({'or': [{'label': 'd1', 'id': 2}, {'and': [{'label': 's'}, {'id': {'>': 2}}]}]}, 's'),
    ({'uuid': UUID_1}, 'd1'),
    ({'uuid': UUID(UUID_1)}, 'd1'),
    ({'uuid': UUID_1.replace('-', '')}, 'd1'),
    ({'uuid': {'in': [UUID_1, UUID(UUID_1.replace('1-', '2-'))]}}, 'd1 d2'),
    ({'uuid': {'like': '00000001-%'}}, 'd1'),
    ({'uuid': 'zz'}, ''),
    ({'user': 1, 'computer': {'!==': None}}, 'r1'),
    ({'dbcomputer_id': {'in': [None]}}, others('r1')),
    ({'ctime': {'<': datetime(2024, 5, 1, 14, 30, tzinfo=UTC)}}, 'd1 d2'),
    ({'ctime': {'<': '2024-05-01T14:30:00+00:00'}}, 'd1 d2'),
    ({'ctime': {'>': date(2030, 1, 1)}}, ''),
    ({'ctime': datetime(2024, 5, 1, 13, tzinfo=UTC)}, 'd1'),
]


@pytest.mark.parametrize(('filters', 'expected'), COLUMN_CASES, ids=lambda value: str(value)[:60])
def test_columns(graph: SqliteStore, filters: dict[str, Any], expected: str) -> None:
    assert labels(graph, {'node_type': {'like': 'data.%'}, **filters}) == expected


def test_null_columns(graph: SqliteStore) -> None:
    assert labels(graph, {'process_type': {'!==': None}}) == 'c1'
    assert labels(graph, {'process_type': {'like': '%'}}) == 'c1'
    assert 'c1' not in labels(graph, {'process_type': None}).split()


def test_other_entities(graph: SqliteStore) -> None:
    assert labels(graph, {'type_string': {'like': 'core%'}}, 'group') == 'g1 g2'
    assert labels(graph, {'metadata.workdir': {'like': '/%'}}, 'computer') == 'localhost'
    assert labels(graph, {'metadata': {'has_key': 'nope'}}, 'computer') == ''


MISTAKES = [
    ({'labl': 'x'}, ValueError, "'labl' is not a column of a node; its columns are .*label"),
    ({'label': {'=': 'x'}}, ValueError, "unknown operator '='.*'label'.*=="),
    ({'label': {'like': 3}}, TypeError, "'like' on 'label' is a string, not 3"),
    ({'label': {'has_key': 'x'}}, ValueError, "'has_key' for the column 'label'"),
    ({'label.x': 1}, ValueError, "'label.x' is a path"),
    ({'label': {'>': None}}, TypeError, "None.*'label'.*'>'"),
    ({'label': ['a']}, TypeError, r"'label' cannot be compared with \['a'\]"),
    ({'id': {'in': 3}}, TypeError, "'in' on 'id' is a list"),
    ({'id': {'in': 'ab'}}, TypeError, "'in' on 'id' is a list"),
    ({'or': {'label': 'd1'}}, TypeError, "'or' is a list of dictionaries"),
    ({'extras.x': {'longer': '2'}}, TypeError, "'longer' on 'extras.x' is a length"),
    ({'extras.x': {'of_type': 'nul'}}, ValueError, "one of object, array.*'nul'"),
    ({'extras.x': {'>': [1]}}, TypeError, r"'>' with \[1\]"),
    ({'extras.x': object()}, TypeError, 'object'),
    ({'extras.a"b': 1}, ValueError, 'double quote'),
    ({'ctime': {'>': 'yesterday'}}, ValueError, "'ctime' has 'yesterday'"),
    ({'ctime': {'>': 3}}, TypeError, "'ctime' needs a datetime"),
    ({3: 'x'}, TypeError, 'keys of filters are strings'),
]


@pytest.mark.parametrize(('filters', 'error', 'message'), MISTAKES, ids=lambda value: str(value)[:40])
def test_mistakes_are_explained(
    graph: SqliteStore, filters: dict[str, Any], error: type[Exception], message: str
) -> None:
    if 'double quote' in message and graph.dialect == 'postgresql':
        assert labels(graph, filters) == ''
        return
    with pytest.raises(error, match=message):
        labels(graph, filters)


def test_a_type_is_found_by_its_index(graph: SqliteStore) -> None:
    query = Query((Vertex('v', 'node', {'node_type': {'like': 'data.core.int.%'}}, (Projection('id'),)),))
    compiled = compile_query(query, graph.dialect)
    if graph.dialect == 'sqlite':
        plan = ' '.join(str(row) for row in graph.select(f'EXPLAIN QUERY PLAN {compiled.sql}', compiled.parameters))
        assert 'node_type>? AND node_type<?' in plan
        return
    list(graph.select('SET enable_seqscan TO off', ()))
    plan = ' '.join(str(row) for row in graph.select(f'EXPLAIN {compiled.sql}', compiled.parameters))
    list(graph.select('SET enable_seqscan TO on', ()))
    assert 'ix_pat_db_dbnode_node_type' in plan


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(ValueError, match='oracle'):
        compile_query(Query((Vertex('v', 'node'),)), 'oracle')


def test_an_empty_query_is_refused() -> None:
    with pytest.raises(ValueError, match='empty'):
        compile_query(Query(()), 'sqlite')
