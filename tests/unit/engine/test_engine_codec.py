"""What a checkpoint holds is read back as what it was."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import math
import pathlib
import subprocess
import sys
import textwrap
import uuid
from typing import Any, NamedTuple

import numpy as np
import pytest
from plumpy.utils import AttributesFrozendict

from aiida import orm
from aiida.common.datastructures import CalcInfo
from aiida.common.extendeddicts import AttributeDict
from aiida.engine import Awaitable, ExitCode, ProcessHandlerReport, append_
from aiida.engine.runtime import codec
from aiida.schedulers.datastructures import JobInfo


class Colour(enum.Enum):
    RED = 'red'


class Number(enum.IntEnum):
    ONE = 1


class Point(NamedTuple):
    x: int
    y: Any = None


@dataclasses.dataclass(frozen=True)
class Record:
    name: str
    values: tuple[int, ...] = ()


class Text(str):
    pass


VALUES = [
    None,
    True,
    0,
    2**70,
    -1.5,
    1e308,
    'text',
    '',
    [1, [2, [3]]],
    {'a': {'b': [1]}},
    {},
    {'!t': 'tuple', 'v': [1]},
    {1: 'a', (2, 3): 'b', None: 'c'},
    (1, (2, [3])),
    {1, 2},
    frozenset({'a'}),
    b'\x00\xff',
    float('inf'),
    datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC),
    datetime.datetime(2026, 1, 2),
    datetime.date(2026, 1, 2),
    datetime.time(1, 2),
    datetime.timedelta(days=1, microseconds=5),
    uuid.UUID(int=5),
    3 + 4j,
    decimal.Decimal('1.10'),
    range(1, 9, 2),
    slice(1, None, 2),
    pathlib.Path('/a/b'),
    pathlib.PurePosixPath('a'),
    Colour.RED,
    Number.ONE,
    Point(1, Point(2)),
    Record('a', (1, 2)),
    ExitCode(5, 'text', True),
    ProcessHandlerReport(True, ExitCode(3)),
    AttributeDict({'a': {'b': (1,)}}),
    AttributesFrozendict({'a': AttributesFrozendict({'b': 1})}),
    collections.OrderedDict([('b', 1), ('a', 2)]),
    collections.Counter('aab'),
    collections.defaultdict(list, a=[1]),
    CalcInfo(),
    JobInfo({'job_id': '5', 'annotation': 'a'}),
    Colour,
    math.sqrt,
    codec.dumps,
]


@pytest.mark.parametrize('value', VALUES, ids=lambda value: repr(value)[:30])
def test_read_back_as_it_was(value: Any) -> None:
    found = codec.loads(codec.dumps({'it': value}))['it']
    assert type(found) is type(value)
    if isinstance(value, AttributesFrozendict):
        assert dict(found) == dict(value) or found.a.b == value.a.b
    else:
        assert found == value


def test_not_a_number() -> None:
    assert math.isnan(codec.loads(codec.dumps(float('nan'))))


@pytest.mark.parametrize(
    'array', [np.arange(6).reshape(2, 3), np.array([1.5, np.nan]), np.zeros((0, 3)), np.array(['a', 'bc'])]
)
def test_arrays(array: Any) -> None:
    found = codec.loads(codec.dumps({'a': array}))['a']
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize('scalar', [np.int32(3), np.float64(0.1), np.bool_(True)])
def test_array_scalars(scalar: Any) -> None:
    found = codec.loads(codec.dumps(scalar))
    assert type(found) is type(scalar)
    assert found == scalar


def test_entities_are_references() -> None:
    node = orm.Dict({'content': 'that is not copied'}).store()
    group = orm.Group(label='group').store()
    computer = orm.Computer('c', 'localhost', '', 'core.local', 'core.direct').store()
    user = orm.User.collection.get_default()
    text = codec.dumps({'nodes': [node], 'group': group, 'computer': computer, 'user': user})
    assert 'not copied' not in text
    found = codec.loads(text)
    assert found['nodes'][0].uuid == node.uuid
    assert isinstance(found['nodes'][0], orm.Dict)
    assert found['group'].uuid == group.uuid
    assert found['computer'].uuid == computer.uuid
    assert found['user'].pk == user.pk


def test_awaitables() -> None:
    node = orm.WorkChainNode().store()
    awaitable = append_(node)
    awaitable.key = 'kids'
    found = codec.loads(codec.dumps([awaitable]))[0]
    assert isinstance(found, Awaitable)
    assert vars(found) == vars(awaitable)


class Local:
    pass


def _local_class() -> Any:
    class Inner(enum.Enum):
        A = 1

    return Inner


@pytest.mark.parametrize(
    ('value', 'path'),
    [
        ({'a': {'b': [1, object()]}}, 'ctx.a.b.1'),
        ({'a': open}, None),
        ({'handle': sys.stdout}, 'ctx.handle'),
        ({'f': lambda: 1}, 'ctx.f'),
        ({'nested': (1, {'x': Local()})}, 'ctx.nested.1.x'),
        ({'local': _local_class().A}, 'ctx.local'),
        ({'objects': np.array([object()])}, 'ctx.objects'),
        ({'text': Text('x')}, 'ctx.text'),
    ],
)
def test_what_cannot_be_read_back_is_refused_when_written(value: Any, path: str | None) -> None:
    if path is None:
        assert codec.loads(codec.dumps(value)) == value
        return
    with pytest.raises(codec.NotSavable) as refused:
        codec.dumps(value, 'ctx')
    assert f'`{path}`' in str(refused.value)


def test_unstored_node_is_refused() -> None:
    with pytest.raises(codec.NotSavable, match=r'`ctx\.deep\.node` .*not stored'):
        codec.dumps({'deep': {'node': orm.Int(1)}}, 'ctx')


def test_unknown_kind_is_refused_when_read() -> None:
    with pytest.raises(codec.NotSavable, match='unheard-of'):
        codec.loads('{"!t": "unheard-of", "v": 1}')


def test_registered_class() -> None:
    codec.register(Local, 'test-local', lambda value: vars(value), lambda content: _local(content))
    made = _local({'x': (1, orm.Int(2).store())})
    found = codec.loads(codec.dumps({'it': made}))['it']
    assert isinstance(found, Local)
    assert found.x[0] == 1  # type: ignore[attr-defined]
    assert found.x[1].value == 2  # type: ignore[attr-defined]


def _local(content: dict[str, Any]) -> Local:
    made = Local()
    vars(made).update(content)
    return made


def test_numpy_is_not_imported_for_nothing() -> None:
    script = """
        import sys
        from aiida.engine.runtime import codec
        codec.loads(codec.dumps({'a': [1, (2,), {'b': b'c'}]}))
        print('numpy' in sys.modules)
    """
    result = subprocess.run([sys.executable, '-c', textwrap.dedent(script)], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == 'False'
