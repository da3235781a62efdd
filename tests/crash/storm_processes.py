"""A tree of four levels in which some processes fail, as they should; its results show what was lost or done twice."""

from __future__ import annotations

import time
from typing import Any

from crash_processes import Leaf, Restarted, Top

from aiida import orm
from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.engine import WorkChain, calcfunction, process_handler, run_get_node

#: What those fail with that fail well.
FAILED, CAUGHT = 401, 402
#: What every process that `Forest` calls ends with: its label, its state and its exit status.
OUTCOMES = {
    ('Top', 'finished', 0): 1,
    ('Failing', 'excepted', None): 1,
    ('Failing', 'finished', FAILED): 1,
    ('Failing', 'finished', CAUGHT): 1,
    ('Repaired', 'finished', 0): 1,
    ('Leaf', 'finished', 0): 1,
}


@calcfunction
def fail(way: Any) -> Any:
    raise ValueError(way.value)


class Failing(WorkChain):
    """Fails in the way it is told."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('way', valid_type=orm.Str)
        spec.exit_code(FAILED, 'ERROR_FAILED', message='it failed')
        spec.exit_code(CAUGHT, 'ERROR_CAUGHT', message='a function failed')
        spec.outline(cls.begin, cls.end_badly)

    def begin(self) -> None:
        time.sleep(0.02)

    def end_badly(self) -> Any:
        if self.inputs.way == 'exit':
            return self.exit_codes.ERROR_FAILED
        if self.inputs.way == 'raise':
            raise ValueError('as it should')
        try:
            fail(self.inputs.way)
        except ValueError:
            return self.exit_codes.ERROR_CAUGHT
        return None


class Repaired(Restarted):
    """Adds two numbers by a job that fails the first time."""

    @process_handler(exit_codes=ArithmeticAddCalculation.exit_codes.ERROR_NEGATIVE_NUMBER)
    def turn(self, node: Any) -> Any:
        from aiida.engine import ProcessHandlerReport

        self.ctx.inputs.x = orm.Int(-node.inputs.x.value)
        return ProcessHandlerReport(True)


class Forest(WorkChain):
    """Calls what works and what fails, by `submit` and by `run`, and says whether each ended as it should."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('code', valid_type=orm.AbstractCode)
        spec.input('note', valid_type=orm.Str)
        spec.output('number', valid_type=orm.Int)
        spec.exit_code(400, 'ERROR_CHILD', message='a child did not end as it should')
        spec.outline(cls.launch, cls.run_one, cls.collect)

    def launch(self) -> None:
        self.to_context(top=self.submit(Top, code=self.inputs.code, note=self.inputs.note))
        for way in ('raise', 'exit', 'function'):
            self.to_context(**{way: self.submit(Failing, way=orm.Str(way))})
        options = {
            'resources': {'num_machines': 1},
            'prepend_text': f'echo "$PWD" >> {self.inputs.note.value}; sleep 0.2',
        }
        add = {'code': self.inputs.code, 'x': orm.Int(-5), 'y': orm.Int(1), 'metadata': {'options': options}}
        self.to_context(repaired=self.submit(Repaired, add=add))

    def run_one(self) -> None:
        outputs, self.ctx.leaf = run_get_node(Leaf, number=orm.Int(3))
        self.ctx.number = outputs['number']

    def collect(self) -> Any:
        ctx = self.ctx
        ended = {'raise': None, 'exit': FAILED, 'function': CAUGHT, 'top': 0, 'repaired': 0, 'leaf': 0}
        if any(ctx[name].exit_status != status for name, status in ended.items()):
            return self.exit_codes.ERROR_CHILD
        if ctx.repaired.outputs.sum.value != 6 or ctx.top.outputs.sum.value != 24:
            return self.exit_codes.ERROR_CHILD
        self.out('number', ctx.number)
        return None
