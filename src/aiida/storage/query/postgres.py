"""SQL as PostgreSQL understands it: JSON is ``jsonb``, asked through its own operators."""

from __future__ import annotations

import operator as op
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, DateTime, Float, Numeric, Text, and_, case, cast, false, func, or_, true
from sqlalchemy import any_ as any_of
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql.base import PGCompiler
from sqlalchemy.sql import ColumnElement, literal, literal_column

from aiida.common import json
from aiida.storage.query.conditions import bound_number, json_operand
from aiida.storage.query.entities import ColumnKind

if TYPE_CHECKING:
    from sqlalchemy.sql import Executable

__all__ = ('PostgresDialect',)

Expression = ColumnElement[Any]
Condition = ColumnElement[bool]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {'==': op.eq, '>': op.gt, '<': op.lt, '>=': op.ge, '<=': op.le}
_LENGTH: dict[str, Callable[[Any, Any], Any]] = {'of_length': op.eq, 'longer': op.gt, 'shorter': op.lt}
#: What PostgreSQL would read as an index of an array although it is none here.
_LIKE_AN_INDEX = re.compile(r'\s*[+-]?\d+')
#: A number that can be cast without an error.
_NUMBER = r'^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*$'
_MOMENT = r'^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$'
#: Belongs to nothing: it is what a text that is no uuid is compared as.
_NO_UUID = str(UUID(int=0))


class _Compiler(PGCompiler):
    """Leaves it to the server which type a parameter has, but for what is cast on purpose."""

    def render_bind_cast(self, type_: Any, dbapi_type: Any, sqltext: str) -> str:
        return sqltext


class PostgresDialect:
    """Writes SQL for PostgreSQL 12 or later."""

    def __init__(self) -> None:
        self._compiler = postgresql.dialect(paramstyle='numeric_dollar')  # type: ignore[no-untyped-call]
        self._compiler.statement_compiler = _Compiler  # type: ignore[assignment]

    def compile(self, statement: Executable) -> tuple[str, Sequence[Any]]:
        compiled = statement.compile(dialect=self._compiler)  # type: ignore[attr-defined]
        values = compiled.params
        return compiled.string, [values[name] for name in compiled.positiontup or ()]

    def inline(self, statement: Executable) -> str:
        compiled = statement.compile(  # type: ignore[attr-defined]
            dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
            compile_kwargs={'literal_binds': True},
        )
        return str(compiled.string)

    def like(self, expression: Expression, pattern: str, ignore_case: bool, kind: ColumnKind) -> Condition:
        if pattern == '%':
            return expression.is_not(None)
        if kind not in (ColumnKind.TEXT, ColumnKind.JSON):
            expression = cast(expression, Text)
        return expression.op('ILIKE' if ignore_case else 'LIKE', is_comparison=True)(_complete(pattern))

    def member_of(self, expression: Expression, values: Sequence[Any]) -> Condition:
        if not values:
            return false()
        # the server takes the type of the array from what it is compared with
        return expression == any_of(literal(_array(values), Text))

    def unindexed(self, expression: Expression) -> Expression:
        # the planner knows how many rows fulfil a condition
        return expression

    def bind_time(self, value: datetime) -> str:
        return value.isoformat()

    def bind_uuid(self, value: str) -> str:
        try:
            return str(UUID(value))
        except ValueError:
            return _NO_UUID

    def bind_number(self, value: Any) -> Any:
        if isinstance(value, float):
            return cast(literal(repr(value), Text), Numeric)
        return cast(literal(str(int(value)), Text), BigInteger) if isinstance(value, int) else value

    def cast(self, expression: Expression, name: str) -> Expression:
        if name == 'j':
            return expression
        if isinstance(expression.type, JSONB):
            return _JSON_CASTS[name](expression)
        return cast(expression, _CASTS[name])

    def aggregated(self, expression: Expression) -> Expression:
        return _as_number(expression) if isinstance(expression.type, JSONB) else expression

    def json_value(self, column: Expression, path: Sequence[str]) -> Expression:
        return _at(column, path)

    def json_scalar(self, column: Expression, path: Sequence[str]) -> Expression:
        return _at(column, path)

    def json_condition(self, column: Expression, path: Sequence[str], operator: str, value: Any) -> Condition:
        return _Json(_at(column, path)).condition(operator, value)

    def read_json(self, value: Any) -> Any:
        if value is None:
            return None
        return {} if value == '{}' else json.loads(value)

    def read_time(self, value: Any) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class _Json:
    """A value of type ``jsonb``, and the questions that can be asked about it."""

    def __init__(self, value: Expression) -> None:
        """
        :param value: the expression; NULL where nothing is there.
        """
        self.value = value

    @property
    def type(self) -> Expression:
        """Its type, in JSON's words; NULL if nothing is there."""
        return func.jsonb_typeof(self.value)

    @property
    def text(self) -> Expression:
        """Its text, without quotes."""
        return _text(self.value)

    def condition(self, operator: str, value: Any) -> Condition:
        """Return the condition of an operator of the filters."""
        if operator in _COMPARE:
            return self.compare(operator, value)
        if operator in _LENGTH:
            length = func.jsonb_array_length(self.value)
            return self.typed('array', _LENGTH[operator](length, PostgresDialect().bind_number(value)))
        match operator:
            case 'in':
                return self.member_of(value)
            case 'like' | 'ilike':
                matches = PostgresDialect().like(self.text, value, operator == 'ilike', ColumnKind.JSON)
                return self.typed('string', matches)
            case 'of_type':
                return self.of_type(value)
            case 'has_key':
                return self.has_key(value)
            case 'has_keys':
                return and_(true(), *map(self.has_key, value))
            case 'contains':
                # a scalar would contain itself; an element is asked for in a list
                wanted = value if isinstance(value, (list, tuple, Mapping)) else [value]
                return self.value.op('@>', is_comparison=True)(_json(wanted))
        raise ValueError(f"unknown operator '{operator}' on a JSON value")

    def typed(self, name: str, condition: Condition) -> Condition:
        """Ask ``condition`` of values of this type only; it is false of any other."""
        return case((self.type == name, condition), else_=false())

    def has_key(self, key: str) -> Condition:
        """Whether it is an object that has a key."""
        return self.value.op('->')(cast(literal(key, Text), Text)).is_not(None)

    def of_type(self, name: str) -> Condition:
        """Whether it has this type, in JSON's words."""
        return func.coalesce(self.type, 'null') == name

    def compare(self, operator: str, value: Any) -> Condition:
        """Compare with a value of the same type."""
        value = json_operand(operator, value)
        if value is None:
            return self.of_type('null')
        if isinstance(value, float) and not isfinite(value):
            # every number of JSON is on the same side of it
            return self.typed('number', true() if _COMPARE[operator](0.0, value) else false())
        if operator == '==':
            return func.coalesce(self.value == _json(value), false())
        if isinstance(value, str):
            # by code points, as everywhere in JSON, whatever the collation of the database
            return self.typed('string', _COMPARE[operator](self.text.collate('C'), literal(value, Text)))
        name = 'boolean' if isinstance(value, bool) else 'number'
        return self.typed(name, _COMPARE[operator](self.value, _json(value)))

    def member_of(self, values: Sequence[Any]) -> Condition:
        """Whether it is one of these values, of any types."""
        if not all(value is None or isinstance(value, _JSON_TYPES) for value in values):
            raise TypeError(f"the values of 'in' on a JSON value are of JSON's types, which not all of {values!r} are")
        wanted = [_plain(value) for value in values if value is not None]
        choices = [self.of_type('null')] if len(wanted) < len(values) else []
        if wanted:
            each = func.jsonb_array_elements(_json(wanted)).column_valued('each')
            choices.append(func.coalesce(self.value.in_(_selected(each)), false()))
        return or_(false(), *choices)


