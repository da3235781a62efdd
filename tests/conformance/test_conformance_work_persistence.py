"""Rows N01 to N06 and N19: pickles and locks of `aiida.work`."""

import os
import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path

import conformance_legacy as legacy
import portalocker
import pytest
from aiida.orm.data.base import Int
from conformance_inventory import row

from aiida import orm
from aiida.engine.runners import Runner
from aiida.engine.runtime.resuming import RunElsewhere
from aiida.work.daemon import tick_workflow_engine
from aiida.work.persistence import ForeignPickle, Persistence, RLock, get_default
from aiida.work.run import queue_up, run

pytestmark = [
    pytest.mark.usefixtures('runner'),
    pytest.mark.filterwarnings('ignore::aiida.common.warnings.AiidaDeprecationWarning'),
]


@pytest.fixture
def storage(tmp_path):
    return Persistence.create_from_basedir(tmp_path / 'pickles')


def names(storage):
    """Return what is in the three folders."""
    folders = (storage.store_directory, storage.finished_directory, storage.failed_directory)
    return tuple(sorted(path.name for path in Path(folder).iterdir() if path.is_file()) for folder in folders)


def is_locked(path):
    try:
        with portalocker.Lock(path, 'r+b', timeout=0):
            return False
    except portalocker.LockException:
        return True


# pickles


@row('N01')
def test_the_folders_and_the_life_of_a_pickle(tmp_path, storage, monkeypatch):
    one, two, three = tmp_path / 'one', tmp_path / 'one' / 'two', tmp_path / 'three'
    made = Persistence(running_directory=one, finished_directory=two, failed_directory=three)
    assert (made.store_directory, made.finished_directory, made.failed_directory) == (str(one), str(two), str(three))
    assert all(folder.is_dir() for folder in (one, two, three))

    process = legacy.Adder.new({'a': Int(1)})
    name = f'{process.pid}.pickle'
    storage.persist_process(process)
    assert names(storage) == ([name], [], [])
    assert is_locked(storage.get_running_path(process.pid))
    storage.persist_process(process)  # again is no harm
    process.run_until_complete()
    assert names(storage) == ([], [name], [])
    assert not is_locked(Path(storage.finished_directory) / name)


@row('N01')
def test_pickles_of_what_failed(storage, runner):
    failing = legacy.Adder.new({'a': Int(1)})
    failing.inputs  # noqa: B018
    killed = legacy.Stuck.new()
    storage.persist_process(killed)
    killed.kill('not wanted')
    from aiida.work.test_utils import ExceptionProcess

    excepted = ExceptionProcess.new()
    storage.persist_process(excepted)
    with pytest.raises(RuntimeError):
        excepted.run_until_complete()
    status = legacy.Failing.new()
    storage.persist_process(status)
    status.run_until_complete()
    expected = sorted(f'{process.pid}.pickle' for process in (killed, excepted))
    assert names(storage) == ([], [f'{status.pid}.pickle'], expected)
    failing.kill()


@row('N01')
def test_what_is_no_longer_kept(storage):
    one, two = legacy.Stuck.new(), legacy.Stuck.new()
    for process in (one, two):
        storage.persist_process(process)
    storage.unpersist_process(one)
    assert not is_locked(storage.get_running_path(one.pid))
    assert is_locked(storage.get_running_path(two.pid))
    storage.clear_all_persisted()
    assert not is_locked(storage.get_running_path(two.pid))
    for process in (one, two):
        process.kill()
    assert len(names(storage)[0]) == 2


@row('N01')
def test_the_pickle_is_saved_when_it_runs_and_waits(storage, runner):
    process = legacy.Stuck.new()
    storage.persist_process(process)
    path = storage.get_running_path(process.pid)
    os.utime(path, (0, 0))
    content = Path(path).read_bytes()
    task = runner.start_task(process)
    while process.state.value != 'waiting':
        runner.loop.run_until_complete(_turn())
    assert os.stat(path).st_mtime > 0
    assert Path(path).read_bytes() == content
    with open(path, 'rb') as handle:
        bundle = storage.load_checkpoint_from_file_object(handle)
    assert bundle['calc_id'] == process.pid == storage.create_bundle(process)['calc_id']
    process.kill()
    runner.loop.run_until_complete(_turn())
    assert task.done() or process.has_terminated()


async def _turn():
    import asyncio

    await asyncio.sleep(0.01)


@row('N02')
def test_create_from_basedir(tmp_path):
    class Own(Persistence):
        pass

    made = Own.create_from_basedir(str(tmp_path / 'base'))
    assert type(made) is Own
    assert sorted(path.name for path in (tmp_path / 'base').iterdir()) == ['failed', 'finished', 'running']
    assert made.store_directory == str(tmp_path / 'base' / 'running')
    with pytest.raises(TypeError):
        Own.create_from_basedir(str(tmp_path), nothing=1)


@row('N04')
def test_get_running_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Persistence.create_from_basedir('relative')
    assert made.get_running_path(12) == str(tmp_path / 'relative' / 'running' / '12.pickle')


