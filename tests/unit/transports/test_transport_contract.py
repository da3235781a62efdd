"""What holds for every transport, on real files and processes, through a real server where there is one."""

import io
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from aiida.transports import Transport
from aiida.transports.plugins.local import LocalTransport


def tree(root):
    """Return what is below a folder: content of files, ``/`` for a folder, ``@`` for a link."""
    found = {}
    for path in sorted(Path(root).rglob('*')):
        name = str(path.relative_to(root))
        found[name] = '@' if path.is_symlink() else '/' if path.is_dir() else path.read_text()
    return found


KEPT = {'file.txt': 'old', 'folder': '/', 'folder/keep': 'K'}


TREE_A = {'b': '/', 'b/g.txt': 'G', 'f.txt': 'F', 'link': 'F'}


def below(folder, content):
    return {folder: '/', **{f'{folder}/{name}': value for name, value in content.items()}}


def test_questions_about_paths(transport, source):
    assert transport.isdir(source / 'a')
    assert not transport.isdir(source / 'h.txt')
    assert transport.isfile(str(source / 'h.txt'))
    assert not transport.isfile(source / 'a')
    assert transport.path_exists(source / 'a')
    assert not any((transport.isdir(''), transport.isfile(''), transport.path_exists('')))
    (source / 'dangling').symlink_to('/nowhere')
    assert not transport.path_exists(source / 'dangling')


def test_relative_paths_are_taken_from_home_and_nobody_is_moved(kind, transport):
    before = os.getcwd()
    home = os.path.realpath(os.path.expanduser('~') if kind == 'local' else pwd.getpwuid(os.getuid()).pw_dir)
    assert transport.getcwd() == transport.normalize() == home
    assert transport.normalize('/a/../b/./c') == '/b/c'
    assert transport.exec_command_wait('pwd')[1].strip() == home
    assert os.getcwd() == before


def test_attributes(transport, source):
    attributes = transport.get_attribute(source / 'h.txt')
    assert attributes.st_size == 1
    assert transport.get_mode(source / 'h.txt') == (source / 'h.txt').stat().st_mode & 0o7777
    transport.chmod(source / 'h.txt', 0o640)
    assert transport.get_mode(source / 'h.txt') == 0o640
    with pytest.raises(FileNotFoundError):
        transport.get_attribute(source / 'absent')
    with pytest.raises(OSError, match='absent'):
        transport.chmod(source / 'absent', 0o640)
    with pytest.raises(NotImplementedError):
        transport.chown(source / 'h.txt', 0, 0)


def test_listing(transport, source):
    assert sorted(transport.listdir(source)) == ['.hidden', 'a', 'h.txt']
    assert transport.listdir(source, '*.txt') == ['h.txt']
    listed = {entry['name']: entry for entry in transport.listdir_withattributes(source)}
    assert listed['a']['isdir'] is True
    assert listed['h.txt']['attributes'].st_size == 1
    with pytest.raises(OSError):
        transport.listdir(source / 'absent')


def test_patterns(transport, source):
    names = lambda pattern: sorted(os.path.relpath(path, source) for path in transport.glob(source / pattern))  # noqa: E731
    assert names('*') == ['a', 'h.txt']
    assert names('.h*') == ['.hidden']
    assert names('a/*.txt') == ['a/f.txt']
    assert names('*/*/g.txt') == ['a/b/g.txt']
    assert names('h.txt') == ['h.txt']
    assert names('absent') == names('absent*') == []
    # The pattern language of transports that can only list folders is the same.
    assert sorted(Transport.glob(transport, source / '*' / '*.txt')) == [str(source / 'a' / 'f.txt')]
    assert list(Transport.glob(transport, source / 'h.txt')) == [str(source / 'h.txt')]
    assert Transport.glob(transport, source / 'no*' / 'x') == []


