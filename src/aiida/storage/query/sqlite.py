"""SQL as SQLite understands it: JSON is text, asked through its JSON functions."""

from __future__ import annotations

import operator as op
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from sqlite3 import sqlite_version_info
from typing import TYPE_CHECKING, Any

from sqlalchemy import Float, Integer, Text, and_, case, cast, false, func, literal_column, or_, select, true
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from aiida.common import json
from aiida.storage.query.conditions import bound_number, json_operand
from aiida.storage.query.entities import ColumnKind

if TYPE_CHECKING:
    from sqlalchemy.sql import Executable
    from sqlalchemy.types import TypeEngine

__all__ = ('SqliteDialect',)

Expression = ColumnElement[Any]
Condition = ColumnElement[bool]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {'==': op.eq, '>': op.gt, '<': op.lt, '>=': op.ge, '<=': op.le}
_LENGTH: dict[str, Callable[[Any, Any], Any]] = {'of_length': op.eq, 'longer': op.gt, 'shorter': op.lt}
_NUMBERS = ('integer', 'real')
_BOOLEANS = ('true', 'false')
_TYPES: dict[str, tuple[str, ...]] = {
    'object': ('object',),
    'array': ('array',),
    'string': ('text',),
    'number': _NUMBERS,
    'boolean': _BOOLEANS,
}
_HAS_ARROW = sqlite_version_info >= (3, 38)
_YES: ColumnElement[Any] = literal_column('1')
_NO: ColumnElement[Any] = literal_column('0')
_CASTS: dict[str, TypeEngine[Any]] = {'i': Integer(), 'f': Float(), 't': Text(), 'd': Text(), 'b': Integer()}


class SqliteDialect:
    """Writes SQL for SQLite 3.35 or later."""

    def __init__(self) -> None:
        self._compiler = sqlite.dialect(paramstyle='qmark')

    def compile(self, statement: Executable) -> tuple[str, Sequence[Any]]:
        compiled = statement.compile(dialect=self._compiler)  # type: ignore[attr-defined]
        values = compiled.params
        return compiled.string, [values[name] for name in compiled.positiontup or ()]

    def inline(self, statement: Executable) -> str:
        compiled = statement.compile(  # type: ignore[attr-defined]
            dialect=sqlite.dialect(), compile_kwargs={'literal_binds': True}
        )
        return str(compiled.string)

    def like(self, expression: Expression, pattern: str, ignore_case: bool, kind: ColumnKind) -> Condition:
        if pattern == '%':
            return expression.is_not(None)
        if ignore_case:
            # LIKE takes or leaves case as a pragma of the connection says, GLOB never does
            return func.lower(expression).op('GLOB', is_comparison=True)(func.lower(_as_glob(pattern)))
        prefix = _literal_prefix(pattern)
        if prefix and kind is ColumnKind.TEXT:
            # a range is what an index can answer
            return and_(expression >= prefix, expression < prefix[:-1] + chr(ord(prefix[-1]) + 1))
        return expression.op('GLOB', is_comparison=True)(_as_glob(pattern))

    def member_of(self, expression: Expression, values: Sequence[Any]) -> Condition:
        if not values:
            return false()
        each = func.json_each(json.dumps(values)).table_valued('value')
        return expression.in_(select(each.c.value))

    def unindexed(self, expression: Expression) -> Expression:
        return UnaryExpression(expression, operator=custom_op('+'))

    def bind_time(self, value: datetime) -> str:
        return value.astimezone(UTC).strftime('%Y-%m-%d %H:%M:%S.%f')

    def bind_uuid(self, value: str) -> str:
        return value

    def bind_number(self, value: Any) -> Any:
        return value

    def aggregated(self, expression: Expression) -> Expression:
        return expression

    def cast(self, expression: Expression, name: str) -> Expression:
        return expression if name == 'j' else cast(expression, _CASTS[name])

    def json_value(self, column: Expression, path: Sequence[str]) -> Expression:
        if not path:
            return column
        if _HAS_ARROW:
            return column.op('->', precedence=20)(_path(column, path))
        at = _JsonPath(column, _path(column, path))
        # quoting what was extracted would make 1 of true, 0 of false and null of what is not there
        return case(
            (at.type.is_(None), None),
            (or_(*(at.type == name for name in _BOOLEANS)), at.type),
            else_=func.json_quote(at.value),
        )

    def json_scalar(self, column: Expression, path: Sequence[str]) -> Expression:
        return func.json_extract(column, _path(column, path))

    def json_condition(self, column: Expression, path: Sequence[str], operator: str, value: Any) -> Condition:
        return _JsonPath(column, _path(column, path)).condition(operator, value)

    def read_json(self, value: Any) -> Any:
        if value is None:
            return None
        return {} if value == '{}' else json.loads(value)

    def read_time(self, value: Any) -> datetime | None:
        if value is None:
            return None
        if len(value) == 26 and value[10] == ' ':
            # the form in which times are stored, in UTC without saying so
            return datetime.fromisoformat(value + '+00:00')
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


