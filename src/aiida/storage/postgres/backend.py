"""The PostgreSQL store under the name that profiles and entry points use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from aiida.storage.postgres.store import PostgresStore
from aiida.storage.shared.store import REVISION

__all__ = ('PsqlDosBackend',)


class PsqlDosBackend(PostgresStore):
    """``core.psql_dos``: a profile in a database of a server, its files in a folder."""

    @classmethod
    def open(cls, config: Mapping[str, Any]) -> Self:
        """Open the store that a profile's ``storage.config`` describes.

        :raises ConfigurationError: if something is missing.
        """
        return cls(config)

    @classmethod
    def version_head(cls) -> str:
        """The revision of AiiDA's schema that this release reads and writes."""
        return REVISION

    @property
    def filepath_container(self) -> Path:
        """The container with the content of files."""
        return self.container_folder