def test_making_and_deleting_folders(transport, target):
    transport.mkdir(target / 'new')
    with pytest.raises(FileExistsError):
        transport.mkdir(target / 'new')
    transport.mkdir(target / 'new', ignore_existing=True)
    with pytest.raises(FileExistsError):
        transport.mkdir(target / 'file.txt', ignore_existing=True)
    with pytest.raises(FileNotFoundError):
        transport.mkdir(target / 'x' / 'y')
    transport.makedirs(target / 'x' / 'y')
    with pytest.raises(FileExistsError):
        transport.makedirs(target / 'x' / 'y')
    transport.makedirs(target / 'x' / 'y', ignore_existing=True)
    with pytest.raises(OSError):
        transport.rmdir(target / 'x')
    transport.rmdir(target / 'x' / 'y')
    transport.rmtree(target / 'folder')
    transport.rmtree(target / 'file.txt')
    transport.rmtree(target / 'absent')
    assert tree(target) == {'new': '/', 'x': '/'}


def test_a_link_to_a_folder_is_deleted_without_what_it_leads_to(transport, source, target):
    (target / 'link').symlink_to(source)
    transport.rmtree(target / 'link')
    assert tree(target) == KEPT
    assert (source / 'h.txt').exists()


def test_remove(transport, target):
    transport.remove(target / 'file.txt')
    with pytest.raises(OSError):
        transport.remove(target / 'file.txt')
    with pytest.raises(OSError):
        transport.remove(target / 'folder')


def test_rename(transport, target):
    transport.rename(target / 'file.txt', target / 'other.txt')
    assert (target / 'other.txt').read_text() == 'old'
    with pytest.raises(OSError, match='already'):
        transport.rename(target / 'other.txt', target / 'folder')
    with pytest.raises(OSError):
        transport.rename(target / 'file.txt', target / 'x')
    with pytest.raises(ValueError, match='empty'):
        transport.rename('', target / 'x')


def test_symlinks(transport, source, target):
    transport.symlink(source / 'h.txt', target / 'link')
    transport.symlink('folder/keep', target / 'relative')
    assert os.readlink(target / 'link') == str(source / 'h.txt')
    assert os.readlink(target / 'relative') == 'folder/keep'
    with pytest.raises(OSError):
        transport.symlink(source / 'h.txt', target / 'link')
    transport.symlink(source / 'a' / '*', target / 'folder')
    assert sorted(os.listdir(target / 'folder')) == ['b', 'f.txt', 'keep', 'link']


