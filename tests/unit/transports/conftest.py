"""A transport of each kind, and files for it to move."""

import pytest

from aiida.transports.plugins.local import LocalTransport
from private_sshd import HOST, running_sshd, sshd  # noqa: F401 - fixtures


def make_transport(kind, **settings):
    """Return a transport of a kind, closed, to this machine."""
    if kind == 'local':
        return LocalTransport(machine='localhost', **settings)
    from aiida.transports import AsyncSshTransport, SshTransport

    return {'ssh': SshTransport, 'ssh_async': AsyncSshTransport}[kind](machine=HOST, safe_interval=0.0, **settings)


@pytest.fixture(params=['local', 'ssh', 'ssh_async'])
def kind(request):
    """The kind of transport."""
    if request.param != 'local':
        request.getfixturevalue('sshd')
    return request.param


@pytest.fixture
def transport(kind):
    """An open transport."""
    with make_transport(kind, use_login_shell=False) as opened:
        yield opened


@pytest.fixture
def source(tmp_path):
    """a/ (b/g.txt, f.txt, link -> f.txt), h.txt, .hidden"""
    root = tmp_path / 'source'
    (root / 'a' / 'b').mkdir(parents=True)
    (root / 'a' / 'b' / 'g.txt').write_text('G')
    (root / 'a' / 'f.txt').write_text('F')
    (root / 'a' / 'link').symlink_to('f.txt')
    (root / 'h.txt').write_text('H')
    (root / '.hidden').write_text('.')
    return root


@pytest.fixture
def target(tmp_path):
    """file.txt, folder/keep"""
    root = tmp_path / 'target'
    (root / 'folder').mkdir(parents=True)
    (root / 'folder' / 'keep').write_text('K')
    (root / 'file.txt').write_text('old')
    return root
