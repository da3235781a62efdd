# ruff: noqa: UP008 - `super` is written as in those days
"""Work chains as they were written for AiiDA 0.10, in a module, so that a checkpoint can name them."""

from aiida.orm.data.base import Int

from aiida.work.process import Process
from aiida.work.run import legacy_workflow, submit
from aiida.work.workchain import Outputs, ToContext, WorkChain, append_, if_, while_
from aiida.work.workflow import Workflow
from aiida.work.workfunction import workfunction


@workfunction
def add(a, b):
    return Int(a.value + b.value)


class Adder(WorkChain):
    """Adds one to a number; its outputs are not declared."""

    @classmethod
    def define(cls, spec):
        super(Adder, cls).define(spec)
        spec.input('a', valid_type=Int)
        spec.outline(cls.add)

    def add(self):
        self.out('sum', Int(self.inputs.a.value + 1))


class Failing(WorkChain):
    """Ends with an exit status."""

    @classmethod
    def define(cls, spec):
        super(Failing, cls).define(spec)
        spec.exit_code(321, 'ERROR_OF_OLD', 'it fails')
        spec.outline(cls.fail_it)

    def fail_it(self):
        return self.exit_codes.ERROR_OF_OLD


class Whole(WorkChain):
    """Open inputs, ``Outputs``, a list in ``ToContext``, a loop, and ``abort``."""

    @classmethod
    def define(cls, spec):
        super(Whole, cls).define(spec)
        spec.input('start', valid_type=Int)
        spec.outline(
            cls.setup,
            while_(cls.is_below)(cls.launch, cls.collect),
            if_(cls.is_too_large)(cls.give_up).else_(cls.keep),
            cls.results,
        )

    def setup(self):
        self.ctx.n = 0
        self.ctx.sums = []

    def is_below(self):
        return self.ctx.n < 2

    def launch(self):
        self.ctx.n += 1
        first = submit(Adder, a=self.inputs.start)
        self.to_context(listed=append_(self.submit(Adder, a=Int(self.ctx.n))))
        return ToContext(first=first, outputs=Outputs(self.submit(Adder, a=Int(10 * self.ctx.n))))

    def collect(self):
        assert self.ctx.first.has_finished_ok()
        self.ctx.sums.append(self.ctx.first.out.sum.value + self.ctx.outputs['sum'].value)

    def is_too_large(self):
        return 'limit' in self.inputs and sum(self.ctx.sums) > self.inputs.limit.value

    def give_up(self):
        self.abort_nowait('too large')

    def keep(self):
        self.ctx.kept = True

    def results(self):
        self.out('total', Int(sum(self.ctx.sums)))
        self.out('last', self.ctx.listed[-1].out.sum)


class Interrupted(WorkChain):
    """Is interrupted in the middle of a step, as long as there is an error."""

    error = None

    @classmethod
    def define(cls, spec):
        super(Interrupted, cls).define(spec)
        spec.outline(cls.only)

    def only(self):
        self.out('one', Int(1))
        self.out('two', Int(2))
        self.out('sum', add(self.outputs['one'], self.outputs['two']))
        if self.error is not None:
            raise self.error


class Stuck(WorkChain):
    """Waits for itself, which is for ever."""

    @classmethod
    def define(cls, spec):
        super(Stuck, cls).define(spec)
        spec.outline(cls.wait)

    def wait(self):
        self.insert_barrier(self.calc)


class OldEquationOfState(Workflow):
    """The workflow that the example of the page starts."""

    @classmethod
    def define(cls, spec):
        super(OldEquationOfState, cls).define(spec)
        spec.process(Adder)
        spec.input('a', valid_type=Int, default=lambda: Int(1))
        spec.link(':a', 'Adder:a')
        spec.link('Adder:sum', ':volume')


class MyWf(WorkChain):
    """The example of the page for ``legacy_workflow``, which ends by telling what it saw."""

    @classmethod
    def define(cls, spec):
        super(MyWf, cls).define(spec)
        spec.outline(cls.step1, cls.step2)

    def step1(self):
        wf = OldEquationOfState()
        wf.start()
        return ToContext(eos=legacy_workflow(wf.pk))

    def step2(self):
        # Now self.ctx.eos contains the terminated workflow
        self.out('volume', self.ctx.eos.out.volume)


