"""Jobs on a computer that is reached over SSH, with a network that breaks."""

import asyncio
import os
import time

import pytest
from ssh_jobs import FileJob

from aiida import orm
from aiida.common.datastructures import StashMode
from aiida.engine import run_get_node
from aiida.engine.runtime import holding
from aiida.plugins import CalculationFactory
from aiida.transports.ssh import trees

FILES = 'cat *.in copied/deep/file linked/file; mkdir -p result; echo r > result/1.txt; echo d > a.dat; echo d > c.dat'


def content(node, path):
    return node.outputs.retrieved.base.repository.get_object_content(path)


def names(node):
    repository = node.outputs.retrieved.base.repository
    return sorted(str(path / name) for path, _, files in repository.walk() for name in files)


@pytest.fixture
def source(computer, tmp_path):
    """A folder on the computer: copied/deep/file, linked/file, one.in, two.in"""
    folder = tmp_path / 'source'
    (folder / 'copied' / 'deep').mkdir(parents=True)
    (folder / 'linked').mkdir()
    for path in ('copied/deep/file', 'linked/file', 'one.in', 'two.in'):
        (folder / path).write_text(f'{path}\n')
    return orm.RemoteData(computer=computer, remote_path=str(folder)).store()


def test_a_sum(bash, sshd):
    before = sshd.connections()
    job = CalculationFactory('core.arithmetic.add')
    node = run_get_node(job, code=bash, x=orm.Int(2), y=orm.Int(3)).node
    assert node.is_finished_ok, node.exit_message
    assert node.outputs.sum.value == 5
    assert sshd.connections() == before + 1


def test_files_are_brought_copied_linked_retrieved_and_put_aside(bash, source, tmp_path):
    stash = {'target_base': str(tmp_path / 'stash'), 'source_list': ['result', '*.dat'], 'stash_mode': 'copy'}
    node = run_get_node(
        FileJob,
        code=bash,
        script=orm.Str(FILES),
        source=source,
        count=orm.Int(30),
        metadata={'options': {'stash': stash}},
    ).node
    assert node.is_finished_ok, node.exit_message
    assert content(node, 'out') == 'one.in\ntwo.in\ncopied/deep/file\nlinked/file\n'
    found = [name for name in names(node) if not name.startswith(('_scheduler', 'many/'))]
    assert found == ['data/a.dat', 'out', 'result/1.txt']
    assert len([name for name in names(node) if name.startswith('many/')]) == 30
    folder = node.outputs.remote_folder
    assert os.path.islink(f'{folder.get_remote_path()}/linked')
    assert not os.path.islink(f'{folder.get_remote_path()}/copied')
    assert sorted(folder.listdir()) == sorted(os.listdir(folder.get_remote_path()))
    put_aside = node.outputs.remote_stash
    assert put_aside.stash_mode is StashMode.COPY
    assert sorted(os.listdir(put_aside.target_basepath)) == ['a.dat', 'c.dat', 'result']


def test_what_a_job_puts_aside_in_an_archive(bash, tmp_path):
    stash = {
        'target_base': str(tmp_path / 'stash'),
        'source_list': ['result'],
        'stash_mode': 'tar.gz',
        'dereference': True,
    }
    node = run_get_node(
        FileJob,
        code=bash,
        script=orm.Str('mkdir result; echo 1 > result/1.txt'),
        metadata={'options': {'stash': stash}},
    ).node
    assert node.is_finished_ok, node.exit_message
    assert [path.suffix for path in (tmp_path / 'stash').rglob('*') if path.is_file()] == ['.gz']


def test_two_jobs_at_once_share_a_connection(runner, bash, sshd):
    before = sshd.connections()
    script = orm.Str('date +%s.%N; sleep 0.7; date +%s.%N')
    nodes = [runner.submit(FileJob, code=bash, script=script) for _ in range(2)]
    live(runner, nodes, 60)
    assert sshd.connections() == before + 1
    (first_start, first_end), (second_start, second_end) = (
        [float(word) for word in content(orm.load_node(node.pk), 'out').split()] for node in nodes
    )
    assert max(first_start, second_start) < min(first_end, second_end)


def live(runner, nodes, seconds, meanwhile=None):
    """Let the runner run until processes have ended."""

    async def go():
        task = None if meanwhile is None else asyncio.ensure_future(asyncio.to_thread(meanwhile))
        while not all(orm.load_node(node.pk).is_terminated for node in nodes):
            await asyncio.sleep(0.02)
        if task is not None:
            await task

    runner.loop.run_until_complete(asyncio.wait_for(go(), seconds))


