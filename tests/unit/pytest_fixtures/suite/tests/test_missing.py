"""Tests that ask for what is not supported yet: each is skipped."""

import pytest

NAMES = [
    'aiida_computer_ssh',
    'aiida_computer_ssh_async',
    'config_psql_dos',
    'daemon_client',
    'postgres_cluster',
    'run_aiida_broker_service',
    'run_aiida_broker_service_for_profile',
    'ssh_key',
    'started_daemon_client',
    'stopped_daemon_client',
]


@pytest.mark.parametrize('name', NAMES)
def test_skipped(request, name):
    request.getfixturevalue(name)
    raise AssertionError(f'{name} gave something')


def test_store(aiida_config, aiida_profile_factory):
    with aiida_profile_factory(aiida_config, storage_backend='core.psql_dos'):
        raise AssertionError('a profile in PostgreSQL was made')
