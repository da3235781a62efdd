"""Messages that are kept with the process that said them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import ValidationError
from aiida.orm.entities import RowCollection, RowEntity
from aiida.orm.utils.identifiers import new_uuid
from aiida.storage.ports import Store
from aiida.storage.records import EntityKind

if TYPE_CHECKING:
    from aiida.orm.nodes.node import Node

__all__ = ('ASCENDING', 'DESCENDING', 'Log', 'LogCollection', 'OrderSpecifier')

ASCENDING = 'asc'
DESCENDING = 'desc'


def OrderSpecifier(field: str, direction: str) -> dict[str, str]:
    """Return the order by a field, ``asc`` or ``desc``, in the form that collections take."""
    return {field: direction}


class LogCollection(RowCollection['Log']):
    """The messages of a store."""

    collection_type = 'logs'

    @staticmethod
    def create_entry_from_record(record: logging.LogRecord, backend: Store | None = None) -> Log | None:
        """Keep a message of Python's logging.

        :param record: with an attribute ``dbnode_id``: the number of the node that says it.
        :return: ``None`` if there is no such attribute.
        """
        from aiida.orm.backend import get_store
        from aiida.orm.utils.log import log_record_from

        if getattr(record, 'dbnode_id', None) is None:
            return None
        row = log_record_from(record)
        store = backend if backend is not None else get_store()
        return Log(row.time, row.loggername, row.levelname, row.node_id, row.message, row.metadata, store)

    def get_logs_for(self, entity: Node, order_by: Any = None) -> list[Log]:
        """Return the messages of a node, in the order they were said.

        :param order_by: orders as :func:`OrderSpecifier` makes them.
        """
        logs = self.find({'dbnode_id': entity.pk}) if entity.is_stored else []
        logs.sort(key=lambda log: log._row['time'])
        for order in reversed([order_by] if isinstance(order_by, Mapping) else order_by or []):
            for field, direction in order.items():
                logs = sorted(logs, key=lambda log: log._row[field], reverse=direction == DESCENDING)
        return logs

    def delete_all(self) -> None:
        """Delete all messages."""
        with self.backend.transaction():
            for log in self.all():
                self.backend.delete_entity(EntityKind.LOG, log._row['id'])

    def delete_many(self, filters: Mapping[str, Any]) -> list[int]:
        """Delete the messages that fit and return their numbers.

        :raises ValueError: if there are no filters.
        """
        if not filters:
            raise ValueError('without filters all messages would be deleted: use `delete_all` for that')
        with self.backend.transaction():
            pks = [int(log._row['id']) for log in self.find(filters)]
            for pk in pks:
                self.backend.delete_entity(EntityKind.LOG, pk)
        return pks


class Log(RowEntity):
    """A message that is kept with a node; it is stored when it is made."""

    _KIND = EntityKind.LOG
    _DEFAULTS = {
        'uuid': '',
        'time': None,
        'loggername': '',
        'levelname': '',
        'dbnode_id': None,
        'message': '',
        'metadata': {},
    }
    _FIXED = frozenset(_DEFAULTS)
    _CLS_COLLECTION = LogCollection
    identity_field = 'uuid'

    def __init__(
        self,
        time: datetime,
        loggername: str,
        levelname: str,
        dbnode_id: int | None = None,
        message: str = '',
        metadata: dict[str, Any] | None = None,
        backend: Store | None = None,
        node: Node | None = None,
    ) -> None:
        """Keep a message.

        :param time: when it was said.
        :param dbnode_id: the number of the node that says it; ``node`` may be given instead.
        :param metadata: what else is known of it.
        :raises ValidationError: if logger, level or node are missing.
        """
        from aiida.common.cleaning import clean_value
        from aiida.common.timezone import make_aware

        if dbnode_id is None and node is not None:
            dbnode_id = node.pk
        if dbnode_id is None:
            raise ValidationError('a message is kept with a node: give `dbnode_id` or a stored `node`')
        if not loggername or not levelname:
            raise ValidationError('a message has the name of a logger and that of a level')
        self._begin(
            backend,
            {
                'uuid': new_uuid(),
                'time': make_aware(time),
                'loggername': loggername,
                'levelname': levelname,
                'dbnode_id': dbnode_id,
                'message': message,
                'metadata': clean_value(metadata or {}),
            },
        )
        self.store()

    def __str__(self) -> str:
        return f'{self.levelname}: {self.message}'

    @property
    def uuid(self) -> str:
        """The identifier that is the same in every store."""
        return str(self._row['uuid'])

    @property
    def loggername(self) -> str:
        """Name of the logger."""
        return str(self._row['loggername'])

    @property
    def levelname(self) -> str:
        """Name of the level, as ``WARNING``."""
        return str(self._row['levelname'])

    @property
    def dbnode_id(self) -> int:
        """Number of the node that said it."""
        return int(self._row['dbnode_id'])

    @property
    def node(self) -> Node:
        """The node that said it."""
        from aiida.orm.convert import node_from_pk

        return node_from_pk(self._store, self.dbnode_id)

    @property
    def time(self) -> datetime:
        """When it was said."""
        time: datetime = self._row['time']
        return time

    @property
    def message(self) -> str:
        """What was said."""
        return str(self._row['message'])

    @property
    def metadata(self) -> dict[str, Any]:
        """What else is known of it: file, line, program."""
        metadata: dict[str, Any] = self._row['metadata']
        return metadata
