"""The jobs that put files of other jobs aside and bring them back, with real files."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from aiida import orm
from aiida.common.datastructures import CalcInfo, CodeInfo, StashMode
from aiida.engine import CalcJob, run_get_node
from aiida.plugins import CalculationFactory

StashCalculation = CalculationFactory('core.stash')
UnstashCalculation = CalculationFactory('core.unstash')

SCRIPT = 'mkdir -p d/e; for f in a.txt b.txt .dot d/c.txt d/e/f.txt; do echo $f > $f; done; ln -s a.txt link'
ALL = {'a.txt', 'd/c.txt', 'd/e/f.txt', 'link', '.dot'}


class MakesFiles(CalcJob):
    """Run the code, which makes files."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.inputs['metadata']['options']['resources'].default = {'num_machines': 1}

    def prepare_for_submission(self, folder):
        code = CodeInfo()
        code.code_uuid = self.inputs.code.uuid
        info = CalcInfo()
        info.codes_info = [code]
        info.retrieve_list = []
        return info


@pytest.fixture
def make_code(localhost, tmp_path):
    def make(name, text):
        path = tmp_path / name
        path.write_text(f'#!/bin/bash\n{text}\n')
        path.chmod(0o755)
        return orm.InstalledCode(label=name, computer=localhost, filepath_executable=str(path)).store()

    return make


@pytest.fixture
def make_job(make_code):
    code = make_code('make', SCRIPT)

    def make(**stash):
        options = {'stash': stash} if stash else {}
        node = run_get_node(MakesFiles, code=code, metadata={'options': options}).node
        assert node.is_finished_ok
        return node

    return make


@pytest.fixture
def job(make_job):
    """A job that has ended, with its files on the computer."""
    return make_job()


@pytest.fixture
def put_aside(localhost, tmp_path):
    def run(source, mode='copy', source_list=(*ALL,), code=None, **options):
        """Run `core.stash` on a remote folder."""
        stash = {
            'target_base': str(tmp_path / 'kept'),
            'source_list': sorted(source_list),
            'stash_mode': mode,
            **options,
        }
        if mode not in ('copy', 'submit_custom_code'):
            stash.setdefault('dereference', False)
        inputs = {} if code is None else {'code': code}
        metadata = {'computer': localhost, 'options': {'stash': stash}}
        return run_get_node(StashCalculation, source_node=source, metadata=metadata, **inputs).node

    return run


@pytest.fixture
def bring_back(localhost):
    def run(source, mode='NewRemoteData', source_list=('*',), code=None):
        """Run `core.unstash` on what was put aside."""
        unstash = {'unstash_target_mode': mode, 'source_list': list(source_list)}
        inputs = {} if code is None else {'code': code}
        metadata = {'computer': localhost, 'options': {'unstash': unstash}}
        return run_get_node(UnstashCalculation, source_node=source, metadata=metadata, **inputs).node

    return run


#: What is in the folder of a job that moves files besides these.
OWN = {'_aiidasubmit.sh', '.aiida/calcinfo.json', '.aiida/job_tmpl.json'}


def files(folder):
    return {
        os.path.relpath(os.path.join(root, name), folder) for root, _, names in os.walk(folder) for name in names
    } - OWN


def links(node):
    incoming = {(entry.link_type.value, entry.link_label, entry.node.uuid) for entry in node.base.links.get_incoming()}
    outgoing = {(entry.link_type.value, entry.link_label) for entry in node.base.links.get_outgoing()}
    return incoming, outgoing


def messages(node):
    return [log.message for log in orm.Log.collection.get_logs_for(node)]


MODES = ['copy', 'tar', 'tar.gz', 'tar.bz2', 'tar.xz']


