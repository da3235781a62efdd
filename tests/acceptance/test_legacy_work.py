"""Scripts of AiiDA 0.10, as their users had them, run by the real programs."""

from __future__ import annotations

import pathlib
import re
import sys
import time

MODULE = """
from aiida.orm.data.base import Int
from aiida.work.run import submit, legacy_workflow
from aiida.work.workchain import WorkChain, ToContext, Outputs, append_, if_, while_
from aiida.work.workflow import Workflow
from aiida.work.workfunction import workfunction as wf


@wf
def sum(a, b):
    return a + b


class Adder(WorkChain):
    @classmethod
    def define(cls, spec):
        super(Adder, cls).define(spec)
        spec.input('a', valid_type=Int)
        spec.dynamic_output()
        spec.outline(cls.add)

    def add(self):
        self.out('sum', sum(self.inputs.a, Int(1)))


class Whole(WorkChain):
    @classmethod
    def define(cls, spec):
        super(Whole, cls).define(spec)
        spec.input('start', valid_type=Int, required=False)
        spec.outline(
            cls.setup,
            while_(cls.is_below)(cls.launch, cls.collect),
            if_(cls.is_too_large)(cls.give_up),
            cls.results,
        )

    def setup(self):
        self.ctx.n = 0
        self.ctx.sums = []

    def is_below(self):
        return self.ctx.n < 2

    def launch(self):
        self.ctx.n += 1
        future = submit(Adder, a=self.inputs.start)
        self.to_context(listed=append_(self.submit(Adder, a=Int(self.ctx.n))))
        return ToContext(first=future, outputs=Outputs(submit(Adder, a=Int(10 * self.ctx.n))))

    def collect(self):
        assert self.ctx.first.has_finished_ok()
        self.ctx.sums.append(self.ctx.first.out.sum.value + self.ctx.outputs['sum'].value)

    def is_too_large(self):
        self.report('limit {}'.format(self.inputs.limit.value))
        return self.ctx.sums[-1] > self.inputs.limit.value

    def give_up(self):
        self.abort_nowait('too large')

    def results(self):
        self.out('last', self.ctx.listed[-1].out.sum)
        self.out('count', Int(len(self.ctx.listed)))


class OldEquationOfState(Workflow):
    @classmethod
    def define(cls, spec):
        super(OldEquationOfState, cls).define(spec)
        spec.process(Adder)
        spec.input('a', valid_type=Int, default=lambda: Int(1))
        spec.link(':a', 'Adder:a')
        spec.link('Adder:sum', ':volume')


class MyWf(WorkChain):
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
"""

SCRIPT = """
import sys
from aiida.backends.utils import load_dbenv, is_dbenv_loaded

if not is_dbenv_loaded():
    load_dbenv()

from aiida.orm.data.base import Int
from aiida.work.run import run, submit, queue_up
from old_chains import MyWf, Whole, sum

if sys.argv[1] == 'run':
    r = sum(Int(4), Int(5))
    made_by = r.get_inputs_dict()
    print('sum', r.value, list(made_by), [node.value for node in made_by['_return'].get_inputs()])
    print('eos', run(MyWf)['volume'].value)
    outputs, pid = run(Whole, start=Int(1), limit=Int(100), _return_pid=True)
    print('whole', pid, outputs['last'].value, outputs['count'].value)
else:
    print('whole', submit(Whole, start=Int(1), limit=Int(100)).pid)
    print('aborted', queue_up(Whole, {'start': Int(1), 'limit': Int(5), '_label': 'too much'}, None))
    print('eos', submit(MyWf).pid)
"""

TREE = """Whole<PK> Finished [0] [3:results]
    ├── Adder<PK> Finished [0] [0:add]
    │   └── sum<PK> Finished [0]
    │       └── make_data<PK> Finished [0]
"""


def _numbers(printed: str) -> dict[str, int]:
    return {name: int(pk) for name, pk in re.findall(r'^(\w+) (\d+)', printed, re.MULTILINE)}


def test_in_this_program_and_by_a_worker(verdi, call, environment, tmp_path: pathlib.Path) -> None:
    (tmp_path / 'old_chains.py').write_text(MODULE)
    (tmp_path / 'script.py').write_text(SCRIPT)
    environment['PYTHONPATH'] = str(tmp_path)
    verdi('presto')
    done = call(sys.executable, 'script.py', 'run')
    assert "sum 9 ['_return'] [4, 5]\n" in done.stdout
    assert 'eos 2\n' in done.stdout
    assert re.search(r'^whole \d+ 3 2$', done.stdout, re.MULTILINE)
    warned = re.findall(r'AiidaDeprecationWarning: `([\w.]+)`', done.stderr)
    assert {'aiida.work.run', 'aiida.work.workchain', 'aiida.work.workfunction'} <= set(warned)
    assert len(warned) == len(set(warned))
    here = _numbers(done.stdout)['whole']

    verdi('daemon', 'start')
    try:
        pks = _numbers(call(sys.executable, 'script.py', 'submit').stdout)
        end = time.monotonic() + 60
        while verdi('process', 'list', '--raw', '-P', 'pk').stdout.split():
            assert time.monotonic() < end, verdi('process', 'list').stdout
            time.sleep(0.3)
    finally:
        verdi('daemon', 'stop')

    trees = {}
    for name, pk in (('here', here), ('by a worker', pks['whole'])):
        trees[name] = re.sub(r'<\d+>', '<PK>', verdi('process', 'status', str(pk)).stdout)
        assert trees[name].startswith(TREE), trees[name]
        assert trees[name].count('Adder<PK> Finished [0]') == 6
    assert trees['here'] == trees['by a worker']
    shown = verdi('process', 'show', str(pks['whole'])).stdout
    assert re.search(r'^last +\d+ +Int$', shown, re.MULTILINE), shown
    aborted = verdi('process', 'report', str(pks['aborted'])).stdout
    assert 'Whole|is_too_large]: limit 5' in aborted
    assert 'Whole|abort]: Aborting: too large' in aborted
    assert 'Killed' in verdi('process', 'status', str(pks['aborted'])).stdout.splitlines()[0]
    assert 'too much' in verdi('process', 'show', str(pks['aborted'])).stdout
    assert verdi('process', 'status', str(pks['eos'])).stdout.startswith(f'MyWf<{pks["eos"]}> Finished [0] [1:step2]')