def when(condition, what):
    """Do something as soon as a condition holds."""

    def go():
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, 'the moment to break the network has not come'
            time.sleep(0.001)
        return what()

    return go


@pytest.fixture(params=['tar', 'sftp'])
def way(request, monkeypatch):
    """How many files at once are moved."""
    if request.param == 'sftp':

        async def no_tar(connection):
            return False

        monkeypatch.setattr(trees, 'has_tar', no_tar)


def test_the_connection_is_lost_while_files_are_uploaded(runner, bash, sshd, tmp_path, way, caplog):
    node = runner.submit(
        FileJob, code=bash, script=orm.Str('ls many | wc -l'), count=orm.Int(20), size=orm.Int(1_500_000)
    )
    cuts = []
    begun = lambda: len(list((tmp_path / 'scratch').glob('*/*/*/many/*'))) > 2  # noqa: E731
    live(runner, [node], 120, when(begun, lambda: cuts.append(sshd.cut())))
    done = orm.load_node(node.pk)
    assert cuts[0] >= 1
    assert done.is_finished_ok, done.exit_message
    assert content(done, 'out').strip() == '20'
    assert 'attempt 1 of upload' in caplog.text
    assert (tmp_path / 'scratch' / 'lost+found' / done.uuid / 'many').is_dir()


def test_the_connection_is_lost_while_files_are_retrieved(runner, bash, sshd, tmp_path, monkeypatch, way, caplog):
    """It breaks when the first of the files have arrived, once."""
    from aiida.transports.ssh import transfers

    cuts = []
    real = transfers._get_folder

    async def get_and_lose(connection, source, target, how):
        if cuts:
            await real(connection, source, target, how)
            return

        async def lose():
            while not os.path.isdir(target) or len(os.listdir(target)) < 3:
                await asyncio.sleep(0.001)
            cuts.append(await asyncio.to_thread(sshd.cut))

        losing = asyncio.ensure_future(lose())
        await real(connection, source, target, how)
        await losing

    monkeypatch.setattr(transfers, '_get_folder', get_and_lose)
    node = runner.submit(FileJob, code=bash, script=orm.Str('echo done'), count=orm.Int(20), size=orm.Int(1_500_000))
    live(runner, [node], 120)
    done = orm.load_node(node.pk)
    assert cuts == [1]
    assert done.is_finished_ok, done.exit_message
    assert len([name for name in names(done) if name.startswith('many/')]) == 20
    assert 'attempt 1 of retrieve' in caplog.text


def test_the_computer_goes_away_while_a_job_runs(runner, bash, sshd, caplog):
    node = runner.submit(FileJob, code=bash, script=orm.Str('sleep 1.5; echo done'))

    def away_and_back():
        deadline = time.monotonic() + 20
        while orm.load_node(node.pk).get_job_id() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        sshd.stop()
        time.sleep(0.3)
        sshd.start()

    live(runner, [node], 120, away_and_back)
    done = orm.load_node(node.pk)
    assert done.is_finished_ok, done.exit_message
    assert content(done, 'out') == 'done\n'


def test_who_is_not_let_in_is_not_tried_again(runner, bash, computer, sshd, tmp_path, caplog):
    """The computer is held at once, for long: a server that is asked again and again locks the user out."""
    keys = sshd.folder / 'authorized_keys'
    text = keys.read_text()
    node = runner.submit(FileJob, code=bash, script=orm.Str('echo late'))
    process = runner.live_process(node.pk)

    async def go():
        keys.write_text('')
        try:
            while not (holds := node.backend.list_holds()) or 'held' not in (process.status or ''):
                await asyncio.sleep(0.01)
        finally:
            keys.write_text(text)
        assert holding.lift(computer)  # as `verdi computer test` does once it succeeds
        while not process.has_terminated():
            await asyncio.sleep(0.01)
        return holds

    (hold,) = runner.loop.run_until_complete(asyncio.wait_for(go(), 60))
    assert hold.failures == 1
    assert hold.until - time.time() > 500
    assert 'attempt' not in caplog.text
    assert 'computer there is held after a failure' in caplog.text
    assert 'does not let you in' in caplog.text
    assert content(orm.load_node(node.pk), 'out') == 'late\n'
    assert node.backend.list_holds() == []


def test_the_safe_interval_is_kept_only_where_a_connection_is_made(bash, computer):
    computer.configure(safe_interval=30.0)
    begin = time.monotonic()
    node = run_get_node(FileJob, code=bash, script=orm.Str('echo fast')).node
    assert node.is_finished_ok, node.exit_message
    assert time.monotonic() - begin < 25
