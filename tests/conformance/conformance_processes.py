"""Processes that the tests run, in a module, so that a checkpoint can name them."""

from aiida import orm
from aiida.engine import ToContext, WorkChain, calcfunction, while_


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
