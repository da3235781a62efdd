"""Processes the tests run; in a module of their own, so that a checkpoint can name them."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.engine import ToContext, WorkChain, append_, calcfunction, if_, return_, while_, workfunction


@calcfunction
def add(x, y):  # type: ignore[no-untyped-def]
    return orm.Int(x.value + y.value)


@calcfunction
def fail(x):  # type: ignore[no-untyped-def]
    raise ValueError(f'boom {x.value}')


@workfunction
def add_twice(x, y):  # type: ignore[no-untyped-def]
    return add(add(x, y), y)


class Leaf(WorkChain):
    """Adds a number to itself."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('x', valid_type=orm.Int)
        spec.output('y', valid_type=orm.Int)
        spec.exit_code(401, 'ERROR_NEGATIVE', 'the number {number} is negative')
        spec.outline(cls.double)

    def double(self) -> Any:
        if self.inputs.x.value < 0:
            return self.exit_codes.ERROR_NEGATIVE.format(number=self.inputs.x.value)
        self.out('y', add(self.inputs.x, self.inputs.x))
        return None


class Fan(WorkChain):
    """Doubles many numbers beside each other and adds the results up."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('n', valid_type=orm.Int)
        spec.output('total', valid_type=orm.Int)
        spec.outline(cls.launch, cls.collect)

    def launch(self) -> None:
        for number in range(self.inputs.n.value):
            self.to_context(leaves=append_(self.submit(Leaf, x=orm.Int(number))))

    def collect(self) -> None:
        total = orm.Int(0).store()
        for leaf in self.ctx.leaves:
            total = add(total, leaf.outputs.y)
        self.out('total', total)


class Outline(WorkChain):
    """Walks through all instructions and notes where it was."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('mode', valid_type=orm.Str)
        spec.outline(
            cls.start,
            if_(cls.is_a)(cls.in_a).elif_(cls.is_b)(cls.in_b, cls.after_b).else_(cls.otherwise),
            while_(cls.below_three)(cls.count, if_(cls.is_second)(cls.second)),
            if_(cls.is_return)(return_(17)),
            if_(cls.is_plain_return)(return_),
            cls.end,
        )

    def note(self, what: str) -> None:
        self.ctx.setdefault('trail', []).append(what)
        self.node.base.extras.set('trail', self.ctx.trail)

    def start(self) -> None:
        self.ctx.i = 0
        self.note('start')

    def is_a(self) -> bool:
        return bool(self.inputs.mode == 'a')

    def is_b(self) -> bool:
        return bool(self.inputs.mode == 'b')

    def is_return(self) -> bool:
        return bool(self.inputs.mode == 'return')

    def is_plain_return(self) -> bool:
        return bool(self.inputs.mode == 'plain')

    def in_a(self) -> None:
        self.note('a')

    def in_b(self) -> None:
        self.note('b')

    def after_b(self) -> None:
        self.note('after b')

    def otherwise(self) -> None:
        self.note('else')

    def below_three(self) -> bool:
        return bool(self.ctx.i < 3)

    def count(self) -> None:
        self.ctx.i += 1
        self.note(f'count {self.ctx.i}')

    def is_second(self) -> bool:
        return bool(self.ctx.i == 2)

    def second(self) -> None:
        self.note('second')

    def end(self) -> None:
        self.note('end')


class Slow(WorkChain):
    """Waits for a sub process that waits to be told to go on."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.outline(cls.launch, cls.done)

    def launch(self) -> Any:
        return ToContext(child=self.submit(Stuck))

    def done(self) -> None:
        pass


class Stuck(WorkChain):
    """Waits for itself, which is for ever."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.outline(cls.wait, cls.done)

    def wait(self) -> Any:
        return ToContext(me=self.node)

    def done(self) -> None:
        pass
