"""What holds for transports over SSH alone: connecting, being refused, losing the connection, many files at once."""

import asyncio
import builtins
import os
import subprocess
import sys
import threading
import time

import pytest

from aiida.common.exceptions import InvalidOperation
from aiida.transports import AsyncSshTransport, AsyncTransport, BlockingTransport, SshTransport
from aiida.transports.ssh import connections, trees
from aiida.transports.ssh.errors import AuthenticationRefused, ConnectionLost, HostKeyRefused, SshError
from aiida.transports.ssh.transport import close_connections
from aiida.transports.transport import TransportInternalError
from private_sshd import HOST, USER, PrivateSshd


def ssh(**settings):
    return SshTransport(machine=HOST, **{'use_login_shell': False, 'safe_interval': 0.0, **settings})


def ssh_async(**settings):
    return AsyncSshTransport(machine=HOST, **{'use_login_shell': False, 'safe_interval': 0.0, **settings})


# connecting


def test_a_closed_transport_does_nothing(sshd):
    closed = ssh()
    with pytest.raises(TransportInternalError, match='closed'):
        closed.isdir('/')
    with pytest.raises(InvalidOperation, match='closed already'):
        closed.close()
    with closed, pytest.raises(InvalidOperation, match='open already'):
        closed.open()
    assert not closed.is_open


def test_what_they_say_of_themselves(sshd):
    assert str(ssh()) == 'CLOSED [private]'
    assert str(ssh(username='me', port=2222)) == 'CLOSED [me@private:2222]'
    assert str(ssh_async(host='other')) == 'CLOSED [other]'
    with ssh() as opened:
        assert repr(opened) == '<SshTransport: OPEN [private]>'
    assert isinstance(opened, BlockingTransport)
    assert isinstance(ssh_async(), AsyncTransport)
    assert ssh().DEFAULT_MINIMUM_JOB_POLL_INTERVAL == 10.0
    assert SshTransport(machine=HOST).get_safe_open_interval() == 15.0
    assert ssh_async(max_io_allowed=3).max_io_allowed == 3


def test_transports_with_the_same_settings_share_a_connection(sshd):
    before = sshd.connections()
    with ssh() as first, ssh(use_login_shell=True) as second:
        assert first.sshclient is second.sshclient
        assert first.sftp is second.sftp
        assert first.has_connection()
    with ssh() as third:
        assert third.whoami() == USER
    assert sshd.connections() == before + 1
    with ssh(compress=False):
        pass
    assert sshd.connections() == before + 2


def test_a_connection_that_nobody_uses_is_closed_after_a_while(sshd, monkeypatch):
    monkeypatch.setattr(connections, 'IDLE_SECONDS', 0.1)
    with ssh() as transport:
        assert len(sshd.sessions()) == 1
    deadline = time.monotonic() + 10
    while transport.has_connection() or sshd.sessions():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    with transport:
        assert transport.isdir('/')


