"""The SQLite store under the names that profiles and entry points use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from aiida.common.exceptions import ConfigurationError
from aiida.storage.sqlite.schema import REVISION
from aiida.storage.sqlite.store import CONTAINER_FOLDER, DATABASE_FILE, SqliteStore

__all__ = ('SqliteDosStorage', 'SqliteTempBackend')


class SqliteDosStorage(SqliteStore):
    """``core.sqlite_dos``: a profile in a folder, kept for good."""

    @classmethod
    def open(cls, config: Mapping[str, Any]) -> Self:
        """Open the store that a profile's ``storage.config`` describes.

        :param config: ``filepath`` is the folder; ``synchronous`` may be ``FULL``.
        :raises ConfigurationError: if ``filepath`` is missing.
        """
        return cls(_folder(config), **_options(config))

    @classmethod
    def initialise(
        cls, folder: str | Path | Mapping[str, Any], *, user_email: str | None = None, synchronous: str = 'NORMAL'
    ) -> Self:
        """Create a store: database, container and, if an address is given, its first user.

        :param folder: the folder, or the profile's ``storage.config`` that names it.
        :raises ConfigurationError: if no folder is named, or there is a database in it already.
        """
        if isinstance(folder, Mapping):
            options = {'synchronous': synchronous, **_options(folder)}
            return super().initialise(_folder(folder), user_email=user_email, **options)
        return super().initialise(folder, user_email=user_email, synchronous=synchronous)

    @classmethod
    def version_head(cls) -> str:
        """The revision of AiiDA's schema that this release reads and writes."""
        return REVISION

    @property
    def filepath_root(self) -> Path:
        """The folder."""
        return self.folder

    @property
    def filepath_database(self) -> Path:
        """The database file."""
        return self.folder / DATABASE_FILE

    @property
    def filepath_container(self) -> Path:
        """The container with the content of files."""
        return self.folder / CONTAINER_FOLDER


class SqliteTempBackend(SqliteStore):
    """``core.sqlite_temp``: a profile in memory, gone with the program."""

    @classmethod
    def open(cls, config: Mapping[str, Any]) -> Self:
        """Make an empty store.

        :param config: of the profile; nothing of it is needed.
        """
        return cls.in_memory()

    @classmethod
    def version_head(cls) -> str:
        """The revision of AiiDA's schema that this release reads and writes."""
        return REVISION


def _folder(config: Mapping[str, Any]) -> Path:
    filepath = config.get('filepath')
    if not filepath:
        raise ConfigurationError('the profile does not say where its data are: storage.config.filepath is missing')
    return Path(filepath)


def _options(config: Mapping[str, Any]) -> dict[str, Any]:
    return {'synchronous': config['synchronous']} if 'synchronous' in config else {}
