"""What the rooms above need of a store, in the words of the domain.

Three readers, three Protocols: the orm stores and reads the graph (:class:`GraphStore`), the engine keeps what is alive
(:class:`RuntimeStore`), the queries run statements (:class:`QueryStore`). A store for a database implements all three
(:class:`Store`) without inheriting from another store. Every verb runs in the transaction that is open in the calling
thread, or in one of its own.

A row that is asked for and absent raises :class:`~aiida.common.exceptions.NotExistent`; a constraint that is violated
raises :class:`~aiida.common.exceptions.IntegrityError`; a store that was closed raises
:class:`~aiida.common.exceptions.ClosedStorage`; a database that cannot be reached or stays locked raises
:class:`~aiida.common.exceptions.StorageUnavailable`, which the engine answers by trying again, never by failing a
process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Literal, Protocol

from aiida.storage.records import (
    EntityKind,
    HoldRecord,
    LinkRecord,
    LogRecord,
    NodeRecord,
    ProcessRow,
    RunRecord,
    WorkerRecord,
)

__all__ = (
    'CheckpointStore',
    'ChronicleStore',
    'DesiredState',
    'FileStore',
    'GraphStore',
    'HoldStore',
    'QueryStore',
    'RuntimeStore',
    'Store',
    'TransactionalStore',
)

DesiredState = Literal['run', 'pause', 'kill']


class TransactionalStore(Protocol):
    """A store whose verbs can be gathered into one transaction."""

    def transaction(self) -> AbstractContextManager[None]:
        """Open a write transaction, or join the one this thread has open; an exception rolls back the whole of it."""

    @property
    def in_transaction(self) -> bool:
        """Whether this thread has a transaction open."""

    def on_commit(self, action: Any) -> None:
        """Call ``action()`` once the open transaction is committed (at once if none is), never if it is rolled back."""

    def on_rollback(self, action: Any) -> None:
        """Call ``action()`` if the open transaction is rolled back; no-op when there is none."""


class GraphStore(TransactionalStore, Protocol):
    """What the orm needs: nodes, links, groups, users, computers, logs, comments."""

    # nodes
    def insert_node(self, record: NodeRecord) -> int:
        """Insert the row, set ``record.id`` and return it."""

    def read_node(self, node_id: int) -> NodeRecord:
        """Return the row."""

    def read_nodes(self, node_ids: Sequence[int]) -> list[NodeRecord]:
        """Return the rows in the order asked for; absent ones are left out."""

    def find_nodes(self, column: Literal['uuid', 'label'], value: str, prefix: bool = False) -> list[int]:
        """Return the ids of the nodes whose column equals ``value`` (or begins with it), oldest first."""

    def read_attributes(self, node_id: int) -> dict[str, Any]:
        """Return the attributes as they are in the database now."""

    def read_extras(self, node_id: int) -> dict[str, Any]:
        """Return the extras as they are in the database now."""

    def update_node(self, node_id: int, columns: Mapping[str, Any], mtime: datetime) -> None:
        """Replace whole columns (names of :class:`NodeRecord`) of a row."""

    def patch_node(
        self,
        node_id: int,
        column: Literal['attributes', 'extras'],
        changes: Mapping[str, Any],
        removed: Iterable[str],
        mtime: datetime,
    ) -> None:
        """Set and remove top-level keys of a JSON column; keys that are not named keep what others wrote meanwhile."""

    def delete_nodes(self, node_ids: Sequence[int]) -> None:
        """Delete nodes with their links, logs, comments and memberships in groups."""

    # links
    def insert_links(self, links: Iterable[LinkRecord]) -> None:
        """Insert rows; the rules of the graph were checked by the caller, in the same transaction."""

    def read_links(
        self,
        node_id: int,
        direction: Literal['incoming', 'outgoing'],
        link_types: Sequence[str] | None = None,
        label: str | None = None,
    ) -> list[LinkRecord]:
        """Return links of a node in the order they were stored; ``label`` is compared exactly."""

    def is_ancestor(self, ancestor_id: int, node_id: int, link_types: Sequence[str]) -> bool:
        """Whether ``node_id`` can be reached from ``ancestor_id`` along links of these types."""

    # logs
    def insert_logs(self, logs: Iterable[LogRecord]) -> None:
        """Insert rows."""

    # the few and seldom written
    def insert_entity(self, kind: EntityKind, values: Mapping[str, Any]) -> int:
        """Insert a row (keys are column names, values Python objects) and return its id."""

    def read_entity(self, kind: EntityKind, entity_id: int) -> dict[str, Any]:
        """Return a row with its ``id``."""

    def find_entities(self, kind: EntityKind, **equal: Any) -> list[dict[str, Any]]:
        """Return the rows whose columns equal the values, by id."""

    def update_entity(self, kind: EntityKind, entity_id: int, values: Mapping[str, Any]) -> None:
        """Replace columns of a row."""

    def delete_entity(self, kind: EntityKind, entity_id: int) -> None:
        """Delete a row."""

    # groups
    def add_to_group(self, group_id: int, node_ids: Iterable[int]) -> None:
        """Add members; those that are in already stay."""

    def remove_from_group(self, group_id: int, node_ids: Iterable[int] | None) -> None:
        """Remove members, all of them for ``None``."""

    def group_members(self, group_id: int) -> list[int]:
        """Return the ids of the members, in the order they were added."""

    # settings
    def read_setting(self, key: str) -> Any:
        """Return the value of a global setting, ``None`` if there is none."""

    def write_setting(self, key: str, value: Any, description: str = '') -> None:
        """Insert or replace a global setting."""


class CheckpointStore(TransactionalStore, Protocol):
    """What the engine needs to resume a process from where it was."""

    def save_checkpoint(self, node_id: int, bundle: bytes, fence: int, tag: str = '') -> None:
        """Replace the checkpoint of a node."""

    def load_checkpoint(self, node_id: int, tag: str = '') -> bytes:
        """Return the checkpoint."""

    def list_checkpoints(self, node_id: int | None = None) -> list[tuple[int, str]]:
        """Return (node, tag) of all checkpoints, or of those of a node."""

    def delete_checkpoint(self, node_id: int, tag: str | None = None) -> None:
        """Delete one checkpoint, or all of a node for ``None``; absent ones are no error."""


class HoldStore(TransactionalStore, Protocol):
    """What the engine needs to leave a computer alone that cannot be used."""

    def read_hold(self, computer_id: int) -> HoldRecord | None:
        """Return how a computer is held, or that it failed lately; ``None`` if all is well with it."""

    def list_holds(self) -> list[HoldRecord]:
        """Return the computers that are held, or failed lately, by id."""

    def write_hold(self, hold: HoldRecord) -> bool:
        """Insert a row of revision 1, or replace the row of the revision before; return whether nobody was quicker."""

    def lift_hold(self, computer_id: int, stage: int) -> bool:
        """Forget the failures of a computer, unless they had come further than ``stage``; return whether it was."""


class ChronicleStore(TransactionalStore, Protocol):
    """What the engine and who watches it need: what happened, and which programs run processes."""

    def record_event(self, node_id: int, kind: str, payload: Mapping[str, Any] | None = None) -> None:
        """Append to what happened."""

    def last_event(self) -> int:
        """Return the sequence number of what happened last, 0 if nothing did."""

    def read_events(self, after: int = 0, limit: int = 1000) -> list[tuple[int, int, str, float, dict[str, Any]]]:
        """Return (sequence number, node, kind, time, payload) of the events after a sequence number, in order."""

    def register_worker(self, worker: WorkerRecord) -> None:
        """Insert or replace a worker's row."""

    def remove_worker(self, worker_id: str) -> None:
        """Delete a worker's row."""

    def list_workers(self) -> list[WorkerRecord]:
        """Return the workers that are registered."""

    def now(self) -> float:
        """Return the time by the clock of all who use the store: that of the server, where there is one."""

    def change_counter(self) -> int:
        """Return a number that is another one after anybody committed a change; cheap enough to ask often."""


