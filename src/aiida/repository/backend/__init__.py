"""Where the content of files is kept."""

from aiida.repository.backend.abstract import AbstractRepositoryBackend
from aiida.repository.backend.disk_object_store import DiskObjectStoreRepositoryBackend
from aiida.repository.backend.sandbox import SandboxRepositoryBackend

__all__ = ('AbstractRepositoryBackend', 'DiskObjectStoreRepositoryBackend', 'SandboxRepositoryBackend')