_JSON_TYPES = (str, int, float, bool, list, tuple, dict, date)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return bound_number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _selected(column: Expression) -> Any:
    from sqlalchemy.sql import select

    return select(column)


def _json(value: Any) -> Expression:
    """Return a value as ``jsonb``."""
    return cast(literal(json.dumps(value), Text), JSONB)


def _text(value: Expression) -> Expression:
    return value.op('#>>', return_type=Text())(cast(literal('{}', Text), ARRAY(Text)))


def _at(column: Expression, segments: Sequence[str]) -> Expression:
    """Return what is at a path, where a segment of digits is an index if it has led to an array."""
    value: Expression = cast(column, JSONB) if not isinstance(column.type, JSONB) and not segments else column
    pending: list[str] = []
    for segment in segments:
        if segment.isdecimal() or not _LIKE_AN_INDEX.fullmatch(segment):
            pending.append(segment)
            continue
        value = _step(value, pending)
        pending = []
        of_object = value.op('->', return_type=JSONB())(cast(literal(segment, Text), Text))
        value = case((func.jsonb_typeof(value) == 'object', of_object), else_=None)
    return _step(value, pending)


def _step(value: Expression, segments: Sequence[str]) -> Expression:
    if not segments:
        return value
    return value.op('#>', return_type=JSONB())(cast(literal(_array(segments), Text), ARRAY(Text)))


def _array(values: Sequence[Any]) -> str:
    """Return the text of an array."""
    return '{' + ','.join(map(_element, values)) + '}'


def _element(value: Any) -> str:
    text = str(value).replace('\\', '\\\\').replace('"', '\\"')
    return f'"{text}"'


def _complete(pattern: str) -> str:
    """Return a pattern in which a backslash at the end is meant literally, as one that goes before nothing."""
    trailing = len(pattern) - len(pattern.rstrip('\\'))
    return pattern + '\\' if trailing % 2 else pattern


def _as_number(value: Expression) -> Expression:
    text = _text(value)
    return case(
        (func.jsonb_typeof(value) == 'number', cast(text, Numeric)),
        (and_(func.jsonb_typeof(value) == 'string', text.op('~')(_NUMBER)), cast(text, Numeric)),
        (func.jsonb_typeof(value) == 'boolean', case((text == 'true', literal_column('1')), else_=literal_column('0'))),
        else_=None,
    )


def _as_boolean(value: Expression) -> Expression:
    number = case((func.jsonb_typeof(value) == 'number', cast(_text(value), Numeric) != 0), else_=None)
    return case((func.jsonb_typeof(value) == 'boolean', cast(_text(value), Boolean)), else_=number)


def _as_time(value: Expression) -> Expression:
    return case((_text(value).op('~')(_MOMENT), cast(_text(value), DateTime(timezone=True))), else_=None)


_CASTS: dict[str, Any] = {'i': BigInteger(), 'f': Float(53), 't': Text(), 'd': DateTime(timezone=True), 'b': Boolean()}
_JSON_CASTS: dict[str, Callable[[Expression], Expression]] = {
    'i': lambda value: cast(func.trunc(_as_number(value)), BigInteger),
    'f': lambda value: cast(_as_number(value), Float(53)),
    't': _text,
    'd': _as_time,
    'b': _as_boolean,
}
