"""The records of processes that call others."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiida.orm.nodes.process.workflow.workchain import WorkChainNode
    from aiida.orm.nodes.process.workflow.workflow import WorkflowNode
    from aiida.orm.nodes.process.workflow.workfunction import WorkFunctionNode

__all__ = (
    'WorkChainNode',
    'WorkFunctionNode',
    'WorkflowNode',
)

#: Where the names are; a module is imported when one of its names is first asked for.
_MODULES: dict[str, tuple[str, ...]] = {
    'aiida.orm.nodes.process.workflow.workchain': ('WorkChainNode',),
    'aiida.orm.nodes.process.workflow.workflow': ('WorkflowNode',),
    'aiida.orm.nodes.process.workflow.workfunction': ('WorkFunctionNode',),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}
_SUBMODULES = frozenset(
    {
        'workchain',
        'workflow',
        'workfunction',
    }
)


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f'{__name__}.{name}')
    module = _HOMES.get(name)
    if module is None:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