class _JsonPath:
    """What is at a path of a JSON text, and the questions that can be asked about it."""

    def __init__(self, source: Expression, path: Any) -> None:
        """
        :param source: an expression that gives JSON text.
        :param path: a path of SQLite, as a string or an expression that gives one.
        """
        self.source = source
        self.path = path

    @property
    def type(self) -> Expression:
        """Its type in SQLite's words; NULL if nothing is there."""
        return func.json_type(self.source, self.path)

    @property
    def value(self) -> Expression:
        """Its value; the text of an array or object."""
        return func.json_extract(self.source, self.path)

    def child(self, key: str) -> _JsonPath:
        """What an object has at a key."""
        return _JsonPath(self.source, _extended(self.path, _quoted(key)))

    def item(self, index: int) -> _JsonPath:
        """What an array has at an index."""
        return _JsonPath(self.source, _extended(self.path, f'[{index}]'))

    def condition(self, operator: str, value: Any) -> Condition:
        """Return the condition of an operator of the filters."""
        if operator in ('==', '>', '<', '>=', '<='):
            return self.compare(operator, value)
        if operator in _LENGTH:
            return self.typed(('array',), _LENGTH[operator](func.json_array_length(self.source, self.path), value))
        match operator:
            case 'in':
                return self.member_of(value)
            case 'like' | 'ilike':
                matches = SqliteDialect().like(self.value, value, operator == 'ilike', ColumnKind.JSON)
                return self.typed(('text',), matches)
            case 'of_type':
                return self.of_type(value)
            case 'has_key':
                return self.child(value).exists()
            case 'has_keys':
                return and_(true(), *(self.child(key).exists() for key in value))
            case 'contains':
                return case((self.type.is_(None), None), else_=self.contains(value))
        raise ValueError(f"unknown operator '{operator}' on a JSON value")

    def exists(self) -> Condition:
        """Whether anything is there, null included."""
        return self.type.is_not(None)

    def typed(self, types: Sequence[str], condition: Condition) -> Condition:
        """Ask ``condition`` of values of these types only; it is false of any other."""
        fits = self.type == types[0] if len(types) == 1 else or_(*(self.type == name for name in types))
        return case((fits, condition), else_=_NO)

    def of_type(self, name: str) -> Condition:
        """Whether it has this type, in JSON's words."""
        if name == 'null':
            return func.coalesce(self.type, 'null') == 'null'
        return self.typed(_TYPES[name], _YES)

    def compare(self, operator: str, value: Any) -> Condition:
        """Compare with a value of the same type."""
        value = json_operand(operator, value)
        if value is None:
            return self.of_type('null')
        if isinstance(value, bool):
            return self.typed(_BOOLEANS, _COMPARE[operator](self.value, int(value)))
        if isinstance(value, (int, float)):
            return self.typed(_NUMBERS, _COMPARE[operator](self.value, value))
        if isinstance(value, str):
            return self.typed(('text',), _COMPARE[operator](self.value, value))
        return self.equals(value)

    def equals(self, value: Any) -> Condition:
        """Whether it is this array or object; the order of keys does not count."""
        if not isinstance(value, (list, tuple, dict)):
            return self.compare('==', value)
        if not _holds_mapping(value):
            return self.typed(('array',), self.value == json.dumps(value))
        if isinstance(value, Mapping):
            kind = 'object'
            counted: Any = select(func.count()).select_from(self._children()).scalar_subquery()
            parts = [and_(self.child(key).exists(), self.child(key).equals(item)) for key, item in value.items()]
        else:
            kind, counted = 'array', func.json_array_length(self.source, self.path)
            parts = [self.item(index).equals(item) for index, item in enumerate(value)]
        return self.typed((kind,), and_(counted == len(value), *parts))

    def member_of(self, values: Sequence[Any]) -> Condition:
        """Whether it is one of these values, of any types."""
        texts = [value for value in values if isinstance(value, str)]
        numbers = [
            bound_number(value) for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)
        ]
        rest = [value for value in values if value is None or isinstance(value, (bool, list, tuple, dict, date))]
        if len(texts) + len(numbers) + len(rest) != len(values):
            raise TypeError(f"the values of 'in' on a JSON value are of JSON's types, which not all of {values!r} are")
        choices = [self.equals(value) for value in rest]
        if texts:
            choices.append(self.typed(('text',), SqliteDialect().member_of(self.value, texts)))
        if numbers:
            choices.append(self.typed(_NUMBERS, SqliteDialect().member_of(self.value, numbers)))
        return or_(false(), *choices)

    def contains(self, value: Any) -> Condition:
        """Whether an array has all of these elements, or an object these keys with such values (nested likewise)."""
        if isinstance(value, Mapping):
            parts = [self.child(key).contained_or_equal(item) for key, item in value.items()]
            return self.typed(('object',), and_(true(), *parts))
        elements = value if isinstance(value, (list, tuple)) else [value]
        return self.typed(('array',), and_(true(), *(self._has_element(element) for element in elements)))

    def contained_or_equal(self, value: Any) -> Condition:
        """Whether it contains a list or a dictionary, or equals anything else."""
        return (
            self.contains(value) if isinstance(value, (list, tuple, dict)) else and_(self.exists(), self.equals(value))
        )

    def _children(self) -> Any:
        return func.json_each(self.source, self.path).table_valued('key', 'value', 'type', 'atom')

    def _has_element(self, value: Any) -> Condition:
        each = self._children()
        if isinstance(value, (list, tuple, dict)):
            kind = 'object' if isinstance(value, dict) else 'array'
            found: Condition = case((each.c.type == kind, _JsonPath(each.c.value, '$').contains(value)), else_=_NO)
        elif value is None:
            found = each.c.type == 'null'
        elif isinstance(value, bool):
            found = each.c.type == str(value).lower()
        elif isinstance(value, (int, float)):
            found = and_(or_(*(each.c.type == name for name in _NUMBERS)), each.c.atom == bound_number(value))
        else:
            found = and_(each.c.type == 'text', each.c.atom == value)
        return select(_YES).select_from(each).where(found).exists()


