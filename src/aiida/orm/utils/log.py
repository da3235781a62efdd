"""Messages of processes on their way to the database."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiida.orm.backend import STORE
from aiida.orm.utils.held import find_held_node
from aiida.orm.utils.identifiers import new_uuid
from aiida.storage.records import LogRecord

if TYPE_CHECKING:
    from aiida.orm.nodes.node import Node
    from aiida.storage.ports import Store

__all__ = ('DBLogHandler', 'create_logger_adapter', 'get_dblogger_extra', 'log_record_from')

#: What Python puts into a record besides what can be written as JSON.
_LEFT_OUT = frozenset({'backend', 'exc_info'})
_FORMATTER = logging.Formatter(datefmt='%m/%d/%Y %I:%M:%S %p')


def get_dblogger_extra(node: Node) -> dict[str, Any]:
    """Return what tells :class:`DBLogHandler` with which node a message is to be kept; nothing for one not stored."""
    return {'dbnode_id': node.pk, 'backend': node.backend} if node.is_stored else {}


def create_logger_adapter(logger: logging.Logger, node: Node) -> logging.LoggerAdapter[logging.Logger]:
    """Return a logger whose messages are kept with a node."""
    return logging.LoggerAdapter(logger=logger, extra=get_dblogger_extra(node))


def log_record_from(record: logging.LogRecord) -> LogRecord:
    """Return the row for a message of Python's logging that has an attribute ``dbnode_id``."""
    message = record.getMessage()
    if record.exc_info and not record.exc_text:
        record.exc_text = _FORMATTER.formatException(record.exc_info)
    metadata = {key: _plain(value) for key, value in record.__dict__.items() if key not in _LEFT_OUT}
    metadata['msg'] = str(record.msg)
    metadata['args'] = str(record.args)
    metadata['message'] = message
    metadata['asctime'] = _FORMATTER.formatTime(record, _FORMATTER.datefmt)
    return LogRecord(
        uuid=new_uuid(),
        time=datetime.fromtimestamp(record.created, UTC),
        loggername=record.name,
        levelname=record.levelname,
        node_id=record.dbnode_id,  # type: ignore[attr-defined]
        message=message,
        metadata=metadata,
    )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


class DBLogHandler(logging.Handler):
    """Keeps messages with the nodes they are about; others pass by.

    Messages about a process that holds its node are written with its next transition.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message if it says about which node it is; a failure is reported, not raised."""
        pk = getattr(record, 'dbnode_id', None)
        if pk is None:
            return
        store: Store | None = getattr(record, 'backend', None)
        if store is None:
            if not STORE.is_filled:
                return
            store = STORE.get()
        try:
            self._keep(store, pk, record)
        except Exception:
            self.handleError(record)

    def _keep(self, store: Store, pk: int, record: logging.LogRecord) -> None:
        row = log_record_from(record)
        node = find_held_node(store, pk)
        if node is None or not node.hold_log(row):
            store.insert_logs([row])
