"""Trouble that is no fault of processes: they wait, say why, and go on by themselves when it is over."""

from __future__ import annotations

import importlib
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import pytest

from aiida import orm
from aiida.cmdline.utils.daemon import _warn_of_trouble
from aiida.cmdline.utils.reasons import reason_of
from aiida.common.exceptions import ConfigurationError, EntryPointError
from aiida.engine import submit
from aiida.engine.processes import control
from aiida.engine.processes.calcjobs import tasks
from aiida.engine.runtime import holding, setbacks
from aiida.engine.runtime.steering import Request
from aiida.manage import get_manager
from aiida.manage.configuration import stores
from aiida.orm.backend import get_store
from aiida.plugins import CalculationFactory
from aiida.storage.shared.files import missing_files
from aiida.transports.ssh.transport import close_connections
from private_sshd import HOST, PrivateSshd, why_not
from profiles_of_tests import make_computer, make_profile

PLUGIN = """
import pathlib
with open({log!r}, 'a') as log:
    log.write('imported ')

from aiida import orm
from aiida.engine import WorkChain


class Torn(WorkChain):
    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('number', valid_type=orm.Int)
        spec.outline(cls.go)

    def go(self):
        pass
"""


def rows(nodes: list[Any]) -> list[Any]:
    return [node.backend.read_run(node.pk) for node in nodes]


