"""Codes: what they keep, what they give to job scripts, what they refuse."""

from __future__ import annotations

import pathlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from aiida import orm
from aiida.common.exceptions import (
    EntryPointError,
    ModificationNotAllowed,
    NotExistent,
    PluginInternalError,
    ValidationError,
)
from aiida.common.folders import Folder
from aiida.common.warnings import AiidaDeprecationWarning
from aiida.orm import AbstractCode, Code, ContainerizedCode, InstalledCode, PortableCode

pytestmark = pytest.mark.usefixtures('store')

PATH = '/bin/bash'


@pytest.fixture
def code(computer: Any) -> InstalledCode:
    return InstalledCode(label='bash', computer=computer, filepath_executable=PATH)


@pytest.fixture
def other_computer() -> Any:
    return orm.Computer(
        label='there', hostname='there', transport_type='core.local', scheduler_type='core.direct', workdir='/tmp'
    ).store()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / 'files'
    (folder / 'lib').mkdir(parents=True)
    (folder / 'run.sh').write_text('#!/bin/sh\n')
    (folder / 'lib' / 'data').write_text('d')
    return folder


def test_installed_code_comes_back(code: InstalledCode, computer: Any) -> None:
    code.store()
    loaded = orm.load_node(code.pk)
    assert type(loaded) is InstalledCode
    assert loaded.base.attributes.all == {
        'input_plugin': None,
        'append_text': '',
        'prepend_text': '',
        'use_double_quotes': False,
        'with_mpi': None,
        'wrap_cmdline_params': False,
        'filepath_executable': PATH,
    }
    assert loaded.base.extras.get('hidden') is False
    assert loaded.computer.uuid == computer.uuid
    assert (loaded.full_label, loaded.label, loaded.get_description()) == ('bash@here', 'bash', 'bash@here')
    assert loaded.filepath_executable == loaded.get_executable() == pathlib.PurePosixPath(PATH)
    assert str(loaded) == f"Remote code 'bash' on here pk: {code.pk}, uuid: {code.uuid}"
    assert orm.load_code('bash@here').uuid == orm.load_code('bash').uuid == code.uuid


def test_properties_of_a_code(computer: Any) -> None:
    values = {
        'default_calc_job_plugin': 'core.arithmetic.add',
        'append_text': 'after',
        'prepend_text': 'before',
        'use_double_quotes': True,
        'with_mpi': False,
        'wrap_cmdline_params': True,
        'is_hidden': True,
    }
    made = InstalledCode(computer='here', filepath_executable=PATH, label='l', description='d', **values)
    for name, value in values.items():
        assert getattr(made, name) == value
        with pytest.raises(TypeError):
            setattr(made, name, 5)
    with pytest.raises(TypeError):
        InstalledCode(computer=computer, filepath_executable=PATH, no_such_argument=1)
    made.store()
    for name, value in values.items():
        if name != 'is_hidden':
            with pytest.raises(ModificationNotAllowed):
                setattr(made, name, value)
    made.is_hidden = False
    made.label = 'renamed'
    assert orm.load_node(made.pk).is_hidden is False
    assert orm.load_code('renamed').pk == made.pk


def test_command_line(code: InstalledCode) -> None:
    assert code.get_executable_cmdline_params(['-c', 'x y']) == [PATH, '-c', 'x y']
    assert code.get_executable_cmdline_params() == [PATH]
    assert code.get_prepend_cmdline_params(['mpirun', '-n', '2'], ['-x']) == ['mpirun', '-n', '2', '-x']
    assert code.get_prepend_cmdline_params() == []


def test_labels_have_no_at(code: InstalledCode, computer: Any) -> None:
    with pytest.raises(ValueError, match='@'):
        code.label = 'a@b'
    with pytest.raises(ValueError, match='@'):
        InstalledCode(label='a@b', computer=computer, filepath_executable=PATH)
    # Two codes may have the same label.
    for _ in range(2):
        InstalledCode(label='same', computer=computer, filepath_executable=PATH).store()


@pytest.mark.parametrize('path', [5, pathlib.PurePosixPath(PATH), None])
def test_installed_code_has_a_path(path: Any, computer: Any) -> None:
    with pytest.raises(TypeError):
        InstalledCode(computer=computer, filepath_executable=path)