def left_by_another(storage, runner, process_class=legacy.Adder, **inputs):
    """Return the pk of a process that a program which is gone has left a pickle of."""
    with Runner() as gone:
        process = process_class(inputs=inputs, runner=gone)
        storage.persist_process(process)
        storage.unpersist_process(process)
        process._life.give_away()
    return process.pid


@row('N03')
def test_create_from_file_and_persist(storage, runner):
    pid = left_by_another(storage, runner, a=Int(3))
    path = storage.get_running_path(pid)
    process = storage.create_from_file_and_persist(path)
    assert type(process) is legacy.Adder
    assert (process.pid, process.inputs.a.value) == (pid, 3)
    assert is_locked(path)
    with pytest.raises(portalocker.LockException):
        storage.create_from_file_and_persist(path)
    with pytest.raises(portalocker.LockException):
        Persistence.create_from_basedir(Path(storage.store_directory).parent).create_from_file_and_persist(path)
    assert process.run_until_complete()['sum'].value == 4
    assert names(storage) == ([], [f'{pid}.pickle'], [])
    with pytest.raises(FileNotFoundError):
        storage.create_from_file_and_persist(path)
    assert not os.path.exists(path)


@row('N03')
def test_a_process_that_somebody_runs(storage, runner):
    process = legacy.Stuck.new()
    storage.note(process.pid)
    other = Runner()
    with other, pytest.raises(RunElsewhere):
        from aiida.engine.runtime.current import use_runner

        with use_runner(other):
            storage.create_from_file_and_persist(storage.get_running_path(process.pid))
    assert storage.load_all_processes() == [process]
    process.kill()


@row('N05')
def test_load_all_processes(storage, runner):
    pids = [left_by_another(storage, runner, a=Int(number)) for number in range(3)]
    ended = run(legacy.Adder, a=Int(1), _return_pid=True)[1]
    storage.note(ended)
    held = RLock(storage.get_running_path(pids[0]), 'r+b', timeout=0)
    with held:
        loaded = storage.load_all_processes()
        assert [process.pid for process in loaded] == pids[1:]
    assert storage.load_all_processes()[0].pid == pids[0]
    assert storage.load_all_processes() == []
    assert names(storage)[1] == [f'{ended}.pickle']
    for process in [*loaded, runner.live_process(pids[0])]:
        process.run_until_complete()
    assert sorted(names(storage)[1]) == sorted(f'{pid}.pickle' for pid in [*pids, ended])
    assert names(storage)[0] == names(storage)[2] == []


