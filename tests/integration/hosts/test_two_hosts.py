"""Workers of one profile on two hosts, which share the database and the repository and nothing else.

The hosts are namespaces of this machine. Their workers have the same number, and cannot see each other.
"""

from __future__ import annotations

import os
import pathlib
import signal
import time
from typing import Any

import pytest

from aiida import orm
from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.common.claims import Owner
from aiida.engine import submit
from aiida.engine.processes.control import get_active_processes
from aiida.orm.backend import get_store

LEASE = 2.0
longer = pytest.mark.skipif(
    os.environ.get('NABUCCO_CRASH_STRIDE') != '1', reason='takes longer: NABUCCO_CRASH_STRIDE=1'
)


@pytest.fixture
def classes(shared_profile: pathlib.Path) -> Any:
    import host_processes

    return host_processes


@pytest.fixture
def path(shared_profile: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / 'file'


@pytest.fixture
def two(hosts: Any) -> Any:
    """The hosts, with a worker on each."""
    for host in hosts:
        host.start_worker()
    return hosts


@pytest.fixture(autouse=True)
def nothing_is_left(shared_profile: pathlib.Path, wait_until: Any) -> Any:
    """After each test all has ended, and nothing says that anything is to be run."""
    yield
    store = get_store()
    wait_until(lambda: not store.lease_holders(), 10)
    for table in ('process_run', 'process_wait', 'process_checkpoint'):
        assert store._database.execute(f'SELECT count(*) FROM {table}') == [(0,)], table


def lines(path: pathlib.Path | str) -> list[str]:
    """Return the notes in a file."""
    try:
        return pathlib.Path(path).read_text().splitlines()
    except FileNotFoundError:
        return []


def runner_of(node: Any) -> str | None:
    """Return the host of who runs a process."""
    run = node.backend.read_run(node.pk)
    return Owner.parse(run.owner).host if run is not None and run.owner is not None else None


def ends(node: Any) -> list[str]:
    """Return the terminal states that a process entered, as those who watch are told."""
    events = get_store().read_events(0, 10_000)
    entered = [payload['to'] for _, pk, kind, _, payload in events if pk == node.pk and kind == 'state_changed']
    return [state for state in entered if state in ('finished', 'excepted', 'killed')]


def test_both_share_the_load(two: Any, classes: Any, path: pathlib.Path, wait_until: Any) -> None:
    inputs = {'path': orm.Str(str(path)), 'seconds': orm.Float(0.3)}
    nodes = [submit(classes.Short, **inputs) for _ in range(16)]
    wait_until(lambda: all(node.is_terminated for node in nodes))
    assert all(node.is_finished_ok for node in nodes)
    assert len(lines(path)) == 16
    assert set(lines(path)) == {'a', 'b'}
    assert all(ends(node) == ['finished'] for node in nodes)
    workers = get_store().list_workers()
    assert sorted(worker.host for worker in workers) == ['hosta', 'hostb']
    assert len({worker.pid for worker in workers}) == 1  # each host gives its own numbers


def begin_on_second(two: Any, wait_until: Any, launch: Any) -> Any:
    """Launch a process that the second host takes up, while the worker of the first is stopped for a moment."""
    first, second = two
    first.worker.send(signal.SIGSTOP)
    try:
        node = launch()
        wait_until(lambda: runner_of(node) == second.name)
    finally:
        first.worker.send(signal.SIGCONT)
    return node


def test_a_worker_that_is_killed_in_the_middle_of_a_step(
    two: Any, classes: Any, path: pathlib.Path, wait_until: Any
) -> None:
    node = begin_on_second(two, wait_until, lambda: submit(classes.Launching, path=orm.Str(str(path))))
    wait_until(lambda: lines(f'{path}.begun') == ['b'])
    wait_until(lambda: runner_of(node.called[0]) is not None)
    two[1].stop_worker(signal.SIGKILL)
    killed = time.monotonic()
    wait_until(lambda: lines(f'{path}.begun') == ['b', 'a'], LEASE + 3)
    # the lease was renewed a third of a second before at most; nobody here can see that its owner is gone
    assert time.monotonic() - killed > LEASE / 2
    pathlib.Path(f'{path}-child').touch()
    path.touch()
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok
    (child,) = node.called
    assert child.is_finished_ok
    assert lines(f'{path}-child.after') in (['a'], ['b'])
    assert ends(node) == ends(child) == ['finished']


def test_a_worker_that_is_killed_while_its_job_runs(
    two: Any, classes: Any, path: pathlib.Path, wait_until: Any
) -> None:
    computer = orm.load_computer('localhost')
    code = orm.InstalledCode(label='bash', computer=computer, filepath_executable='/bin/bash').store()
    builder = ArithmeticAddCalculation.get_builder()
    builder.code = code
    builder.x, builder.y = orm.Int(1), orm.Int(2)
    builder.metadata.options.prepend_text = f'echo $HOST_OF_TESTS >> {path}; sleep 1'
    builder.metadata.options.resources = {'num_machines': 1}
    node = begin_on_second(two, wait_until, lambda: submit(builder))
    wait_until(lambda: node.get_job_id() is not None and lines(path))
    two[1].stop_worker(signal.SIGKILL)
    wait_until(lambda: node.is_terminated, LEASE + 10)
    assert node.is_finished_ok, (node.exit_status, node.process_status)
    assert node.outputs.sum.value == 3
    assert lines(path) == ['b']  # one job, which ended without its worker
    assert ends(node) == ['finished']


def test_the_first_host_steers_what_the_second_runs(
    two: Any, classes: Any, path: pathlib.Path, wait_until: Any
) -> None:
    first = two[0]
    node = begin_on_second(two, wait_until, lambda: submit(classes.UntilFile, path=orm.Str(str(path))))
    wait_until(lambda: lines(f'{path}.begun') == ['b'])
    shown = first.verdi('process', 'list', '-r', '-P', 'pk', 'owner')
    number = Owner.parse(node.backend.read_run(node.pk).owner).pid
    assert shown.splitlines()[-1].split() == [str(node.pk), f'hostb:{number}']
    assert 'this daemon did not start: 1 on hostb; 1 on this host (' in first.verdi('daemon', 'status', status=3)
    assert 'scheduled pausing' in first.verdi('process', 'pause', node.pk)
    path.touch()
    wait_until(lambda: node.paused)
    assert not lines(f'{path}.after')
    first.verdi('process', 'play', node.pk)
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok
    assert len(lines(f'{path}.after')) == 1


def test_a_parent_on_one_host_is_killed_with_its_child_on_the_other(
    hosts: Any, classes: Any, path: pathlib.Path, wait_until: Any
) -> None:
    first, second = hosts
    first.stop_worker()
    second.stop_worker()
    first.start_worker(slots=1)
    node = submit(classes.Launching, path=orm.Str(str(path)))
    wait_until(lambda: lines(f'{path}.begun') == ['a'])
    second.start_worker()
    wait_until(lambda: lines(f'{path}-child.begun') == ['b'])
    (child,) = node.called
    assert (runner_of(node), runner_of(child)) == ('hosta', 'hostb')
    first.verdi('process', 'kill', node.pk)  # returns when the step of the parent is known to end with that
    path.touch()
    pathlib.Path(f'{path}-child').touch()
    wait_until(lambda: node.is_terminated and child.is_terminated)
    assert node.is_killed
    assert child.is_killed
    assert not lines(f'{path}-child.after')
    first.stop_worker()


@pytest.mark.parametrize('trouble', ['link', pytest.param('stop', marks=longer)])
def test_a_host_that_is_away_for_longer_than_its_lease(
    two: Any, classes: Any, path: pathlib.Path, wait_until: Any, trouble: str
) -> None:
    first, second = two
    if trouble == 'link' and second.link is None:
        pytest.skip('a host cannot have a network of its own here')
    node = begin_on_second(two, wait_until, lambda: submit(classes.UntilFile, path=orm.Str(str(path))))
    wait_until(lambda: lines(f'{path}.begun') == ['b'])
    fence = node.backend.read_run(node.pk).fence
    second.link.cut() if trouble == 'link' else second.worker.send(signal.SIGSTOP)
    wait_until(lambda: lines(f'{path}.begun') == ['b', 'a'], LEASE + 5)
    assert node.backend.read_run(node.pk).fence > fence
    path.touch()  # both steps end; what the one writes that lost the process is refused
    wait_until(lambda: node.is_terminated)
    second.link.join() if trouble == 'link' else second.worker.send(signal.SIGCONT)
    wait_until(lambda: f'Process<{node.pk}> is run by somebody else' in second.worker.read_log())
    assert node.is_finished_ok
    assert ends(node) == ['finished']
    assert lines(f'{path}.after') == ['a']
    # it works again
    first.worker.send(signal.SIGSTOP)
    other = submit(classes.Short, path=orm.Str(f'{path}-other'), seconds=orm.Float(0.0))
    wait_until(lambda: other.is_terminated)
    assert lines(f'{path}-other') == ['b']


@pytest.mark.parametrize('ahead', [600.0, pytest.param(-600.0, marks=longer)])
def test_a_host_whose_clock_is_wrong(
    hosts: Any, classes: Any, path: pathlib.Path, wait_until: Any, ahead: float
) -> None:
    first, second = hosts
    first.start_worker()
    second.stop_worker()
    second.start_worker(ahead=ahead)
    long = begin_on_second(hosts, wait_until, lambda: submit(classes.UntilFile, path=orm.Str(str(path))))
    begun = time.monotonic()
    inputs = {'path': orm.Str(f'{path}-short'), 'seconds': orm.Float(0.2)}
    nodes = [submit(classes.Short, **inputs) for _ in range(12)]
    wait_until(lambda: all(node.is_terminated for node in nodes), 10)
    assert set(lines(f'{path}-short')) == {'a', 'b'}
    time.sleep(max(0.0, LEASE + 0.5 - (time.monotonic() - begun)))
    assert lines(f'{path}.begun') == ['b']  # its lease was renewed, and nobody took it for over
    assert sorted(worker.host for worker in get_store().list_workers()) == ['hosta', 'hostb']
    path.touch()
    wait_until(lambda: long.is_terminated)
    assert all(ends(node) == ['finished'] for node in (long, *nodes))
    second.stop_worker()


@longer
def test_a_script_on_one_host_beside_workers_on_the_other(
    two: Any, classes: Any, path: pathlib.Path, wait_until: Any
) -> None:
    first = two[0]
    script = first.start(str(pathlib.Path(__file__).with_name('host_run.py')), str(path))
    wait_until(lambda: lines(f'{path}.begun') == ['a'])
    time.sleep(LEASE + 0.5)
    path.touch()
    pathlib.Path(f'{path}-child').touch()
    _, status = script.read_line().split()
    script.end()
    assert status == '0'
    assert lines(f'{path}.begun') == ['a']
    assert lines(f'{path}-child.after') == ['a']


def test_a_script_that_is_killed_is_missed_on_its_own_host_only(
    two: Any, classes: Any, path: pathlib.Path, wait_until: Any
) -> None:
    first, second = two
    script = first.start(str(pathlib.Path(__file__).with_name('host_run.py')), str(path))
    wait_until(lambda: lines(f'{path}.begun') == ['a'])
    script.end(signal.SIGKILL)
    (node,) = (found for found in get_active_processes() if found.process_label == 'Launching')
    there = second.verdi('process', 'list', '-r')
    here = first.verdi('process', 'list', '-r')
    assert 'program that ran' in here
    assert 'program that ran' not in there  # which cannot know
    assert lines(f'{path}.begun') == ['a']
    path.touch()
    pathlib.Path(f'{path}-child').touch()
    first.verdi('process', 'repair', '--force')
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok


@longer
def test_two_hosts_of_the_same_name(
    hosts: Any, make_host: Any, classes: Any, path: pathlib.Path, wait_until: Any
) -> None:
    """Containers often have one name, and the same number for their only program."""
    for host in hosts:
        host.stop_worker()
    twins = [make_host('twin', label) for label in ('x', 'y')]
    twins[0].start_worker()
    node = submit(classes.UntilFile, path=orm.Str(str(path)))
    wait_until(lambda: lines(f'{path}.begun') == ['x'])
    twins[1].start_worker()
    first, second = (Owner.parse(worker.id) for worker in get_store().list_workers())
    assert first.label == second.label
    time.sleep(LEASE / 2)
    assert lines(f'{path}.begun') == ['x']  # it is alive, whatever the other one sees under that number
    twins[0].stop_worker(signal.SIGKILL)
    wait_until(lambda: lines(f'{path}.begun') == ['x', 'y'], LEASE + 3)
    path.touch()
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok
    assert ends(node) == ['finished']
