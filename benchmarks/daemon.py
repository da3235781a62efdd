"""Benchmarks of the workers over the public AiiDA API: the same file runs on any implementation of it.

usage: python daemon.py [case ...]   (needs a running daemon that has this folder on its PYTHONPATH)
prints one JSON line per case: {"case":…, "n":…, "seconds":…, "per_s":…}
"""

import json
import logging
import os
import sys
import time

from aiida import load_profile, orm

load_profile(os.environ.get('BENCH_PROFILE') or None)
from daemon_processes import Fan, Leaf  # noqa: E402

from aiida.engine import submit  # noqa: E402

LIMIT = 300.0
#: Work for a few seconds at the pace of the program that is measured.
SCALE = int(os.environ.get('BENCH_SCALE', '1'))


def wait(pks):
    """Wait until processes are terminated, and check that they have succeeded."""
    ended = {'attributes.process_state': {'in': ['finished', 'excepted', 'killed']}}
    left, end = set(pks), time.time() + LIMIT
    while left:
        query = orm.QueryBuilder().append(orm.ProcessNode, filters={'id': {'in': list(left)}, **ended}, project='id')
        left -= set(query.all(flat=True))
        assert time.time() < end, f'not terminated after {LIMIT} s: {left}'
        time.sleep(0.01 if left else 0)
    fine = {'id': {'in': pks}, 'attributes.exit_status': 0}
    assert orm.QueryBuilder().append(orm.ProcessNode, filters=fine).count() == len(pks)


def timed(case, n, launch):
    start = time.perf_counter()
    pks = launch()
    submitted = time.perf_counter() - start
    wait(pks)
    emit(case, n, time.perf_counter() - start)
    return submitted


def emit(case, n, seconds):
    print(json.dumps({'case': case, 'n': n, 'seconds': round(seconds, 6), 'per_s': round(n / seconds, 2)}), flush=True)


def case_leaf():
    n = 10 * SCALE
    wait([submit(Leaf, x=orm.Int(0)).pk])
    submitted = timed('daemon_leaf', n, lambda: [submit(Leaf, x=orm.Int(i)).pk for i in range(n)])
    emit('submit', n, submitted)


def case_latency():
    for _ in range(2):
        wait([submit(Leaf, x=orm.Int(0)).pk])
    start = time.perf_counter()
    for i in range(5):
        wait([submit(Leaf, x=orm.Int(i)).pk])
    emit('daemon_latency', 5, time.perf_counter() - start)


def case_fan():
    n = 10 * SCALE
    timed('daemon_fan', n, lambda: [submit(Fan, n=orm.Int(n)).pk])


def case_calcjob():
    from aiida.common.exceptions import NotExistent
    from aiida.plugins import CalculationFactory

    calculation = CalculationFactory('core.arithmetic.add')
    try:
        code = orm.load_code('bench-add@localhost')
    except NotExistent:
        code = orm.InstalledCode(
            label='bench-add', computer=orm.load_computer('localhost'), filepath_executable='/bin/bash'
        ).store()
    n = 10 * SCALE
    options = {'resources': {'num_machines': 1, 'num_mpiprocs_per_machine': 1}}
    inputs = {'code': code, 'y': orm.Int(2), 'metadata': {'options': options}}
    timed('daemon_calcjob', n, lambda: [submit(calculation, x=orm.Int(i), **inputs).pk for i in range(n)])


CASES = [name[5:] for name in list(globals()) if name.startswith('case_')]
if __name__ == '__main__':
    logging.disable(logging.WARNING)
    for chosen in sys.argv[1:] or CASES:
        globals()['case_' + chosen]()
