"""`aiida.orm.calculation` of AiiDA 0.10: the classes of calculations, which are nodes of processes today."""

from __future__ import annotations

from aiida.common.older_modules import older_names, provide_modules

__all__ = ()

__getattr__, __dir__ = older_names(__name__, {'Calculation': 'aiida.orm:ProcessNode'})

provide_modules(
    __name__,
    {
        'job': {'JobCalculation': 'aiida.orm:CalcJobNode'},
        'work': {'WorkCalculation': 'aiida.orm:WorkflowNode'},
        'inline': {'InlineCalculation': 'aiida.orm:CalcFunctionNode', 'make_inline': 'aiida.engine:calcfunction'},
        'function': {'FunctionCalculation': 'aiida.orm:WorkFunctionNode'},
    },
    homes={'make_inline': 'aiida.work.inline:make_inline'},
)
