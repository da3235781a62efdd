"""The processes of the daemon benchmarks, for the workers to import."""

from aiida import orm
from aiida.engine import WorkChain, append_, calcfunction


@calcfunction
def double(x):
    return orm.Int(2 * x.value)


class Leaf(WorkChain):
    """Two steps, one of which calls a calcfunction."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('x', valid_type=orm.Int)
        spec.output('y', valid_type=orm.Int)
        spec.outline(cls.one, cls.two)

    def one(self):
        self.ctx.y = double(self.inputs.x)

    def two(self):
        self.out('y', self.ctx.y)


class Fan(WorkChain):
    """Submit n leaves at once, wait for them all."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('n', valid_type=orm.Int)
        spec.outline(cls.launch, cls.collect)

    def launch(self):
        for i in range(self.inputs.n.value):
            self.to_context(kids=append_(self.submit(Leaf, x=orm.Int(i))))

    def collect(self):
        assert len(self.ctx.kids) == self.inputs.n.value
        assert all(kid.is_finished_ok for kid in self.ctx.kids)
