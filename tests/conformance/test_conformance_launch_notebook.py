"""Rows I and J: launching in a notebook, in the very first cell of a real kernel."""

import importlib.util
import os
import queue
import subprocess
import sys
import time

import pytest
from conformance_inventory import row

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ('ipykernel', 'jupyter_client')),
    reason='ipykernel, which brings a kernel as notebooks have it, is not installed',
)

FIRST_CELL = """
from aiida import load_profile, orm
from aiida.engine import ToContext, WorkChain, calcfunction, run, run_get_node, submit
load_profile()

@calcfunction
def double(x):
    return orm.Int(2 * x.value)

class Half(WorkChain):
    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('x', valid_type=orm.Int)
        spec.outline(cls.compute)
        spec.output('y')
    def compute(self):
        self.out('y', double(self.inputs.x))

class Whole(WorkChain):
    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.outline(cls.launch, cls.collect)
        spec.output('sum')
    def launch(self):
        inner = run(Half, x=orm.Int(10))['y'].value
        return ToContext(a=self.submit(Half, x=orm.Int(1)), b=self.submit(Half, x=orm.Int(inner)))
    def collect(self):
        self.out('sum', double(orm.Int(self.ctx.a.outputs.y.value + self.ctx.b.outputs.y.value)))

results, node = run_get_node(Whole)
print(results['sum'].value, node.is_finished_ok, len(node.called))
"""


@pytest.fixture(scope='module')
def kernel(tmp_path_factory):
    """A kernel with a fresh profile on disk, and a function that runs a cell and returns what it prints."""
    from jupyter_client.manager import KernelManager

    folder = tmp_path_factory.mktemp('notebook')
    env = {**os.environ, 'AIIDA_PATH': str(folder), 'IPYTHONDIR': str(folder), 'JUPYTER_RUNTIME_DIR': str(folder)}
    command = [sys.executable, '-c', 'from aiida.cmdline.commands.cmd_verdi import verdi; verdi(["presto"])']
    subprocess.run(command, env=env, check=True, capture_output=True, timeout=120)
    manager = KernelManager(transport='ipc', ip=str(folder / 'k'))
    manager.kernel_spec.argv = [sys.executable, '-m', 'ipykernel_launcher', '-f', '{connection_file}']
    manager.start_kernel(env=env, cwd=str(folder))
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)

    def cell(code, interrupt_after=None):
        asked = client.execute(code)
        printed, error = [], None
        if interrupt_after is not None:
            time.sleep(interrupt_after)
            manager.interrupt_kernel()
        while True:
            try:
                message = client.get_iopub_msg(timeout=60)
            except queue.Empty:
                pytest.fail(f'the cell does not end: {code}')
            if message['parent_header'].get('msg_id') != asked:
                continue
            content = message['content']
            if message['msg_type'] == 'stream' and content['name'] == 'stdout':
                printed.append(content['text'])
            elif message['msg_type'] == 'error':
                error = content['ename']
            elif message['msg_type'] == 'status' and content['execution_state'] == 'idle':
                return ''.join(printed).strip(), error

    yield cell
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@row('I01', 'I04', 'J05')
def test_the_first_cell_of_a_notebook(kernel):
    assert kernel(FIRST_CELL) == ('84 True 4', None)
    assert kernel('print(run(Half, x=orm.Int(4))["y"].value)') == ('8', None)
    assert kernel('import asyncio; await asyncio.sleep(0); print(run(Half, x=orm.Int(5))["y"].value)') == ('10', None)
    waits = 'async def inner():\n    await asyncio.sleep(0)\n    return run(Half, x=orm.Int(6))["y"].value\n'
    assert kernel(f'{waits}print(await asyncio.gather(inner(), inner()))') == ('[12, 12]', None)


@row('I04', 'M01')
def test_submitting_in_a_notebook(kernel):
    code = 'node = submit(Half, x=orm.Int(1))\nprint(node.process_state.value, node.is_stored, len(node.called))'
    assert kernel(code) == ('created True 0', None)


@row('I01', 'C01')
def test_errors_and_interrupts_in_a_notebook(kernel):
    assert kernel('run(Half, x=orm.Str("a"))')[1] == 'ValueError'
    assert kernel('print(run(Half, x=orm.Int(7))["y"].value)') == ('14', None)
    code = """
import time
class Slow(WorkChain):
    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.outline(cls.first, cls.second)
    def first(self):
        for _ in range(60):
            time.sleep(0.05)
    def second(self):
        pass
run(Slow)
"""
    assert kernel(code, interrupt_after=1.0)[1] == 'KeyboardInterrupt'
    query = 'orm.QueryBuilder().append(orm.WorkChainNode, filters={"attributes.process_label": "Slow"}).one()[0]'
    assert kernel(f'print({query}.process_state.value)') == ('killed', None)
    assert kernel('print(run(Half, x=orm.Int(8))["y"].value)') == ('16', None)
