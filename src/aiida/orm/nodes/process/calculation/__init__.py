"""The records of processes that create data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports

if TYPE_CHECKING:
    from aiida.orm.nodes.process.calculation.calcfunction import CalcFunctionNode
    from aiida.orm.nodes.process.calculation.calcjob import CalcJobNode
    from aiida.orm.nodes.process.calculation.calculation import CalculationNode

__all__ = (
    'CalcFunctionNode',
    'CalcJobNode',
    'CalculationNode',
)

#: Where the names are; a module is imported when one of its names is first asked for.
_MODULES: dict[str, tuple[str, ...]] = {
    'aiida.orm.nodes.process.calculation.calcfunction': ('CalcFunctionNode',),
    'aiida.orm.nodes.process.calculation.calcjob': ('CalcJobNode',),
    'aiida.orm.nodes.process.calculation.calculation': ('CalculationNode',),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}
_SUBMODULES = frozenset(
    {
        'calcfunction',
        'calcjob',
        'calculation',
    }
)

__getattr__, __dir__ = lazy_exports(globals(), _HOMES, _SUBMODULES)
