"""The content of files: a tree of names per node over one content-addressed backend per profile."""

from aiida.repository.backend import (
    AbstractRepositoryBackend,
    DiskObjectStoreRepositoryBackend,
    SandboxRepositoryBackend,
)
from aiida.repository.common import File, FileType
from aiida.repository.repository import Repository

__all__ = (
    'AbstractRepositoryBackend',
    'DiskObjectStoreRepositoryBackend',
    'File',
    'FileType',
    'Repository',
    'SandboxRepositoryBackend',
)