class RuntimeStore(CheckpointStore, HoldStore, ChronicleStore, Protocol):
    """What the engine needs: who may run what, what waits for what, and where to resume from.

    Times are seconds since the epoch, by the clock that ``now`` reads. A ``fence`` is the number a claim gave out: a
    write that carries an older one than the row's raises :class:`~aiida.common.exceptions.LostLease` and changes
    nothing.
    """

    def enlist(
        self, node_id: int, *, owner: str | None = None, lease_until: float | None = None, priority: int = 0
    ) -> int:
        """Say that this node is to be run, by ``owner`` or by whoever claims it; return the fence."""

    def claim(
        self, owner: str, now: float, lease_until: float, limit: int = 1, lost_before: float | None = None
    ) -> list[RunRecord]:
        """Take rows that are ready and free, or whose lease has run out, oldest of the highest priority first.

        :param lost_before: leases that ran until a time before this one have run out; ``now`` for ``None``.
        """

    def claim_one(self, node_id: int, owner: str, now: float, lease_until: float | None) -> RunRecord | None:
        """Take this row if it is free or its lease has run out; without ``lease_until`` it is held for good."""

    def renew(self, owner: str, lease_until: float) -> list[RunRecord]:
        """Extend the leases of ``owner`` and return the rows, desired states included; its heart has beaten.

        A row that somebody is writing is left out, and cannot be claimed meanwhile: nobody is waited for.
        """

    def pull_forward(self, now: float, lease: float) -> int:
        """Bring back what a clock that was set back has left too far in the future; return how many rows that were.

        A process may be ready later by its back-off at most, a lease may run for ``lease`` seconds, and no worker was
        heard of later than ``now``.
        """

    def runs_of(self, owner: str) -> list[RunRecord]:
        """Return the rows that ``owner`` holds."""

    def lease_holders(self) -> list[str]:
        """Return the owners that hold a row with a lease, each once."""

    def reclaim(self, now: float, gone: Sequence[str] = (), lost_before: float | None = None) -> list[RunRecord]:
        """Free the rows whose lease has run out, and those with a lease of owners that are ``gone``; count the attempt.

        :param lost_before: leases that ran until a time before this one have run out; ``now`` for ``None``.
        :return: the rows as they are now, ready since ``now``.
        """

    def disown(self, owner: str) -> list[int]:
        """Free all rows of ``owner``, which gives them up in the middle of their steps; no attempt is counted.

        The fences move, so that what the steps still write is refused.

        :return: the nodes.
        """

    def hurry(self) -> int:
        """Let what rests for trouble that is no fault of its own be tried now; return how many rows that were."""

    def resting(self) -> list[tuple[str, int]]:
        """Return why processes rest that are not at fault, and how many do for each reason, most first."""

    def note_progress(self, node_id: int) -> None:
        """Forget the failed attempts of a process: it has come further than where they failed."""

    def release(
        self, node_id: int, fence: int, ready_since: float | None, error: str | None = None, counts: bool = True
    ) -> None:
        """Give a row back; ``ready_since`` in the future is a back-off, ``None`` waits for children.

        :param error: why; without one, failed attempts are forgotten.
        :param counts: whether that is a failed attempt, and not trouble that is no fault of the process.
        """

    def finish(self, node_id: int, fence: int | None = None) -> list[int]:
        """Remove all that is alive of a node; return the parents that this made ready."""

    def read_run(self, node_id: int) -> RunRecord | None:
        """Return the row, ``None`` when the node is not to be run (any more)."""

    def check_fence(self, node_id: int, fence: int) -> None:
        """Raise :class:`~aiida.common.exceptions.LostLease` unless ``fence`` is the row's."""

    def set_desired(self, node_id: int, state: DesiredState, message: str | None = None) -> bool:
        """Say what is wanted of a process; return whether it is alive."""

    def unmarked_pauses(self) -> list[int]:
        """Return the processes that are to be paused and that nobody holds, though their nodes do not say so."""

    def wait_for(self, parent_id: int, child_ids: Iterable[int]) -> None:
        """Let ``parent_id`` wait for those of the children that are alive; ready at once if none is."""

    def waiting_for(self, parent_id: int) -> list[int]:
        """Return the children the parent still waits for."""

    def list_processes(
        self,
        *,
        node_ids: Sequence[int] | None = None,
        states: Sequence[str] | None = None,
        exit_status: int | None = None,
        failed: bool = False,
        paused: bool = False,
        process_label: str | None = None,
        created_after: datetime | None = None,
        group_ids: Sequence[int] | None = None,
        user_id: int | None = None,
        order_by: Literal['id', 'ctime'] = 'ctime',
        descending: bool = False,
        limit: int | None = None,
    ) -> list[ProcessRow]:
        """Return processes with what a list shows of them; all filters must hold, ``None`` is no filter."""

    def awaited(self) -> dict[int, list[int]]:
        """Return which processes still wait for which others that they gave themselves up for, all by pk."""

    def doomed(self) -> dict[int, int]:
        """Return the processes that are asked to be killed, and all they called: which was asked, by pk."""


