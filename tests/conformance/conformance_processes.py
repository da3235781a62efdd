"""Processes that the tests run, in a module, so that a checkpoint can name them."""

from itertools import pairwise
from typing import ClassVar

from aiida import orm
from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.engine import ProcessState, ToContext, WorkChain, calcfunction, while_
from aiida.engine.processes.transitions import TRANSITIONS, hooks


@calcfunction
def add(x, y):
    return x + y


class Adder(WorkChain):
    """Adds two numbers with a calcfunction."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('x', valid_type=orm.Int)
        spec.input('y', valid_type=orm.Int)
        spec.output('sum', valid_type=orm.Int)
        spec.outline(cls.only)

    def only(self):
        self.out('sum', add(self.inputs.x, self.inputs.y))


class Counter(WorkChain):
    """Counts to a number, a step for each."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('x', valid_type=orm.Int)
        spec.output('y', valid_type=orm.Int)
        spec.outline(while_(cls.below)(cls.count), cls.emit)

    def below(self):
        return self.ctx.get('i', 0) < self.inputs.x.value

    def count(self):
        self.ctx.i = self.ctx.get('i', 0) + 1
        self.report('at %d', self.ctx.i)

    def emit(self):
        self.out('y', orm.Int(self.ctx.i).store())


class Stuck(WorkChain):
    """Waits for itself, which is for ever."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.outline(cls.wait)

    def wait(self):
        return ToContext(me=self.node)


class Branch(WorkChain):
    """Waits for one that is stuck."""

    child = Stuck

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.outline(cls.launch)

    def launch(self):
        return ToContext(child=self.submit(self.child))


class Tree(Branch):
    """Waits for one that waits for one that is stuck."""

    child = Branch


HOOKS = tuple(
    dict.fromkeys(name for source, target, _ in TRANSITIONS for name in (*hooks(source, target), 'update_outputs'))
)


class Recorded:
    """Put before a process class: notes which of its hooks are called, and which state each transition led to."""

    called: ClassVar[list[str]] = []
    states: ClassVar[list[ProcessState]] = []

    @classmethod
    def forget(cls):
        cls.called.clear()
        cls.states.clear()

    @classmethod
    def expected(cls):
        """Return what the table of transitions says is called on the way that was taken."""
        path = [None, *cls.states]
        return [name for source, target in pairwise(path) for name in hooks(source, target)]


def _recording(name):
    def hook(self, *args, **kwargs):
        Recorded.called.append(name)
        if name == 'on_entered':
            Recorded.states.append(self.state)
        return getattr(super(Recorded, self), name)(*args, **kwargs)

    return hook


for _name in (*HOOKS, 'on_pausing', 'on_paused', 'on_playing', 'on_output_emitting', 'on_output_emitted'):
    setattr(Recorded, _name, _recording(_name))


class RecordedChain(Recorded, WorkChain):
    """A work chain of two steps, the first of which does as its input says."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('mode', valid_type=orm.Str, default=lambda: orm.Str('good'))
        spec.output('y', required=False)
        spec.outline(cls.first, cls.second)

    def first(self):
        mode = self.inputs.mode.value
        if mode == 'raise':
            raise ValueError('on purpose')
        self.out('y', self.inputs.mode)
        if mode == 'exit':
            return 5
        if mode == 'kill':
            self.kill('in a step')
        if mode == 'wait':
            return ToContext(child=self.submit(Counter, x=1))
        return None

    def second(self):
        pass


class RecordedJob(Recorded, ArithmeticAddCalculation):
    """A job."""