@pytest.mark.parametrize('mode', MODES)
def test_there_and_back(job, put_aside, bring_back, tmp_path, mode):
    """As aiida-core 2.9.4 records it: links, attributes, and where the files are."""
    source = job.outputs.remote_folder
    stashing = put_aside(source, mode)
    assert stashing.is_finished_ok, stashing.exit_message
    assert links(stashing) == (
        {('input_calc', 'source_node', source.uuid)},
        {('create', 'remote_folder'), ('create', 'remote_stash'), ('create', 'retrieved')},
    )
    assert stashing.process_type == 'aiida.calculations:core.stash'
    assert stashing.get_job_id() is None
    assert stashing.get_option('input_filename') == 'aiida.in'
    assert stashing.get_option('output_filename') == 'aiida.out'
    assert files(stashing.outputs.remote_folder.get_remote_path()) == set()
    kept, uuid = stashing.outputs.remote_stash, source.uuid
    name = f'{uuid[:2]}/{uuid[2:4]}/{uuid[4:]}' if mode == 'copy' else f'{uuid}.{mode}'
    more = {} if mode == 'copy' else {'dereference': False}
    assert kept.base.attributes.all == {
        'stash_mode': mode,
        'target_basepath': str(tmp_path / 'kept' / name),
        'source_list': sorted(ALL),
        'fail_on_missing': False,
        **more,
    }
    assert kept.computer.label == 'localhost'

    shutil.rmtree(source.get_remote_path())
    unstashing = bring_back(kept)
    assert unstashing.is_finished_ok, unstashing.exit_message
    assert links(unstashing) == (
        {('input_calc', 'source_node', kept.uuid)},
        {('create', 'remote_folder'), ('create', 'retrieved')},
    )
    assert unstashing.process_type == 'aiida.calculations:core.unstash'
    assert unstashing.get_option('unstash') == {'unstash_target_mode': 'NewRemoteData', 'source_list': ['*']}
    new = unstashing.outputs.remote_folder.get_remote_path()
    assert files(new) == ALL
    assert Path(new, 'd/e/f.txt').read_text() == 'd/e/f.txt\n'
    # An archive keeps a link, a copy is of the file the link leads to.
    assert Path(new, 'link').is_symlink() is (mode != 'copy')
    assert not os.path.exists(source.get_remote_path())
    assert [entry for entry in os.listdir(os.path.dirname(new)) if 'unstash' in entry] == []


@pytest.mark.parametrize('mode', MODES)
@pytest.mark.parametrize('inline', [True, False])
def test_back_to_where_it_was(make_job, put_aside, bring_back, tmp_path, mode, inline):
    options = {} if mode == 'copy' else {'dereference': False}
    if inline:
        base, names = str(tmp_path / 'kept'), ['a.txt', 'd']
        job = make_job(target_base=base, source_list=names, stash_mode=mode, **options)
        kept = job.outputs.remote_stash
    else:
        job = make_job()
        kept = put_aside(job.outputs.remote_folder, mode, ['a.txt', 'd'], **options).outputs.remote_stash
    place = Path(job.outputs.remote_folder.get_remote_path())
    shutil.rmtree(place)
    (place / 'd').mkdir(parents=True)
    (place / 'd' / 'newer').write_text('newer')
    (place / 'a.txt').write_text('changed')
    node = bring_back(kept, 'OriginalPlace')
    assert node.is_finished_ok, node.exit_message
    assert files(place) == {'a.txt', 'd/c.txt', 'd/e/f.txt', 'd/newer'}
    assert (place / 'a.txt').read_text() == 'a.txt\n'
    assert node.outputs.remote_folder.get_remote_path() != str(place)
    assert files(node.outputs.remote_folder.get_remote_path()) == set()


@pytest.mark.parametrize('mode', ['copy', 'tar.gz'])
@pytest.mark.parametrize(
    ('source_list', 'expected'),
    [
        (['a.txt', 'd/c.txt'], {'a.txt', 'd/c.txt'}),
        (['*.txt', 'd/*'], {'a.txt', 'd/c.txt', 'd/e/f.txt'}),
        (['d'], {'d/c.txt', 'd/e/f.txt'}),
        (['d', 'd/e/f.txt'], {'d/c.txt', 'd/e/f.txt'}),
        (sorted(ALL), ALL),
        (['absent*'], set()),
        ([], set()),
    ],
)
def test_a_part_of_it(job, put_aside, bring_back, mode, source_list, expected):
    node = bring_back(put_aside(job.outputs.remote_folder, mode).outputs.remote_stash, source_list=source_list)
    assert node.is_finished_ok
    assert files(node.outputs.remote_folder.get_remote_path()) == expected
    assert any('absent*' in text for text in messages(node)) is (source_list == ['absent*'])


@pytest.mark.parametrize('mode', ['copy', 'tar'])
def test_what_is_missing(job, put_aside, bring_back, mode):
    source = job.outputs.remote_folder
    failed = put_aside(source, mode, ['a.txt', 'absent'], fail_on_missing=True)
    assert failed.exit_status == StashCalculation.exit_codes.ERROR_STASHING_FAILED.status == 160
    assert f'{source.get_remote_path()}/absent does not exist' in failed.exit_message
    assert 'remote_stash' not in failed.outputs
    lenient = put_aside(source, mode, ['a.txt', 'absent'])
    assert lenient.is_finished_ok
    assert any('absent does not exist' in text for text in messages(lenient))
    kept = lenient.outputs.remote_stash
    node = bring_back(kept, source_list=['a.txt', 'absent', 'd'])
    assert node.exit_status == 160
    assert 'absent, d in `metadata.options.unstash.source_list`' in node.exit_message
    assert files(node.outputs.remote_folder.get_remote_path()) == set()
    shutil.rmtree(kept.target_basepath) if mode == 'copy' else os.remove(kept.target_basepath)
    gone = bring_back(kept)
    assert gone.exit_status == 160
    assert f'{kept.target_basepath}, where' in gone.exit_message


