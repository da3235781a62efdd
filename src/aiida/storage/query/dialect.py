"""What differs from one SQL to the next: the walls a second database is added behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from aiida.storage.query.entities import ColumnKind

if TYPE_CHECKING:
    from sqlalchemy.sql import ColumnElement, Executable

__all__ = ('CASTS', 'Dialect', 'DialectName', 'get_dialect')

DialectName = Literal['sqlite', 'postgresql']

CASTS: dict[str, ColumnKind] = {
    'i': ColumnKind.NUMBER,
    'f': ColumnKind.NUMBER,
    't': ColumnKind.TEXT,
    'b': ColumnKind.BOOLEAN,
    'j': ColumnKind.JSON,
    'd': ColumnKind.TIME,
}
"""The short names of types a value may be cast to, and what a cast column then holds."""


class Dialect(Protocol):
    """How one database writes what standard SQL does not say, and how its driver gives values back.

    A JSON column comes with a path, empty for the whole column; a segment of digits is an index where the path has led
    to an array. What is not there has the type ``null`` and satisfies no condition on a value, but every negated one
    (except for ``contains``, which is unknown then).
    """

    def compile(self, statement: Executable) -> tuple[str, Sequence[Any]]:
        """Return the text of a statement and its parameters, in order."""

    def inline(self, statement: Executable) -> str:
        """Return the text of a statement with its values written into it, for people to read."""

    def like(
        self, expression: ColumnElement[Any], pattern: str, ignore_case: bool, kind: ColumnKind
    ) -> ColumnElement[bool]:
        """Match text: ``%`` is any text, ``_`` any character, and a backslash goes before what is meant literally."""

    def member_of(self, expression: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
        """Whether the expression is among any number of values."""

    def unindexed(self, expression: ColumnElement[Any]) -> ColumnElement[Any]:
        """The same value, for which no index is looked up; for a condition that most rows fulfil."""

    def bind_time(self, value: datetime) -> Any:
        """Return what is bound for a time that knows its zone."""

    def bind_uuid(self, value: str) -> Any:
        """Return what is bound for a uuid, or for a text that is none and belongs to nothing."""

    def bind_number(self, value: Any) -> Any:
        """Return what is bound for a value that a number is compared with."""

    def aggregated(self, expression: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return what a function over all rows takes of an expression."""

    def cast(self, expression: ColumnElement[Any], name: str) -> ColumnElement[Any]:
        """Cast to one of :data:`CASTS`."""

    def json_value(self, column: ColumnElement[Any], path: Sequence[str]) -> ColumnElement[Any]:
        """The JSON at a path, to be read by :meth:`read_json`."""

    def json_scalar(self, column: ColumnElement[Any], path: Sequence[str]) -> ColumnElement[Any]:
        """The value at a path in the database's own types, to be ordered by, cast or handed to a function."""

    def json_condition(
        self, column: ColumnElement[Any], path: Sequence[str], operator: str, value: Any
    ) -> ColumnElement[bool]:
        """Compare what is at a path: numbers with numbers only, strings with strings, booleans with booleans."""

    def read_json(self, value: Any) -> Any:
        """Return the Python value of a JSON column of a row."""

    def read_time(self, value: Any) -> datetime | None:
        """Return the aware time of a time column of a row."""


def get_dialect(name: str) -> Dialect:
    """Return the dialect of this name.

    :raises ValueError: if queries cannot be written for it.
    """
    if name == 'sqlite':
        from aiida.storage.query.sqlite import SqliteDialect

        return SqliteDialect()
    if name == 'postgresql':
        from aiida.storage.query.postgres import PostgresDialect

        return PostgresDialect()
    raise ValueError(f"queries cannot be written for the SQL dialect '{name}'; it is one of sqlite, postgresql")
