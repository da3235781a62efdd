"""The outputs of a calculation as one node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aiida.orm import Data, Node, load_node

__all__ = ('FrozenDict',)


class FrozenDict(Data):
    """A dictionary of nodes that does not change: it holds their UUIDs and gives the nodes.

    It has no entry point: `aiida.orm.utils.node` knows where it is, and other programs read it as `Data`.
    """

    _KEY = 'nodes'

    def __init__(self, value: Mapping[str, Node] | None = None, **kwargs: Any) -> None:
        """
        :param value: stored nodes by label; ``dict=`` is the name of old.
        :raises ValueError: if one is not stored.
        """
        nodes: Mapping[str, Node] = value if value is not None else kwargs.pop('dict', {})
        super().__init__(**kwargs)
        for label, node in nodes.items():
            if not node.is_stored:
                raise ValueError(f'`{label}` of a FrozenDict is {node!r}, which is not stored: store it first')
        self.base.attributes.set(self._KEY, {label: node.uuid for label, node in nodes.items()})

    @property
    def _uuids(self) -> dict[str, str]:
        return self.base.attributes.get(self._KEY)  # type: ignore[no-any-return]

    def get_dict(self) -> dict[str, Node]:
        """Return the nodes by label."""
        return dict(self.items())

    def items(self) -> Iterator[tuple[str, Node]]:
        """Yield label and node."""
        return ((label, load_node(uuid=uuid)) for label, uuid in self._uuids.items())

    def keys(self) -> list[str]:
        """Return the labels."""
        return list(self._uuids)

    def __getitem__(self, label: str) -> Node:
        return load_node(uuid=self._uuids[label])

    def __getattr__(self, name: str) -> Any:
        if not name.startswith('_') and self._record is not None:
            uuid = self._record.attributes.get(self._KEY, {}).get(name)
            if uuid is not None:
                return load_node(uuid=uuid)
        return super().__getattr__(name)

    def __contains__(self, label: object) -> bool:
        return label in self._uuids

    def __iter__(self) -> Iterator[str]:
        return iter(self._uuids)

    def __len__(self) -> int:
        return len(self._uuids)

    def _validate_storability(self) -> None:
        """Nothing to check: its nodes are found again without an entry point."""

    def __bool__(self) -> bool:
        return True