class QueryStore(Protocol):
    """What the queries need: a dialect to compile for and a connection to run on."""

    @property
    def dialect(self) -> Literal['sqlite', 'postgresql']:
        """The name of the SQL dialect."""

    def select(self, sql: str, parameters: Sequence[Any], batch_size: int | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement, fetched ``batch_size`` at a time (all at once for ``None``)."""


class FileStore(Protocol):
    """What a store keeps the content of files in: content-addressed, keys are SHA-256 in hexadecimal."""

    @property
    def uuid(self) -> str | None:
        """The identifier of the container, stored in the database as a setting too."""


class Store(GraphStore, RuntimeStore, QueryStore, Protocol):
    """A whole store: a database and the content of files."""

    @property
    def version(self) -> str:
        """The revision of AiiDA's schema this database is at."""

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""

    def close(self) -> None:
        """Close the connections of all threads; using the store afterwards raises ``ClosedStorage``."""

    def clear(self) -> None:
        """Delete all data but the schema and the settings; used between tests."""

    @property
    def repository(self) -> Any:
        """The :class:`~aiida.repository.backend.AbstractRepositoryBackend` that holds the content of files."""

    @property
    def default_user_id(self) -> int | None:
        """The id of the user new entities belong to."""

    @default_user_id.setter
    def default_user_id(self, user_id: int | None) -> None: ...
