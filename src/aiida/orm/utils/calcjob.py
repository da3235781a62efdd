"""Access to the results of a job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import NotExistent

if TYPE_CHECKING:
    from aiida.orm.nodes.process.calculation.calcjob import CalcJobNode

__all__ = ('CalcJobResultManager',)


class CalcJobResultManager:
    """The content of the default output node of a job, as attributes or items: ``node.res.energy``."""

    def __init__(self, node: CalcJobNode) -> None:
        """
        :param node: whose results are meant.
        """
        self._node = node
        self._results: dict[str, Any] | None = None

    @property
    def node(self) -> CalcJobNode:
        """The job."""
        return self._node

    def _load_results(self) -> dict[str, Any]:
        """Return the content of the default output node.

        :raises ValueError: if the process class does not name one, or it is missing, or not of a dictionary's kind.
        """
        try:
            process_class = self._node.process_class
        except ValueError as exception:
            raise ValueError(f'cannot load results because process class cannot be loaded: {exception}') from exception
        label = process_class.spec().default_output_node
        if label is None:
            raise ValueError(f'cannot load results: {process_class.__name__} names no default output node')
        try:
            output = self._node.base.links.get_outgoing().get_node_by_label(label)
        except NotExistent as exception:
            raise ValueError(f'cannot load results: {self._node!r} has no output {label!r}') from exception
        getter = getattr(output, 'get_dict', None)
        if getter is None:
            raise ValueError(f'cannot load results: the output {label!r} is a {type(output).__name__}, not a Dict')
        results: dict[str, Any] = getter()
        return results

    def get_results(self) -> dict[str, Any]:
        """Return all results.

        :raises ValueError: if there are none.
        """
        if self._results is None:
            self._results = self._load_results()
        return self._results

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self.get_results()})

    def __iter__(self) -> Iterator[str]:
        return iter(self.get_results())

    def _ipython_key_completions_(self) -> list[str]:
        return sorted(self.get_results())

    def __getattr__(self, name: str) -> Any:
        if name.startswith('_'):
            raise AttributeError(name)
        try:
            return self.get_results()[name]
        except ValueError as exception:
            raise AttributeError(str(exception)) from exception
        except KeyError:
            raise AttributeError(f"the default results node of {self._node!r} has no key '{name}'") from None

    def __getitem__(self, name: str) -> Any:
        try:
            return self.get_results()[name]
        except ValueError as exception:
            raise KeyError(str(exception)) from exception
        except KeyError:
            raise KeyError(f"the default results node of {self._node!r} has no key '{name}'") from None
