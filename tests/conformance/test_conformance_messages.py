"""Rows J and M on processes that another interpreter runs: it obeys, and who asks is told."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from conformance_inventory import row

from aiida import orm
from aiida.engine.processes import control

PROGRAM = """
import sys
from aiida import load_profile
from aiida.engine import run
sys.path.insert(0, sys.argv[1])
from conformance_processes import Tree
load_profile('test')
process = Tree()
print(process.pid, flush=True)
try:
    run(process)
except Exception as exception:
    print(type(exception).__name__, exception, flush=True)
"""


@pytest.fixture
def elsewhere(profile):
    """Run a tree of work chains that wait in another interpreter; yield it and the node of the topmost."""
    command = [sys.executable, '-c', PROGRAM, str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        try:
            node = orm.load_node(int(program.stdout.readline()))
            wait_for(lambda: len(node.called_descendants) == 2, 'the tree')
            yield program, node
        finally:
            program.kill()


def wait_for(condition, what):
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, f'no {what}'
        time.sleep(0.02)


@row('J06', 'J07', 'M06')
def test_what_another_interpreter_runs_obeys(elsewhere):
    program, node = elsewhere
    leaf = node.called_descendants[-1]
    control.pause_processes([leaf])
    wait_for(lambda: orm.load_node(leaf.pk).paused, 'pause')
    assert not orm.load_node(leaf.pk).is_terminated
    control.play_processes([leaf])
    wait_for(lambda: not orm.load_node(leaf.pk).paused, 'play')
    control.kill_processes([node], msg_text='from elsewhere')
    wait_for(lambda: node.is_terminated, 'kill')
    assert program.wait(10) == 0
    assert 'from elsewhere' in program.stdout.read()
    assert [found.is_killed for found in (node, *node.called_descendants)] == [True, True, True]
    assert node.process_status == 'from elsewhere'
    assert control.get_active_processes() == []


@row('J06', 'M06')
def test_what_nobody_runs_any_more(elsewhere):
    program, node = elsewhere
    program.kill()
    program.wait(10)
    control.kill_processes([node], timeout=10)
    assert node.is_killed
    assert node.is_sealed


@row('F14')
def test_children_of_what_nobody_runs_any_more(elsewhere):
    program, node = elsewhere
    program.kill()
    program.wait(10)
    control.kill_processes([node], timeout=10)
    assert [found.is_killed for found in node.called_descendants] == [True, True]
