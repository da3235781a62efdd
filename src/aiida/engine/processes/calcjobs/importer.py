"""Taking over what was run elsewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiida.orm import Node, RemoteData

__all__ = ('CalcJobImporter',)


class CalcJobImporter(ABC):
    """Finds out, from the files of a job run elsewhere, the inputs with which a CalcJob would have made them."""

    @staticmethod
    @abstractmethod
    def parse_remote_data(remote_data: RemoteData, **kwargs: Any) -> dict[str, Node | dict[str, Any]]:
        """Return the inputs of the CalcJob.

        :param remote_data: the folder with the files.
        """