class Diamond(Workflow):
    """Two branches that meet."""

    @classmethod
    def define(cls, spec):
        super(Diamond, cls).define(spec)
        spec.process(Adder, 'first')
        spec.process(Adder, 'left')
        spec.process(Adder, 'right')
        spec.process(Both)
        spec.exposed_inputs('first')
        spec.link('first:sum', 'left:a')
        spec.link('first:sum', 'right:a')
        spec.link('left:sum', 'Both:x')
        spec.link('right:sum', 'Both:y')
        spec.link('Both:_return', ':total')


class Both(Process):
    """Adds two numbers; it emits one output without a name."""

    @classmethod
    def define(cls, spec):
        super(Both, cls).define(spec)
        spec.input('x', valid_type=Int)
        spec.input('y', valid_type=Int)

    def _run(self, x, y):
        self.out(Int(x.value + y.value))


class Broken(Workflow):
    """One of its processes fails."""

    @classmethod
    def define(cls, spec):
        super(Broken, cls).define(spec)
        spec.process(Failing)
        spec.process(Adder)
        spec.link('Failing:number', 'Adder:a')


class Hooked(WorkChain):
    """Tells of each hook that is called."""

    told = []

    @classmethod
    def define(cls, spec):
        super(Hooked, cls).define(spec)
        spec.outline(cls.first, cls.second)

    def on_create(self, pid, inputs, saved_instance_state):
        super(Hooked, self).on_create(pid, inputs, saved_instance_state)
        self.told.append(('on_create', dict(inputs or {}), saved_instance_state is not None, self.calc.is_stored))

    def on_start(self):
        super(Hooked, self).on_start()
        self.told.append('on_start')

    def on_run(self):
        super(Hooked, self).on_run()
        self.told.append('on_run')

    def on_wait(self, wait_on):
        super(Hooked, self).on_wait(wait_on)
        self.told.append(('on_wait', [item.pid for item in wait_on] == [child.pk for child in self.calc.called]))

    def on_resume(self):
        super(Hooked, self).on_resume()
        self.told.append('on_resume')

    def on_finish(self):
        super(Hooked, self).on_finish()
        self.told.append('on_finish')

    def on_stop(self):
        super(Hooked, self).on_stop()
        self.told.append(('on_stop', self.calc.is_sealed))

    def on_destroy(self):
        super(Hooked, self).on_destroy()
        self.told.append(('on_destroy', self.calc.is_sealed))

    def first(self):
        self.told.append('first')
        return ToContext(child=self.submit(Adder, a=Int(1)))

    def second(self):
        self.told.append('second')


class HookedTwice(Hooked):
    """Overrides what is overridden."""

    def on_create(self, pid, inputs, saved_instance_state):
        super(HookedTwice, self).on_create(pid, inputs, saved_instance_state)
        self.told.append('on_create again')

    def on_wait(self, wait_on):
        super(HookedTwice, self).on_wait(wait_on)
        self.told.append('on_wait again')


class PressureConvergence(WorkChain):
    """Has steps whose names are those of methods of the engine of today, as that of the tutorial had."""

    @classmethod
    def define(cls, spec):
        super(PressureConvergence, cls).define(spec)
        spec.outline(cls.init, while_(cls.step)(cls.run, cls.resume), cls.start, cls.close)

    def init(self):
        self.ctx.steps = ['init']

    def step(self):
        return len(self.ctx.steps) < 4

    def run(self):
        self.ctx.steps.append('run')
        return ToContext(child=self.submit(Adder, a=Int(1)))

    def resume(self):
        self.ctx.steps.append('resume')

    def start(self):
        self.ctx.steps.append('start')

    def close(self):
        self.ctx.steps.append('close')
        self.report(' '.join(self.ctx.steps))
        self.out('count', Int(len(self.ctx.steps)))


class Extended(PressureConvergence):
    """Extends a step of the one it is derived from."""

    def init(self):
        super(Extended, self).init()
        self.ctx.steps.append('more')
