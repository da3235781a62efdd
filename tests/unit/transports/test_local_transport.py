"""What holds for the local transport alone, and how one half of the verbs is made of the other."""

import time
from pathlib import Path

import pytest

from aiida.common.exceptions import InvalidOperation
from aiida.transports import AsyncTransport, BlockingTransport
from aiida.transports.plugins.local import LocalTransport
from aiida.transports.transport import TransportInternalError, has_magic, validate_positive_number


@pytest.fixture
def transport():
    with LocalTransport(machine='localhost', use_login_shell=False) as opened:
        yield opened


def _wait_for_content(path, content):
    deadline = time.monotonic() + 10
    while not (path.exists() and path.read_text() == content):
        assert time.monotonic() < deadline, f'{path} has not become {content!r}'
        time.sleep(0.01)


def test_a_closed_transport_does_nothing(tmp_path):
    closed = LocalTransport(machine='localhost')
    with pytest.raises(TransportInternalError, match='closed'):
        closed.isdir(tmp_path)
    with pytest.raises(TransportInternalError, match='closed'):
        closed.exec_command_wait('true')
    with pytest.raises(InvalidOperation, match='closed already'):
        closed.close()


def test_contexts_nest_and_the_outermost_closes():
    transport = LocalTransport(machine='localhost')
    with transport:
        with transport:
            assert str(transport) == 'local [OPEN]'
        assert transport.is_open
        with pytest.raises(InvalidOperation, match='open already'):
            transport.open()
    assert not transport.is_open
    assert repr(transport) == '<LocalTransport: local [CLOSED]>'


def test_what_was_opened_by_hand_is_closed_by_hand():
    transport = LocalTransport(machine='localhost')
    transport.open()
    with transport:
        pass
    assert transport.is_open
    transport.close()
    assert not transport.is_open


def test_authentication_parameters():
    assert LocalTransport.get_valid_auth_params() == ['use_login_shell', 'safe_interval']
    assert LocalTransport.auth_options['safe_interval']['type'] is float
    assert LocalTransport(machine='localhost').get_safe_open_interval() == 0.0
    assert LocalTransport(machine='localhost', safe_interval=3.0).get_safe_open_interval() == 3.0
    assert LocalTransport._get_safe_interval_suggestion_string(None) == 0.0
    assert LocalTransport.DEFAULT_MINIMUM_JOB_POLL_INTERVAL == 0.1


def test_positive_numbers():
    import click

    assert validate_positive_number(None, None, 1.5) == 1.5
    for wrong in (-1, 'a', None):
        with pytest.raises(click.BadParameter):
            validate_positive_number(None, None, wrong)


def test_patterns_are_told_from_names():
    assert [has_magic(path) for path in ('a*', 'a?', '[a]', Path('a*'))] == [True] * 4
    assert [has_magic(path) for path in ('a]', '{a}', 'a')] == [False] * 3


def test_login_shells(transport, tmp_path, monkeypatch):
    (tmp_path / '.bash_profile').write_text('echo noise; export FROM_PROFILE="a\nb"\n')
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.delenv('FROM_PROFILE', raising=False)
    assert transport.exec_command_wait('echo "$FROM_PROFILE"')[1] == '\n'
    with LocalTransport(machine='localhost') as login:
        assert login.exec_command_wait('echo "$FROM_PROFILE"')[1] == 'noise\na\nb\n'
        login.exec_command_detached('echo "$FROM_PROFILE" > seen', tmp_path)
        _wait_for_content(tmp_path / 'seen', 'a\nb\n')


def test_what_was_detached_leaves_no_zombie(tmp_path):
    import psutil

    with LocalTransport(machine='localhost', use_login_shell=False) as transport:
        pid = transport.exec_command_detached('true', tmp_path)
        end = time.monotonic() + 10
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < end
            time.sleep(0.01)
    assert not psutil.pid_exists(pid)


def test_a_broken_login_shell_is_named(tmp_path, monkeypatch):
    (tmp_path / '.bash_profile').write_text('exit 3\n')
    monkeypatch.setenv('HOME', str(tmp_path))
    with LocalTransport(machine='localhost') as login, pytest.raises(OSError, match='profile files'):
        login.exec_command_detached('true', tmp_path)


class AwaitedLocal(AsyncTransport):
    """A transport that is awaited, made of one that is not."""

    def __init__(self):
        super().__init__()
        self.inner = LocalTransport(machine='localhost', use_login_shell=False)

    def __str__(self):
        return str(self.inner)

    def gotocomputer_command(self, remotedir=None):
        return self.inner.gotocomputer_command(remotedir)

    async def open_async(self):
        await self.inner.open_async()
        self._is_open = True

    async def close_async(self):
        await self.inner.close_async()
        self._is_open = False


def _forward(name):
    async def forwarded(self, *args, **kwargs):
        return await getattr(self.inner, name)(*args, **kwargs)

    forwarded.__name__ = name
    return forwarded


for _name in AwaitedLocal.__abstractmethods__:
    setattr(AwaitedLocal, _name, _forward(_name))


AwaitedLocal.__abstractmethods__ = frozenset()


def test_a_blocking_transport_can_be_awaited(source, target):
    import asyncio

    async def use():
        async with LocalTransport(machine='localhost') as opened:
            await opened.put_async(source / 'h.txt', target / 'new')
            assert await opened.isfile_async(target / 'new')
            assert await opened.get_mode_async(target / 'new') == opened.get_mode(target / 'new')
            return await opened.listdir_async(target, '*.txt')

    assert asyncio.run(use()) == ['file.txt']
    assert issubclass(LocalTransport, BlockingTransport)


def test_an_awaited_transport_can_be_waited_for(source, target):
    with AwaitedLocal() as opened:
        opened.put(source / 'h.txt', target / 'new')
        assert opened.isfile(target / 'new')
        assert opened.exec_command_wait('echo 1') == (0, '1\n', '')
        assert opened.glob(target / 'n*') == [str(target / 'new')]
        assert opened.get_mode(target / 'new') == 0o644 or opened.get_mode(target / 'new') > 0
    assert not opened.is_open


def test_an_awaited_transport_is_waited_for_in_another_thread_only(target):
    import asyncio

    async def use():
        async with AwaitedLocal() as opened:
            with pytest.raises(TransportInternalError, match='isfile_async'):
                opened.isfile(target / 'file.txt')
            return await asyncio.to_thread(opened.isfile, target / 'file.txt')

    assert asyncio.run(use()) is True


def test_an_awaited_transport_is_waited_for_by_a_process(target):
    import asyncio

    from plumpy.greenback_bridge import ensure_portal

    async def use():
        await ensure_portal()
        async with AwaitedLocal() as opened:
            return opened.isfile(target / 'file.txt')

    assert asyncio.run(use()) is True


def test_a_transport_without_its_verbs_cannot_be_made():
    class Incomplete(BlockingTransport):
        def __str__(self):
            return ''

    with pytest.raises(TypeError, match='abstract'):
        Incomplete()
