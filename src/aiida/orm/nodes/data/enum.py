"""A node that wraps a member of an enumeration."""

from __future__ import annotations

from enum import Enum
from importlib import import_module
from typing import Any, cast

from aiida.orm.nodes.data.base import to_aiida_type
from aiida.orm.nodes.data.data import Data

__all__ = ('EnumData',)


class EnumData(Data):
    """A member of an :class:`enum.Enum`: its name, its value and where the enumeration is defined."""

    KEY_NAME = 'name'
    KEY_VALUE = 'value'
    KEY_IDENTIFIER = 'identifier'

    def __init__(self, member: Enum, *args: Any, **kwargs: Any) -> None:
        """
        :param member: a member of an enumeration that can be imported.
        :raises TypeError: if it is none.
        """
        if not isinstance(member, Enum):
            raise TypeError(f'`member` is a member of an enumeration, not {member!r} of type {type(member)}')
        super().__init__(*args, **kwargs)
        enum = type(member)
        value = member.value.value if isinstance(member.value, Data) else member.value
        self.base.attributes.set_many(
            {
                self.KEY_NAME: member.name,
                self.KEY_VALUE: value,
                self.KEY_IDENTIFIER: f'{enum.__module__}:{enum.__qualname__}',
            }
        )

    @property
    def name(self) -> str:
        """The name of the member."""
        return str(self.base.attributes.get(self.KEY_NAME))

    @property
    def value(self) -> Any:
        """The value of the member, as JSON keeps it."""
        return self.base.attributes.get(self.KEY_VALUE)

    @property
    def identifier(self) -> str:
        """Where the enumeration is defined: ``module:class``."""
        return str(self.base.attributes.get(self.KEY_IDENTIFIER))

    @property
    def member(self) -> Enum:
        """The member; see :meth:`get_member`."""
        return self.get_member()

    def get_enum(self) -> type[Enum]:
        """Return the enumeration.

        :raises ImportError: if it is not where it was when the node was made.
        """
        module, _, name = self.identifier.partition(':')
        found: Any
        try:
            found = import_module(module)
            for part in name.split('.'):
                found = getattr(found, part)
        except (ImportError, AttributeError, ValueError) as exception:
            raise ImportError(f'the enumeration `{self.identifier}` cannot be imported: {exception}') from exception
        return cast('type[Enum]', found)

    def get_member(self) -> Enum:
        """Return the member.

        :raises ImportError: if the enumeration cannot be imported.
        :raises ValueError: if it no longer has this value.
        """
        enum = self.get_enum()
        value = self.value
        if isinstance(value, list):
            # A tuple comes back from the store as a list.
            return next((member for member in enum if _as_lists(member.value) == value), None) or enum(value)
        return enum(value)

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, EnumData):
            return (self.identifier, self.name) == (other.identifier, other.name)
        if isinstance(other, Enum):
            try:
                return self.get_member() == other
            except (ImportError, ValueError):
                return False
        return False

    __hash__ = None  # type: ignore[assignment]


def _as_lists(value: Any) -> Any:
    return [_as_lists(item) for item in value] if isinstance(value, list | tuple) else value


@to_aiida_type.register(Enum)
def _(value: Enum) -> EnumData:
    return EnumData(member=value)
