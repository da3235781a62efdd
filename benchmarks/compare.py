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
CASES = ('import', 'store', 'calcfunction', 'workfunction', 'workchain', 'fan', 'calcjob', 'query')
COMMANDS = {'verdi': [], 'verdi_process_list': ['process', 'list', '-a']}

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
}


class Candidate:
    """One of the two programs: a Python with it installed, and a profile of its own."""

    def __init__(self, name: str, python: Path, folder: Path) -> None:
        # not resolved: a virtual environment is known by the path its Python is called by
        self.name, self.python = name, python.absolute()
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(('AIIDA', 'PYTHON'))}
        self.environment |= {'AIIDA_PATH': str(folder), 'PATH': f'{self.python.parent}:{os.environ["PATH"]}'}
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
        output = self.call([str(self.python), str(HERE / 'micro.py'), case])
        records = [json.loads(line) for line in output.splitlines()]
        return {r['case']: r['seconds'] / r['n'] for r in records if r['case'] != 'maxrss_mb' and r['n']}


def show(seconds: float) -> str:
    """Return a time per item in a unit that fits."""
    if seconds >= 1:
        return f'{seconds:.2f} s'
    return f'{seconds * 1e3:.2f} ms' if seconds >= 1e-3 else f'{seconds * 1e6:.0f} µs'


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--ours', type=Path, required=True, help='Python of the environment with this program')
    parser.add_argument('--theirs', type=Path, required=True, help='Python of the environment with aiida-core')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('cases', nargs='*', default=[*CASES, *COMMANDS], help=f'of {", ".join([*CASES, *COMMANDS])}')
    arguments = parser.parse_args()
    results: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory() as folder:
        candidates = [
            Candidate(name, python, Path(folder, name))
            for name, python in (('ours', arguments.ours), ('theirs', arguments.theirs))
        ]
        for round_number in range(1, arguments.rounds + 1):
            for case in arguments.cases:
                print(f'\rround {round_number} of {arguments.rounds}: {case:<24}', end='', file=sys.stderr, flush=True)
                for candidate in candidates:
                    for figure, seconds in candidate.measure(case).items():
                        results[figure][candidate.name].append(seconds)
    print('\r' + ' ' * 60 + '\r', end='', file=sys.stderr)
    print(f'{"case, time per item (median)":<30}{"nabucco":>12}{"aiida-core":>12}{"ratio":>9}{"goal":>8}')
    for figure, by_name in results.items():
        ours, theirs = (statistics.median(by_name[name]) for name in ('ours', 'theirs'))
        goal = f'{GOALS[figure]}x' if figure in GOALS else ''
        print(f'{figure:<30}{show(ours):>12}{show(theirs):>12}{theirs / ours:>8.1f}x{goal:>8}')


if __name__ == '__main__':
    main()
