"""``verdi storage`` over both kinds of stores."""

from __future__ import annotations

import io

import pytest

from aiida.manage import get_manager
from aiida.manage.configuration import create_profile, get_config


@pytest.fixture(params=['core.sqlite_dos', 'core.psql_dos'])
def storage(request, verdi, config_folder, tmp_path):
    """Run ``verdi storage`` in a profile of each kind."""
    if request.param == 'core.sqlite_dos':
        where = {'filepath': str(tmp_path / 'data')}
    else:
        where = request.getfixturevalue('postgres_server').new_config(tmp_path / 'data')
    config = get_config(create=True)
    create_profile(config, name='kept', email='a@b', storage_backend=request.param, storage_config=where)
    config.set_default_profile('kept')
    get_manager().load_profile('kept', allow_switch=True)

    def run(*words, **options):
        return verdi('storage', *words, **options).output

    return run


def test_info_counts_what_is_there(storage):
    from aiida import orm

    orm.Int(1).store()
    orm.SinglefileData(io.BytesIO(b'content')).store()
    output = storage('info')
    for words in ('Users:\n    count: 1', 'Nodes:\n    count: 2', 'loose: 1', 'SHA-hash algorithm: sha256'):
        assert words in output
    detailed = storage('info', '--detailed')
    assert '- data.core.int.Int.' in detailed
    assert 'a@b' in detailed


def test_version(storage, monkeypatch):
    output = storage('version')
    assert output == "Latest storage schema version: 'main_0002'\nStorage schema version of 'kept': 'main_0002'\n"
    database = get_manager().get_profile_storage()._database
    with database.transaction():
        database.execute("UPDATE alembic_version SET version_num = 'main_0001'")
    get_manager().unload_profile()
    assert 'revision main_0001' in storage('version', status=4)
    profile = get_config().get_profile('kept')
    described = {'filepath': '/nowhere', 'database_port': 1}
    for key in described.keys() & profile.storage_config.keys():
        profile.storage_config[key] = described[key]
    get_config().update_profile(profile)
    output = storage('version', status=3)
    assert 'cannot be reached or is corrupt' in output
    assert 'Traceback' not in output


def test_files_are_checked_packed_and_what_belongs_to_nobody_deleted(storage):
    from aiida import orm

    node = orm.SinglefileData(io.BytesIO(b'content')).store()
    repository = get_manager().get_profile_storage().repository
    left_over = repository.put_object_from_filelike(io.BytesIO(b'of nobody'))
    assert 'all files of all nodes are there' in storage('integrity')
    assert '1 content of files belongs to no node' in storage('integrity')
    assert 'Would pack 2 loose files' in storage('maintain', '--dry-run')
    assert 'Packing 2 loose files' in storage('maintain')
    assert repository.has_object(left_over)
    assert 'Nothing was done' in storage('maintain', '--full', input='n\n')
    assert 'Would delete 1 contents' in storage('maintain', '--full', '--dry-run')
    assert repository.has_object(left_over)
    assert 'procedures finished' in storage('maintain', '--full', '--force')
    assert not repository.has_object(left_over)
    assert repository.get_info()['Objects'] == {'packed': 1, 'loose': 0, 'pack_files': 1}
    assert node.get_content() == 'content'
    (key,) = node.base.repository.metadata['o']['file.txt'].values()
    repository.delete_objects([key])
    output = storage('integrity', status=1)
    assert f'node {node.pk} has a file whose content is missing: {key}' in output