@pytest.mark.parametrize('verb', ['put', 'get'])
class TestPutAndGet:
    def test_file(self, transport, verb, source, target):
        copy = getattr(transport, verb)
        copy(source / 'h.txt', target / 'new.txt')
        copy(str(source / 'h.txt'), str(target / 'file.txt'))
        copy(source / 'h.txt', target / 'folder')
        assert tree(target) == {**KEPT, 'file.txt': 'H', 'new.txt': 'H', 'folder/h.txt': 'H'}

    def test_file_not_overwritten(self, transport, verb, source, target):
        with pytest.raises(OSError, match='not to be overwritten'):
            getattr(transport, verb)(source / 'h.txt', target / 'file.txt', overwrite=False)
        assert tree(target) == KEPT

    def test_no_folder_for_it(self, transport, verb, source, target):
        with pytest.raises(FileNotFoundError):
            getattr(transport, verb)(source / 'h.txt', target / 'no' / 'new.txt')

    def test_folder(self, transport, verb, source, target):
        getattr(transport, verb)(source / 'a', target / 'new')
        assert tree(target) == {**KEPT, **below('new', TREE_A)}

    def test_folder_into_a_folder(self, transport, verb, source, target):
        (target / 'folder' / 'a').mkdir()
        (target / 'folder' / 'a' / 'other').write_text('O')
        getattr(transport, verb)(source / 'a', target / 'folder')
        assert tree(target) == {**KEPT, **below('folder/a', TREE_A), 'folder/a/other': 'O'}

    def test_folder_onto_a_file_or_not_to_be_overwritten(self, transport, verb, source, target):
        with pytest.raises(OSError, match='is a file'):
            getattr(transport, verb)(source / 'a', target / 'file.txt')
        with pytest.raises(OSError, match='not to be overwritten'):
            getattr(transport, verb)(source / 'a', target / 'folder', overwrite=False)
        assert tree(target) == KEPT

    def test_links_kept(self, transport, verb, source, target):
        getattr(transport, verb)(source / 'a', target / 'new', dereference=False)
        assert tree(target)['new/link'] == '@'
        getattr(transport, verb)(source / 'a' / 'link', target / 'file.txt', dereference=False)
        assert tree(target)['file.txt'] == '@'

    def test_pattern(self, transport, verb, source, target):
        getattr(transport, verb)(source / '*', target / 'folder')
        assert tree(target) == {**KEPT, 'folder/h.txt': 'H', **below('folder/a', TREE_A)}
        getattr(transport, verb)(source / '*.txt', target / 'new')
        assert (target / 'new').read_text() == 'H'

    def test_pattern_without_room(self, transport, verb, source, target):
        with pytest.raises(OSError, match='does not exist'):
            getattr(transport, verb)(source / '*', target / 'new')
        with pytest.raises(OSError, match='is a file'):
            getattr(transport, verb)(source / '*', target / 'file.txt')

    def test_nothing_there(self, transport, verb, source, target):
        copy = getattr(transport, verb)
        with pytest.raises(OSError, match='absent'):
            copy(source / 'absent', target / 'new')
        copy(source / 'absent', target / 'new', ignore_nonexisting=True)
        copy(source / 'absent*', target / 'new')
        assert tree(target) == KEPT

    def test_one_file(self, transport, verb, source, target):
        copy = getattr(transport, f'{verb}file')
        copy(source / 'h.txt', target / 'file.txt')
        assert (target / 'file.txt').read_text() == 'H'
        for wrong in (source / 'a', source / 'absent'):
            with pytest.raises(OSError):
                copy(wrong, target / 'new')
        with pytest.raises(OSError, match='is a folder'):
            copy(source / 'h.txt', target / 'folder')
        with pytest.raises(OSError, match='not to be overwritten'):
            copy(source / 'h.txt', target / 'file.txt', overwrite=False)

    def test_one_folder(self, transport, verb, source, target):
        copy = getattr(transport, f'{verb}tree')
        copy(source / 'a', target / 'deep' / 'new')
        assert tree(target / 'deep' / 'new') == TREE_A
        for wrong in (source / 'h.txt', source / 'absent'):
            with pytest.raises(OSError):
                copy(wrong, target / 'x')


def test_our_side_is_absolute(transport, source, target):
    for verb in ('put', 'putfile', 'puttree'):
        with pytest.raises(ValueError, match='absolute'):
            getattr(transport, verb)('relative', target)
    for verb in ('get', 'getfile', 'gettree'):
        with pytest.raises(ValueError, match='absolute'):
            getattr(transport, verb)(source / 'h.txt', 'relative')
    with pytest.raises(ValueError, match='empty'):
        transport.put('', target)
    with pytest.raises(ValueError, match='empty'):
        transport.put(source / 'h.txt', '')


def test_copy(transport, source, target):
    transport.copy(source / 'h.txt', target / 'new')
    transport.copy(source / 'h.txt', target / 'folder')
    transport.copy(source / 'a', target / 'folder')
    assert tree(target) == {**KEPT, 'new': 'H', 'folder/h.txt': 'H', **below('folder/a', {**TREE_A, 'link': '@'})}
    transport.copy(source / 'a', target / 'followed', dereference=True)
    assert tree(target / 'followed') == TREE_A
    with pytest.raises(OSError, match='absent'):
        transport.copy(source / 'absent', target / 'x')
    with pytest.raises(OSError, match='is a file'):
        transport.copy(source / '*', target / 'file.txt')
    for arguments in (('', target), (source, '')):
        with pytest.raises(ValueError, match='empty'):
            transport.copy(*arguments)


