"""A storm: programs that are killed, stopped and replaced at random while trees are submitted, and what is to be left.

What chance decides comes from a seed, which is printed; ``NABUCCO_STORM_SEED`` sets it. ``NABUCCO_STORM_SECONDS`` says
how long a storm lasts.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import psutil
from storm_processes import OUTCOMES

from aiida import orm
from aiida.common.exceptions import StorageUnavailable
from aiida.common.links import LinkType
from aiida.engine.processes import control
from aiida.orm.backend import get_store
from aiida.storage.shared.files import missing_files

HERE = pathlib.Path(__file__).parent
IS_LONG = os.environ.get('NABUCCO_CRASH_STRIDE') == '1'
SECONDS = float(os.environ.get('NABUCCO_STORM_SECONDS', '120' if IS_LONG else '3'))
#: Seconds in which all that was submitted has to end after a storm.
PATIENCE = 90.0
_TABLES = ('process_run', 'process_wait', 'process_checkpoint')
_FUNCTIONS = orm.CalcFunctionNode | orm.WorkFunctionNode
#: What Python says in a log when something went wrong that nobody had thought of.
_FAULTS = ('Traceback (most recent call last)', 'was never awaited', 'Exception ignored')
#: What the processes of a storm say, which are to fail.
_WANTED_FAULTS = ('ValueError: as it should', 'ValueError: function')


class Storm:
    """The programs, and the one who kills them."""

    def __init__(self, folder: pathlib.Path, workers: int = 3) -> None:
        """
        :param folder: of its logs, and of what its programs note.
        :param workers: how many are to be there at the same time.
        """
        self.seed = os.environ.get('NABUCCO_STORM_SEED') or str(random.SystemRandom().randrange(10**6))
        self.dice = random.Random(self.seed)
        self.folder = folder
        self.kills: Counter[str] = Counter()
        self.faults: list[str] = []
        #: What else is done to the programs: functions, which take the dice.
        self.weather: list[Callable[[random.Random], object]] = []
        self._wanted = {'worker': workers, 'sender': 1, 'user': 1}
        self._lock = threading.Lock()
        #: The role of each program, and which of them this one has killed.
        self._programs: dict[int, str] = {}
        self._killed: set[int] = set()
        self._stopped: dict[int, float] = {}
        (folder / 'notes').mkdir(parents=True)
        self.log = folder / 'log'
        path = os.pathsep.join([str(HERE), os.environ.get('PYTHONPATH', '')])
        self._zygote = subprocess.Popen(
            [sys.executable, str(HERE / 'storm_programs.py')],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log.open('w'),
            text=True,
            env={**os.environ, 'PYTHONPATH': path, 'NABUCCO_STORM_FOLDER': str(folder)},
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._zygote.stdout is not None
        for line in self._zygote.stdout:
            news = json.loads(line)
            with self._lock:
                if 'started' in news:
                    self._programs[news['started']] = news['role']
                    continue
                pid, status = news['ended'], news['status']
                self._programs.pop(pid, None)
                self._stopped.pop(pid, None)
                if pid not in self._killed or status not in (0, -signal.SIGKILL, -signal.SIGTERM):
                    self.faults.append(f'a {news["role"]} ({pid}) ended by itself with {status}')
                self._killed.discard(pid)

    def of(self, role: str) -> list[int]:
        """Return the programs of a role."""
        with self._lock:
            return [pid for pid, its in self._programs.items() if its == role]

    def start(self, role: str) -> None:
        """Start a program, and wait until it is there."""
        assert self._zygote.stdin is not None
        before = set(self.of(role))
        self._zygote.stdin.write(f'{role} {self.dice.randrange(10**9)}\n')
        self._zygote.stdin.flush()
        self.wait(lambda: set(self.of(role)) - before, 60)

    def send(self, pid: int, number: int) -> None:
        """Send a signal to a program, unless it has ended."""
        with self._lock:
            if pid in self._programs:
                if number in (signal.SIGKILL, signal.SIGTERM):
                    self._killed.add(pid)
                with contextlib.suppress(ProcessLookupError):  # it has ended just now
                    os.kill(pid, number)

    def wait(self, condition: Callable[[], Any], seconds: float = PATIENCE) -> None:
        """Wait until something is true, while the store may be away."""
        end = time.monotonic() + seconds
        while True:
            try:
                if condition():
                    return
            except StorageUnavailable:
                if time.monotonic() > end:
                    raise
            assert time.monotonic() < end, f'it did not come true: {self.situation()}'
            assert self._zygote.poll() is None, 'the program that starts the others has ended'
            time.sleep(0.02)

    # while it blows

    def blow(self, seconds: float = SECONDS) -> None:
        """Kill, stop and replace programs for some time."""
        print(f'storm of seed {self.seed} for {seconds} s')
        self.fill_up()
        self.wait((self.folder / 'sent').exists)
        end = time.monotonic() + seconds
        trouble: threading.Thread | None = None
        if self.weather:
            trouble = threading.Thread(target=self._make_trouble, args=(end, min(seconds / 4, 8)))
            trouble.start()
        while time.monotonic() < end or (trouble is not None and trouble.is_alive()):
            time.sleep(self.dice.uniform(0.02, 0.5))
            self._wake(time.monotonic())
            self.strike()
            if self.dice.random() < 0.8:
                self.fill_up()

    def _make_trouble(self, end: float, pause: float) -> None:
        """Let the weather have its turns; in a thread of its own."""
        dice = random.Random(f'{self.seed} weather')
        while time.monotonic() < end:
            time.sleep(dice.uniform(0.2, 1) * pause)
            try:
                dice.choice(self.weather)(dice)
            except Exception as exception:
                self.faults.append(f'the weather broke: {exception!r}')
                raise
            self.kills['weather'] += 1

    def fill_up(self) -> None:
        """Start what is missing."""
        for role, number in self._wanted.items():
            for _ in range(number - len(self.of(role))):
                self.start(role)

    def strike(self) -> None:
        """Let chance hit a program."""
        role = self.dice.choices(tuple(self._wanted), (8, 1, 1))[0]
        pids = self.of(role)
        if not pids:
            return
        pid = self.dice.choice(pids)
        number = self.dice.choices((signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP), (5, 2, 3))[0]
        self.kills[f'{number.name} {role}'] += 1
        self.send(pid, number)
        if number == signal.SIGSTOP:
            # now and then for longer than the leases last
            longest = 6.0 if self.dice.random() < 0.3 else 1.0
            self._stopped.setdefault(pid, time.monotonic() + self.dice.uniform(0.05, longest))

    def _wake(self, now: float) -> None:
        for pid, until in list(self._stopped.items()):
            if now > until:
                self.send(pid, signal.SIGCONT)
                self._stopped.pop(pid, None)

    # afterwards

    def calm(self) -> None:
        """Let all that was submitted end, and then the workers."""
        print(f'calm after {self.kills}')
        begun = time.monotonic()
        self._wake(float('inf'))
        for role in ('sender', 'user'):
            for pid in self.of(role):
                self.send(pid, signal.SIGKILL)
            self.wait(lambda role=role: not self.of(role))
        self.fill_up_workers()
        self.wait(self._has_ended)
        print(f'all has ended after {time.monotonic() - begun:.1f} s')
        self.wait(lambda: {worker.pid for worker in get_store().list_workers()} <= set(self.of('worker')), 30)
        for pid in self.of('worker'):
            self.send(pid, signal.SIGTERM)
        self.wait(lambda: not self.of('worker'), 30)
        assert get_store().list_workers() == []
        print(f'workers have stopped after {time.monotonic() - begun:.1f} s')

    def fill_up_workers(self) -> None:
        """Start workers that are missing."""
        for _ in range(self._wanted['worker'] - len(self.of('worker'))):
            self.start('worker')

    def _has_ended(self) -> bool:
        self.fill_up_workers()
        if not control.get_active_processes(project='id'):
            return True
        paused = control.get_active_processes(paused=True)
        if paused:
            with contextlib.suppress(control.ProcessTimeoutException):
                control.play_processes(paused, timeout=0.5)
        time.sleep(0.1)
        return False

    def close(self) -> None:
        """End all programs."""
        self._wake(float('inf'))
        self._zygote.kill()
        self._zygote.communicate()
        print(f'storm of seed {self.seed}: {dict(self.kills)}')

    def situation(self) -> str:
        """Return what has not ended, for messages."""
        try:
            lines = [
                f'{node.pk} {node.process_label} {node.process_state} paused={node.paused} {node.process_status!r} '
                f'caller={node.caller and node.caller.pk} {get_store().read_run(node.pk)}'
                for node in control.get_active_processes()
            ]
            lines += [f'{worker}' for worker in get_store().list_workers()]
        except StorageUnavailable as exception:
            lines = [repr(exception)]
        return '\n'.join([f'seed {self.seed}, workers {self.of("worker")}', *lines])

    # what is to be left

    def check(self) -> None:
        """Check that everything has ended once, and right, and that nothing else is left."""
        assert self.faults == []
        self._check_log()
        trees = (
            orm.QueryBuilder().append(orm.WorkChainNode, filters={'attributes.process_label': 'Forest'}).all(flat=True)
        )
        assert trees
        killed = self._killed_by_user()
        untouched = [tree for tree in trees if not killed & {node.pk for node in [tree, *called(tree)]}]
        steered = len(trees) - len(untouched)
        print(f'{len(trees)} trees, of which a user killed something in {steered}; {count_processes()} processes')
        assert [label for label, n in Counter(tree.label for tree in trees).items() if n > 1] == []
        missing = set((self.folder / 'sent').read_text().split()) - {tree.label for tree in trees}
        assert missing == set()
        for tree in untouched:
            try:
                self._check_tree(tree)
            except AssertionError as error:
                raise AssertionError(f'{error}\nseed {self.seed}, tree {tree.pk}:\n{drawn(tree)}') from error
        self._check_jobs()
        check_store()

    def _killed_by_user(self) -> set[int]:
        steered = self.folder / 'steered'
        lines = steered.read_text().splitlines() if steered.exists() else []
        return {int(line.split()[0]) for line in lines if line.endswith(' kill')}

    def _check_log(self) -> None:
        """Check that nothing was told of that nobody had thought of."""
        lines = self.log.read_text(errors='replace').splitlines()
        for number, line in enumerate(lines):
            if not any(fault in line for fault in _FAULTS):
                continue
            said = next((after for after in lines[number + 1 :] if not after.startswith(' ')), '')
            if 'Traceback' not in line or not said.startswith(_WANTED_FAULTS):
                raise AssertionError(
                    f'seed {self.seed}, in the log:\n' + '\n'.join(lines[max(0, number - 3) : number + 80])
                )

    def _check_tree(self, tree: Any) -> None:
        """Check a tree that no user has killed anything of."""
        assert (tree.process_state.value, tree.exit_status) == ('finished', 0)
        assert tree.outputs.number.value == 3 * 8
        outcomes = Counter((node.process_label, node.process_state.value, node.exit_status) for node in tree.called)
        assert outcomes == OUTCOMES
        below = called(tree)
        done = Counter(node.process_label for node in lasting(tree) if node.is_finished_ok)
        assert done == {
            'Top': 1,
            'Leaf': 3,
            'double': 9,
            'double_twice': 3,
            'Restarted': 1,
            'Repaired': 1,
            'ArithmeticAddCalculation': 2,
        }
        # a function that was cut off cannot be gone on with: it is sealed, and was called again
        cut_off = [node for node in below if node.is_killed or (node.is_excepted and node.process_label != 'Failing')]
        assert all(isinstance(node, _FUNCTIONS) for node in cut_off), cut_off
        jobs = [node for node in below if isinstance(node, orm.CalcJobNode)]
        assert sorted(job.exit_status for job in jobs) == [0, 0, 410]
        notes = pathlib.Path(tree.inputs.note.value).read_text().splitlines()
        assert sorted(notes) == sorted(job.get_remote_workdir() for job in jobs)

    def _check_jobs(self) -> None:
        """Check that no job ran twice, and that none runs any more."""
        notes = Counter(line for note in (self.folder / 'notes').iterdir() for line in note.read_text().splitlines())
        assert [folder for folder, times in notes.items() if times > 1] == []
        for job in orm.QueryBuilder().append(orm.CalcJobNode).all(flat=True):
            made = [link.link_label for link in job.base.links.get_outgoing(link_type=LinkType.CREATE)]
            assert len(set(made)) == len(made), (job, made)
            if job.is_finished:
                assert set(made) >= {'remote_folder', 'retrieved', 'sum'}, (job, made)
                assert notes[job.get_remote_workdir()] == 1
        scratch = orm.load_computer('localhost').get_workdir()
        assert psutil.wait_procs(programs_below(scratch), timeout=10)[1] == []


def check_store() -> None:
    """Check that nothing is alive in the store, and that its rows and files belong together."""
    store: Any = get_store()
    for table in _TABLES:
        assert store._database.execute(f'SELECT * FROM {table}') == [], table
    assert store.lease_holders() == []
    unsealed = orm.QueryBuilder().append(orm.ProcessNode, filters={'attributes.sealed': {'!==': True}}, project='id')
    assert unsealed.all(flat=True) == []
    assert missing_files(store) == []
    creators = Counter(
        row[0] for row in store._database.execute("SELECT output_id FROM db_dblink WHERE type = 'create'")
    )
    assert [pk for pk, times in creators.items() if times > 1] == []
    labels = Counter(
        store._database.execute("SELECT input_id, label FROM db_dblink WHERE type IN ('create', 'return')")
    )
    assert [label for label, times in labels.items() if times > 1] == []


def programs_below(folder: str) -> list[psutil.Process]:
    """Return the programs of the operating system that work in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd().startswith(folder):
                found.append(process)
        except psutil.Error:
            continue
    return found


def count_processes() -> int:
    """Return how many processes there are."""
    return orm.QueryBuilder().append(orm.ProcessNode).count()


def called(node: Any) -> list[Any]:
    """Return all processes below one."""
    return [below for child in node.called for below in (child, *called(child))]


def lasting(node: Any) -> list[Any]:
    """Return all processes below one but what functions called that were cut off."""
    return [below for child in node.called if not child.is_killed for below in (child, *lasting(child))]


def drawn(node: Any, depth: int = 0) -> str:
    """Return a tree as text."""
    line = (
        f'{"  " * depth}{node.pk} {node.process_label} {node.process_state} {node.exit_status} {node.process_status!r}'
    )
    return '\n'.join([line, *(drawn(child, depth + 1) for child in node.called)])