def _holds_mapping(value: Any) -> bool:
    if isinstance(value, Mapping):
        return True
    return isinstance(value, (list, tuple)) and any(map(_holds_mapping, value))


def _quoted(key: str) -> str:
    if '"' in key:
        raise ValueError(f"the key {key!r} has a double quote in it and cannot be part of a query's path")
    return f'."{key}"'


def _path(column: Expression, segments: Sequence[str]) -> Any:
    """Return a path of SQLite: text, or an expression where a segment of digits may be an index of an array."""
    path: Any = '$'
    for segment in segments:
        of_object = _extended(path, _quoted(segment))
        if segment.isdecimal():
            of_array = _extended(path, f'[{int(segment)}]')
            path = case((func.json_type(column, path) == 'array', of_array), else_=of_object)
        else:
            path = of_object
    return path


def _extended(path: Any, step: str) -> Any:
    """Return a path that goes one step further."""
    return path + step if isinstance(path, str) else path.concat(step)


def _literal_prefix(pattern: str) -> str | None:
    """Return the text before the ``%`` a pattern ends with, if that is the only thing in it that is not literal."""
    text, index = [], 0
    while index < len(pattern):
        character = pattern[index]
        if character == '\\' and index + 1 < len(pattern):
            index += 1
            text.append(pattern[index])
        elif character == '%':
            return ''.join(text) if index == len(pattern) - 1 else None
        elif character == '_':
            return None
        else:
            text.append(character)
        index += 1
    return None


def _as_glob(pattern: str) -> str:
    """Return the pattern of GLOB, which minds case, for one of LIKE."""
    text, index = [], 0
    while index < len(pattern):
        character = pattern[index]
        if character in '%_':
            text.append('*' if character == '%' else '?')
        else:
            if character == '\\' and index + 1 < len(pattern):
                index += 1
                character = pattern[index]
            text.append(f'[{character}]' if character in '*?[' else character)
        index += 1
    return ''.join(text)
