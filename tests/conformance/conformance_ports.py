"""Specifications and a class to try ports on."""

from aiida import orm
from aiida.engine import (
    WorkChain,
    calcfunction,
)


def chain(define, step=None, name='Chain'):
    """Return a work chain whose ``define`` calls ``define(spec)`` and which has one step."""

    class Made(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            define(spec)
            spec.outline(cls.only)

        def only(self):
            return step(self) if step is not None else None

    Made.__name__ = Made.__qualname__ = name
    return Made


def made_of(spec, values):
    """Return the reason for which the inputs of a specification refuse values."""
    error = spec.inputs.validate(values)
    return None if error is None else (error.port, error.message)


@calcfunction
def add(a, b):
    return orm.Int(a.value + b.value)


class Sub(WorkChain):
    """What is exposed."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('a', valid_type=orm.Int, help='the first')
        spec.input('b', valid_type=orm.Int, default=lambda: orm.Int(10))
        spec.input('deep.c', valid_type=orm.Str, required=False)
        spec.output('sum', valid_type=orm.Int)
        spec.output('other', valid_type=orm.Int, required=False)
        spec.outline(cls.only)

    def only(self):
        self.out('sum', add(self.inputs.a, self.inputs.b))
