# ruff: noqa: UP008 - `super` is written as in those days
"""Work chains of AiiDA 0.10 that a worker runs."""

import time

from aiida.orm.data.base import Int

from aiida.work.run import async_
from aiida.work.workchain import Outputs, ToContext, WorkChain, append_


class Patient(WorkChain):
    """Ends once its node has the extra `go`."""

    @classmethod
    def define(cls, spec):
        super(Patient, cls).define(spec)
        spec.outline(cls.wait)

    def wait(self):
        while not self.calc.base.extras.get('go', False):
            time.sleep(0.02)
        self.out('number', Int(7))


class Waiting(WorkChain):
    """Waits for patient ones, in each way there is."""

    @classmethod
    def define(cls, spec):
        super(Waiting, cls).define(spec)
        spec.outline(cls.launch, cls.collect)

    def launch(self):
        removed, kept = self.submit(Patient), self.submit(Patient)
        self.insert_barrier(removed)
        self.insert_barrier(kept)
        self.remove_barrier(removed)
        self.ctx.not_waited_for = removed.pid
        self.to_context(outputs=Outputs(self.submit(Patient)))
        return ToContext(many=append_(self.submit(Patient)))

    def collect(self):
        assert self.ctx.many[0].out.number.value == self.ctx.outputs['number'].value == 7
        self.out('number', self.ctx.outputs['number'])


class Beside(WorkChain):
    """Runs two others at the same time, in threads."""

    @classmethod
    def define(cls, spec):
        super(Beside, cls).define(spec)
        spec.outline(cls.only)

    def only(self):
        futures = [async_(Small, number=Int(number)) for number in (1, 2)]
        self.out('total', Int(sum(future.result(timeout=30)['number'].value for future in futures)))


class Small(WorkChain):
    """Gives back what it is given, and one more."""

    @classmethod
    def define(cls, spec):
        super(Small, cls).define(spec)
        spec.outline(cls.only)

    def only(self):
        self.out('number', Int(self.inputs.number.value + 1))


class Aborting(WorkChain):
    """Aborts itself."""

    @classmethod
    def define(cls, spec):
        super(Aborting, cls).define(spec)
        spec.outline(cls.launch, cls.never)

    def launch(self):
        child = self.submit(Patient)
        self.ctx.aborted = self.abort('enough')
        return ToContext(child=child)

    def never(self):
        self.out('wrong', Int(1))