def test_all_connections_are_closed_at_the_end_of_a_program(sshd):
    program = (
        'from aiida.transports import SshTransport\n'
        f'transport = SshTransport(machine={HOST!r}, use_login_shell=False)\n'
        'transport.open()\n'
        'print(transport.exec_command_wait("echo here")[1], end="")\n'
    )
    done = subprocess.run(
        [sys.executable, '-W', 'error', '-c', program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ('here\n', '', 0)


def test_a_child_process_makes_its_own_connection(sshd):
    with ssh() as transport:
        before = sshd.connections()
        child = os.fork()
        if child == 0:
            try:
                with ssh() as own:
                    os._exit(0 if own.isdir('/') else 1)
            except BaseException:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        assert transport.isdir('/')
    assert sshd.connections() == before + 1


def test_a_loop_that_is_busy_does_not_lose_the_connection(sshd):
    """Whoever opened it, it lives in a thread of its own: also when that loop is gone."""

    async def use(transport):
        async with transport:
            await asyncio.gather(*(transport.isdir_async('/') for _ in range(20)))
            assert transport.listdir('/') == await transport.listdir_async('/')
            return transport.sshclient

    first = asyncio.run(use(ssh()))
    assert asyncio.run(use(ssh())) is first


def test_it_may_be_used_from_any_thread(sshd, tmp_path):
    found = []
    with ssh() as transport:
        threads = [
            threading.Thread(target=lambda n=n: found.append(transport.exec_command_wait(f'echo {n}')[1]))
            for n in range(30)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert sorted(map(int, found)) == list(range(30))


def test_an_answer_that_does_not_come(sshd):
    import socket

    with socket.socket() as deaf:
        deaf.bind(('127.0.0.1', 0))
        deaf.listen()
        transport = SshTransport(machine='127.0.0.1', port=deaf.getsockname()[1], timeout=1)
        with pytest.raises(ConnectionLost, match='did not answer within 1 s') as raised:
            transport.open()
    assert raised.value.transient
    assert not transport.is_open


def test_nobody_listens(sshd):
    import socket

    with socket.socket() as found:
        found.bind(('127.0.0.1', 0))
        port = found.getsockname()[1]
    with pytest.raises(ConnectionLost, match='cannot be reached') as raised:
        SshTransport(machine='127.0.0.1', port=port).open()
    assert raised.value.transient
    with pytest.raises(ConnectionLost, match='cannot be reached'):
        SshTransport(machine='no-such-host.invalid').open()


def test_wrong_settings(sshd, tmp_path):
    with pytest.raises(ValueError, match='proxy command'):
        ssh(proxy_jump='a', proxy_command='b')
    with pytest.raises(AuthenticationRefused, match='absent') as raised:
        ssh(key_filename=str(tmp_path / 'absent')).open()
    assert not raised.value.transient
    with pytest.raises(SshError, match='wrong') as raised:
        ssh(proxy_jump='host:port').open()
    assert not raised.value.transient


def test_without_the_library(sshd, monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.split('.')[0] == 'asyncssh':
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, '__import__', refuse)
    with pytest.raises(SshError, match=r'pip install "nabucco\[ssh\]"') as raised:
        ssh().open()
    assert not raised.value.transient


def test_the_library_is_not_loaded_before_it_is_needed():
    program = (
        'import sys, aiida.transports\n'
        'assert not {"asyncssh", "click"} & set(sys.modules)\n'
        'from aiida.transports import SshTransport\n'
        'SshTransport(machine="x")\n'
        'assert "asyncssh" not in sys.modules\n'
    )
    subprocess.run([sys.executable, '-c', program], check=True)


# keys


def test_a_user_who_is_not_let_in(sshd, tmp_path):
    other = tmp_path / 'other'
    subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', str(other)], check=True)
    transport = ssh(key_filename=str(other))
    with pytest.raises(AuthenticationRefused, match='does not let you in') as raised:
        transport.open()
    assert not raised.value.transient
    assert not transport.is_open
    with pytest.raises(AuthenticationRefused):
        ssh(username='nobody-of-this-name').open()


def test_a_key_with_a_passphrase_is_left_to_the_agent(sshd, tmp_path):
    locked = tmp_path / 'locked'
    subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', 'secret', '-f', str(locked)], check=True)
    with pytest.raises(AuthenticationRefused, match='ssh-add'):
        ssh(key_filename=str(locked)).open()


def test_keys_of_an_agent(sshd, tmp_path, monkeypatch):
    socket = tmp_path / 'agent'
    agent = subprocess.Popen(['ssh-agent', '-D', '-a', str(socket)], stdout=subprocess.DEVNULL)
    try:
        while not socket.exists():
            time.sleep(0.01)
        monkeypatch.setenv('SSH_AUTH_SOCK', str(socket))
        key = sshd.home / '.ssh' / 'id_ed25519'
        subprocess.run(['ssh-add', '-q', str(key)], check=True, capture_output=True)
        settings = {'machine': '127.0.0.1', 'port': sshd.port, 'username': USER, 'look_for_keys': False}
        with SshTransport(**settings) as transport:
            assert transport.isdir('/')
        with pytest.raises(AuthenticationRefused):
            SshTransport(**settings, allow_agent=False).open()
        # The file is locked, the agent holds the same key.
        locked = tmp_path / 'locked'
        locked.write_bytes(key.read_bytes())
        locked.chmod(0o600)
        subprocess.run(['ssh-keygen', '-q', '-p', '-P', '', '-N', 'secret', '-f', str(locked)], check=True)
        with SshTransport(**settings, key_filename=str(locked)) as transport:
            assert transport.isdir('/')
    finally:
        agent.terminate()
        agent.wait()


def test_keys_are_looked_for(sshd):
    settings = {'machine': '127.0.0.1', 'port': sshd.port, 'username': USER, 'allow_agent': False}
    with SshTransport(**settings) as transport:
        assert transport.isdir('/')


@pytest.fixture
def known_hosts(sshd):
    """The file of known hosts, put back afterwards."""
    before = sshd.known_hosts.read_text()
    yield sshd.known_hosts
    sshd.known_hosts.write_text(before)


@pytest.mark.parametrize('make', [ssh, ssh_async])
def test_an_unknown_computer_is_refused_and_what_to_do_is_said(known_hosts, make):
    known_hosts.write_text('')
    with pytest.raises(HostKeyRefused, match=r'not known: ssh-ed25519 SHA256:.*`ssh private`') as raised:
        make().open()
    assert not raised.value.transient


def test_an_unknown_computer_is_taken_as_it_is_where_the_user_says_so(known_hosts, caplog):
    known_hosts.write_text('')
    with ssh(key_policy='AutoAddPolicy') as transport:
        assert transport.isdir('/')
    with ssh(load_system_host_keys=False, key_policy='WarningPolicy'):
        pass
    with pytest.raises(HostKeyRefused):
        ssh(load_system_host_keys=False).open()
    assert known_hosts.read_text() == ''


@pytest.mark.parametrize('policy', ['RejectPolicy', 'WarningPolicy', 'AutoAddPolicy'])
def test_a_computer_with_another_key_is_refused_always(sshd, known_hosts, tmp_path, policy):
    other = tmp_path / 'other'
    subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', str(other)], check=True)
    key = ' '.join((tmp_path / 'other.pub').read_text().split()[:2])
    known_hosts.write_text(f'[127.0.0.1]:{sshd.port} {key}\n')
    with pytest.raises(HostKeyRefused, match='ssh-keygen -R'):
        ssh(key_policy=policy).open()


# ways to the computer


@pytest.mark.parametrize('hops', [1, 2])
def test_through_other_computers(sshd, hops):
    before = sshd.connections()
    here = f'{USER}@127.0.0.1:{sshd.port}'
    with ssh(proxy_jump=', '.join([here] * hops)) as transport:
        assert transport.whoami() == USER
        assert sshd.connections() == before + 1 + hops
        assert 'ProxyJump=' in transport.gotocomputer_command()


@pytest.mark.parametrize('make', [ssh, ssh_async])
def test_the_way_that_the_configuration_says(sshd, make):
    text = sshd.config.read_text()
    try:
        sshd.config.write_text(f'{text}Host *\n  ProxyJump 127.0.0.1:{sshd.port}\nHost 127.0.0.1\n  ProxyJump none\n')
        sshd.config.write_text(f'{text}  ProxyJump {USER}@127.0.0.1:{sshd.port}\n')
        before = sshd.connections()
        with make() as transport:
            assert transport.isdir('/')
        assert sshd.connections() == before + 2
    finally:
        sshd.config.write_text(text)


def test_by_a_program(sshd, tmp_path):
    program = tmp_path / 'relay'
    program.write_text(
        f'#!{sys.executable}\n'
        'import os, socket, sys, threading\n'
        'there = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n'
        'def feed():\n'
        '    while data := os.read(0, 65536):\n'
        '        there.sendall(data)\n'
        'threading.Thread(target=feed, daemon=True).start()\n'
        'while data := there.recv(65536):\n'
        '    os.write(1, data)\n'
    )
    program.chmod(0o755)
    with ssh(proxy_command=f'{program} %h %p') as transport:
        assert transport.exec_command_wait('echo there') == (0, 'there\n', '')


def test_files_through_another_host(sshd):
    text = sshd.config.read_text()
    try:
        sshd.config.write_text(text + text.replace(f'Host {HOST}', 'Host files'))
        with ssh_async(data_node_host='files') as transport:
            before = sshd.connections()
            assert transport.isdir('/')
            assert transport.exec_command_wait('echo 1')[1] == '1\n'
            assert transport._data_endpoint().host == 'files'
            assert sshd.connections() == before
    finally:
        sshd.config.write_text(text)


def test_a_program_is_run_before_a_connection_is_made(sshd, tmp_path):
    from click import BadParameter

    from aiida.transports.plugins.ssh_async import validate_backend, validate_script

    script = tmp_path / 'before'
    script.write_text(f'#!/bin/sh\necho run >> {tmp_path}/seen\n')
    with pytest.raises(BadParameter):
        validate_script(None, None, str(script))
    script.chmod(0o755)
    assert validate_script(None, None, str(script)) == str(script)
    assert validate_script(None, None, 'None') == 'None'
    assert validate_backend(None, None, 'openssh') == 'openssh'
    with pytest.raises(BadParameter):
        validate_backend(None, None, 'telnet')
    for _ in range(2):
        with ssh_async(authentication_script=str(script)) as transport:
            assert transport.isdir('/')
    assert (tmp_path / 'seen').read_text() == 'run\n'
    close_connections()
    script.write_text('#!/bin/sh\necho no ticket; exit 3\n')
    with pytest.raises(AuthenticationRefused, match='returned 3: no ticket'):
        ssh_async(authentication_script=str(script)).open()


# connections that are lost


def test_a_lost_connection_is_told_as_such_and_replaced(sshd):
    with ssh() as transport:
        result = {}

        def wait():
            try:
                result['returned'] = transport.exec_command_wait('sleep 30')
            except ConnectionLost as exception:
                result['raised'] = exception

        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.3)
        assert sshd.cut() == 1
        thread.join(20)
        assert result['raised'].transient
        assert transport.is_open
        # Who asks again gets another connection.
        assert transport.exec_command_wait('echo again') == (0, 'again\n', '')
        assert transport.isdir('/')


@pytest.mark.parametrize('verb', ['put', 'get'])
@pytest.mark.parametrize('by_tar', [True, False])
def test_a_connection_lost_while_files_are_moved(sshd, tmp_path, verb, by_tar, monkeypatch):
    if not by_tar:
        monkeypatch.setattr(trees, 'has_tar', _no_tar)
    source = tmp_path / 'source'
    source.mkdir()
    for n in range(20):
        (source / f'{n}').write_bytes(os.urandom(4_000_000))
    with ssh() as transport:
        raised = {}

        def move():
            try:
                getattr(transport, verb)(str(source), str(tmp_path / 'target'))
            except Exception as exception:
                raised['it'] = exception

        thread = threading.Thread(target=move)
        thread.start()
        deadline = time.monotonic() + 20
        while not any((tmp_path / 'target').glob('*')):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        sshd.cut()
        thread.join(30)
        assert isinstance(raised['it'], ConnectionLost), raised
        assert raised['it'].transient


def test_a_silent_network_is_noticed_by_signs_of_life(sshd, monkeypatch):
    """Nothing is closed, nothing answers."""
    from aiida.transports.ssh import endpoint

    monkeypatch.setattr(endpoint, '_KEEPALIVE', (0.2, 2))
    with ssh() as transport:
        silenced = [process for session in sshd.sessions() for process in (session, *session.children(recursive=True))]
        for process in silenced:
            process.suspend()
        try:
            begin = time.monotonic()
            with pytest.raises(ConnectionLost):
                transport.isdir('/')
            assert time.monotonic() - begin < 20
            assert transport.isdir('/')
        finally:
            for process in silenced:
                process.resume()


async def _no_tar(connection):
    return False


def test_a_pattern_over_a_lost_connection_is_not_taken_for_nothing(sshd, tmp_path, monkeypatch):
    from aiida.transports.ssh.files import Files

    async def lose(self, path):
        sshd.cut()
        return await real(self, path)

    real = Files.entries
    with ssh() as transport:
        transport.isdir('/')
        monkeypatch.setattr(Files, 'entries', lose)
        with pytest.raises(ConnectionLost):
            transport.glob(f'{tmp_path}/*')


# sessions


@pytest.fixture(scope='module')
def strict_server(tmp_path_factory, running_sshd):
    """A server that allows two sessions on a connection."""
    server = PrivateSshd(tmp_path_factory.mktemp('strict'), more='MaxSessions 3')
    server.start()
    yield server
    server.stop()


def test_no_more_sessions_than_the_server_allows(sshd, strict_server, monkeypatch):
    monkeypatch.setenv('HOME', str(strict_server.home))

    async def use():
        async with ssh_async() as transport:
            answers = await asyncio.gather(
                *(transport.exec_command_wait_async(f'sleep 0.05; echo {n}') for n in range(20))
            )
            assert await transport.isdir_async('/')
            return [int(answer[1]) for answer in answers]

    assert asyncio.run(use()) == list(range(20))


def test_a_computer_that_allows_files_only(sshd, tmp_path, tmp_path_factory, monkeypatch):
    server = PrivateSshd(tmp_path_factory.mktemp('files'), more='ForceCommand internal-sftp')
    server.start()
    monkeypatch.setenv('HOME', str(server.home))
    source = tmp_path / 'source'
    (source / 'deep').mkdir(parents=True)
    for n in range(5):
        (source / 'deep' / f'{n}').write_text(str(n))
    try:
        with ssh_async() as transport:
            transport.put(str(source), str(tmp_path / 'there'))
            transport.get(str(tmp_path / 'there' / 'deep' / '*'), str(tmp_path / 'source'))
    finally:
        close_connections()
        server.stop()
    assert (tmp_path / 'there' / 'deep' / '4').read_text() == '4' == (source / '4').read_text()


# shells that talk


@pytest.fixture
def noisy(sshd):
    """The profile files of the user print text."""
    home = sshd.folder / 'remote_home'
    (home / '.bashrc').write_text('echo welcome; echo warning >&2\n')
    yield
    (home / '.bashrc').unlink()


def test_what_a_shell_prints_does_not_get_into_files(noisy, sshd, tmp_path):
    source = tmp_path / 'source'
    source.mkdir()
    for n in range(5):
        (source / f'{n}').write_text(str(n))
    with ssh() as transport:
        transport.put(str(source), str(tmp_path / 'there'))
        transport.get(str(tmp_path / 'there'), str(tmp_path / 'back'))
        assert transport.whoami() == USER
    assert {path.name: path.read_text() for path in (tmp_path / 'back').iterdir()} == {str(n): str(n) for n in range(5)}


def test_login_shells(sshd, tmp_path):
    profile = sshd.folder / 'remote_home' / '.bash_profile'
    profile.write_text('export FROM_PROFILE=yes\n')
    try:
        with ssh() as plain, ssh(use_login_shell=True) as login:
            assert plain.exec_command_wait('echo $FROM_PROFILE')[1] == '\n'
            assert login.exec_command_wait('echo $FROM_PROFILE')[1] == 'yes\n'
            assert login.exec_system_command_wait('echo $FROM_PROFILE')[1] == '\n'
    finally:
        profile.unlink()


def test_both_outputs_in_one(sshd):
    with ssh() as transport:
        assert transport.exec_command_wait('echo a; echo b >&2', combine_stderr=True) == (0, 'a\nb\n', '')


# many files, and big ones


@pytest.fixture(params=[True, False])
def way(request, monkeypatch):
    """Whether the computer has `tar`."""
    if not request.param:
        monkeypatch.setattr(trees, 'has_tar', _no_tar)
    return request.param


@pytest.mark.parametrize('dereference', [True, False])
def test_a_folder_of_all_sorts_comes_and_goes(sshd, tmp_path, way, dereference):
    source = tmp_path / 'source'
    (source / 'empty').mkdir(parents=True)
    (source / 'deep' / 'er').mkdir(parents=True)
    (source / 'deep' / 'er' / "it's \u00e4 name").write_text('text')
    (source / 'big').write_bytes(os.urandom(700_000))
    (source / 'nothing').write_bytes(b'')
    (source / 'run').write_text('#!/bin/sh\n')
    (source / 'run').chmod(0o755)
    (source / 'link').symlink_to('nothing')
    os.link(source / 'run', source / 'hard')
    with ssh() as transport:
        transport.put(str(source), str(tmp_path / 'there'), dereference=dereference)
        transport.get(str(tmp_path / 'there'), str(tmp_path / 'back'), dereference=dereference)
    for folder in ('there', 'back'):
        names = sorted(str(path.relative_to(tmp_path / folder)) for path in (tmp_path / folder).rglob('*'))
        assert names == sorted(str(path.relative_to(source)) for path in source.rglob('*'))
        for path in source.rglob('*'):
            copy = tmp_path / folder / path.relative_to(source)
            assert copy.is_symlink() == (path.is_symlink() and not dereference)
            assert copy.is_dir() if path.is_dir() else copy.read_bytes() == path.read_bytes()


def test_many_files_that_match(sshd, tmp_path, way):
    source, there, back = (tmp_path / name for name in ('source', 'there', 'back'))
    for folder in (source, there, back):
        folder.mkdir()
    for n in range(50):
        (source / f'{n}.txt').write_text(str(n))
    (source / 'folder.txt').mkdir()
    (source / 'folder.txt' / 'inside').write_text('inside')
    (source / 'other').write_text('other')
    with ssh() as transport:
        transport.put(str(source / '*.txt'), str(there))
        (there / 'link.txt').symlink_to('folder.txt')
        transport.get(str(there / '*.txt'), str(back))
    assert (back / 'link.txt' / 'inside').read_text() == 'inside'
    assert sorted(path.name for path in there.iterdir() if path.name != 'link.txt') == sorted(
        path.name for path in source.glob('*.txt')
    )
    assert (back / '49.txt').read_text() == '49'


def test_times_and_permissions_are_kept_on_demand(sshd, tmp_path, way):
    source = tmp_path / 'source'
    source.mkdir()
    for n in range(4):
        path = source / f'{n}'
        path.write_text('x')
        path.chmod(0o640)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    with ssh_async() as transport:
        transport.put(str(source), str(tmp_path / 'kept'), preserve=True)
        transport.put(str(source), str(tmp_path / 'fresh'))
        transport.putfile(str(source / '0'), str(tmp_path / 'one'), preserve=True)
        transport.get(str(tmp_path / 'kept'), str(tmp_path / 'back'), preserve=True)
        transport.copy(str(tmp_path / 'kept'), str(tmp_path / 'copied'), preserve=True)
    for path in (tmp_path / 'kept' / '1', tmp_path / 'one', tmp_path / 'back' / '1', tmp_path / 'copied' / '1'):
        assert (path.stat().st_mtime, path.stat().st_mode & 0o777) == (1_000_000_000, 0o640), path
    assert (tmp_path / 'fresh' / '1').stat().st_mtime > 1_500_000_000


def test_no_room_to_write(sshd, tmp_path, way):
    source = tmp_path / 'source'
    source.mkdir()
    for n in range(4):
        (source / f'{n}').write_text('x')
    (tmp_path / 'file').write_text('')
    with ssh() as transport:
        with pytest.raises(OSError):
            transport.puttree(str(source), str(tmp_path / 'file' / 'below'))
        with pytest.raises(OSError):
            transport.put(str(source), '/proc/nowhere')
        with pytest.raises(OSError):
            transport.get('/proc/self/nowhere', str(tmp_path / 'x'))
    assert (tmp_path / 'file').read_text() == ''


def test_nothing_is_written_outside_of_the_folder(sshd, tmp_path):
    with pytest.raises(OSError, match='outside'):
        trees._inside(str(tmp_path), '../evil')
    with pytest.raises(OSError, match='outside'):
        trees._inside(str(tmp_path), '/etc/evil')
    assert trees._inside(str(tmp_path), './a/../b') == str(tmp_path / 'b')


def test_a_file_that_grows_is_copied_as_it_was_found(sshd, tmp_path):
    with ssh() as transport:
        transport.getfile('/proc/self/status', str(tmp_path / 'status'))
    assert 'Pid:' in (tmp_path / 'status').read_text()


# what only core.ssh has


def test_relative_paths_begin_where_one_has_gone(sshd, tmp_path):
    (tmp_path / 'folder').mkdir()
    with ssh() as transport:
        transport.chdir(tmp_path)
        assert transport.getcwd() == str(tmp_path)
        transport.mkdir('new')
        transport.chdir('folder')
        assert transport.exec_command_wait('pwd')[1] == f'{tmp_path}/folder\n'
        transport.chdir('..')
        assert sorted(transport.listdir()) == ['folder', 'new']
        with pytest.raises(OSError, match='absent'):
            transport.chdir('absent')


def test_attributes_of_links(sshd, tmp_path):
    (tmp_path / 'file').write_text('four')
    (tmp_path / 'link').symlink_to('file')
    with ssh() as transport:
        assert transport.stat(tmp_path / 'link').st_size == 4
        assert transport.stat(tmp_path / 'link').st_mode != transport.lstat(tmp_path / 'link').st_mode


def test_what_the_configuration_says_of_a_host(sshd):
    from aiida.transports import parse_sshconfig

    key = str(sshd.home / '.ssh' / 'id_ed25519')
    found = parse_sshconfig(HOST)
    assert found == {'hostname': '127.0.0.1', 'port': str(sshd.port), 'user': USER, 'identityfile': [key]}
    assert parse_sshconfig('other') == {'hostname': 'other'}


def test_yes_and_no():
    from aiida.transports import convert_to_bool

    assert [convert_to_bool(text) for text in ('yes', 'True', 'NO', 'false', True, False)] == [
        *(True, True, False, False, True, False)
    ]
    for wrong in ('1', 'on', 1, None):
        with pytest.raises(ValueError):
            convert_to_bool(wrong)


def test_hops():
    from aiida.transports.ssh.endpoint import parse_hop

    assert parse_hop('host') == (None, 'host', None)
    assert parse_hop('me@host:22') == ('me', 'host', 22)
    assert parse_hop('me@site@host') == ('me@site', 'host', None)
    assert parse_hop('[::1]:22') == (None, '::1', 22)
    assert parse_hop('::1') == (None, '::1', None)