def test_installed_code_has_a_computer(code: InstalledCode, other_computer: Any) -> None:
    with pytest.raises(TypeError):
        InstalledCode(computer=5, filepath_executable=PATH)  # type: ignore[arg-type]
    with pytest.raises(NotExistent, match='nowhere'):
        InstalledCode(computer='nowhere', filepath_executable=PATH)
    code.computer = None
    with pytest.raises(ValidationError, match='computer'):
        code.store()
    code.computer = other_computer
    code.store()
    with pytest.raises(ModificationNotAllowed):
        code.computer = other_computer
    with pytest.raises(ModificationNotAllowed):
        code.filepath_executable = '/bin/sh'  # type: ignore[assignment]


def test_installed_code_without_a_path_is_refused(computer: Any) -> None:
    with pytest.raises(ValidationError, match='filepath_executable'):
        InstalledCode(computer=computer, filepath_executable='').store()


def test_where_an_installed_code_runs(code: InstalledCode, computer: Any, other_computer: Any) -> None:
    assert code.can_run_on_computer(computer)
    assert not code.can_run_on_computer(other_computer)
    with pytest.raises(TypeError):
        code.can_run_on_computer('here')  # type: ignore[arg-type]


def test_the_computer_is_asked_for_the_executable(code: InstalledCode, computer: Any) -> None:
    code.validate_filepath_executable()
    InstalledCode(computer=computer, filepath_executable='bash').validate_filepath_executable()
    with pytest.raises(ValidationError, match='/no/such/program'):
        InstalledCode(computer=computer, filepath_executable='/no/such/program').validate_filepath_executable()


def test_builder_needs_a_plugin(code: InstalledCode) -> None:
    with pytest.raises(ValueError, match='default_calc_job_plugin'):
        code.get_builder()
    code.default_calc_job_plugin = 'no.such.plugin'
    with pytest.raises(EntryPointError, match=r'no\.such\.plugin'):
        code.get_builder()


def test_export_of_codes(code: InstalledCode, files: Path, tmp_path: Path) -> None:
    code.description = 'd'
    target = tmp_path / 'code.yaml'
    code.export(str(target))
    assert yaml.safe_load(target.read_text()) == {
        'label': 'bash',
        'description': 'd',
        'use_double_quotes': False,
        'wrap_cmdline_params': False,
        'prepend_text': '',
        'append_text': '',
        'filepath_executable': PATH,
        'computer': 'here',
    }
    assert code.get_export_formats() == ['yaml', 'yml']
    portable = PortableCode(label='p', filepath_executable='run.sh', filepath_files=files)
    portable.export(str(tmp_path / 'portable.yml'))
    exported = yaml.safe_load((tmp_path / 'portable.yml').read_text())
    assert exported['filepath_files'] == str(tmp_path / 'p')
    assert (tmp_path / 'p' / 'lib' / 'data').read_text() == 'd'


# portable codes


def test_portable_code_comes_back(files: Path, computer: Any) -> None:
    code = PortableCode(label='p', filepath_executable='run.sh', filepath_files=files).store()
    loaded = orm.load_node(code.pk)
    assert type(loaded) is PortableCode
    assert loaded.base.repository.list_object_names() == ['lib', 'run.sh']
    assert loaded.base.attributes.get('filepath_executable') == 'run.sh'
    assert (loaded.full_label, loaded.computer, loaded.can_run_on_computer(computer)) == ('p', None, True)
    assert loaded.get_executable_cmdline_params(['a']) == ['./run.sh', 'a']
    assert loaded.get_executable() == pathlib.PurePosixPath('run.sh')
    assert str(loaded).startswith("Local code 'p' pk: ")


def test_portable_code_has_its_executable(files: Path) -> None:
    PortableCode(filepath_executable='lib/data', filepath_files=str(files)).store()
    for path in ('none', 'lib'):
        with pytest.raises(ValidationError, match=path):
            PortableCode(filepath_executable=path, filepath_files=files).store()
    for arguments, error in (
        ({'filepath_executable': '/run.sh', 'filepath_files': files}, ValueError),
        ({'filepath_executable': 'run.sh', 'filepath_files': '/no/such'}, ValueError),
        ({'filepath_executable': 'run.sh', 'filepath_files': files / 'run.sh'}, ValueError),
        ({'filepath_executable': 5, 'filepath_files': files}, TypeError),
        ({'filepath_executable': 'run.sh', 'filepath_files': 5}, TypeError),
    ):
        with pytest.raises(error):
            PortableCode(**arguments)  # type: ignore[arg-type]


