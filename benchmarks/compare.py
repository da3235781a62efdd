"""Run the benchmarks on this program and on aiida-core alternately, and print one line per measured case.

The same file (``micro.py``, over the public API) runs in both environments, each on a fresh profile made by its own
``verdi presto`` in a temporary folder. The rounds alternate between the two, so that what else the machine does falls
on both; a figure is the median over the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
CASES = (
    *(
        'import',
        'store',
        'calcfunction',
        'workfunction',
        'workchain',
        'fan',
        'restart',
        'exposed',
        'context',
        'sequential',
    ),
    *('calcjob', 'query'),
)
#: With workers that run beside: how many there are, and what they do; several are given what they can share.
DAEMON_CASES: dict[str, tuple[int, list[str]]] = {'daemon': (1, []), 'daemon2': (2, ['leaf', 'fan'])}
COMMANDS = {'verdi': [], 'verdi_process_list': ['process', 'list', '-a']}
#: What is told of this program alone, once: see `alone.py`.
ALONE = ('workers', 'scale', 'busy')

#: What is aimed at: how many times faster than aiida-core in the same run.
GOALS = {
    'import': 6,
    'store_int': 32,
    'store_dict': 32,
    'calcfunction': 98,
    'workchain_20_steps': 100,
    'workchain_fan': 69,
    'calcjob_local_direct': 10,
    'verdi_process_list': 13,
    'daemon_leaf': 40,
    'daemon_latency': 10,
    'daemon_latency_seen': 10,
    'daemon_latency_rested': 10,
    'daemon_fan': 40,
    'daemon_calcjob': 20,
}


class Candidate:
    """One of the two programs: a Python with it installed, and a profile of its own."""

    def __init__(self, name: str, python: Path, folder: Path) -> None:
        # not resolved: a virtual environment is known by the path its Python is called by
        self.name, self.python = name, python.absolute()
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(('AIIDA', 'PYTHON'))}
        self.environment |= {'AIIDA_PATH': str(folder), 'PATH': f'{self.python.parent}:{os.environ["PATH"]}'}
        # enough to tell the pace, which takes some seconds
        self.environment['BENCH_SEQUENTIAL'] = '50' if name == 'theirs' else '1000'
        self.environment['BENCH_LEAVES'] = '30' if name == 'theirs' else '1000'
        folder.mkdir()
        self.call([str(self.python.parent / 'verdi'), 'presto'])

    def call(self, command: list[str]) -> str:
        """Run a command in this environment and return what it printed.

        :raises SystemExit: with the end of its output, if it fails.
        """
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f'{self.name}: {" ".join(command)} failed:\n{(done.stdout + done.stderr)[-2000:]}')
        return done.stdout

    def measure(self, case: str) -> dict[str, float]:
        """Return seconds per item for each figure of a case."""
        if case in COMMANDS:
            start = time.perf_counter()
            command = [str(self.python.parent / 'verdi'), *COMMANDS[case]]
            # `verdi` alone shows its help and exits with 2
            subprocess.run(command, env=self.environment, capture_output=True, check=bool(COMMANDS[case]))
            return {case: time.perf_counter() - start}
        if case in DAEMON_CASES:
            return self.measure_daemon(*DAEMON_CASES[case])
        return _figures(self.call([str(self.python), str(HERE / 'micro.py'), case]))

    def measure_daemon(self, workers: int, cases: list[str]) -> dict[str, float]:
        """Return seconds per item for what workers do."""
        verdi = str(self.python.parent / 'verdi')
        before = dict(self.environment)
        self.environment['PYTHONPATH'] = str(HERE)
        try:
            self.call([verdi, 'daemon', 'start', str(workers)])
            figures = _figures(self.call([str(self.python), str(HERE / 'daemon.py'), *cases]))
        finally:
            self.call([verdi, 'daemon', 'stop'])
            self.environment = before
        if workers == 1:
            return figures
        return {f'{name}_{workers}_workers': value for name, value in figures.items() if name.startswith('daemon')}


def _figures(output: str) -> dict[str, float]:
    records = [json.loads(line) for line in output.splitlines() if line.startswith('{')]
    return {
        r['case']: r['mb'] * 1e-3 if 'mb' in r else r['seconds'] / r['n']
        for r in records
        if r['case'] != 'maxrss_mb' and r['n']
    }


def show(figure: str, seconds: float) -> str:
    """Return a time per item in a unit that fits; memory is not divided by anything."""
    if figure.endswith('_mb'):
        return f'{seconds * 1e3:.2f} MB'
    if seconds >= 1:
        return f'{seconds:.2f} s'
    return f'{seconds * 1e3:.2f} ms' if seconds >= 1e-3 else f'{seconds * 1e6:.0f} µs'


def tell(results: dict[str, dict[str, list[float]]]) -> None:
    """Print the table, and below it what a second worker is good for."""
    print(f'{"case, time per item (median)":<30}{"nabucco":>12}{"aiida-core":>12}{"ratio":>9}{"goal":>8}')
    medians = {}
    for figure, by_name in results.items():
        ours, theirs = medians[figure] = tuple(statistics.median(by_name[name]) for name in ('ours', 'theirs'))
        goal = f'{GOALS[figure]}x' if figure in GOALS else ''
        ratio = f'{theirs / ours:.1f}x' if ours > 0 and not figure.endswith('_mb') else ''
        print(f'{figure:<30}{show(figure, ours):>12}{show(figure, theirs):>12}{ratio:>9}{goal:>8}')
    shared = [figure for figure in medians if f'{figure}_2_workers' in medians]
    if shared:
        print(f'\n{"two workers to one":<30}{"nabucco":>12}{"aiida-core":>12}{"":>9}{"goal":>8}')
    for figure in shared:
        ours, theirs = (one / two for one, two in zip(medians[figure], medians[f'{figure}_2_workers'], strict=True))
        print(f'{figure:<30}{f"{ours:.2f}x":>12}{f"{theirs:.2f}x":>12}{"":>9}{"1.7x":>8}')


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--ours', type=Path, required=True, help='Python of the environment with this program')
    parser.add_argument('--theirs', type=Path, required=True, help='Python of the environment with aiida-core')
    parser.add_argument('--rounds', type=int, default=3)
    cases = [*CASES, *DAEMON_CASES, *COMMANDS, *ALONE]
    parser.add_argument('cases', nargs='*', default=cases, help=f'of {", ".join(cases)}')
    arguments = parser.parse_args()
    unknown = set(arguments.cases) - set(cases)
    if unknown:
        parser.error(f'there is no case {", ".join(sorted(unknown))}: choose of {", ".join(cases)}')
    compared = [case for case in arguments.cases if case not in ALONE]
    if compared:
        tell(measure_both(arguments.ours, arguments.theirs, arguments.rounds, compared))
    alone = [case for case in arguments.cases if case in ALONE]
    if alone:
        print(flush=True)
        subprocess.run([arguments.ours.absolute(), HERE / 'alone.py', *alone], check=True)


def measure_both(ours: Path, theirs: Path, rounds: int, cases: list[str]) -> dict[str, dict[str, list[float]]]:
    """Return the times of each figure, by the name of the candidate."""
    results: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory() as folder:
        candidates = [
            Candidate(name, python, Path(folder, name)) for name, python in (('ours', ours), ('theirs', theirs))
        ]
        for round_number in range(1, rounds + 1):
            for case in cases:
                print(f'\rround {round_number} of {rounds}: {case:<24}', end='', file=sys.stderr, flush=True)
                for candidate in candidates:
                    for figure, seconds in candidate.measure(case).items():
                        results[figure][candidate.name].append(seconds)
    print('\r' + ' ' * 60 + '\r', end='', file=sys.stderr)
    return results


if __name__ == '__main__':
    main()
