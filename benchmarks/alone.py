"""Measure and print what this program promises and the other does not, on SQLite and on PostgreSQL.

Each database gets a fresh profile in a temporary folder; the server of PostgreSQL is one of its own, in another.
Cases: ``workers`` (the benchmarks of the daemon, with one worker and two), ``scale`` (what 10,000 waiting parents and
10,000 queued processes change), ``busy`` (what the others notice of a process that computes).
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).absolute().parent
#: How many wait and how many are queued; the goals are for 10,000, so what is measured with fewer says so.
MANY = int(os.environ.get('BENCH_MANY', '10000'))

#: What is printed of each case: the figure, what it is, how it is shown, and what is aimed at.
Rows = tuple[tuple[str, str, Callable[[Any], str], str], ...]
SCALE: Rows = (
    ('idle_worker', 'idle worker, of a core', lambda x: f'{x:.2f} %', '< 1 %'),
    ('idle_worker_full', '  with all that waits', lambda x: f'{x:.2f} %', '< 1 %'),
    ('submits', 'submits by one client, per minute', lambda x: f'{x:,.0f}', '> 5,000'),
    ('submits_full', '  with all that waits', lambda x: f'{x:,.0f}', '> 5,000'),
    ('claims', 'claims per s', lambda x: f'{x:,.0f}', ''),
    ('claims_full', '  with all that waits and is queued', lambda x: f'{x:,.0f}', '± 20 %'),
    ('leaves', 'work chains ended by one worker, per s', lambda x: f'{x:,.0f}', ''),
    ('leaves_full', '  with all that waits and is queued', lambda x: f'{x:,.0f}', '± 20 %'),
    ('leaf_cpu', 'CPU of the worker for one of them', lambda x: f'{x:.2f} ms', ''),
    ('leaf_cpu_full', '  with all that waits and is queued', lambda x: f'{x:.2f} ms', ''),
    ('memory_after', 'memory of a worker that took up all parents', lambda x: f'{x:.0f} MB', '< 300 MB'),
    ('memory_full', 'memory of a worker with all that is queued', lambda x: f'{x:.0f} MB', '< 300 MB'),
    ('list', f'`verdi process list`, {3 * MANY:,} lines', lambda x: f'{x:.2f} s', '< 1 s'),
    ('list_cpu', '  CPU', lambda x: f'{x:.2f} s', ''),
)
BUSY: Rows = (
    ('others_idle', 'p95 of 50 others, submit to end', lambda x: f'{x:.0f} ms', ''),
    ('others_busy', '  while one process computes', lambda x: f'{x:.0f} ms', ''),
    ('kill_idle', 'p95 of 10 kills, until answered', lambda x: f'{x:.0f} ms', ''),
    ('kill_busy', '  while one process computes', lambda x: f'{x:.0f} ms', ''),
)


def milliseconds(seconds: float) -> str:
    return f'{seconds * 1e3:.2f} ms'


WORKERS: Rows = (
    ('daemon_leaf', 'work chain, one worker', milliseconds, ''),
    ('daemon_leaf_2', '  two workers', milliseconds, ''),
    ('daemon_leaf_gain', '  two workers to one', lambda x: f'{x:.2f}x', '1.7x'),
    ('daemon_fan', 'sub work chain of a fan of 1,000, one worker', milliseconds, ''),
    ('daemon_fan_2', '  two workers', milliseconds, ''),
    ('daemon_fan_gain', '  two workers to one', lambda x: f'{x:.2f}x', '1.7x'),
    ('daemon_calcjob', 'job, 50 at once, one worker', milliseconds, ''),
    ('daemon_latency', 'one process alone, submit to end', milliseconds, ''),
    ('daemon_latency_rested', '  after 11 s without anything to do', milliseconds, ''),
    ('submit', 'submit', milliseconds, ''),
)
TABLES: dict[str, tuple[str, Rows]] = {
    'workers': ('time per item', WORKERS),
    'scale': (f'{MANY:,} waiting parents, {MANY:,} queued', SCALE),
    'busy': ('one worker, one process that parses', BUSY),
}
POSTGRES = 'PostgreSQL'


def call(command: list[str], environment: dict[str, str]) -> str:
    """Run a command and return what it printed.

    :raises SystemExit: with the end of its output, if it fails.
    """
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f'{" ".join(command)} failed:\n{(done.stdout + done.stderr)[-2000:]}')
    return done.stdout


@contextmanager
def environments(databases: list[str]) -> Iterator[dict[str, dict[str, str]]]:
    """Make a profile for each database; gives the environments to use them in, by the name of the database."""
    with tempfile.TemporaryDirectory() as folder:
        made = {}
        for database in databases:
            environment = {k: v for k, v in os.environ.items() if not k.startswith(('AIIDA', 'PYTHON'))}
            environment |= {'AIIDA_PATH': f'{folder}/{database}', 'PYTHONPATH': str(HERE)}
            environment['PATH'] = f'{BIN}:{os.environ["PATH"]}'
            Path(folder, database).mkdir()
            made[database] = environment
        with server() if POSTGRES in databases else nullcontext() as options:
            for database, environment in made.items():
                call(['verdi', 'presto', *(options or [] if database == POSTGRES else [])], environment)
            yield made


@contextmanager
def server() -> Iterator[list[str]]:
    """Run a server of PostgreSQL that is set as it comes; gives the options with which `verdi presto` reaches it."""
    from aiida.tools.pytest_fixtures.postgres import PostgresCluster

    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        port = listener.getsockname()[1]

    class Server(PostgresCluster):
        def settings(self) -> dict[str, object]:
            return {'port': port, 'listen_addresses': '127.0.0.1', 'unix_socket_directories': self._folder}

    running = Server()
    try:
        assert running.folder.is_dir()  # it is started now
        user = ['--postgres-username', running.owner, '--postgres-password', 'any']
        yield ['--use-postgres', '--postgres-hostname', '127.0.0.1', '--postgres-port', str(port), *user]
    finally:
        running.remove()


def figures(script: str, arguments: list[str], environment: dict[str, str]) -> dict[str, float]:
    """Return what a script has measured, by the name of the figure: in seconds per item, or as it is."""
    output = call([sys.executable, str(HERE / script), *arguments], environment)
    records = [json.loads(line) for line in output.splitlines() if line.startswith('{')]
    return {r['figure']: r['value'] if 'value' in r else r['seconds'] / r['n'] for r in records}


def of_daemon(environment: dict[str, str]) -> dict[str, float]:
    """Return the benchmarks of the daemon, with one worker and with two."""
    measured: dict[str, float] = {}
    for workers, cases in ((1, []), (2, ['leaf', 'fan'])):
        call(['verdi', 'daemon', 'start', str(workers)], environment)
        try:
            output = call([sys.executable, str(HERE / 'daemon.py'), *cases], {**environment, 'BENCH_LEAVES': '1000'})
        finally:
            call(['verdi', 'daemon', 'stop'], environment)
        for line in output.splitlines():
            record = json.loads(line)
            measured[record['case'] + '_2' * (workers - 1)] = record['seconds'] / record['n']
    for name in ('daemon_leaf', 'daemon_fan'):
        measured[f'{name}_gain'] = measured[name] / measured[f'{name}_2']
    return measured


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('cases', nargs='*', default=[*TABLES], help=f'of {", ".join(TABLES)}')
    parser.add_argument('--on', choices=['SQLite', POSTGRES], help='one database only')
    arguments = parser.parse_args()
    from aiida.tools.pytest_fixtures.postgres import why_there_is_none

    missing = why_there_is_none()
    if missing is not None:
        print(f'without PostgreSQL: {missing}')
    databases = [
        name for name in ('SQLite', POSTGRES) if arguments.on in (None, name) and not (missing and name == POSTGRES)
    ]
    for case in arguments.cases:
        results = {}
        with environments(databases) as made:
            for database, environment in made.items():
                print(f'\r{case}: {database:<24}', end='', file=sys.stderr, flush=True)
                measure = of_daemon if case == 'workers' else partial(figures, 'alone_cases.py', [case])
                results[database] = measure(environment)
        print('\r' + ' ' * 60 + '\r', end='', file=sys.stderr)
        tell(case, results)


def tell(case: str, results: dict[str, dict[str, float]]) -> None:
    """Print the table of a case."""
    title, rows = TABLES[case]
    print(f'{title:<46}' + ''.join(f'{database:>12}' for database in results) + f'{"goal":>11}')
    for figure, what, shown, goal in rows:
        values = ''.join(f'{shown(measured[figure]):>12}' for measured in results.values())
        print(f'{what:<46}{values}{goal:>11}'.rstrip())
    print(flush=True)


if __name__ == '__main__':
    main()
