"""Jobs that move files: their ports and exit codes are those of aiida-core 2.9.4, and what they do is as it says."""

import os
import shutil

import pytest
from conformance_inventory import row

from aiida import orm
from aiida.common.datastructures import CalcJobState, StashMode, UnstashTargetMode
from aiida.engine import run_get_node
from aiida.plugins import CalculationFactory, DataFactory

STASH = {
    'target_base': str,
    'source_list': (tuple, list),
    'stash_mode': str,
    'dereference': bool,
    'fail_on_missing': bool,
}
UNSTASH = {'source_list': (tuple, list), 'unstash_target_mode': str}


@row('E10', 'P32')
@pytest.mark.parametrize(
    ('name', 'source', 'option', 'needed'),
    [
        ('core.stash', orm.RemoteData, 'stash', {'target_base', 'source_list', 'stash_mode'}),
        ('core.unstash', orm.RemoteStashData, 'unstash', {'unstash_target_mode'}),
    ],
)
def test_ports(name, source, option, needed):
    spec = CalculationFactory(name).spec()
    assert spec.inputs['source_node'].valid_type is source
    assert spec.inputs['source_node'].required
    assert spec.inputs['metadata']['computer'].required
    options = spec.inputs['metadata']['options']
    for namespace, ports in (('stash', STASH), ('unstash', UNSTASH)):
        assert options[namespace].required is (namespace == option)
        assert set(options[namespace]) == set(ports)
        for port, kinds in ports.items():
            valid = options[namespace][port].valid_type
            accepted = valid if isinstance(valid, tuple) else (valid,)
            assert set(kinds if isinstance(kinds, tuple) else (kinds,)) <= set(accepted)
    assert {port for port in options[option] if options[option][port].required} == needed
    assert options['resources'].default == {'num_machines': 1, 'num_mpiprocs_per_machine': 1}
    assert (options['input_filename'].default, options['output_filename'].default) == ('aiida.in', 'aiida.out')
    assert set(spec.outputs) == {'remote_folder', 'remote_stash', 'retrieved'}
    codes = {code.status for code in spec.exit_codes.values()}
    assert {1, 2, 10, 11, 100, 110, 120, 131, 140, 150, 160} <= codes


@row('E10')
def test_names():
    assert [mode.value for mode in StashMode] == ['copy', 'tar', 'tar.bz2', 'tar.gz', 'tar.xz', 'submit_custom_code']
    assert {mode.value for mode in UnstashTargetMode} == {'OriginalPlace', 'NewRemoteData'}
    assert {CalcJobState.STASHING.value, CalcJobState.UNSTASHING.value} == {'stashing', 'unstashing'}
    for name, kind in (
        ('core.remote.stash', orm.RemoteStashData),
        ('core.remote.stash.folder', orm.RemoteStashFolderData),
        ('core.remote.stash.compress', orm.RemoteStashCompressedData),
        ('core.remote.stash.custom', orm.RemoteStashCustomData),
    ):
        assert DataFactory(name) is kind
        assert issubclass(kind, orm.RemoteStashData)


@row('E10')
@pytest.mark.usefixtures('runner')
@pytest.mark.parametrize('mode', [mode for mode in StashMode if mode is not StashMode.SUBMIT_CUSTOM_CODE])
def test_there_and_back(bash, tmp_path, mode):
    folder = tmp_path / 'scratch' / 'of' / 'somebody'
    folder.mkdir(parents=True)
    (folder / 'file.txt').write_text('text')
    source = orm.RemoteData(computer=bash.computer, remote_path=str(folder)).store()
    stash = {'target_base': str(tmp_path / 'kept'), 'source_list': ['*.txt'], 'stash_mode': mode.value}
    if mode is not StashMode.COPY:
        stash['dereference'] = True
    options = {'computer': bash.computer, 'options': {'stash': stash}}
    kept = run_get_node(
        CalculationFactory('core.stash'), source_node=source, metadata=options
    ).node.outputs.remote_stash
    shutil.rmtree(folder)
    for target in UnstashTargetMode:
        unstash = {'source_list': ['*.txt'], 'unstash_target_mode': target.value}
        node = run_get_node(
            CalculationFactory('core.unstash'),
            source_node=kept,
            metadata={'computer': bash.computer, 'options': {'unstash': unstash}},
        ).node
        place = node.outputs.remote_folder.get_remote_path() if target is UnstashTargetMode.NewRemoteData else folder
        with open(os.path.join(place, 'file.txt')) as handle:
            assert handle.read() == 'text'
