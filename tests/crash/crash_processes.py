"""A tree of three levels with functions, jobs and a restart work chain, whose results show what was done twice."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.engine import BaseRestartWorkChain, ToContext, WorkChain, append_, calcfunction, while_, workfunction


@calcfunction
def double(number: Any) -> Any:
    return orm.Int(2 * number.value)


@workfunction
def double_twice(number: Any) -> Any:
    return double(double(number))


class Leaf(WorkChain):
    """Doubles a number three times."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('number', valid_type=orm.Int)
        spec.output('number', valid_type=orm.Int)
        spec.outline(cls.first, cls.second)

    def first(self) -> None:
        self.ctx.number = double(self.inputs.number)

    def second(self) -> None:
        self.out('number', double_twice(self.ctx.number))


class Restarted(BaseRestartWorkChain):
    """Adds two numbers by a job."""

    _process_class = ArithmeticAddCalculation

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(ArithmeticAddCalculation, namespace='add')
        spec.expose_outputs(ArithmeticAddCalculation)
        spec.outline(cls.setup, while_(cls.should_run_process)(cls.run_process, cls.inspect_process), cls.results)

    def setup(self) -> None:
        super().setup()
        self.ctx.inputs = self.exposed_inputs(ArithmeticAddCalculation, 'add')


class Top(WorkChain):
    """Adds up what two leaves and a job give."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('code', valid_type=orm.AbstractCode)
        spec.input('note', valid_type=orm.Str)
        spec.output('sum', valid_type=orm.Int)
        spec.exit_code(400, 'ERROR_CHILD', message='a child failed')
        spec.outline(cls.launch, cls.add, cls.collect)

    def launch(self) -> None:
        for number in (1, 2):
            self.to_context(leaves=append_(self.submit(Leaf, number=orm.Int(number))))

    def add(self) -> Any:
        leaves = self.ctx.leaves
        if not all(leaf.is_finished_ok for leaf in leaves):
            return self.exit_codes.ERROR_CHILD
        options = {
            'resources': {'num_machines': 1},
            # says once for each time that a job runs, and in which folder
            'prepend_text': f'echo "$PWD" >> {self.inputs.note.value}',
        }
        x, y = (leaf.outputs.number for leaf in leaves)
        add = {'code': self.inputs.code, 'x': x, 'y': y, 'metadata': {'options': options}}
        return ToContext(job=self.submit(Restarted, add=add))

    def collect(self) -> Any:
        if not self.ctx.job.is_finished_ok:
            return self.exit_codes.ERROR_CHILD
        self.out('sum', self.ctx.job.outputs.sum)
        return None
