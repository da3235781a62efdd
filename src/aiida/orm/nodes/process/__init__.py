"""The records of processes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiida.orm.nodes.process.calculation.calcfunction import (
        CalcFunctionNode as CalcFunctionNode,
    )
    from aiida.orm.nodes.process.calculation.calcjob import (
        CalcJobNode as CalcJobNode,
    )
    from aiida.orm.nodes.process.calculation.calculation import (
        CalculationNode as CalculationNode,
    )
    from aiida.orm.nodes.process.process import (
        ProcessNode as ProcessNode,
    )
    from aiida.orm.nodes.process.workflow.workchain import (
        WorkChainNode as WorkChainNode,
    )
    from aiida.orm.nodes.process.workflow.workflow import (
        WorkflowNode as WorkflowNode,
    )
    from aiida.orm.nodes.process.workflow.workfunction import (
        WorkFunctionNode as WorkFunctionNode,
    )

__all__ = (
    'CalcFunctionNode',
    'CalcJobNode',
    'CalculationNode',
    'ProcessNode',
    'WorkChainNode',
    'WorkFunctionNode',
    'WorkflowNode',
)

#: Where each name is; a module is imported when one of its names is first asked for.
_MODULES = {
    'aiida.orm.nodes.process.calculation.calcfunction': 'CalcFunctionNode',
    'aiida.orm.nodes.process.calculation.calcjob': 'CalcJobNode',
    'aiida.orm.nodes.process.calculation.calculation': 'CalculationNode',
    'aiida.orm.nodes.process.process': 'ProcessNode',
    'aiida.orm.nodes.process.workflow.workchain': 'WorkChainNode',
    'aiida.orm.nodes.process.workflow.workflow': 'WorkflowNode',
    'aiida.orm.nodes.process.workflow.workfunction': 'WorkFunctionNode',
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    module = _HOMES.get(name)
    if module is None:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