def test_copy_of_a_pattern_and_of_the_content(transport, source, target):
    transport.copy(source / '*', target / 'folder')
    assert sorted(os.listdir(target / 'folder')) == ['a', 'h.txt', 'keep']
    (target / 'content').mkdir()
    transport.copy(f'{source}/a/.', target / 'content')
    assert sorted(os.listdir(target / 'content')) == ['b', 'f.txt', 'link']


def test_copyfile_and_copytree(transport, source, target):
    transport.copyfile(source / 'h.txt', target / 'file.txt')
    assert (target / 'file.txt').read_text() == 'H'
    transport.copyfile(source / 'a' / 'link', target / 'link')
    assert (target / 'link').is_symlink()
    transport.copytree(source / 'a', target / 'new')
    assert tree(target / 'new') == {**TREE_A, 'link': '@'}
    for verb, wrong in ((transport.copyfile, source / 'a'), (transport.copytree, source / 'h.txt')):
        with pytest.raises(OSError):
            verb(wrong, target / 'x')


@pytest.mark.parametrize('generic', [False, True])
def test_copy_to_the_computer_of_another_transport(transport, source, target, generic):
    copy = (Transport if generic else type(transport)).copy_from_remote_to_remote
    with LocalTransport(machine='localhost') as other:
        copy(transport, other, source / 'a', target / 'new')
        copy(transport, other, source / 'h.txt', target / 'new.txt')
        copy(transport, other, source / '*', target / 'folder')
    content = tree(target)
    assert content['new/link'] == 'F'
    assert content['new.txt'] == 'H'
    assert content['folder/h.txt'] == 'H'
    assert content['folder/a/b/g.txt'] == 'G'


@pytest.mark.parametrize('packing', ['tar', 'tar.gz', 'tar.bz2', 'tar.xz'])
def test_archives(transport, source, target, packing):
    transport.compress(packing, [source / 'a', source / '*.txt'], target / 'archive', root_dir=source)
    transport.extract(target / 'archive', target / 'out')
    assert tree(target / 'out') == {**below('a', {**TREE_A, 'link': '@'}), 'h.txt': 'H'}


def test_archives_followed_links_and_stripped_names(transport, source, target):
    transport.compress('tar', str(source / 'a'), target / 'archive', root_dir=source, dereference=True)
    transport.extract(target / 'archive', target / 'out', strip_components=1)
    assert tree(target / 'out') == TREE_A


def test_archives_refused(transport, source, target):
    with pytest.raises(ValueError, match=r'tar\.gz'):
        transport.compress('zip', source / 'a', target / 'archive', root_dir=source)
    with pytest.raises(OSError, match='nothing to pack'):
        transport.compress('tar', source / 'absent', target / 'archive', root_dir=source)
    with pytest.raises(OSError, match='not to be overwritten'):
        transport.compress('tar', source / 'a', target / 'file.txt', root_dir=source, overwrite=False)
    with pytest.raises(OSError, match='is a folder'):
        transport.compress('tar', source / 'a', target / 'folder', root_dir=source)
    with pytest.raises(OSError, match='no archive'):
        transport.extract(target / 'absent', target / 'out')
    with pytest.raises(OSError, match='returned'):
        transport.extract(target / 'file.txt', target / 'out')


def test_a_command_and_what_it_gives_back(transport, tmp_path):
    assert transport.exec_command_wait('echo out; echo err >&2; exit 3') == (3, 'out\n', 'err\n')
    assert transport.exec_command_wait('pwd', workdir=tmp_path) == (0, f'{tmp_path}\n', '')
    assert transport.exec_command_wait_bytes(r'printf "\377"') == (0, b'\xff', b'')
    assert transport.exec_command_wait(r'printf "\351"', encoding='latin-1')[1] == 'é'
    assert transport.exec_command_wait('kill -9 $$')[0] == 137
    with pytest.raises(FileNotFoundError):
        transport.exec_command_wait('pwd', workdir=tmp_path / 'absent')


@pytest.mark.parametrize('stdin', [str, str.encode, io.StringIO, lambda text: io.BytesIO(text.encode())])
def test_a_command_is_fed(transport, stdin):
    assert transport.exec_command_wait('cat', stdin=stdin('fed')) == (0, 'fed', '')


