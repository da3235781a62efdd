"""The names under which programs hold processes, and what they say of whether these are alive."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from aiida.common import claims
from aiida.common.claims import MAX_ATTEMPTS, Owner, back_off, owner_is_alive, this_owner

SLEEPER = [sys.executable, '-c', 'import time; time.sleep(60)']
linux_only = pytest.mark.skipif(not sys.platform.startswith('linux'), reason='needs /proc')


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(SLEEPER)
    yield process
    process.kill()
    process.wait()


def test_a_name_has_parts() -> None:
    owner = Owner.parse(this_owner())
    assert (owner.host, owner.pid) == (socket.gethostname(), os.getpid())
    assert owner.label == f'{socket.gethostname()}:{os.getpid()}'
    assert str(owner) == this_owner() == str(Owner.of(os.getpid()))
    assert owner.can_be_told
    assert owner_is_alive(this_owner())


@pytest.mark.parametrize('name', ['worker', 'host:12', 'host:12:3.5', 'me@home', ''])
def test_names_of_others(name: str) -> None:
    owner = Owner.parse(name)
    assert str(owner) in (name, f'{name}@:')
    assert owner_is_alive(name)  # as nothing says that it is gone
    assert not owner.can_be_told


def test_a_host_may_be_named_with_colons() -> None:
    owner = Owner('fe80::1', 7, '3', 'a.b.c')
    assert Owner.parse(str(owner)) == owner
    assert owner.label == 'fe80::1:7'


def test_a_program_that_has_ended(sleeper: subprocess.Popen[bytes]) -> None:
    name = str(Owner.of(sleeper.pid))
    assert owner_is_alive(name)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert not owner_is_alive(name)  # nobody has taken note of its end
    sleeper.wait()
    assert not owner_is_alive(name)
    assert not owner_is_alive(str(Owner.of(sleeper.pid)))


def test_a_number_that_was_given_again(sleeper: subprocess.Popen[bytes]) -> None:
    assert not Owner.of(sleeper.pid)._replace(start='1').is_alive
    assert not Owner.of(os.getpid())._replace(start='1').is_alive


@linux_only
def test_the_same_number_and_host_name_in_another_container() -> None:
    """Neither that this program has the number, nor that none has it, says anything of the one in the container."""
    here = Owner.of(os.getpid())
    machine, boot, _ = here.place.split('.')
    for pid in (here.pid, 2**22 + 1):
        there = here._replace(pid=pid, place=f'{machine}.{boot}.4026539999')
        assert there.is_alive
        assert not there.can_be_told


@linux_only
def test_the_same_number_and_host_name_on_another_machine() -> None:
    here = Owner.of(2**22 + 1)
    assert not here.is_alive
    _, _, namespace = here.place.split('.')
    there = here._replace(place=f'0f0f0f0f.0123456789ab.{namespace}')
    assert there.is_alive
    assert not there.can_be_told


@linux_only
def test_a_machine_that_was_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Owner(socket.gethostname(), os.getpid(), '77', f'aaaaaaaa.0123456789ab.{claims._FIRST_NAMESPACE}')
    monkeypatch.setattr(claims, '_here', lambda: f'aaaaaaaa.ba9876543210.{claims._FIRST_NAMESPACE}')
    assert before.can_be_told
    assert not before.is_alive
    assert before._replace(host='elsewhere').is_alive
    # containers of one image have the same number of the installation; without one nothing is known either
    assert before._replace(place='aaaaaaaa.0123456789ab.4026539999').is_alive
    monkeypatch.setattr(claims, '_here', lambda: f'.ba9876543210.{claims._FIRST_NAMESPACE}')
    assert before._replace(place=f'.0123456789ab.{claims._FIRST_NAMESPACE}').is_alive


def test_a_system_that_does_not_tell_the_place(
    monkeypatch: pytest.MonkeyPatch, sleeper: subprocess.Popen[bytes]
) -> None:
    monkeypatch.setattr(claims, '_here', lambda: '')
    assert Owner.of(sleeper.pid).is_alive
    assert not Owner.of(2**22 + 1).is_alive
    assert Owner.of(2**22 + 1)._replace(host='elsewhere').is_alive


@linux_only
@pytest.mark.skipif(os.geteuid() != 0 or shutil.which('unshare') is None, reason='needs root and `unshare`')
def test_containers_do_not_judge_each_other(sleeper: subprocess.Popen[bytes]) -> None:
    """A container that sees the /proc of its host, or its own, has the first number, as each other has."""
    program = 'import sys; from aiida.common.claims import *; print(this_owner(), owner_is_alive(sys.argv[1]))'
    outside, names = str(Owner.of(sleeper.pid)), []
    for options in (['--mount-proc'], []):
        command = ['unshare', '--pid', '--fork', *options, sys.executable, '-c', program, outside]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f'`unshare --pid` is not permitted here: {done.stderr.strip()}')
        name, verdict = done.stdout.split()
        assert verdict == 'True'
        names.append(name)
    first, second = map(Owner.parse, names)
    assert first.pid == second.pid == 1
    assert first.label == second.label
    assert first.place != second.place
    assert all(owner_is_alive(name) for name in names)  # nobody here can tell


@linux_only
@pytest.mark.skipif(os.geteuid() != 0, reason='needs root')
def test_a_program_of_another_user(sleeper: subprocess.Popen[bytes]) -> None:
    """It must not be signalled, and may be hidden, but it is alive."""
    name = str(Owner.of(sleeper.pid))
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        os._exit(0 if owner_is_alive(name) else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_rest_doubles_and_has_an_end() -> None:
    assert [back_off(attempts) for attempts in (0, 1, 2, 3)] == [0.0, 5.0, 10.0, 20.0]
    assert back_off(10_000) == back_off(MAX_ATTEMPTS) == 80.0
