"""Fixtures for computers and codes."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from aiida.tools.pytest_fixtures.missing import skip_without

if TYPE_CHECKING:
    from aiida.orm import Computer, InstalledCode
    from aiida.orm.nodes.data.code.abstract import AbstractCode

#: Fixtures that come before those that store something, in whatever order a test names them.
_FIRST = ('aiida_profile_clean', 'aiida_profile_tmp', 'clear_database_before_test')


def _profile_first(request: pytest.FixtureRequest) -> None:
    """Let the profile be emptied or made before computers and codes are stored in it."""
    for name in _FIRST:
        if name in request.fixturenames:
            request.getfixturevalue(name)


@pytest.fixture(scope='session')
def ssh_key(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The path of a private key made for these tests, without a password; beside it is the public key, ``<path>.pub``.

    The tests are skipped if there is no ``ssh-keygen``.
    """
    program = shutil.which('ssh-keygen')
    if program is None:
        skip_without('there is no `ssh-keygen` on this machine', 'install OpenSSH (Debian: `openssh-client`)')
    path = tmp_path_factory.mktemp('keys') / uuid4().hex
    command = [program, '-q', '-t', 'ed25519', '-N', '', '-C', 'tests', '-f', str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return path


@pytest.fixture
def aiida_computer(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Callable[..., Computer]:
    """A function that returns a computer, stored: the one of a label if there is one, a new one otherwise.

    It takes

    * ``label``: what it is called; a name of its own for ``None``;
    * ``hostname``, ``scheduler_type`` and ``transport_type``: this machine, without a scheduler, by default;
    * ``minimum_job_poll_interval``: seconds between two looks at its jobs;
    * ``default_mpiprocs_per_machine``: processes per node of a parallel job;
    * ``configuration_kwargs``: what the user needs to connect; it is not configured for ``None``.
    """
    _profile_first(request)

    def factory(
        label: str | None = None,
        hostname: str = 'localhost',
        scheduler_type: str = 'core.direct',
        transport_type: str = 'core.local',
        minimum_job_poll_interval: float = 0,
        default_mpiprocs_per_machine: int = 1,
        configuration_kwargs: dict[str, Any] | None = None,
    ) -> Computer:
        from aiida.orm import Computer

        computer: Computer
        created, computer = Computer.collection.get_or_create(
            label=label or f'test-computer-{uuid4().hex}',
            hostname=hostname,
            scheduler_type=scheduler_type,
            transport_type=transport_type,
            workdir=str(tmp_path),
        )
        if created:
            computer.set_minimum_job_poll_interval(minimum_job_poll_interval)
            computer.set_default_mpiprocs_per_machine(default_mpiprocs_per_machine)
            computer.store()
        if configuration_kwargs is not None:
            computer.configure(**configuration_kwargs)
        return computer

    return factory


@pytest.fixture
def aiida_computer_local(aiida_computer: Callable[..., Computer]) -> Callable[..., Computer]:
    """A function that returns this machine as a computer, without a scheduler.

    It takes ``label``, a name of its own for ``None``, and whether to ``configure`` it, which is so by default.
    """

    def factory(label: str | None = None, configure: bool = True) -> Computer:
        computer = aiida_computer(label=label)
        if configure and not computer.is_configured:
            computer.configure()
        return computer

    return factory


@pytest.fixture
def aiida_computer_ssh(aiida_computer: Callable[..., Computer], ssh_key: pathlib.Path) -> Callable[..., Computer]:
    """A function that returns this machine as a computer that is reached by SSH, without a scheduler.

    It takes ``label``, a name of its own for ``None``, and whether to ``configure`` it, which is so by default: with
    the key of ``ssh_key``, which the machine has to be told of before it lets anybody in.
    """

    def factory(label: str | None = None, configure: bool = True) -> Computer:
        computer = aiida_computer(label=label, transport_type='core.ssh')
        if configure and not computer.is_configured:
            computer.configure(key_filename=str(ssh_key), key_policy='AutoAddPolicy', safe_interval=1.0)
        return computer

    return factory


@pytest.fixture
def aiida_computer_ssh_async(aiida_computer: Callable[..., Computer]) -> Callable[..., Computer]:
    """A function that returns this machine as a computer that is reached by ``core.ssh_async``, without a scheduler.

    It takes ``label``, a name of its own for ``None``, whether to ``configure`` it, which is so by default, and the
    ``backend``, ``asyncssh`` for ``None``.
    """

    def factory(label: str | None = None, configure: bool = True, backend: str | None = None) -> Computer:
        computer = aiida_computer(label=label, transport_type='core.ssh_async')
        if configure and not computer.is_configured:
            computer.configure(backend=backend or 'asyncssh')
        return computer

    return factory


@pytest.fixture
def aiida_localhost(aiida_computer_local: Callable[..., Computer]) -> Computer:
    """This machine as a computer ``localhost``, without a scheduler, ready for use."""
    return aiida_computer_local(label='localhost')


@pytest.fixture
def aiida_code(request: pytest.FixtureRequest) -> Callable[..., AbstractCode]:
    """A function that returns a code, stored: the one of a label if there is one, a new one otherwise.

    It takes the ``entry_point`` of its class, as ``core.code.installed``, its ``label`` (one of its own for ``None``),
    and what the class takes.
    """
    _profile_first(request)

    def factory(entry_point: str, label: str | None = None, **kwargs: Any) -> AbstractCode:
        from aiida.plugins.factories import DataFactory

        code_class: Any = DataFactory(entry_point)
        found = None if label is None else _find(code_class, label, kwargs.get('computer'))
        if found is not None:
            return found
        code: AbstractCode = code_class(label=label or f'test-code-{uuid4().hex}', **kwargs).store()
        return code

    return factory


def _find(code_class: type[AbstractCode], label: str, computer: Computer | None) -> AbstractCode | None:
    """Return the code of a label, on a computer if one is given; ``None`` if there is none."""
    from aiida.orm import Computer, QueryBuilder

    query = QueryBuilder()
    on_computer: dict[str, Any] = {}
    if computer is not None:
        query.append(Computer, filters={'id': computer.pk}, tag='computer')
        on_computer = {'with_computer': 'computer'}
    query.append(code_class, filters={'label': label}, tag='code', **on_computer).order_by({'code': 'id'})
    found: AbstractCode | None = query.first(flat=True)
    return found


@pytest.fixture
def aiida_code_installed(
    aiida_code: Callable[..., InstalledCode], aiida_localhost: Computer
) -> Callable[..., InstalledCode]:
    """A function that returns a program on a computer as a code, stored: the one of a label if there is one on the
    computer, a new one otherwise.

    It takes ``label`` (one of its own for ``None``), ``description``, ``default_calc_job_plugin`` (the entry point of
    the calculation), ``computer`` (this machine by default), ``filepath_executable`` (``/bin/bash`` by default),
    ``use_double_quotes``, ``with_mpi``, ``prepend_text`` and ``append_text``.
    """

    def factory(
        label: str | None = None,
        description: str | None = None,
        default_calc_job_plugin: str | None = None,
        computer: Computer = aiida_localhost,
        filepath_executable: str = '/bin/bash',
        use_double_quotes: bool = False,
        with_mpi: bool | None = None,
        prepend_text: str = '',
        append_text: str = '',
    ) -> InstalledCode:
        return aiida_code(
            'core.code.installed',
            label=label,
            description=description,
            default_calc_job_plugin=default_calc_job_plugin,
            computer=computer,
            filepath_executable=filepath_executable,
            use_double_quotes=use_double_quotes,
            with_mpi=with_mpi,
            prepend_text=prepend_text,
            append_text=append_text,
        )

    return factory
