"""The records of processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports

if TYPE_CHECKING:
    from aiida.orm.nodes.process.calculation.calcfunction import CalcFunctionNode
    from aiida.orm.nodes.process.calculation.calcjob import CalcJobNode
    from aiida.orm.nodes.process.calculation.calculation import CalculationNode
    from aiida.orm.nodes.process.process import ProcessNode
    from aiida.orm.nodes.process.workflow.workchain import WorkChainNode
    from aiida.orm.nodes.process.workflow.workflow import WorkflowNode
    from aiida.orm.nodes.process.workflow.workfunction import WorkFunctionNode

__all__ = (
    'CalcFunctionNode',
    'CalcJobNode',
    'CalculationNode',
    'ProcessNode',
    'WorkChainNode',
    'WorkFunctionNode',
    'WorkflowNode',
)

#: Where the names are; a module is imported when one of its names is first asked for.
_MODULES: dict[str, tuple[str, ...]] = {
    'aiida.orm.nodes.process.calculation.calcfunction': ('CalcFunctionNode',),
    'aiida.orm.nodes.process.calculation.calcjob': ('CalcJobNode',),
    'aiida.orm.nodes.process.calculation.calculation': ('CalculationNode',),
    'aiida.orm.nodes.process.process': ('ProcessNode',),
    'aiida.orm.nodes.process.workflow.workchain': ('WorkChainNode',),
    'aiida.orm.nodes.process.workflow.workflow': ('WorkflowNode',),
    'aiida.orm.nodes.process.workflow.workfunction': ('WorkFunctionNode',),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}
_SUBMODULES = frozenset(
    {
        'calculation',
        'process',
        'workflow',
    }
)

__getattr__, __dir__ = lazy_exports(globals(), _HOMES, _SUBMODULES)