def test_a_calculation_leaves_the_executable_alone(files: Path, code: InstalledCode) -> None:
    portable = PortableCode(filepath_executable='run.sh', filepath_files=files)
    portable.validate_working_directory(Folder(str(files / 'lib')))
    with pytest.raises(PluginInternalError, match=r'run\.sh'):
        portable.validate_working_directory(Folder(str(files)))
    code.validate_working_directory(Folder(str(files)))


# containerized codes


def test_containerized_code(computer: Any) -> None:
    code = ContainerizedCode(
        label='k',
        computer=computer,
        filepath_executable='pw.x',
        engine_command='docker run -v $PWD:/w {image_name}',
        image_name='quantum/espresso:7',
        wrap_cmdline_params=True,
    ).store()
    loaded = orm.load_node(code.pk)
    assert type(loaded) is ContainerizedCode
    engine = ['docker', 'run', '-v', '$PWD:/w', 'quantum/espresso:7']
    assert loaded.get_prepend_cmdline_params() == engine
    assert loaded.get_prepend_cmdline_params(['mpirun'], ['-x']) == ['mpirun', '-x', *engine]
    assert loaded.get_executable_cmdline_params(['a']) == ['pw.x', 'a']
    assert (loaded.full_label, loaded.image_name) == ('k@here', 'quantum/espresso:7')
    loaded.validate_filepath_executable()


@pytest.mark.parametrize(
    ('more', 'error'),
    [
        ({}, ValueError),
        ({'engine_command': 'docker {image_name}'}, ValueError),
        ({'image_name': 'a'}, ValueError),
        ({'engine_command': 'docker run', 'image_name': 'a'}, ValueError),
        ({'engine_command': 5, 'image_name': 'a'}, TypeError),
        ({'engine_command': '{image_name}', 'image_name': 5}, TypeError),
    ],
)
def test_containerized_code_is_complete(more: Any, error: type[Exception], computer: Any) -> None:
    with pytest.raises(error):
        ContainerizedCode(computer=computer, filepath_executable='pw.x', **more)


# the class there was before


def test_all_codes_are_codes(code: InstalledCode) -> None:
    assert isinstance(code, Code)
    assert issubclass(PortableCode, Code)
    with pytest.raises(TypeError, match='abstract'):
        AbstractCode()  # type: ignore[abstract]


def test_legacy_code(computer: Any, other_computer: Any, files: Path) -> None:
    with pytest.warns(AiidaDeprecationWarning):
        remote = Code(remote_computer_exec=[computer, PATH], label='r', input_plugin_name='core.arithmetic.add')
    assert remote.base.attributes.get('is_local') is False
    assert remote.base.attributes.get('remote_exec_path') == PATH
    assert (remote.full_label, remote.get_execname(), remote.get_remote_exec_path()) == ('r@here', PATH, PATH)
    assert (remote.can_run_on(computer), remote.can_run_on(other_computer)) == (True, False)
    assert remote.get_input_plugin_name() == 'core.arithmetic.add'
    remote.validate_remote_exec_path()
    with pytest.warns(AiidaDeprecationWarning):
        local = Code(local_executable='run.sh', files=[str(files / 'run.sh')], label='l')
    assert (local.is_local(), local.full_label, str(local.get_executable())) == (True, 'l@repository', 'run.sh')
    assert local.can_run_on(other_computer)
    local._validate()
    remote._validate()


@pytest.mark.filterwarnings('ignore::aiida.common.warnings.AiidaDeprecationWarning')
def test_legacy_code_is_in_one_place(computer: Any, files: Path) -> None:
    for arguments in (
        {'remote_computer_exec': 5},
        {'remote_computer_exec': [computer, 'bash']},
        {'remote_computer_exec': ['here', PATH]},
        {'remote_computer_exec': [computer, PATH], 'local_executable': 'run.sh'},
    ):
        with pytest.raises(ValueError):
            Code(**arguments)
    for broken in (Code(), Code(local_executable='none', files=[str(files / 'run.sh')])):
        with pytest.raises(ValidationError):
            broken._validate()


def test_codes_by_label(code: InstalledCode) -> None:
    code.default_calc_job_plugin = 'core.arithmetic.add'
    code.store()
    assert Code.get_code_helper('bash', 'here').uuid == Code.get(label='bash').uuid == code.uuid
    assert InstalledCode.list_for_plugin('core.arithmetic.add') == ['bash']
    with pytest.raises(NotExistent):
        Code.get_code_helper('bash', 'there')
    InstalledCode(label='bash', computer='here', filepath_executable=PATH).store()
    with pytest.raises(Exception, match='several'):
        Code.get_code_helper('bash')
