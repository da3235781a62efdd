"""Rows of the provenance graph as they travel between a store and the rooms above it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

__all__ = (
    'EntityKind',
    'HoldRecord',
    'LinkRecord',
    'LogRecord',
    'NodeRecord',
    'ProcessRow',
    'RunRecord',
    'WorkerRecord',
)


class EntityKind(Enum):
    """The tables whose rows are few and seldom written; the value is the table's name."""

    USER = 'db_dbuser'
    COMPUTER = 'db_dbcomputer'
    AUTHINFO = 'db_dbauthinfo'
    GROUP = 'db_dbgroup'
    COMMENT = 'db_dbcomment'
    LOG = 'db_dblog'
    SETTING = 'db_dbsetting'


class NodeRecord:
    """One row of ``db_dbnode``.

    ``attributes``, ``extras`` and ``repository_metadata`` are Python values; ``uuid`` is hyphenated; times are aware.
    ``id`` is ``None`` until the row is inserted.
    """

    __slots__ = (
        'attributes',
        'ctime',
        'dbcomputer_id',
        'description',
        'extras',
        'id',
        'label',
        'mtime',
        'node_type',
        'process_type',
        'repository_metadata',
        'user_id',
        'uuid',
    )

    def __init__(
        self,
        *,
        uuid: str,
        node_type: str,
        ctime: datetime,
        mtime: datetime,
        user_id: int,
        id: int | None = None,
        process_type: str | None = None,
        label: str = '',
        description: str = '',
        attributes: dict[str, Any] | None = None,
        extras: dict[str, Any] | None = None,
        repository_metadata: dict[str, Any] | None = None,
        dbcomputer_id: int | None = None,
    ) -> None:
        self.id = id
        self.uuid = uuid
        self.node_type = node_type
        self.process_type = process_type
        self.label = label
        self.description = description
        self.ctime = ctime
        self.mtime = mtime
        self.attributes = {} if attributes is None else attributes
        self.extras = {} if extras is None else extras
        self.repository_metadata = {} if repository_metadata is None else repository_metadata
        self.dbcomputer_id = dbcomputer_id
        self.user_id = user_id


class LinkRecord(NamedTuple):
    """One row of ``db_dblink``: ``source`` is what the arrow leaves, ``target`` what it enters."""

    source_id: int
    target_id: int
    link_type: str
    label: str


class LogRecord(NamedTuple):
    """One row of ``db_dblog``, without its id."""

    uuid: str
    time: datetime
    loggername: str
    levelname: str
    node_id: int
    message: str
    metadata: dict[str, Any]


class ProcessRow(NamedTuple):
    """What ``verdi process list`` shows of one process, read without building a node."""

    id: int
    uuid: str
    node_type: str
    process_type: str | None
    label: str
    description: str
    ctime: datetime
    mtime: datetime
    attributes: dict[str, Any]
    #: Of the row of ``process_run``, see :class:`RunRecord`; ``None`` if there is none.
    desired_state: str | None
    attempts: int
    last_error: str | None
    ready_since: float | None = None
    owner: str | None = None
    lease_until: float | None = None
    desired_message: str | None = None
    computer_id: int | None = None
    #: Whether ``last_error`` is a failed attempt, and not trouble that is no fault of the process.
    is_counted: bool = True


class RunRecord(NamedTuple):
    """One row of ``process_run``: this node is to be run, by whom, and what is wanted of it."""

    node_id: int
    #: When it may be taken up; later than now if it rests after ``last_error``, ``None`` if it waits for others.
    ready_since: float | None
    priority: int
    owner: str | None
    lease_until: float | None
    fence: int
    desired_state: str
    desired_message: str | None
    #: How often in a row it failed without getting any further; set aside after ``MAX_ATTEMPTS``.
    attempts: int
    #: Why it was given back; that may be trouble that is no fault of the process and does not count as an attempt: its
    #: code cannot be imported, a disk is full.
    last_error: str | None


class WorkerRecord(NamedTuple):
    """One row of ``worker``: a program that runs processes; times are seconds since the epoch."""

    id: str
    host: str
    pid: int
    started: float
    heartbeat: float
    fingerprint: str


class HoldRecord(NamedTuple):
    """One row of ``computer_hold``: this computer failed; times are seconds since the epoch."""

    computer_id: int
    #: How often in a row; failures at the same time count once.
    failures: int
    since: float
    failed_at: float
    #: When somebody tries again, until when nobody does; ``None`` if it is not held (yet).
    until: float | None
    #: How far who failed had come: 0 it did not connect, 1 it was connected, 2 it asked the scheduler.
    stage: int
    error: str
    revision: int
