"""The QueryBuilder over a small graph; expected values are those aiida-core gives, where it answers at all."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from aiida.common.exceptions import DbContentError, MultipleObjectsError, NotExistent
from aiida.orm.authinfos import AuthInfo
from aiida.orm.comments import Comment
from aiida.orm.computers import Computer
from aiida.orm.groups import Group
from aiida.orm.logs import Log
from aiida.orm.nodes.data.code.abstract import AbstractCode
from aiida.orm.nodes.data.data import Data
from aiida.orm.nodes.data.dict import Dict
from aiida.orm.nodes.data.float import Float
from aiida.orm.nodes.data.int import Int
from aiida.orm.nodes.data.list import List
from aiida.orm.nodes.node import Node
from aiida.orm.nodes.process.calculation.calcfunction import CalcFunctionNode
from aiida.orm.nodes.process.calculation.calcjob import CalcJobNode
from aiida.orm.nodes.process.process import ProcessNode
from aiida.orm.nodes.process.workflow.workchain import WorkChainNode
from aiida.orm.querybuilder import QueryBuilder
from aiida.orm.users import User
from aiida.storage.sqlite.store import SqliteStore

Build = Callable[[QueryBuilder], QueryBuilder]


class AddCalculation:
    """A process as the engine defines them, as far as a query looks at it."""

    _node_class = CalcJobNode

    @classmethod
    def build_process_type(cls) -> str:
        return 'aiida.calculations:core.arithmetic.add'


class AnyCalcJob(AddCalculation):
    __module__ = 'aiida.engine.processes.calcjobs.calcjob'


@pytest.fixture
def qb(graph: SqliteStore) -> QueryBuilder:
    return QueryBuilder(graph)


def flat_labels(query: QueryBuilder) -> str:
    return ' '.join('-' if value is None else str(value) for value in sorted(query.all(flat=True), key=str))


def pairs(query: QueryBuilder) -> str:
    return ' '.join(sorted('>'.join('-' if value is None else str(value) for value in row) for row in query.all()))


CLASSES: list[tuple[Build, str]] = [
    (lambda q: q.append(Int, project='label'), 'd1 d2 o1 o2'),
    (lambda q: q.append(Int, subclassing=False, project='label'), 'd1 d2 o1 o2'),
    (lambda q: q.append(Data, subclassing=False, project='label'), ''),
    (lambda q: q.append(Data, project='label'), 'b d1 d2 dic f l o1 o2 r1 s'),
    (lambda q: q.append((Int, Float), project='label'), 'd1 d2 f o1 o2'),
    (lambda q: q.append(Node, project='label'), 'b c1 c2 d1 d2 dic f l o1 o2 r1 s wc'),
    (lambda q: q.append(ProcessNode, project='label'), 'c1 c2 wc'),
    (lambda q: q.append((CalcFunctionNode, WorkChainNode), project='label'), 'c2 wc'),
    (lambda q: q.append(AbstractCode, project='label'), ''),
    (lambda q: q.append(AddCalculation, project='label'), 'c1'),
    (lambda q: q.append(AddCalculation, project='label', subclassing=False), 'c1'),
    (lambda q: q.append(AnyCalcJob, project='label'), 'c1'),
    (lambda q: q.append(Group, project='label'), 'g1 g2'),
    (lambda q: q.append(Computer, project='label'), 'localhost'),
    (lambda q: q.append(User, project='email'), 'aiida@localhost'),
    (lambda q: q.append(entity_type='data.core.int.Int.', project='label'), 'd1 d2 o1 o2'),
    (lambda q: q.append(entity_type=['data.core.int.Int.', 'data.core.str.Str.'], project='label'), 'd1 d2 o1 o2 s'),
    (lambda q: q.append(entity_type='group.core', project='label'), 'g1 g2'),
    (lambda q: q.append(entity_type='computer', project='label'), 'localhost'),
]


@pytest.mark.parametrize(('build', 'expected'), CLASSES)
def test_classes(qb: QueryBuilder, build: Build, expected: str) -> None:
    assert flat_labels(build(qb)) == expected


JOINS: list[tuple[Build, str]] = [
    # along links
    (lambda q: q.append(CalcFunctionNode, with_incoming='i', project='label'), 'd2>c2 o1>c2'),
    (lambda q: q.append(CalcFunctionNode, with_incoming=Int, project='label'), 'd2>c2 o1>c2'),
    (lambda q: q.append(CalcFunctionNode, project='label'), 'd2>c2 o1>c2'),
    (lambda q: q.append(CalcFunctionNode, direction=1, project='label'), 'd2>c2 o1>c2'),
    (lambda q: q.append(CalcFunctionNode, direction=-1, project='label'), 'o2>c2'),
    (lambda q: q.append(Node, output_of='i', project='label'), 'd1>c1 d1>wc d2>c2 d2>wc o1>c2'),
    (lambda q: q.append(Node, with_outgoing='i', project='label'), 'o1>c1 o2>c2 o2>wc'),
    (
        lambda q: q.append(CalcJobNode, joining_keyword='with_incoming', joining_value='i', project='label'),
        'd1>c1',
    ),
    (lambda q: q.outputs(project='label'), 'd1>c1 d1>wc d2>c2 d2>wc o1>c2'),
    (lambda q: q.inputs(project='label'), 'o1>c1 o2>c2 o2>wc'),
    (
        lambda q: q.append(Node, with_incoming='i', project='label', edge_filters={'type': 'input_calc'}),
        'd1>c1 d2>c2 o1>c2',
    ),
    (
        lambda q: q.append(Node, with_incoming='i', project='label', edge_filters={'label': {'in': ['x', 'a']}}),
        'd1>c1 o1>c2',
    ),
    (
        lambda q: q.append(Node, with_incoming='i', edge_filters={'label': {'like': 'ns__%'}}, edge_project='label'),
        'd2>ns__other',
    ),
    # down and up the generations
    (
        lambda q: q.append(Node, with_ancestors='i', project='label'),
        'd1>c1 d1>c2 d1>o1 d1>o2 d1>r1 d2>c2 d2>o2 o1>c2 o1>o2',
    ),
    (lambda q: q.append(Node, with_descendants='i', project='label'), ' '.join(
        ('o1>c1 o1>d1 o1>dic', 'o2>c1 o2>c2 o2>d1 o2>d2 o2>dic o2>o1'),
    )),
    (lambda q: q.append(Node, with_ancestors='i', filters={'label': 'o2'}, project='label'), 'd1>o2 d2>o2 o1>o2'),
    (lambda q: q.append(Node, with_ancestors='i', filters={'id': 12}, project='label'), 'd1>c2 d2>c2 o1>c2'),
    (lambda q: q.append(Node, with_descendants='i', filters={'id': 1}, project='label'), 'o1>d1 o2>d1'),
    (lambda q: q.append(Node, descendant_of='i', filters={'id': 13}, project='label'), 'd1>o2 d2>o2 o1>o2'),
    (lambda q: q.children(project='label', filters={'label': 'o1'}), 'd1>o1'),
    (lambda q: q.parents(project='label', filters={'label': 'dic'}), 'o1>dic o2>dic'),
    (
        lambda q: q.append(Node, with_ancestors='i', project='label', edge_filters={'depth': {'<': 1}}),
        'd1>c1 d2>c2 o1>c2',
    ),
    # groups, users, computers, comments, logs
    (lambda q: q.append(Group, with_node='i', project='label'), 'd1>g1 d1>g2 d2>g2 o1>g1'),
    (lambda q: q.append(Group, project='label'), 'd1>g1 d1>g2 d2>g2 o1>g1'),
    (lambda q: q.append(User, with_node='i', project='id'), 'd1>1 d2>1 o1>1 o2>1'),
    (lambda q: q.append(Comment, with_node='i', project='content'), 'd1>remark'),
    # outer joins
    (
        lambda q: q.append(CalcFunctionNode, with_incoming='i', outerjoin=True, project='label'),
        'd1>- d2>c2 o1>c2 o2>-',
    ),
    (lambda q: q.append(Group, with_node='i', outerjoin=True, project='label'), 'd1>g1 d1>g2 d2>g2 o1>g1 o2>-'),
    (
        lambda q: q.append(Node, with_incoming='i', outerjoin=True, filters={'id': None}, project='label'),
        'o2>-',
    ),
    (
        lambda q: q.append(Node, with_ancestors='i', outerjoin=True, filters={'id': None}, project='label'),
        'o2>-',
    ),
]  # fmt: skip


@pytest.mark.parametrize(('build', 'expected'), JOINS)
def test_joins_from_integers(qb: QueryBuilder, build: Build, expected: str) -> None:
    query = build(qb.append(Int, tag='i', project='label'))
    assert pairs(query) == expected
    assert query.count() == len(expected.split())
    again = QueryBuilder.from_dict(query.as_dict())
    again._backend = qb.backend
    assert pairs(again) == expected
    assert again.as_dict() == query.as_dict()


OTHER_JOINS: list[tuple[Build, str]] = [
    (lambda q: q.append(Group, project='label').append(Int, project='label'), 'g1>d1 g1>o1 g2>d1 g2>d2'),
    (
        lambda q: q.append(Group, tag='g', filters={'label': 'g1'})
        .append(Int, tag='n', with_group='g')
        .append(Node, with_ancestors='n', project='label'),
        'c1 c2 c2 o1 o2 o2 r1',
    ),
    (
        lambda q: q.append(Group, filters={'label': 'g2'})
        .append(Int, tag='n', with_group=Group)
        .append(Node, with_ancestors='n', filters={'label': 'o2'}, project='label'),
        'o2 o2',
    ),
    (lambda q: q.append(Computer, project='label').append(Node, project='label'), 'localhost>c1 localhost>r1'),
    (
        lambda q: q.append(Node, tag='n', project='label').append(Computer, with_node='n', project='label'),
        'c1>localhost r1>localhost',
    ),
    (lambda q: q.append(User).append(Group, with_user=User, project='label'), 'g1 g2'),
    (lambda q: q.append(User).append(Int, project='label'), 'd1 d2 o1 o2'),
    (lambda q: q.append(User).append(Comment, with_user=User, project='content'), 'remark'),
    (lambda q: q.append(Comment).append(User, with_comment=Comment, project='email'), 'aiida@localhost'),
    (lambda q: q.append(Comment).append(Node, with_comment=Comment, project='label'), 'd1'),
    (lambda q: q.append(Log).append(Node, with_log=Log, project='label'), 'wc'),
    (lambda q: q.append(Node).append(Log, with_node=Node, project='message'), 'under way'),
    (lambda q: q.append(Group).append(User, with_group=Group, project='email').distinct(), 'aiida@localhost'),
    (lambda q: q.append(AuthInfo, project='enabled').append(Computer, project='label'), 'True>localhost'),
    (lambda q: q.append(AuthInfo).append(User, with_authinfo=AuthInfo, project='email'), 'aiida@localhost'),
    (lambda q: q.append(Computer).append(AuthInfo, project='auth_params.safe_interval'), '0'),
    (
        lambda q: q.append(WorkChainNode, tag='w')
        .append(ProcessNode, with_incoming='w', tag='c', edge_filters={'type': {'like': 'call%'}}, project='label')
        .append(Data, with_incoming='c', project='label'),
        'c1>o1 c1>r1 c2>o2',
    ),
]


@pytest.mark.parametrize(('build', 'expected'), OTHER_JOINS)
def test_other_joins(qb: QueryBuilder, build: Build, expected: str) -> None:
    assert pairs(build(qb)) == expected


def test_projections(qb: QueryBuilder) -> None:
    qb.append(Int, filters={'label': 'd1'}, tag='i', project=['label', 'attributes.value', 'attributes', 'pk', 'ctime'])
    qb.add_projection('i', ['extras.flag', 'extras.nested.x', 'extras.nope', 'extras.lst.2', 'user', 'uuid'])
    [row] = qb.dict()
    assert row == {
        'i': {
            'label': 'd1',
            'attributes.value': 1,
            'attributes': {'value': 1},
            'pk': 1,
            'ctime': datetime(2024, 5, 1, 13, tzinfo=UTC),
            'extras.flag': True,
            'extras.nested.x': {'y': 5},
            'extras.nope': None,
            'extras.lst.2': 3,
            'user': 1,
            'uuid': '00000001-0000-4000-8000-000000000000',
        }
    }
    assert row['i']['extras.flag'] is True


def test_projecting_json_keeps_types(qb: QueryBuilder) -> None:
    qb.append(Dict, project=[f'attributes.{key}' for key in ('e', 'f', 'g', 'big', 'empty', 'str1', 'b.d')])
    row = qb.first()
    assert row == [None, True, 1.0, 2**40, {}, '1', [1, 'two', None, True]]
    assert isinstance(row[2], float)
    assert row[1] is True


def test_whole_entities(qb: QueryBuilder, graph: SqliteStore) -> None:
    qb.append(Int, tag='i', filters={'label': 'o1'}, project=['*', 'label'])
    qb.append(CalcFunctionNode, tag='c', with_incoming='i', project='*', edge_tag='e', edge_project=['*', 'label'])
    qb.append(Group, with_node='i', project='*').append(User, with_group=Group, project='*')
    node, label, calculation, link, link_label, group, user = qb.one()
    assert (type(node), node.pk, node.label, node.value, node.is_stored) == (Int, 10, 'o1', 10, True)
    assert node.backend is graph
    assert label == 'o1'
    assert (type(calculation), calculation.exit_status) == (CalcFunctionNode, 300)
    assert (link.source_id, link.target_id, link.link_type, link.link_label) == (10, 12, 'input_calc', 'a')
    assert link_label == 'a'
    assert (type(group), group.label) == (Group, 'g1')
    assert user.email == 'aiida@localhost'


def test_all_columns(qb: QueryBuilder) -> None:
    [row] = qb.append(Int, tag='i', filters={'pk': 1}, project='**').dict()
    assert list(row['i'])[:4] == ['id', 'uuid', 'node_type', 'process_type']
    assert row['i']['attributes'] == {'value': 1}
    assert QueryBuilder(qb.backend).append(AuthInfo, project='**').all() == [[1, 1, 1, {}, {'safe_interval': 0}, True]]


def test_the_last_entity_is_given_when_nothing_is_projected(qb: QueryBuilder) -> None:
    rows = qb.append(Int, tag='i').append(CalcFunctionNode, tag='c', with_incoming='i').dict()
    assert [(list(row), row['c']['*'].label) for row in rows] == [(['c'], 'c2')] * 2


def test_depth_is_the_shortest(qb: QueryBuilder) -> None:
    qb.append(Int, tag='i', filters={'label': 'd1'})
    qb.append(Node, with_ancestors='i', project='label', edge_project=['depth', 'ancestor_id'])
    assert sorted(qb.all()) == [['c1', 0, 1], ['c2', 2, 1], ['o1', 1, 1], ['o2', 3, 1], ['r1', 1, 1]]


FUNCTIONS = [
    ({'id': {'func': 'count'}}, 4),
    ({'attributes.value': {'func': 'max'}}, 20),
    ({'attributes.value': {'func': 'min', 'cast': 'f'}}, 1.0),
    ({'attributes.value': {'func': 'sum'}}, 33),
    ({'attributes.value': {'func': 'avg'}}, 8.25),
    ({'ctime': {'func': 'max'}}, datetime(2024, 5, 2, 1, tzinfo=UTC)),
]


@pytest.mark.parametrize(('projection', 'expected'), FUNCTIONS, ids=str)
def test_functions(qb: QueryBuilder, projection: Any, expected: Any) -> None:
    qb.append(Int, project=projection)
    assert qb.all() == [[expected]]
    assert qb.count() == 1


CASTS = [('i', 2), ('f', 2.5), ('t', '2.5'), ('j', 2.5), (None, 2.5)]


@pytest.mark.parametrize(('cast', 'expected'), CASTS)
def test_casts(qb: QueryBuilder, cast: str | None, expected: Any) -> None:
    assert qb.append(Float, project={'attributes.value': {'cast': cast}}).all(flat=True) == [expected]


ORDERS: list[tuple[Any, str]] = [
    ({'i': 'label'}, 'd1 d2 o1 o2'),
    ({Int: 'label'}, 'd1 d2 o1 o2'),
    ({'i': {'label': 'desc'}}, 'o2 o1 d2 d1'),
    ({'i': [{'label': 'desc'}, {'id': {'order': 'asc'}}]}, 'o2 o1 d2 d1'),
    ([{'i': {'attributes.value': {'cast': 'i', 'order': 'desc'}}}], 'o2 o1 d2 d1'),
    ([{'i': {'attributes.value': 'desc'}}], 'o2 o1 d2 d1'),
    ({'i': [{'node_type': 'asc'}, {'pk': 'desc'}]}, 'o2 o1 d2 d1'),
    ({'i': [Int.fields.value]}, 'd1 d2 o1 o2'),
]


@pytest.mark.parametrize(('order', 'expected'), ORDERS, ids=str)
def test_order(qb: QueryBuilder, order: Any, expected: str) -> None:
    qb.append(Int, tag='i', project='label').order_by(order)
    assert ' '.join(qb.all(flat=True)) == expected
    assert ' '.join(qb.limit(2).offset(1).all(flat=True)) == ' '.join(expected.split()[1:3])
    assert qb.count() == 2
    assert ' '.join(qb.limit(None).offset(2).all(flat=True)) == ' '.join(expected.split()[2:])


def test_rows(qb: QueryBuilder) -> None:
    qb.append(Int, tag='i', project=['label', 'id'])
    rows = [['d1', 1], ['d2', 2], ['o1', 10], ['o2', 13]]
    assert qb.all() == rows
    assert qb.all(batch_size=2) == rows
    assert list(qb.iterall(batch_size=3)) == rows
    assert list(qb.iterdict()) == [{'i': {'label': label, 'id': pk}} for label, pk in rows]
    assert qb.all(flat=True) == [value for row in rows for value in row]
    assert qb.first() == ['d1', 1]
    assert qb.first(flat=True) == ['d1', 1]
    assert qb.count() == 4
    with pytest.raises(MultipleObjectsError, match='more than one'):
        qb.one()
    assert qb.add_filter('i', {'label': 'o1'}).one() == ['o1', 10]
    qb.add_filter(Int, {'label': 'nope'})
    assert (qb.all(), qb.first(), qb.count()) == ([], None, 0)
    with pytest.raises(NotExistent, match='no row'):
        qb.one()


def test_first_of_one_projection_is_flat(qb: QueryBuilder) -> None:
    assert qb.append(Int, project='label').first(flat=True) == 'd1'


def test_distinct(qb: QueryBuilder) -> None:
    qb.append(Int, tag='i').append(Node, with_incoming='i')
    assert (qb.count(), len(qb.all())) == (5, 5)
    qb.distinct()
    assert (qb.count(), len(qb.all())) == (3, 3)
    assert QueryBuilder(qb.backend).append(Int, project='node_type').distinct().all() == [['data.core.int.Int.']]


def test_values_may_be_entities(qb: QueryBuilder, graph: SqliteStore) -> None:
    user = User.from_pk(graph, 1)
    computer = Computer.from_pk(graph, 1)
    qb.append(Node, filters={'user': user, 'computer': {'in': [computer]}}, project='label')
    assert flat_labels(qb) == 'c1 r1'
    six = QueryBuilder(graph).append(Int, filters={'pk': 10}).first(flat=True)
    assert (
        flat_labels(QueryBuilder(graph).append(Int, filters={'attributes.value': {'>': six}}, project='label')) == 'o2'
    )


def test_as_dict(qb: QueryBuilder) -> None:
    qb.append(Int, tag='i')
    qb.append(
        CalcFunctionNode,
        with_incoming='i',
        edge_filters={'label': 'a'},
        project=['uuid'],
        edge_project=['label', 'type'],
    )
    qb.order_by({'i': ['label', {'id': 'desc'}]}).limit(2).offset(1).distinct()
    expected = {
        'path': [
            {
                'entity_type': 'data.core.int.Int.',
                'orm_base': 'node',
                'tag': 'i',
                'joining_keyword': None,
                'joining_value': None,
                'edge_tag': None,
                'outerjoin': False,
            },
            {
                'entity_type': 'process.calculation.calcfunction.CalcFunctionNode.',
                'orm_base': 'node',
                'tag': 'CalcFunctionNode_1',
                'joining_keyword': 'with_incoming',
                'joining_value': 'i',
                'edge_tag': 'i--CalcFunctionNode_1',
                'outerjoin': False,
            },
        ],
        'filters': {
            'i': {'node_type': {'like': 'data.core.int.%'}},
            'CalcFunctionNode_1': {'node_type': {'like': 'process.calculation.calcfunction.%'}},
            'i--CalcFunctionNode_1': {'label': 'a'},
        },
        'project': {
            'i': [],
            'CalcFunctionNode_1': [{'uuid': {}}],
            'i--CalcFunctionNode_1': [{'label': {}}, {'type': {}}],
        },
        'project_map': {},
        'order_by': [{'i': [{'label': {'order': 'asc'}}, {'id': {'order': 'desc'}}]}],
        'limit': 2,
        'offset': 1,
        'distinct': True,
    }
    assert qb.as_dict() == expected
    assert qb.queryhelp == expected
    assert qb.get_used_tags() == ['i', 'CalcFunctionNode_1', 'i--CalcFunctionNode_1']
    assert qb.get_used_tags(edges=False) == ['i', 'CalcFunctionNode_1']
    assert copy.deepcopy(qb).as_dict() == expected
    qb.as_dict()['filters']['i'].clear()
    assert qb.as_dict() == expected


FILTERS_OF_CLASSES: list[tuple[Any, dict[str, Any]]] = [
    ({'cls': Node}, {'node_type': {'like': '%'}}),
    ({'cls': (Int, Float)}, {'node_type': {'or': [{'like': 'data.core.int.%'}, {'like': 'data.core.float.%'}]}}),
    ({'cls': Group}, {'type_string': {'like': '%'}}),
    ({'cls': Group, 'subclassing': False}, {'type_string': {'==': 'core'}}),
    ({'cls': Computer}, {}),
    (
        {'cls': AddCalculation},
        {
            'node_type': {'like': 'process.calculation.calcjob.%'},
            'process_type': {
                'or': [
                    {'==': 'aiida.calculations:core.arithmetic.add'},
                    {'like': 'aiida.calculations:core.arithmetic.add.'},
                ]
            },
        },
    ),
]


@pytest.mark.parametrize(('arguments', 'expected'), FILTERS_OF_CLASSES)
def test_filters_of_classes(qb: QueryBuilder, arguments: dict[str, Any], expected: dict[str, Any]) -> None:
    assert list(qb.append(**arguments).as_dict()['filters'].values()) == [expected]


TAGS = [
    (Node, 'node_1'),
    (Int, 'Int_1'),
    ((Int, Float), 'Int-Float_1'),
    (Group, 'core_1'),
    (User, 'user_1'),
    (Computer, 'computer_1'),
    (AddCalculation, 'CalcJobNode_1'),
]


@pytest.mark.parametrize(('cls', 'expected'), TAGS)
def test_automatic_tags(qb: QueryBuilder, cls: Any, expected: str) -> None:
    assert qb.append(cls).get_used_tags() == [expected]


def test_a_query_in_one_call(graph: SqliteStore) -> None:
    query = QueryBuilder(
        graph,
        path=[{'cls': Int, 'tag': 'i', 'filters': {'label': {'like': 'o%'}}}, {'cls': CalcFunctionNode}],
        project={'i': ['label'], 'CalcFunctionNode_1': 'id'},
        filters={'i': {'id': {'>': 3}}},
        order_by={'i': 'id'},
        limit=5,
    )
    assert query.all() == [['o1', 12]]
    assert QueryBuilder(graph, path=[Int, 'data.core.float.Float.']).get_used_tags(edges=False) == ['Int_1', 'Float_1']


MISTAKES: list[tuple[Build, type[Exception], str]] = [
    (lambda q: q.append(), ValueError, '`cls`.*`entity_type`'),
    (lambda q: q.append('Int'), TypeError, "'Int'.*`entity_type`"),
    (lambda q: q.append(int), ValueError, 'not something to query for'),
    (lambda q: q.append((Int, Group)), ValueError, 'of one kind'),
    (lambda q: q.append(Int, entity_type='data.core.int.Int.'), ValueError, 'not both'),
    (lambda q: q.append(entity_type='Int'), DbContentError, "'Int' is not known"),
    (lambda q: q.append(Int, tag='a--b'), ValueError, "'--' in it"),
    (lambda q: q.append(Int, tag='a').append(Int, tag='a'), ValueError, "'a' is in use already"),
    (lambda q: q.append(Int, with_group='zz'), ValueError, "no tag 'zz'"),
    (lambda q: q.append(Group, tag='g').append(Int, with_group='zz'), ValueError, r"no tag 'zz'.*\['g'\]"),
    (lambda q: q.append(Int).append(Int).append(Node, with_incoming=Int), ValueError, 'more than once.*Int_1.*Int_2'),
    (lambda q: q.append(Int, tag='a').append(Int, with_incoming=Float), ValueError, "not in this query.*'a'"),
    (lambda q: q.append(Int).append(Int, filtrs={}), ValueError, "'filtrs'.*with_incoming"),
    (lambda q: q.append(Int, tag='a').append(User, with_incoming='a'), ValueError, 'with_incoming.*user.*with_node'),
    (
        lambda q: q.append(Int, tag='a').append(Int, with_incoming='a', with_outgoing='a'),
        ValueError,
        'one way only.*with_incoming and with_outgoing',
    ),
    (lambda q: q.append(User, tag='a').append(Int, with_incoming='a'), ValueError, "'a' is a user; use with_user"),
    (lambda q: q.append(Computer).append(Group), ValueError, 'a group cannot be joined to a computer.*with_node'),
    (lambda q: q.append(Int).append(Int, direction=2), ValueError, 'path of 1'),
    (lambda q: q.append(User).append(Int, direction=1), ValueError, "'user_1' is a user"),
    (lambda q: q.append(Int, filters='label'), TypeError, "filters are a dictionary.*'label'"),
    (lambda q: q.append(Int, project=3), ValueError, 'not 3'),
    (lambda q: q.append(Int, project={'id': 'max'}), TypeError, "'id' are a dictionary, not 'max'"),
    (lambda q: q.append(Int, project={'id': {'fun': 'max'}}), ValueError, "'fun'.*cast and func"),
    (lambda q: q.append(Int, project={'id': {'func': 'median'}}), ValueError, "'median'.*max"),
    (lambda q: q.append(Int, project={'id': {'cast': 'z'}}), ValueError, "'z'.*i, f"),
    (lambda q: q.append(Int, project={'*': {'func': 'count'}}), ValueError, "such as 'id'"),
    (lambda q: q.append(Int, project=['label', 'label']), ValueError, "'label' is projected twice"),
    (lambda q: q.append(Int, project='labl'), ValueError, "'labl' is not a column of a node.*label"),
    (lambda q: q.append(Int, project='user.email'), ValueError, "'user.email' is a path"),
    (lambda q: q.append(Int).order_by({'zz': 'id'}), ValueError, "no tag 'zz'"),
    (lambda q: q.append(Int).order_by('id'), TypeError, '{tag: column}'),
    (lambda q: q.append(Int).order_by({Int: {'id': 'down'}}), ValueError, "'down'; it may be asc or desc"),
    (lambda q: q.append(Int).order_by({Int: {'id': {'ord': 'asc'}}}), ValueError, "'ord'"),
    (lambda q: q.append(Int).order_by({Int: 'zz'}), ValueError, "'zz' is not a column"),
    (lambda q: q.append(Int).add_filter('j', {}), ValueError, "no tag 'j'"),
    (lambda q: q.append(Int).limit('a'), TypeError, "limit is an integer or None, not 'a'"),  # type: ignore[arg-type]
    (lambda q: q.append(Int).distinct('a'), TypeError, 'boolean'),  # type: ignore[arg-type]
    (lambda q: q, ValueError, 'the query is empty'),
    (lambda q: q.children(), ValueError, 'the query is empty'),
    (lambda q: q.append(Int).append(User, edge_project='id'), ValueError, 'nothing stands between'),
    (lambda q: q.append(Int).append(Node, edge_filters={'zz': 1}), ValueError, "'zz' is not a column of a link"),
    (
        lambda q: q.append(Int, tag='i').append(Node, tag='n').append(Node, with_incoming='i--n'),
        ValueError,
        "'i--n' is the tag of a link",
    ),
]


@pytest.mark.parametrize(('build', 'error', 'message'), MISTAKES)
def test_mistakes_are_explained(qb: QueryBuilder, build: Build, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build(qb).all()


@pytest.mark.parametrize('arguments', [{'path': 3}, {'path': [Int], 'filters': 3}, {'path': [Int], 'project': 3}])
def test_constructor_refuses_what_is_of_the_wrong_type(graph: SqliteStore, arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match='not 3'):
        QueryBuilder(graph, **arguments)


def test_a_kind_of_group_that_is_not_registered_is_refused(qb: QueryBuilder) -> None:
    class Shelf(Group):
        pass

    with pytest.raises(ValueError, match=r"no entry point in the group 'aiida.groups'"):
        qb.append(Shelf)


def test_building_a_query_is_light() -> None:
    program = (
        'import sys, aiida.orm; aiida.orm.QueryBuilder; print([m for m in ("sqlalchemy", "numpy") if m in sys.modules])'
    )
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == '[]'


def test_statements_can_be_read(qb: QueryBuilder, graph: Any) -> None:
    qb.append(Int, project='label', filters={'label': "d'1"})
    assert "= 'd''1'" in qb.as_sql(inline=True)
    assert "d'1" in qb.as_sql()
    if graph.dialect == 'sqlite':
        assert 'USING INDEX' in qb.analyze_query()
    else:
        assert 'actual time' in qb.analyze_query()
        assert 'actual time' not in qb.analyze_query(execute=False)
    assert qb.analyze_query(verbose=True).startswith('SELECT')
    assert str(qb).startswith("QueryBuilder(path=[{'entity_type': 'data.core.int.Int.'")


PLANS: list[tuple[Build, str]] = [
    (lambda q: q.append(Node, with_ancestors='i'), 'ix_db_dblink_db_dblink_input_id'),
    (lambda q: q.append(Node, with_descendants='i'), 'ix_db_dblink_db_dblink_output_id'),
    (lambda q: q.append(Node, with_incoming='i', edge_filters={'type': 'create'}), 'ix_db_dblink_db_dblink_input_id'),
    (lambda q: q.append(Node, with_outgoing='i', edge_filters={'label': 'x'}), 'ix_db_dblink_db_dblink_output_id'),
]


@pytest.mark.parametrize(('build', 'index'), PLANS)
def test_links_are_found_by_their_ends(qb: QueryBuilder, graph: Any, build: Build, index: str) -> None:
    if graph.dialect != 'sqlite':
        pytest.skip('PostgreSQL chooses by statistics, which a table of ten rows does not have')
    plan = build(qb.append(Int, filters={'id': 1}, tag='i')).analyze_query()
    links = [line for line in plan.splitlines() if 'ix_db_dblink' in line]
    assert links
    assert all(index in line for line in links), plan


def test_debug_prints_what_is_run(qb: QueryBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    qb.append(Int).all()
    assert capsys.readouterr().out == ''
    qb.set_debug(True).all()
    assert 'SELECT' in capsys.readouterr().out


def test_many_ways_between_two_nodes_give_one_row() -> None:
    """A ladder of 40 rungs has 2**40 ways from top to bottom."""
    from aiida.common.timezone import now
    from aiida.storage.records import LinkRecord, NodeRecord

    store = SqliteStore.in_memory()

    def insert(number: int, node_type: str) -> int:
        uuid = f'{number:08x}-0000-4000-8000-000000000000'
        return store.insert_node(NodeRecord(uuid=uuid, node_type=node_type, ctime=now(), mtime=now(), user_id=1))

    with store.transaction():
        top = insert(0, 'data.core.int.Int.')
        above, links = [top], []
        for number in range(1, 80, 2):
            process = insert(number, 'process.calculation.calcfunction.CalcFunctionNode.')
            links.extend(LinkRecord(node, process, 'input_calc', f'x{node}') for node in above)
            above = [insert(1000 + number + extra, 'data.core.int.Int.') for extra in (0, 1)]
            links.extend(LinkRecord(process, node, 'create', f'y{node}') for node in above)
        store.insert_links(links)
    query = QueryBuilder(store).append(Int, filters={'id': top}, tag='top')
    query.append(Int, with_ancestors='top', project='id', edge_project='depth').order_by({'Int_1': 'id'})
    rows = query.all()
    assert len(rows) == 80
    assert rows[-1][1] == 79
    store.close()


def test_times_in_attributes_can_be_read_as_times() -> None:
    from aiida.common.timezone import now
    from aiida.storage.records import NodeRecord

    store = SqliteStore.in_memory()
    times = {'zone': '2024-05-01T12:00:00+02:00', 'utc': '2024-05-01T10:00:00Z', 'day': '2024-05-01'}
    store.insert_node(
        NodeRecord(
            uuid='0' * 36, node_type='data.core.dict.Dict.', ctime=now(), mtime=now(), user_id=1, attributes=times
        )
    )
    moment = datetime(2024, 5, 1, 10, tzinfo=UTC)
    projections = [{f'attributes.{key}': {'cast': 'd'}} for key in times]
    assert QueryBuilder(store).append(Dict, project=projections).one() == [
        moment,
        moment,
        datetime(2024, 5, 1, tzinfo=UTC),
    ]
    store.close()


def test_numbers_of_numpy_in_filters(store: Any) -> None:
    """Scalars and arrays stand for Python's numbers and lists, in columns and in attributes, at any depth."""
    numpy = pytest.importorskip('numpy')
    nodes = [Int(value).store() for value in range(3)]
    numbers = [node.pk for node in nodes]
    listed = List([1, 2]).store()

    def found(**filters: Any) -> list[int]:
        query = QueryBuilder().append(Data, filters=filters, project='id', tag='n').order_by({'n': 'id'})
        return query.all(flat=True)

    assert found(id=numpy.int64(numbers[1])) == [numbers[1]]
    assert found(id={'in': numpy.array(numbers[:2])}) == numbers[:2]
    assert found(id={'in': [numpy.int64(numbers[2])]}) == [numbers[2]]
    once = QueryBuilder().append(Data, filters={'id': {'in': iter(numpy.array(numbers[:2]))}})
    assert once.count() == len(once.all()) == 2
    assert QueryBuilder().append(Int, filters=Int.fields.value == numpy.int64(1)).count() == 1
    assert found(**{'attributes.value': numpy.float64(1)}) == [numbers[1]]
    assert found(**{'attributes.value': {'in': numpy.arange(2)}}) == numbers[:2]
    assert found(**{'attributes.value': {'in': {numpy.float32(2)}}}) == [numbers[2]]
    assert found(**{'attributes.list': numpy.array([1, 2])}) == [listed.pk]
    assert found(**{'attributes.list': {'contains': [numpy.int8(2)]}}) == [listed.pk]
    assert found(**{'attributes.list': {'of_length': numpy.int64(2)}}) == [listed.pk]
    # long arrays that differ in the middle only, which numpy abbreviates when it prints them
    for place in (0, 1):
        array = numpy.zeros(3000, dtype=int)
        array[1500] = numbers[place]
        assert found(id={'in': array}) == [numbers[place]]