class Evil:
    """Something that does harm when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@row('N05')
def test_what_is_no_pickle_of_ours_is_set_aside(storage, runner, tmp_path, caplog):
    pid = left_by_another(storage, runner, a=Int(1))
    whole = Path(storage.get_running_path(pid)).read_bytes()
    harm = tmp_path / 'harm'
    ticket = {'format': 'aiida.work pickle 1', 'pid': pid, 'uuid': orm.load_node(pid).uuid}
    files = {
        'empty': b'',
        'truncated': whole[:-5],
        'corrupt': bytes(255 - byte for byte in whole),
        'text': b'this is no pickle\n',
        'evil': pickle.dumps(Evil(str(harm))),
        'inside': pickle.dumps({**ticket, 'uuid': Evil(str(harm))}),
        'of_old': pickle.dumps({'CLASS_NAME': 'aiida.work.workchain.WorkChain', '_pid': pid}, protocol=2),
        'no_dictionary': pickle.dumps([1, 2, 3]),
        'of_another_profile': pickle.dumps({**ticket, 'uuid': 'another'}),
        'of_no_process': pickle.dumps({**ticket, 'pid': Int(1).store().pk}),
        'of_nothing': pickle.dumps({**ticket, 'pid': 10**9}),
        'without_a_number': pickle.dumps({**ticket, 'pid': True}),
        'large': b'x' * 100_000,
        'memory': b'\x80\x02\x8e' + (2**62).to_bytes(8, 'little'),
    }
    for name, content in files.items():
        Path(storage.get_running_path(name)).write_bytes(content)
    (loaded,) = storage.load_all_processes()
    assert loaded.pid == pid
    assert not harm.exists()
    assert names(storage)[2] == sorted(f'{name}.pickle' for name in files)
    warned = [record.getMessage() for record in caplog.records if record.name == 'aiida.work.persistence']
    assert len(warned) == len(files)
    assert all('is set aside' in message for message in warned)
    Path(storage.get_running_path('evil')).write_bytes(files['evil'])
    with pytest.raises(ForeignPickle, match='mkdir'):
        storage.create_from_file_and_persist(storage.get_running_path('evil'))
    assert not harm.exists()
    loaded.kill()


@row('N05')
def test_what_is_waited_for_comes_along(storage, runner):
    """A work chain that waits is gone on with, with those it waits for, though they have no pickle."""
    with Runner() as gone:
        process = legacy.Whole(inputs={'start': Int(1)}, runner=gone)
        storage.persist_process(process)
        gone.start_task(process)
        while process.state.value != 'waiting':
            gone.loop.run_until_complete(_nothing())
        for task in list(gone._tasks.values()):
            task.cancel()
        gone.loop.run_until_complete(_turn())
        storage.unpersist_process(process)
    assert tick_workflow_engine(storage) is False
    assert orm.load_node(process.pid).outputs.total.value == 36
    assert names(storage) == ([], [f'{process.pid}.pickle'], [])


async def _nothing():
    import asyncio

    await asyncio.sleep(0)


@row('N19')
@pytest.mark.filterwarnings('ignore:.*is not running')
def test_queue_up(storage, runner, store):
    pid = queue_up(legacy.Adder, {'a': Int(4)}, storage)
    assert names(storage) == ([f'{pid}.pickle'], [], [])
    assert not is_locked(storage.get_running_path(pid))
    assert store.read_run(pid).owner is None
    assert runner.live_process(pid) is None
    failing = queue_up(legacy.Failing, {}, storage)
    assert tick_workflow_engine(storage) is False
    assert orm.load_node(pid).outputs.sum.value == 5
    assert orm.load_node(failing).exit_status == 321
    assert names(storage) == ([], sorted(f'{number}.pickle' for number in (pid, failing)), [])
    assert tick_workflow_engine(storage) is False


def test_the_default(profile, config_folder):
    assert get_default() is get_default()
    assert get_default().store_directory == str(config_folder / 'workflows' / profile.name / 'running')


# locks


@row('N06')
def test_a_lock_counts(tmp_path):
    path = tmp_path / 'lock'
    lock = RLock(str(path), timeout=0)
    assert isinstance(lock, portalocker.Lock)
    assert (lock.mode, lock.check_interval, int(lock.flags)) == ('a', 0.25, 6)
    assert RLock(path).timeout == 5
    first = lock.acquire()
    assert lock.acquire() is first
    with lock as third:
        assert third is first
    other = RLock(path, timeout=0)
    lock.release()
    with pytest.raises(portalocker.LockException):
        other.acquire()
    lock.release()
    with pytest.raises(portalocker.LockException, match='released already'):
        lock.release()
    with other:
        with pytest.raises(portalocker.LockException):
            lock.acquire(fail_when_locked=True)
        with pytest.raises(portalocker.LockException, match='not acquired'):
            lock.release()
    with lock:
        pass


@row('N06')
def test_a_lock_waits_as_long_as_it_is_told_to(tmp_path):
    with RLock(tmp_path / 'lock'):
        begin = time.monotonic()
        with pytest.raises(portalocker.LockException):
            RLock(tmp_path / 'lock', timeout=0.2, check_interval=0.01).acquire()
        assert 0.15 < time.monotonic() - begin < 2


@row('N06')
def test_a_lock_that_threads_share(tmp_path):
    """It is acquired again only by the thread that has it."""
    lock = RLock(tmp_path / 'lock', timeout=20)
    inside, overlaps, total = [], [], []

    def work():
        for _ in range(50):
            with lock, lock:
                inside.append(threading.get_ident())
                if len(set(inside)) > 1:
                    overlaps.append(list(inside))
                total.append(1)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (len(total), overlaps) == (200, [])
    with lock, pytest.raises(portalocker.LockException):
        _in_a_thread(lambda: lock.acquire(timeout=0))


def _in_a_thread(function):
    outcome = []

    def work():
        try:
            outcome.append(function())
        except Exception as exception:
            outcome.append(exception)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


_FORKING = """
import os, sys
from aiida.work.persistence import RLock
import portalocker

lock = RLock(sys.argv[1], timeout=0)
lock.acquire()
if not (child := os.fork()):
    for attempt in (lock.release, lock.acquire, RLock(sys.argv[1], timeout=0).acquire):
        try:
            attempt()
        except portalocker.LockException:
            continue
        os._exit(1)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
try:
    RLock(sys.argv[1], timeout=0).acquire()
except portalocker.LockException:
    print('still locked')
lock.release()
RLock(sys.argv[1], timeout=0).acquire()
"""


@row('N06')
def test_a_program_that_is_forked_does_not_own_the_lock(tmp_path):
    command = [sys.executable, '-W', 'ignore', '-c', _FORKING, str(tmp_path / 'lock')]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ('0\nstill locked\n', '')


_LOCKER = """
import os, sys
from aiida.work.persistence import RLock

lock, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
owner = os.path.join(folder, 'owner')
for number in range(count):
    with RLock(lock, timeout=60, check_interval=0.001) as handle:
        os.close(os.open(owner, os.O_CREAT | os.O_EXCL))  # fails if there are two
        handle.write('x')
        os.unlink(owner)
"""


@row('N06')
def test_a_lock_that_programs_share(tmp_path):
    """Eight programs acquire it a thousand times, and there are never two that have it."""
    command = [sys.executable, '-W', 'ignore', '-c', _LOCKER, str(tmp_path / 'lock'), str(tmp_path), '125']
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}
    programs = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    errors = [program.communicate(timeout=120)[1] for program in programs]
    assert errors == [''] * 8
    assert (tmp_path / 'lock').read_text() == 'x' * 1000