def test_a_command_is_not_fed_with_anything_else(transport):
    with pytest.raises(ValueError, match='list'):
        transport.exec_command_wait('cat', stdin=['fed'])


def test_a_command_that_takes_too_long(transport, tmp_path):
    started = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        transport.exec_command_wait(f'echo $$ > {tmp_path}/pid; exec sleep 300', timeout=1.0)
    assert time.monotonic() - started < 30
    deadline = time.monotonic() + 10
    while psutil.pid_exists(int((tmp_path / 'pid').read_text())):
        assert time.monotonic() < deadline, 'it was not killed'
        time.sleep(0.02)
    assert transport.exec_command_wait('echo out; echo err >&2', timeout=60) == (0, 'out\n', 'err\n')


def _wait_for_content(path, content):
    deadline = time.monotonic() + 10
    while not (path.exists() and path.read_text() == content):
        assert time.monotonic() < deadline, f'{path} has not become {content!r}'
        time.sleep(0.01)


@pytest.mark.parametrize('generic', [False, True])
def test_a_detached_command_has_a_group_of_its_own(transport, tmp_path, generic):
    detach = (Transport if generic else type(transport)).exec_command_detached
    group = detach(transport, 'echo "it\'s" > seen; sleep 60 & echo $! > child; wait', tmp_path)
    _wait_for_content(tmp_path / 'seen', "it's\n")
    while not (tmp_path / 'child').exists() or not (tmp_path / 'child').read_text():
        time.sleep(0.01)
    child = int((tmp_path / 'child').read_text())
    assert os.getpgid(child) == group != os.getpgid(0)
    os.killpg(group, signal.SIGKILL)


def test_a_detached_command_that_cannot_start(transport, tmp_path):
    with pytest.raises(OSError):
        transport.exec_command_detached('true', tmp_path / 'absent')


@pytest.fixture
def terminal(kind, request, tmp_path, monkeypatch):
    """Give the `ssh` of terminals the tests' own configuration; it looks for it in the home of the account."""
    if kind == 'local':
        return
    server, program = request.getfixturevalue('sshd'), shutil.which('ssh')
    if program is None:
        pytest.skip('ssh is not installed')
    wrapper = tmp_path / 'bin' / 'ssh'
    wrapper.parent.mkdir()
    options = f'-F {server.config} -o UserKnownHostsFile={server.known_hosts} -o LogLevel=ERROR'
    wrapper.write_text(f'#!/bin/sh\nexec {program} {options} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv('PATH', f'{wrapper.parent}:{os.environ["PATH"]}')


def test_who_and_where(transport, tmp_path, terminal):
    name = transport.exec_command_wait('whoami')[1].strip()
    assert transport.whoami() == name == Transport.whoami(transport) == pwd.getpwuid(os.getuid()).pw_name
    folder = tmp_path / "it's here"
    folder.mkdir()

    def typed(command, text):
        return subprocess.run(command, shell=True, input=text, capture_output=True, text=True, check=False)

    command = transport.gotocomputer_command(folder)
    assert typed(command, 'pwd').stdout == f'{folder}\n'
    assert typed(transport.gotocomputer_command(), 'echo $((2 + 3))').stdout == '5\n'
    folder.rmdir()
    gone = typed(command, '').stdout
    assert 'deleted' in gone
    assert str(folder) in gone


def test_a_path_that_exists_is_no_pattern(transport, tmp_path):
    folder = tmp_path / 'we[i]rd*'
    folder.mkdir()
    (folder / 'f[1].txt').write_text('1')
    transport.get(str(folder / 'f[1].txt'), str(tmp_path / 'got'))
    transport.copy(str(folder / 'f[1].txt'), str(tmp_path / 'copied'))
    transport.symlink(str(folder / 'f[1].txt'), str(tmp_path / 'linked'))
    for name in ('got', 'copied', 'linked'):
        assert (tmp_path / name).read_text() == '1'
