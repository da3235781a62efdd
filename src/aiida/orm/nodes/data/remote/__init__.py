"""Nodes that stand for folders on other computers."""

from __future__ import annotations

from aiida.orm.nodes.data.remote.base import RemoteData
from aiida.orm.nodes.data.remote.stash import (
    RemoteStashCompressedData,
    RemoteStashCustomData,
    RemoteStashData,
    RemoteStashFolderData,
)

__all__ = (
    'RemoteData',
    'RemoteStashCompressedData',
    'RemoteStashCustomData',
    'RemoteStashData',
    'RemoteStashFolderData',
)
