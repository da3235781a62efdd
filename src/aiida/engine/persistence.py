"""Checkpoints of processes: typed JSON in the store, beside the row that says the process is alive."""

from __future__ import annotations

from collections.abc import Hashable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from plumpy.exceptions import PersistenceError
from plumpy.loaders import DefaultObjectLoader
from plumpy.persistence import Bundle, LoadSaveContext, PersistedCheckpoint, Persister

from aiida.common.exceptions import LostLease, NotExistent, StorageUnavailable
from aiida.engine.runtime import codec
from aiida.orm.backend import get_store

if TYPE_CHECKING:
    from aiida.engine.processes.process import Process

__all__ = ('AiiDAPersister', 'ObjectLoader', 'get_object_loader')


class ObjectLoader(DefaultObjectLoader):
    """Finds the object that an identifier ``module:name`` stands for."""

    def load_object(self, identifier: str) -> Any:
        """Return the object.

        :raises ImportError: if there is none.
        """
        module_name, separator, name = identifier.partition(':')
        if not separator or not name:
            raise ImportError(f'`{identifier}` is not of the form `module:name`')
        try:
            module: Any = import_module(module_name)
        except Exception as exception:  # code that is being replaced may be torn in any way
            reason = exception if isinstance(exception, ImportError) else f'{type(exception).__name__}: {exception}'
            raise ImportError(
                f'module `{module_name}` of `{identifier}` could not be imported: {reason}', name=module_name
            ) from exception
        for part in name.split('.'):
            try:
                module = getattr(module, part)
            except AttributeError as exception:
                raise ImportError(f'`{part}` of `{identifier}` could not be found: {exception}') from exception
        return module


_OBJECT_LOADER = ObjectLoader()


def get_object_loader() -> ObjectLoader:
    """Return the loader of this interpreter."""
    return _OBJECT_LOADER


def _pid(pid: Hashable) -> int:
    if isinstance(pid, int):
        return pid
    raise PersistenceError(f'the identifier of a process is the pk of its node, an integer, not {pid!r}')


class AiiDAPersister(Persister):
    """Writes processes to the store of the profile and reads them back."""

    def save_checkpoint(self, process: Process, tag: str | None = None) -> None:  # type: ignore[override]
        """Write where a process is; ``process`` must be stored.

        :param tag: a name, to keep more than one checkpoint.
        :raises PersistenceError: if the process holds something that could not be read back; the message says what.
        """
        try:
            text = codec.dumps(dict(process.save(LoadSaveContext(loader=_OBJECT_LOADER))))
        except (LostLease, StorageUnavailable):
            raise
        except Exception as exception:
            raise PersistenceError(f'Process<{process.pid}> cannot be saved: {exception}') from exception
        get_store().save_checkpoint(_pid(process.pid), text.encode(), process._life.fence, tag or '')

    def load_checkpoint(self, pid: Hashable, tag: str | None = None) -> Bundle:
        """Return the bundle of a process, which ``unbundle`` makes a process of.

        :raises PersistenceError: if there is no such checkpoint or it cannot be read.
        """
        try:
            text = get_store().load_checkpoint(_pid(pid), tag or '')
        except NotExistent as exception:
            named = f' with the tag `{tag}`' if tag else ''
            raise PersistenceError(f'there is no checkpoint{named} of Process<{pid}>') from exception
        try:
            content = codec.loads(text)
        except (LostLease, StorageUnavailable):
            raise
        except Exception as exception:
            raise PersistenceError(f'the checkpoint of Process<{pid}> cannot be read: {exception!r}') from exception
        bundle = Bundle.__new__(Bundle)
        bundle.update(content)
        return bundle

    def get_checkpoints(self) -> list[PersistedCheckpoint]:
        """Return (pid, tag) of all checkpoints."""
        return [PersistedCheckpoint(pid, tag or None) for pid, tag in get_store().list_checkpoints()]

    def get_process_checkpoints(self, pid: Hashable) -> list[PersistedCheckpoint]:
        """Return (pid, tag) of the checkpoints of a process."""
        return [PersistedCheckpoint(found, tag or None) for found, tag in get_store().list_checkpoints(_pid(pid))]

    def delete_checkpoint(self, pid: Hashable, tag: str | None = None) -> None:
        """Delete a checkpoint; one that is not there is no error."""
        get_store().delete_checkpoint(_pid(pid), tag or '')

    def delete_process_checkpoints(self, pid: Hashable) -> None:
        """Delete all checkpoints of a process."""
        get_store().delete_checkpoint(_pid(pid), None)
