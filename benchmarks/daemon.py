"""Benchmarks of the workers over the public AiiDA API: the same file runs on any implementation of it.

usage: python daemon.py [case ...]   (needs a running daemon that has this folder on its PYTHONPATH)
prints one JSON line per case: {"case":…, "n":…, "seconds":…, "per_s":…}

Throughput is that of the workers alone: they are stopped (SIGSTOP) while processes are submitted, and go on together.
When a process has ended is read from its node, which was last modified then, so that whoever waits may look seldom and
leave the machine to the workers.
"""

import json
import logging
import os
import signal
import statistics
import sys
import time
from contextlib import contextmanager
from functools import cache

from aiida import load_profile, orm

load_profile(os.environ.get('BENCH_PROFILE') or None)
from daemon_processes import Fan, Leaf  # noqa: E402

from aiida.engine import submit  # noqa: E402
from aiida.engine.daemon.client import get_daemon_client  # noqa: E402

LIMIT = 300.0
#: How much there is to do: enough for a few seconds at the pace of the program that is measured.
LEAVES = int(os.environ.get('BENCH_LEAVES', '50'))
#: Jobs at once, the same for both.
JOBS = 50
#: Processes one after another.
SINGLE = int(os.environ.get('BENCH_SINGLE', '10'))
#: Processes that come after a long time each.
RESTED = 3


def wait(pks, look=0.25):
    """Wait until processes are terminated, check that they have succeeded, and return when the last one ended.

    :param look: seconds between two looks.
    """
    ended = {'attributes.process_state': {'in': ['finished', 'excepted', 'killed']}}
    ids = {'id': {'in': pks}} if len(pks) < 1000 else {'id': {'and': [{'>=': min(pks)}, {'<=': max(pks)}]}}
    query = orm.QueryBuilder().append(type_of(pks[0]), filters={**ids, **ended})
    end = time.time() + LIMIT
    while query.count() < len(pks):
        assert time.time() < end, f'{query.count()} of {len(pks)} are terminated after {LIMIT} s'
        time.sleep(look)
    fine = {**ids, 'attributes.exit_status': 0}
    modified = orm.QueryBuilder().append(type_of(pks[0]), filters=fine, project='mtime').all(flat=True)
    assert len(modified) == len(pks), f'{len(pks) - len(modified)} of {len(pks)} did not succeed'
    return max(modified).timestamp()


def type_of(pk):
    """Return the class of a node: work chains may be among the processes that they call."""
    return type(orm.load_node(pk))


@cache
def workers():
    """Return the PIDs of the workers; the supervisor does not know them for a moment when a job of theirs ends."""
    for _ in range(20):
        answer = get_daemon_client().get_worker_info()
        if answer.get('info'):
            return [int(pid) for pid in answer['info']]
        time.sleep(0.25)
    raise AssertionError(f'there are no workers: {answer}')


@contextmanager
def stopped_workers():
    """Within this context the workers do not get a turn; gives a list that the time at which they go on is added to."""
    pids = workers()
    went_on = []
    time.sleep(1.0)  # one that is stopped in the middle of a transaction would keep everybody from writing
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield went_on
    finally:
        went_on.append(time.time())
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def warm_up():
    """Let every worker have imported what it needs."""
    with stopped_workers():
        pks = [submit(Leaf, x=orm.Int(i)).pk for i in range(8)]
    wait(pks)


def emit(case, n, seconds):
    print(json.dumps({'case': case, 'n': n, 'seconds': round(seconds, 6), 'per_s': round(n / seconds, 2)}), flush=True)


def drain(case, n, launch):
    """Tell how long the workers take for what is launched while they are stopped; return how long launching took."""
    with stopped_workers() as went_on:
        start = time.perf_counter()
        pks = launch()
        submitted = time.perf_counter() - start
    emit(case, n, wait(pks) - went_on[0])
    return submitted


def case_leaf():
    """One worker, or as many as there are, and a queue of work chains that call a calcfunction each."""
    warm_up()
    submitted = drain('daemon_leaf', LEAVES, lambda: [submit(Leaf, x=orm.Int(i)).pk for i in range(LEAVES)])
    emit('submit', LEAVES, submitted)


def case_fan():
    """A work chain that submits others and waits for all of them."""
    warm_up()
    drain('daemon_fan', LEAVES, lambda: [submit(Fan, n=orm.Int(LEAVES)).pk])


def case_latency():
    """One process after another, each when the one before has ended: by its node, and as who waits sees it."""
    warm_up()
    by_node, seen = [], []
    for i in range(SINGLE):
        time.sleep(0.1)
        start = time.perf_counter()
        node = submit(Leaf, x=orm.Int(i))
        ended = wait([node.pk], look=0.005)
        seen.append(time.perf_counter() - start)
        by_node.append(ended - node.ctime.timestamp())
    emit('daemon_latency', 1, statistics.median(by_node))
    emit('daemon_latency_seen', 1, statistics.median(seen))


def case_rested():
    """One process for workers that have had nothing to do for a while, as when somebody comes back from lunch."""
    warm_up()
    by_node = []
    for i in range(RESTED):
        time.sleep(11.0)
        node = submit(Leaf, x=orm.Int(i))
        by_node.append(wait([node.pk]) - node.ctime.timestamp())
    emit('daemon_latency_rested', 1, statistics.median(by_node))


def case_calcjob():
    """Jobs at once, over the local transport and without a scheduler; neither program waits between questions."""
    from aiida.common.exceptions import NotExistent
    from aiida.plugins import CalculationFactory

    computer = orm.load_computer('localhost')
    computer.set_minimum_job_poll_interval(0.0)
    computer.configure(safe_interval=0.0)
    calculation = CalculationFactory('core.arithmetic.add')
    try:
        code = orm.load_code('bench-add@localhost')
    except NotExistent:
        code = orm.InstalledCode(label='bench-add', computer=computer, filepath_executable='/bin/bash').store()
    options = {'resources': {'num_machines': 1, 'num_mpiprocs_per_machine': 1}}
    inputs = {'code': code, 'y': orm.Int(2).store(), 'metadata': {'options': options}}
    wait([submit(calculation, x=orm.Int(0), **inputs).pk])
    drain('daemon_calcjob', JOBS, lambda: [submit(calculation, x=orm.Int(i), **inputs).pk for i in range(JOBS)])


CASES = [name[5:] for name in list(globals()) if name.startswith('case_')]
if __name__ == '__main__':
    logging.disable(logging.WARNING)
    for chosen in sys.argv[1:] or CASES:
        globals()['case_' + chosen]()
