"""Names that `aiida.orm` and `aiida.orm.utils` had in AiiDA 0.10."""

from __future__ import annotations

from aiida.common.older_modules import older_names

__all__ = ()

_TODAY = {
    'CalculationFactory': 'aiida.plugins:CalculationFactory',
    'DataFactory': 'aiida.plugins:DataFactory',
    'WorkflowFactory': 'aiida.plugins:WorkflowFactory',
    'Calculation': 'aiida.orm:ProcessNode',
    'JobCalculation': 'aiida.orm:CalcJobNode',
    'WorkCalculation': 'aiida.orm:WorkflowNode',
}

#: What the classes it gives can do more than those of today.
_HOMES = {'CalculationFactory': 'aiida.work.legacy.job_process:CalculationFactory'}

__getattr__, __dir__ = older_names('aiida.orm', _TODAY, stacklevel=3, homes=_HOMES)