MOVER = """
import json, shutil, sys
told = json.load(sys.stdin)
for name in told['source_list']:
    shutil.copy(f"{told['source_path']}/{name}", told['target_base'])
print('moved', len(told['source_list']))
"""


@pytest.fixture
def mover(make_code, tmp_path):
    """A program of the user that moves files."""
    (tmp_path / 'mover.py').write_text(MOVER)
    return make_code('mover', f'exec python3 {tmp_path / "mover.py"}')


def test_a_program_of_the_user(job, put_aside, bring_back, mover, tmp_path):
    (tmp_path / 'kept').mkdir()
    source = job.outputs.remote_folder
    stashing = put_aside(source, 'submit_custom_code', ['a.txt', 'b.txt'], code=mover)
    assert stashing.is_finished_ok
    assert json.loads(stashing.base.repository.get_object_content('aiida.in')) == {
        'source_path': source.get_remote_path(),
        'source_list': ['a.txt', 'b.txt'],
        'target_base': str(tmp_path / 'kept'),
    }
    assert stashing.outputs.retrieved.get_object_content('aiida.out') == 'moved 2\n'
    kept = stashing.outputs.remote_stash
    assert isinstance(kept, orm.RemoteStashCustomData)
    assert kept.stash_mode is StashMode.SUBMIT_CUSTOM_CODE
    assert kept.base.attributes.all == {
        'stash_mode': 'submit_custom_code',
        'target_basepath': str(tmp_path / 'kept'),
        'source_list': ['a.txt', 'b.txt'],
    }
    assert files(tmp_path / 'kept') == {'a.txt', 'b.txt'}

    new = bring_back(kept, source_list=['a.txt'], code=mover)
    assert new.is_finished_ok
    assert 'a.txt' in files(new.outputs.remote_folder.get_remote_path())
    assert set(links(new)[1]) == {('create', 'remote_folder'), ('create', 'retrieved')}
    place = Path(source.get_remote_path())
    (place / 'b.txt').unlink()
    old = bring_back(kept, 'OriginalPlace', ['b.txt'], code=mover)
    assert old.is_finished_ok
    told = json.loads(old.base.repository.get_object_content('aiida.in'))
    assert (told['source_path'], told['target_base']) == (str(tmp_path / 'kept'), str(place))
    assert (place / 'b.txt').read_text() == 'b.txt\n'


def test_what_is_refused_before_anything_is_stored(job, put_aside, bring_back, mover, localhost, tmp_path):
    source = job.outputs.remote_folder
    kept = put_aside(source).outputs.remote_stash
    by_program = orm.RemoteStashCustomData(
        StashMode.SUBMIT_CUSTOM_CODE, str(tmp_path), ['a.txt'], computer=localhost
    ).store()
    before = orm.QueryBuilder().append(orm.Node).count()
    with pytest.raises(ValueError, match=r'`code` is needed with `metadata.options.stash.stash_mode` .submit_custom'):
        put_aside(source, 'submit_custom_code', ['a.txt'])
    with pytest.raises(ValueError, match=r'no program is run with `metadata.options.stash.stash_mode` .copy.: leave'):
        put_aside(source, 'copy', ['a.txt'], code=mover)
    with pytest.raises(ValueError, match='no program is run for a `source_node` of the kind RemoteStashFolderData'):
        bring_back(kept, code=mover)
    with pytest.raises(ValueError, match='`code` is needed for a `source_node` of the kind RemoteStashCustomData'):
        bring_back(by_program)
    with pytest.raises(ValueError, match=r"no job put them aside: choose 'NewRemoteData'"):
        bring_back(by_program, 'OriginalPlace', code=mover)
    with pytest.raises(ValueError, match=r'inputs\.metadata\.computer'):
        stash = {'target_base': '/tmp', 'source_list': ['a'], 'stash_mode': 'copy'}
        run_get_node(StashCalculation, source_node=source, metadata={'options': {'stash': stash}})
    with pytest.raises(ValueError, match=r'metadata\.options\.stash'):
        run_get_node(StashCalculation, source_node=source, metadata={'computer': localhost})
    metadata = {'computer': localhost, 'options': {'stash': stash}}
    with pytest.raises(ValueError, match=r'metadata.store_provenance=False'):
        run_get_node(StashCalculation, source_node=source, metadata={**metadata, 'store_provenance': False})
    with pytest.raises(ValueError, match=r'`metadata.options.resources` is not what the scheduler'):
        options = {'stash': stash, 'resources': {'num_cores': 'x'}}
        run_get_node(StashCalculation, source_node=source, metadata={'computer': localhost, 'options': options})
    with pytest.raises(ValueError, match=r'`core.unstash`, which brings files back: leave it out'):
        options = {'stash': stash, 'unstash': {'source_list': ['*'], 'unstash_target_mode': 'OriginalPlace'}}
        run_get_node(StashCalculation, source_node=source, metadata={'computer': localhost, 'options': options})
    with pytest.raises(ValueError, match=r'`core.stash`: leave it out here'):
        run_get_node(UnstashCalculation, source_node=kept, metadata={'computer': localhost, 'options': options})
    with pytest.raises(ValueError, match=r'metadata\.options\.unstash'):
        run_get_node(UnstashCalculation, source_node=kept, metadata={'computer': localhost})
    with pytest.raises(ValueError, match=r'unstash_target_mode` is one of OriginalPlace, NewRemoteData, not .x.'):
        bring_back(kept, 'x')
    with pytest.raises(ValueError, match='source_node'):
        bring_back(source)
    assert orm.QueryBuilder().append(orm.Node).count() == before


