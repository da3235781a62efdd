"""`aiida.work.legacy.job_process` of AiiDA 0.10: jobs as processes, which they are by themselves today."""

from __future__ import annotations

from typing import Any

from aiida.common.extendeddicts import AttributeDict
from aiida.engine import CalcJob
from aiida.work.notices import tell_of_module
from aiida.work.spec import inputs_template

__all__ = ('JobProcess',)

tell_of_module(__name__, '`CalcJob` of `aiida.engine`')


class JobProcess:
    """What made a process of a calculation."""

    @staticmethod
    def build(calc_class: Any) -> type[CalcJob]:
        """Return the process class of a calculation, which is the class itself.

        :raises TypeError: for the class of a calculation as it was written for AiiDA 0.10, whose plugin has to be
            ported: it is no ``CalcJob``.
        """
        if isinstance(calc_class, type) and issubclass(calc_class, CalcJob):
            return calc_class
        raise TypeError(
            f'{calc_class!r} is no `CalcJob`: the plugin of a job has to be one, see `docs/howto/calculation-plugin.md`'
        )


def _process(cls: type[CalcJob]) -> type[CalcJob]:
    """Return the process class of a calculation: the class itself."""
    return JobProcess.build(cls)


def _get_inputs_template(cls: type[CalcJob]) -> AttributeDict:
    """Return a dictionary of the inputs with their defaults, to be filled in, and given to ``submit``."""
    template = inputs_template(cls.spec())
    template['_options'] = AttributeDict()
    return template


# `CalculationFactory(...).process()` is how scripts of those days launch a job; nothing of today has these names
CalcJob.process = classmethod(_process)  # type: ignore[attr-defined]
CalcJob.get_inputs_template = classmethod(_get_inputs_template)  # type: ignore[attr-defined]
