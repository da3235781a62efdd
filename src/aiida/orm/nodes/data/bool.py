"""A node that wraps a boolean."""

from __future__ import annotations

from aiida.orm.nodes.data.base import BaseType, to_aiida_type

__all__ = ('Bool',)


class Bool(BaseType):
    """True or false, also where Python asks for the truth of the node."""

    _type = bool

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)


@to_aiida_type.register(bool)
def _(value: bool) -> Bool:
    return Bool(value)