def test_a_folder_that_was_cleaned(job, put_aside):
    source = job.outputs.remote_folder
    source._clean()
    with pytest.raises(ValueError, match='whose files were removed'):
        put_aside(source)


@pytest.mark.parametrize('mode', ['copy', 'tar'])
def test_files_that_no_job_made(localhost, put_aside, bring_back, tmp_path, mode):
    """A folder that is not below the work directory of the computer, and a stash without provenance."""
    folder = tmp_path / 'mine' / 'files'
    folder.mkdir(parents=True)
    (folder / 'a.txt').write_text('mine')
    source = orm.RemoteData(computer=localhost, remote_path=str(folder)).store()
    kept = put_aside(source, mode, ['a.txt']).outputs.remote_stash
    (folder / 'a.txt').unlink()
    assert bring_back(kept, 'OriginalPlace').is_finished_ok
    assert (folder / 'a.txt').read_text() == 'mine'
    loose = type(kept)(computer=localhost, **{
        name: getattr(kept, name) if name == 'stash_mode' else value for name, value in kept.base.attributes.all.items()
    }).store()  # fmt: skip
    node = bring_back(loose)
    assert files(node.outputs.remote_folder.get_remote_path()) == {'a.txt'}


def test_an_archive_with_names_from_the_folder_itself(localhost, bring_back, tmp_path):
    """As somebody may have packed it by hand."""
    (tmp_path / 'a.txt').write_text('a')
    (tmp_path / 'd').mkdir()
    (tmp_path / 'd' / 'c.txt').write_text('c')
    archive = tmp_path / 'packed.tar'
    subprocess.run(['tar', '-cf', archive, '-C', tmp_path, 'a.txt', 'd'], check=True)
    kept = orm.RemoteStashCompressedData(
        StashMode.COMPRESS_TAR, str(archive), ['a.txt', 'd'], dereference=False, computer=localhost
    ).store()
    node = bring_back(kept)
    assert files(node.outputs.remote_folder.get_remote_path()) == {'a.txt', 'd/c.txt'}


def test_they_are_done_again_whatever_the_cache_says(job, put_aside, bring_back):
    from aiida.manage.caching import enable_caching

    kept = put_aside(job.outputs.remote_folder).outputs.remote_stash
    place = Path(job.outputs.remote_folder.get_remote_path())
    for _ in range(2):
        (place / 'a.txt').unlink()
        with enable_caching():
            node = bring_back(kept, 'OriginalPlace', ['a.txt'])
        assert not node.base.caching.is_created_from_cache
        assert (place / 'a.txt').exists()


def test_put_aside_twice(job, put_aside):
    """Folders are added to, not put into each other."""
    first = put_aside(job.outputs.remote_folder, 'copy', ['d'])
    second = put_aside(job.outputs.remote_folder, 'copy', ['d', 'a.txt'])
    assert first.outputs.remote_stash.target_basepath == second.outputs.remote_stash.target_basepath
    assert files(second.outputs.remote_stash.target_basepath) == {'a.txt', 'd/c.txt', 'd/e/f.txt'}


def test_looking_at_the_files_only(job, mover, localhost, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kept = orm.RemoteStashCustomData(StashMode.SUBMIT_CUSTOM_CODE, '/kept', ['a.txt'], computer=localhost).store()
    unstash = {'source_list': ['a.txt'], 'unstash_target_mode': 'NewRemoteData'}
    metadata = {'computer': localhost, 'dry_run': True, 'options': {'unstash': unstash}}
    node = run_get_node(UnstashCalculation, source_node=kept, code=mover, metadata=metadata).node
    told = json.loads(Path(node.dry_run_info['folder'], 'aiida.in').read_text())
    assert told == {'source_path': '/kept', 'source_list': ['a.txt'], 'target_base': told['target_base']}
    assert told['target_base'].endswith(node.uuid[4:])