class TestImports:
    @pytest.fixture
    def plugin(self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setattr(sys, 'dont_write_bytecode', True)
        monkeypatch.setattr(setbacks, 'back_off', lambda failures: 0.1 * 2.0**failures)

        class Plugin:
            file = tmp_path / 'torn_plugin.py'
            log = tmp_path / 'log'

            def install(self) -> None:
                self.file.write_text(PLUGIN.format(log=str(self.log)))

            def tear(self) -> None:
                """As `pip install` does for a while: there is half a file."""
                self.log.write_text('')
                self.file.write_text(PLUGIN.format(log=str(self.log)) + '\nclass Half(\n')
                self.forget()

            def forget(self) -> None:
                sys.modules.pop('torn_plugin', None)
                importlib.invalidate_caches()

        made = Plugin()
        made.install()
        yield made
        made.forget()

    def test_a_plugin_that_is_half_installed_is_waited_for(self, worker: Any, plugin: Any, wait_until: Any) -> None:
        torn = importlib.import_module('torn_plugin')
        nodes = [submit(torn.Torn, number=orm.Int(number)) for number in range(20)]
        plugin.tear()
        worker.start()
        wait_until(lambda: all(row.last_error and row.owner is None for row in rows(nodes)))
        assert [row.attempts for row in rows(nodes)] == [0] * 20
        reason = reason_of(nodes[0].backend, nodes[0].pk)
        assert 'its code cannot be imported here' in reason
        assert 'torn_plugin' in reason
        assert 'next try' in reason
        plugin.install()
        wait_until(lambda: all(node.is_terminated for node in nodes))
        assert all(node.is_finished_ok for node in nodes)
        assert plugin.log.read_text().count('imported') == 1

    def test_a_plugin_that_is_missing_is_looked_for_now_and_then(
        self, worker: Any, plugin: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        torn = importlib.import_module('torn_plugin')
        nodes = [submit(torn.Torn, number=orm.Int(number)) for number in range(20)]
        looked = []
        lacks = setbacks.Setbacks.lacks
        monkeypatch.setattr(setbacks.Setbacks, 'lacks', lambda self, *args: (looked.append(1), lacks(self, *args))[1])
        monkeypatch.setattr(setbacks, 'back_off', lambda failures: 0.5 * 2.0**failures)
        plugin.file.unlink()
        plugin.forget()
        worker.start()
        wait_until(lambda: all(row.last_error and row.owner is None for row in rows(nodes)))
        before = len(looked)
        assert before <= 25  # each once, to learn what it needs
        time.sleep(1.0)
        assert len(looked) - before <= 4  # for all of them together
        # another worker has it, maybe, and looks at once
        worker.stop()
        plugin.install()
        importlib.invalidate_caches()
        monkeypatch.setattr(setbacks, 'back_off', lambda failures: 60.0)
        worker.start()
        wait_until(lambda: all(node.is_terminated for node in nodes), 30)
        assert all(node.is_finished_ok for node in nodes)


def test_a_parser_that_is_missing_for_a_while_is_waited_for(
    worker: Any, localhost: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    find, tries = orm.CalcJobNode.get_parser_class, []

    def find_later(node: Any) -> Any:
        tries.append(node)
        if len(tries) <= 3:
            try:
                raise EntryPointError('no module named `aiida_torn`')
            except EntryPointError as exception:
                raise ConfigurationError(f'the parser cannot be loaded: {exception}') from exception
        return find(node)

    code = orm.InstalledCode(label='bash', computer=localhost, filepath_executable='/bin/bash').store()
    job = submit(CalculationFactory('core.arithmetic.add'), code=code, x=orm.Int(1), y=orm.Int(2))
    monkeypatch.setattr(orm.CalcJobNode, 'get_parser_class', find_later)
    monkeypatch.setattr(setbacks, '_LONGEST_REST', 0.3)
    worker.start()
    wait_until(lambda: len(tries) > 1)
    wait_until(lambda: (row := job.backend.read_run(job.pk)) is None or 'aiida_torn' in (row.last_error or ''))
    wait_until(lambda: job.is_terminated)
    assert job.is_finished_ok, job.exit_message
    assert job.outputs.sum.value == 3


class SmallDisk:
    """A disk of its own that can be filled."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self._ballast = folder / 'ballast'

    def fill(self) -> None:
        with pytest.raises(OSError, match='No space'), open(self._ballast, 'ab', buffering=0) as handle:
            while True:
                handle.write(bytes(4096))

    def free(self) -> None:
        self._ballast.unlink()


@pytest.fixture
def small_disk(tmp_path: pathlib.Path) -> Iterator[SmallDisk]:
    folder = tmp_path / 'disk'
    folder.mkdir()
    mount = ['mount', '-t', 'tmpfs', '-o', 'size=16m', 'none', str(folder)]
    made = subprocess.run(mount, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f'no disk can be mounted here: {made.stderr.strip()}')
    yield SmallDisk(folder)
    get_manager().unload_profile()
    subprocess.run(['umount', '-l', str(folder)], check=True)


def submit_writers(classes: Any, number: int = 8) -> list[Any]:
    return [submit(classes.Writing, text=orm.Str(f'{name}')) for name in range(number)]


def check_written(nodes: list[Any]) -> None:
    for node in nodes:
        assert node.is_finished_ok, node.exit_message
        # a function that was cut off in its middle was called anew
        assert [child.is_finished_ok for child in node.called if not child.is_killed] == [True]
        text = node.inputs.text.value
        assert node.outputs.file.get_content() == text * (200_000 // len(text))
    assert missing_files(nodes[0].backend) == []


class TestFullDisk:
    """The whole profile is on the disk, so that nothing can be written down."""

    @pytest.fixture
    def profile(self, small_disk: SmallDisk, config_folder: pathlib.Path, empty_store: pathlib.Path) -> Any:
        folder = small_disk.folder / 'store'
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stores, 'initialise_store', lambda _: shutil.copytree(empty_store, folder))
            return make_profile(config_folder, 'core.sqlite_dos', {'filepath': str(folder)})

    def test_all_wait_until_there_is_room(
        self, small_disk: SmallDisk, worker: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import worker_processes

        monkeypatch.setattr(setbacks, '_LONGEST_REST', 0.5)
        nodes = submit_writers(worker_processes)
        small_disk.fill()
        worker.start()
        time.sleep(3)
        assert not any(node.is_terminated for node in nodes)
        small_disk.free()
        wait_until(lambda: all(node.is_terminated for node in nodes), 40)
        check_written(nodes)

    def test_it_fills_while_they_run(
        self, small_disk: SmallDisk, worker: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import worker_processes

        monkeypatch.setattr(setbacks, '_LONGEST_REST', 0.5)
        worker.start()
        nodes = submit_writers(worker_processes)
        for _ in range(4):
            small_disk.fill()
            time.sleep(0.4)
            small_disk.free()
            nodes += submit_writers(worker_processes, 4)
        wait_until(lambda: all(node.is_terminated for node in nodes), 40)
        check_written(nodes)


class TestFullRepository:
    """Only the files are on the disk: what is written to the database tells why processes wait."""

    @pytest.fixture(params=['sqlite', 'postgres'])
    def profile(self, request: pytest.FixtureRequest, config_folder: pathlib.Path) -> Any:
        if request.param == 'sqlite':
            return make_profile(config_folder, 'core.sqlite_dos', {'filepath': str(config_folder / 'store')})
        server = request.getfixturevalue('postgres_server')
        return make_profile(config_folder, 'core.psql_dos', server.new_config(config_folder / 'store'))

    def test_only_the_files(
        self, small_disk: SmallDisk, worker: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import worker_processes

        nodes = submit_writers(worker_processes)
        monkeypatch.setattr(setbacks, '_LONGEST_REST', 0.5)
        container = pathlib.Path(get_store().repository._folder)  # type: ignore[attr-defined]
        shutil.move(container, small_disk.folder / 'container')
        container.symlink_to(small_disk.folder / 'container')
        small_disk.fill()
        worker.start()
        wait_until(lambda: all('no space left' in (row.last_error or '') for row in rows(nodes)))
        assert [row.attempts for row in rows(nodes)] == [0] * len(nodes)
        wait_until(lambda: 'no space left on' in reason_of(nodes[0].backend, nodes[0].pk))
        assert not any(node.is_terminated for node in nodes)
        small_disk.free()
        wait_until(lambda: all(node.is_terminated for node in nodes))
        check_written(nodes)
        shutil.rmtree(container.resolve(), ignore_errors=True)


def test_temporary_files_have_no_room(
    small_disk: SmallDisk, worker: Any, localhost: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setbacks, '_LONGEST_REST', 0.5)
    code = orm.InstalledCode(label='bash', computer=localhost, filepath_executable='/bin/bash').store()
    add = CalculationFactory('core.arithmetic.add')
    nodes = [submit(add, code=code, x=orm.Int(1), y=orm.Int(number)) for number in range(3)]
    monkeypatch.setattr(tempfile, 'tempdir', str(small_disk.folder))
    small_disk.fill()
    worker.start()
    wait_until(lambda: all('no space left' in (row.last_error or '') for row in rows(nodes)))
    assert not any(node.paused or node.is_terminated for node in nodes)
    small_disk.free()
    wait_until(lambda: all(node.is_terminated for node in nodes))
    assert [node.outputs.sum.value for node in nodes] == [1, 2, 3]


class TestComputers:
    @pytest.fixture
    def own_sshd(self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateSshd]:
        reason = why_not()
        if reason:
            pytest.skip(reason)
        folder = tmp_path / 'sshd'
        folder.mkdir()
        server = PrivateSshd(folder)
        monkeypatch.setenv('HOME', str(server.home))
        monkeypatch.delenv('SSH_AUTH_SOCK', raising=False)
        server.start()
        yield server
        close_connections()
        server.stop()

    def test_a_computer_that_goes_away_is_held_until_it_is_back(
        self,
        worker: Any,
        own_sshd: PrivateSshd,
        wait_until: Any,
        tmp_path: pathlib.Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        values = {tasks.RETRY_INTERVAL_OPTION: 0.05, tasks.MAX_ATTEMPTS_OPTION: 3}
        monkeypatch.setattr(tasks, 'get_option_value', lambda name, default=None: values.get(name, default))
        monkeypatch.setattr(holding, 'LONGEST_HOLD', 0.5)
        computer = make_computer('far', tmp_path / 'work', 0.1, hostname=HOST, transport_type='core.ssh_async')
        code = orm.InstalledCode(label='bash', computer=computer, filepath_executable='/bin/bash').store()
        import worker_processes

        touching = worker_processes.Touching
        begun = submit(touching, code=code, path=orm.Str(str(tmp_path / 'flag')))
        worker.start()
        wait_until(lambda: begun.get_job_id())
        own_sshd.stop()
        late = [submit(touching, code=code, path=orm.Str(str(tmp_path / 'flag'))) for _ in range(5)]
        nodes = [begun, *late]

        def is_told() -> bool:
            told = [reason_of(node.backend, node.pk) for node in nodes]
            return all(text.startswith('computer far is held after') for text in told)

        wait_until(is_told)
        hold = computer.backend.read_hold(computer.pk)
        assert 'cannot be reached' in hold.error or 'was lost' in hold.error
        # who is started meanwhile knows
        worker.stop()
        worker.start()
        wait_until(lambda: computer.backend.read_hold(computer.pk).failures > hold.failures + 1)
        assert not any(node.paused for node in nodes)
        assert [row.attempts for row in rows(nodes)] == [0] * 6
        (tmp_path / 'flag').touch()
        own_sshd.start()
        wait_until(lambda: all(node.is_terminated for node in nodes), 40)
        assert all(node.is_finished_ok for node in nodes), [node.exit_message for node in nodes]
        assert computer.backend.list_holds() == []


def test_who_waits_for_a_kill_waits_for_the_tree(worker: Any, wait_until: Any, tmp_path: pathlib.Path) -> None:
    """The child is in the middle of a step, which ends before it obeys; its parent waits and obeys at once."""
    import worker_processes

    path = tmp_path / 'file'
    parent = submit(worker_processes.ParentOfUntilFile, path=orm.Str(str(path)))
    worker.start()
    wait_until(path.with_suffix('.begun').exists)
    wait_until(lambda: (run := parent.backend.read_run(parent.pk)) is not None and run.owner is None)
    request = Request('kill', 'enough')
    request.make(parent)
    assert request.wait_until_done([parent], 10) == []
    (child,) = parent.called
    assert request.wait_until_done([parent], 0.3, below=True) == [parent]
    assert not child.is_terminated
    path.touch()
    assert request.wait_until_done([parent], 10, below=True) == []
    assert child.is_killed


def test_a_parent_that_was_paused_and_played_is_held_by_nobody(
    worker: Any, wait_until: Any, tmp_path: pathlib.Path
) -> None:
    import worker_processes

    path = tmp_path / 'file'
    parent = submit(worker_processes.ParentOfUntilFile, path=orm.Str(str(path)))
    worker.start()
    wait_until(path.with_suffix('.begun').exists)

    def is_put_down() -> bool:
        run = parent.backend.read_run(parent.pk)
        live = worker.worker.runner.live_process(parent.pk)
        return run is not None and run.owner is None and run.ready_since is None and live is None

    wait_until(is_put_down)
    control.pause_processes([parent])
    assert parent.paused
    control.play_processes([parent])
    assert not parent.paused
    wait_until(is_put_down)
    assert not parent.is_terminated
    path.touch()
    wait_until(lambda: parent.is_terminated)
    assert parent.is_finished_ok


def test_steps_that_block_hold_up_neither_transfers_nor_kills(
    worker: Any, localhost: Any, wait_until: Any, tmp_path: pathlib.Path
) -> None:
    """As many as there are slots block; what waits for a job does not count among them, and goes on."""
    import worker_processes

    worker._kwargs['slots'] = 4
    code = orm.InstalledCode(label='bash', computer=localhost, filepath_executable='/bin/bash').store()
    flag = tmp_path / 'flag'
    job = submit(worker_processes.Touching, code=code, path=orm.Str(str(flag)))
    worker.start()
    wait_until(lambda: job.get_job_id())
    path = tmp_path / 'file'
    blocked = [submit(worker_processes.UntilFile, path=orm.Str(str(path))) for _ in range(6)]
    wait_until(lambda: sum(row.owner is not None for row in rows(blocked)) >= 4)
    time.sleep(0.3)
    free = [node for node, row in zip(blocked, rows(blocked), strict=True) if row.owner is None]
    assert len(free) == 2  # left to other workers
    flag.touch()
    wait_until(lambda: job.get_retrieved_node() is not None)
    begin = time.monotonic()
    control.kill_processes([free[0]])
    assert time.monotonic() - begin < 5
    assert free[0].is_killed
    path.touch()
    wait_until(lambda: all(node.is_terminated for node in [job, *blocked]))
    assert job.is_finished_ok


def test_the_status_of_the_daemon_tells_what_hinders(
    localhost: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = get_store()
    nodes = [submit(CalculationFactory('core.arithmetic.add'), **_sum_of(localhost, number)) for number in range(2)]
    for row in store.claim('somebody', store.now() + 1, store.now() + 100, limit=2):
        store.release(row.node_id, row.fence, store.now() + 50, 'no space left on /here', counts=False)
    trouble = holding.ComputerTrouble(holding.Stage.CONNECT, OSError('no route to it'))
    assert holding.Guard(localhost, 20.0, 1).note_failure(0.0, trouble)
    _warn_of_trouble()
    told = capsys.readouterr()
    assert f'{len(nodes)} processes wait: no space left on /here' in told.out + told.err
    assert 'Computer localhost is held after a failure: no route to it; next try at ' in told.out + told.err
    until = store.read_hold(localhost.pk).until
    monkeypatch.setattr(type(store), 'now', lambda _: until + 1)
    _warn_of_trouble()
    told = capsys.readouterr()
    assert 'no route to it; the next job there tries again' in told.out + told.err


def _sum_of(computer: Any, number: int) -> dict[str, Any]:
    code = orm.InstalledCode(label=f'bash{number}', computer=computer, filepath_executable='/bin/bash').store()
    return {'code': code, 'x': orm.Int(1), 'y': orm.Int(number)}
