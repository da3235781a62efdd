"""Ctrl-C while jobs are prepared, submitted and waited for: nothing is left that nobody will ever finish."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import textwrap

import psutil
import pytest

SCRIPT = textwrap.dedent(
    """
    import os, signal, sys, threading
    from aiida import load_profile, orm
    from aiida.engine import WorkChain, append_, run
    from aiida.plugins import CalculationFactory

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a program in the background has it ignored
    load_profile()
    Add = CalculationFactory('core.arithmetic.add')


    class Many(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.input('code', valid_type=orm.AbstractCode)
            spec.outline(cls.launch, cls.never)

        def launch(self):
            delay = float(sys.argv[1])
            threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT)).start()
            for i in range(12):
                self.to_context(jobs=append_(self.submit(
                    Add, code=self.inputs.code, x=orm.Int(i), y=orm.Int(1),
                    metadata={'options': {'resources': {'num_machines': 1}, 'sleep': 30}})))

        def never(self):
            raise AssertionError('the next step was taken')


    code = orm.InstalledCode(
        label='bash', computer=orm.load_computer('localhost'), filepath_executable='/bin/bash').store()
    try:
        run(Many, code=code)
    except KeyboardInterrupt:
        print('interrupted')
    """
)


def jobs_below(folder) -> list[psutil.Process]:
    """Return the programs of the operating system that work in a folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.cwd().startswith(str(folder)):
                found.append(process)
    return found


def tell(program: psutil.Process) -> str:
    """Return what is known of a job that should not live any more."""
    from aiida import orm

    folder, command, started = program.cwd(), program.cmdline(), program.create_time()
    lines = [f'{program.pid} in {folder} since {started}: {command}']
    for node in orm.QueryBuilder().append(orm.CalcJobNode).all(flat=True):
        if node.get_remote_workdir() == folder:
            lines += [f'  {node.pk}: {node.base.attributes.all}']
            lines += [f'  {log.time} {log.message}' for log in orm.Log.collection.get_logs_for(node)]
    return '\n'.join(lines)


@pytest.mark.parametrize('delay', [0.0, 0.02, 0.05, 0.1, 0.2, 0.6, 1.2])
def test_everything_is_killed(profile, tmp_path, delay) -> None:
    from aiida import orm
    from aiida.orm.backend import get_store

    script = tmp_path / 'many.py'
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script), str(delay)],
        env={**os.environ, 'AIIDA_PATH': str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert 'interrupted' in done.stdout, done.stdout + done.stderr
    assert 'Traceback' not in done.stderr
    states = [row.attributes['process_state'] for row in get_store().list_processes()]
    assert states
    assert set(states) == {'killed'}
    alive = psutil.wait_procs(jobs_below(tmp_path), timeout=15)[1]
    assert alive == [], '\n'.join([*map(tell, alive), done.stderr])
    assert orm.QueryBuilder().append(orm.ProcessNode, filters={'attributes.sealed': {'!==': True}}).count() == 0
