"""Users, computers, groups, comments and settings: the verbs of every store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from aiida.common import timezone
from aiida.common.exceptions import NotExistent
from aiida.storage.records import EntityKind
from aiida.storage.shared.base import DatabaseUser
from aiida.storage.shared.formats import decode_row, encode_column, entity_columns, read_json

__all__ = ('EntityVerbs',)


class EntityVerbs(DatabaseUser):
    """The verbs on the tables whose rows are few and seldom written."""

    _graph_sql: ClassVar[Mapping[str, str]]

    def insert_entity(self, kind: EntityKind, values: Mapping[str, Any]) -> int:
        """Insert a row (keys are column names, values Python objects) and return its id.

        :raises IntegrityError: if a column must be unique and is not.
        """
        # an entity whose storing was rolled back comes again with the number it does not have any more
        values = {column: value for column, value in values.items() if column != 'id' or value is not None}
        columns = ', '.join(f'"{column}"' for column in values)
        marks = ', '.join('?' * len(values))
        encoded = [encode_column(self._formats, kind, column, value) for column, value in values.items()]
        with self._database.transaction():
            return self._database.insert(f'INSERT INTO {kind.value} ({columns}) VALUES ({marks})', encoded)

    def read_entity(self, kind: EntityKind, entity_id: int) -> dict[str, Any]:
        """Return a row with its ``id``.

        :raises NotExistent: if there is none.
        """
        found = self.find_entities(kind, id=entity_id)
        if not found:
            raise _no_entity(kind, entity_id)
        return found[0]

    def find_entities(self, kind: EntityKind, **equal: Any) -> list[dict[str, Any]]:
        """Return the rows whose columns equal the values, by id."""
        wanted = {column: encode_column(self._formats, kind, column, value) for column, value in equal.items()}
        encoded = [value for value in wanted.values() if value is not None]
        columns = ', '.join(f'"{column}"' for column in entity_columns(kind))
        conditions = [f'"{column}" {"IS NULL" if value is None else "= ?"}' for column, value in wanted.items()]
        condition = ' AND '.join(conditions) or 'TRUE'
        rows = self._database.execute(f'SELECT {columns} FROM {kind.value} WHERE {condition} ORDER BY id', encoded)
        return [decode_row(self._formats, kind, row) for row in rows]

    def update_entity(self, kind: EntityKind, entity_id: int, values: Mapping[str, Any]) -> None:
        """Replace columns of a row.

        :raises NotExistent: if there is no such row.
        :raises IntegrityError: if a column must be unique and is not.
        """
        if not values:
            self.read_entity(kind, entity_id)
            return
        encoded = [encode_column(self._formats, kind, column, value) for column, value in values.items()]
        assignments = ', '.join(f'"{column}" = ?' for column in values)
        with self._database.transaction():
            changed = self._database.change(
                f'UPDATE {kind.value} SET {assignments} WHERE id = ?', (*encoded, entity_id)
            )
            if not changed:
                raise _no_entity(kind, entity_id)

    def delete_entity(self, kind: EntityKind, entity_id: int) -> None:
        """Delete a row.

        :raises NotExistent: if there is no such row.
        :raises IntegrityError: if other rows refer to it.
        """
        with self._database.transaction():
            if kind is EntityKind.GROUP:
                self._database.change(self._graph_sql['empty_group'], (entity_id,))
            if not self._database.change(f'DELETE FROM {kind.value} WHERE id = ?', (entity_id,)):
                raise _no_entity(kind, entity_id)

    # groups

    def add_to_group(self, group_id: int, node_ids: Iterable[int]) -> None:
        """Add members; those that are in already stay."""
        rows = [(group_id, node_id) for node_id in node_ids]
        with self._database.transaction():
            self._database.execute_many(self._graph_sql['add_to_group'], rows)

    def remove_from_group(self, group_id: int, node_ids: Iterable[int] | None) -> None:
        """Remove members, all of them for ``None``."""
        with self._database.transaction():
            if node_ids is None:
                self._database.change(self._graph_sql['empty_group'], (group_id,))
            else:
                self._database.change(
                    self._graph_sql['remove_from_group'], (group_id, self._formats.write_list(node_ids))
                )

    def group_members(self, group_id: int) -> list[int]:
        """Return the ids of the members, in the order they were added."""
        return [row[0] for row in self._database.execute(self._graph_sql['group_members'], (group_id,))]

    # settings

    def read_setting(self, key: str) -> Any:
        """Return the value of a global setting, ``None`` if there is none."""
        rows = self._database.execute(self._graph_sql['read_setting'], (key,))
        return read_json(rows[0][0]) if rows else None

    def write_setting(self, key: str, value: Any, description: str = '') -> None:
        """Insert or replace a global setting."""
        with self._database.transaction():
            self._database.execute(
                self._graph_sql['write_setting'],
                (key, self._formats.write_json(value), description, self._formats.write_time(timezone.now())),
            )


def _no_entity(kind: EntityKind, entity_id: int) -> NotExistent:
    return NotExistent(f'there is no row with id {entity_id} in {kind.value}')
