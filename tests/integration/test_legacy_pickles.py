"""A program that keeps a pickle of a process is killed; another one takes the process up."""

import os
import pathlib
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.filterwarnings('ignore::aiida.common.warnings.AiidaDeprecationWarning')

MODULE = """
import os
import time
from aiida.orm.data.base import Int
from aiida.work.workchain import WorkChain, ToContext


class Child(WorkChain):
    @classmethod
    def define(cls, spec):
        super(Child, cls).define(spec)
        spec.outline(cls.only)

    def only(self):
        self.out('number', Int(1))
        self.calc.base.extras.set('begun', True)
        while not os.path.exists(self.inputs.path.value):
            time.sleep(0.02)


class Parent(WorkChain):
    @classmethod
    def define(cls, spec):
        super(Parent, cls).define(spec)
        spec.outline(cls.launch, cls.collect)

    def launch(self):
        return ToContext(child=self.submit(Child, path=self.inputs.path))

    def collect(self):
        self.out('number', self.ctx.child.out.number)
"""

FIRST = """
import sys
from aiida import load_dbenv; load_dbenv()
from aiida.orm.data.base import Str
from aiida.work.persistence import Persistence
from old_pickled import Parent
process = Parent.new({'path': Str(sys.argv[2])})
Persistence.create_from_basedir(sys.argv[1]).persist_process(process)
print(process.pid, flush=True)
process.run_until_complete()
"""

SECOND = """
import sys
from aiida import load_dbenv; load_dbenv()
from aiida.work.daemon import tick_workflow_engine
from aiida.work.persistence import Persistence
storage = Persistence.create_from_basedir(sys.argv[1])
if sys.argv[3] == 'look':
    print(storage.load_all_processes())
else:
    print(tick_workflow_engine(storage))
"""


def test_a_program_that_is_killed(profile, tmp_path):
    from aiida.orm import load_node

    (tmp_path / 'old_pickled.py').write_text(MODULE)
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join([str(tmp_path), *sys.path])}
    base, go = tmp_path / 'pickles', tmp_path / 'go'

    def start(script, *words):
        command = [sys.executable, '-W', 'ignore', '-c', script, str(base), str(go), *words]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    first = start(FIRST)
    try:
        node = load_node(int(first.stdout.readline()))
        end = time.monotonic() + 20
        while not (node.called and node.called[0].base.extras.get('begun', False)):
            assert time.monotonic() < end
            time.sleep(0.02)
        assert start(SECOND, 'look').communicate(timeout=30)[0] == '[]\n'
    finally:
        first.kill()
        first.communicate()
    (pickled,) = pathlib.Path(base / 'running').iterdir()
    assert pickled.name == f'{node.pk}.pickle'
    go.touch()
    assert start(SECOND, 'run').communicate(timeout=30)[0] == 'False\n'
    assert node.is_finished_ok
    assert node.outputs.number.value == 1
    assert [child.process_label for child in node.called] == ['Child']
    assert [child.process_label for child in node.called[0].called] == ['make_data']
    assert [path.name for path in (base / 'finished').iterdir()] == [pickled.name]
    assert not pickled.exists()
