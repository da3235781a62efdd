"""A profile with RabbitMQ that aiida-core made opens here, and its commands steer what runs here.

The interpreter of an environment with aiida-core is named by the variable ``NABUCCO_PEER_PYTHON``; without it these
tests are skipped.
"""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

from aiida import orm
from aiida.engine import submit
from aiida.manage import configuration
from aiida.manage.manager import get_manager

PEER = os.environ.get('NABUCCO_PEER_PYTHON')
pytestmark = pytest.mark.skipif(not PEER, reason='NABUCCO_PEER_PYTHON names no interpreter with aiida-core')


def verdi(*arguments):
    """Call a command of aiida-core, with the configuration of the test."""
    result = subprocess.run(
        [str(pathlib.Path(str(PEER)).parent / 'verdi'), *arguments],
        env={**os.environ, 'PYTHONPATH': ''},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


@pytest.fixture
def theirs(rabbitmq_server, config_folder):
    """A profile that aiida-core made, loaded here."""
    rabbitmq_server.start()
    names = ('--first-name', 'F', '--last-name', 'L', '--institution', 'I', '--email', 'a@b.c')
    verdi('profile', 'setup', 'core.sqlite_dos', '-n', '-p', 'theirs', *names, '--broker', 'none')
    port = ('--broker-port', str(rabbitmq_server.port))
    verdi('profile', 'configure-broker', 'core.rabbitmq', 'theirs', '-n', '-f', *port)
    configuration.reset_config()
    loaded = get_manager().load_profile('theirs', allow_switch=True)
    assert loaded.process_control_backend == 'core.rabbitmq'
    assert loaded.process_control_config == rabbitmq_server.config
    return loaded


@pytest.fixture
def profile(theirs):
    return theirs


def test_commands_of_aiida_core_steer_what_runs_here(theirs, classes, elsewhere, wait_until):
    elsewhere('from aiida.engine import run\nrun(broker_processes.Ticking, ticks=orm.Int(100_000))')
    query = orm.QueryBuilder().append(orm.WorkChainNode)
    wait_until(lambda: query.all(flat=True))
    (node,) = query.all(flat=True)
    wait_until(lambda: node.process_state.value == 'running')
    pk = str(node.pk)
    assert f'Request to pause Process<{pk}> processed' in verdi('process', 'pause', pk, '-t', '20')
    wait_until(lambda: node.paused)
    assert f'Request to play Process<{pk}> processed' in verdi('process', 'play', pk, '-t', '20')
    wait_until(lambda: not node.paused)
    assert f'Request to kill Process<{pk}> processed' in verdi('process', 'kill', pk, '-t', '20')
    wait_until(lambda: node.is_killed)


def test_a_worker_of_aiida_core_is_not_given_our_tasks(theirs, classes, wait_until):
    node = submit(classes.Ticking, ticks=orm.Int(1))
    wait_until(lambda: list(get_manager().get_broker().iterate_tasks()))
    code = (
        'from aiida import load_profile\nload_profile()\nfrom aiida.manage import get_manager\n'
        'print("tasks", len(list(get_manager().get_broker().iterate_tasks())))'
    )
    output = subprocess.run(
        [str(PEER), '-W', 'ignore', '-c', code],
        env={**os.environ, 'PYTHONPATH': ''},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert output.splitlines()[-1] == 'tasks 0'
    assert not node.is_terminated