def test_integers_of_more_than_64_bits_in_filters(store: Any) -> None:
    """They are compared as floats; what is too large for one is refused in words."""
    large, listed = Int(2**70).store(), List([2**70]).store()

    def found(key: str, condition: Any) -> list[int]:
        return QueryBuilder().append(Data, filters={key: condition}, project='id').all(flat=True)

    assert found('attributes.value', 2**70) == [large.pk]
    assert found('attributes.value', {'>': 2**69}) == [large.pk]
    assert found('attributes.value', {'in': [2**70]}) == [large.pk]
    assert found('attributes.list', {'contains': [2**70]}) == [listed.pk]
    assert found('attributes.list', {'longer': 2**70}) == []
    assert found('id', 2**70) == found('id', {'in': [2**70]}) == []
    assert found('id', {'<': 2**70}) == [large.pk, listed.pk]
    for key in ('id', 'attributes.value'):
        with pytest.raises(ValueError, match='1329 bits'):
            found(key, 10**400)


@pytest.mark.parametrize('operator', ['~', '!', '', '~=', '=', 'begins'])
def test_operators_that_do_not_exist(store: Any, operator: str) -> None:
    with pytest.raises(ValueError, match='==, >, <, >=, <=, in, like') as refused:
        QueryBuilder().append(Data, filters={'id': {operator: 1}}).all()
    assert "'id'" in str(refused.value)
