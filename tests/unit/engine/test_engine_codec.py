"""What a checkpoint holds is read back as what it was."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import logging
import math
import pathlib
import re
import subprocess
import sys
import textwrap
import threading
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


class Plain:
    def __init__(self, content: Any) -> None:
        self.content = content

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = None  # type: ignore[assignment]


class Slotted:
    __slots__ = ('left', 'right')

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slotted) and (self.left, self.right) == (other.left, other.right)

    __hash__ = None  # type: ignore[assignment]


class Stateful(Plain):
    def __getstate__(self) -> Any:
        return [self.content]

    def __setstate__(self, state: Any) -> None:
        (self.content,) = state


class Keyworded(Plain):
    def __new__(cls, *, content: Any) -> Any:
        return super().__new__(cls)

    def __init__(self, *, content: Any) -> None:
        super().__init__(content)

    def __getnewargs_ex__(self) -> Any:
        return (), {'content': self.content}


class Items(list[Any]):
    pass


class Kinds(set[Any]):
    pass


def _slotted() -> Slotted:
    result = Slotted()
    result.left, result.right = 1, (2,)
    return result


OBJECTS = [
    Plain({'a': (1, Plain(None))}),
    Plain(np.float64(1.5)),
    _slotted(),
    Stateful((1, 2)),
    Keyworded(content=b'x'),
    Items([1, (2,), Plain(3)]),
    Kinds({1, 2}),
    Text('x'),
    Plain(Text('y')),
    re.compile('a+', re.IGNORECASE),
    fractions.Fraction(1, 3),
    collections.deque([1, 2], 3),
    functools.partial(math.pow, 2),
    logging.getLogger('aiida.test_codec'),
    datetime.timezone(datetime.timedelta(hours=1)),
]


@pytest.mark.parametrize('value', OBJECTS, ids=lambda value: type(value).__name__)
def test_instances_of_other_classes(value: Any) -> None:
    found = codec.loads(codec.dumps({'it': value}, 'ctx'))['it']
    assert type(found) is type(value)
    if isinstance(value, functools.partial):
        assert found(3) == 8.0
    else:
        assert found == value


def test_nodes_in_an_instance_are_references() -> None:
    node = orm.Int(1).store()
    assert codec.loads(codec.dumps(Plain({'node': node}))).content['node'].pk == node.pk
    with pytest.raises(codec.NotSavable, match=r'`ctx\.it\.content\.node` .*not stored'):
        codec.dumps({'it': Plain({'node': orm.Int(1)})}, 'ctx')


def test_what_contains_itself_is_refused() -> None:
    value = Plain(None)
    value.content = [value]
    with pytest.raises(codec.NotSavable, match=r'`ctx.it` .*itself'):
        codec.dumps({'it': value}, 'ctx')


def _local_instance() -> Any:
    class Local:
        pass

    return Local()


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
        ({'nested': (1, {'x': _local_instance()})}, 'ctx.nested.1.x'),
        ({'deep': Plain({'x': lambda: 1})}, 'ctx.deep.content.x'),
        ({'lock': threading.Lock()}, 'ctx.lock'),
        ({'lock': asyncio.Lock()}, 'ctx.lock'),
        ({'generator': (item for item in ())}, 'ctx.generator'),
        ({'module': math}, 'ctx.module'),
        ({'local': _local_class().A}, 'ctx.local'),
        ({'objects': np.array([object()])}, 'ctx.objects'),
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


class Local:
    """What only :func:`test_registered_class` says how to write."""


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


@pytest.mark.parametrize('tag', sorted(codec._READERS))
def test_a_new_interpreter_finds_who_reads_a_kind(tag: str) -> None:
    script = f'from aiida.engine.runtime import codec; codec._load_optional({tag!r}); print({tag!r} in codec._BY_TAG)'
    done = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True, check=True)
    assert done.stdout == 'True\n'
