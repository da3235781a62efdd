"""The processes of the daemon benchmarks, for the workers to import."""

import time

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


class Held(WorkChain):
    """What nobody goes on with."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.outline(cls.go)

    def go(self):
        pass


class Holder(WorkChain):
    """Waits for one that is paused (this program only)."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.outline(cls.launch, cls.end)

    def launch(self):
        with self.node.backend.transaction():  # before a worker sees it
            child = self.submit(Held)
            child.backend.set_desired(child.pk, 'pause', 'held by the benchmark')
        self.to_context(child=child)

    def end(self):
        pass


class Computing(WorkChain):
    """Parses text for some seconds without calling anything that lets other threads in."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('seconds', valid_type=orm.Float)
        spec.outline(cls.parse)

    def parse(self):
        lines = [f'{i:6d}  {i * 0.5:12.6f}  {i * 0.25:12.6f}  # atom {i}' for i in range(1000)]
        end = time.perf_counter() + self.inputs.seconds.value
        while time.perf_counter() < end:
            table = {}
            for line in lines:
                number, *rest = line.partition('#')[0].split()
                table[int(number)] = [float(value) for value in rest]


class Sleeping(WorkChain):
    """Lives in a worker for some seconds."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('seconds', valid_type=orm.Float)
        spec.outline(cls.sleep)

    def sleep(self):
        time.sleep(self.inputs.seconds.value)
