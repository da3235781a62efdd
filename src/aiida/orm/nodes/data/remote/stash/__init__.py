"""Nodes that stand for files of a calculation that were put aside, out of the reach of scratch clean-ups."""

from __future__ import annotations

from aiida.orm.nodes.data.remote.stash.base import RemoteStashData
from aiida.orm.nodes.data.remote.stash.compress import RemoteStashCompressedData
from aiida.orm.nodes.data.remote.stash.custom import RemoteStashCustomData
from aiida.orm.nodes.data.remote.stash.folder import RemoteStashFolderData

__all__ = ('RemoteStashCompressedData', 'RemoteStashCustomData', 'RemoteStashData', 'RemoteStashFolderData')
