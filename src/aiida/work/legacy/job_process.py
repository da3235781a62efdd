"""`aiida.work.legacy.job_process` of AiiDA 0.10: jobs as processes, which they are by themselves today."""

from __future__ import annotations

from typing import Any

from aiida.common.extendeddicts import AttributeDict
from aiida.engine import CalcJob
from aiida.plugins import factories
from aiida.work.notices import tell_of_module
from aiida.work.spec import inputs_template

__all__ = ('CalculationFactory', 'JobProcess')

tell_of_module(__name__, '`CalcJob` of `aiida.engine`')


class JobProcess:
    """What made a process of a calculation."""

    @staticmethod
    def build(calc_class: Any) -> type[CalcJob]:
        """Return the process class of a calculation, which is the class itself, with the methods it had then.

        :raises TypeError: for the class of a calculation as it was written for AiiDA 0.10, whose plugin has to be
            ported: it is no ``CalcJob``.
        """
        if not (isinstance(calc_class, type) and issubclass(calc_class, CalcJob)):
            raise TypeError(
                f'{calc_class!r} is no `CalcJob`: the plugin of a job has to be one, see '
                '`docs/howto/calculation-plugin.md`'
            )
        for name, method in (('process', _process), ('get_inputs_template', _get_inputs_template)):
            if not hasattr(calc_class, name):
                setattr(calc_class, name, classmethod(method))
        return calc_class


def _process(cls: type[CalcJob]) -> type[CalcJob]:
    """Return the process class of a calculation: the class itself."""
    return cls


def _get_inputs_template(cls: type[CalcJob]) -> AttributeDict:
    """Return a dictionary of the inputs with their defaults, to be filled in, and given to ``submit``."""
    template = inputs_template(cls.spec())
    template['_options'] = AttributeDict()
    return template


def CalculationFactory(entry_point_name: str, load: bool = True) -> Any:
    """Return what ``CalculationFactory`` of ``aiida.plugins`` does; a job has the methods it had in AiiDA 0.10."""
    found = factories.CalculationFactory(entry_point_name, load)
    return JobProcess.build(found) if isinstance(found, type) and issubclass(found, CalcJob) else found
