"""Dumping processes: what is written, what is left, and what is never touched."""

from __future__ import annotations

import json

import pytest
import yaml

from aiida.common.exceptions import InvalidOperation

LOG, SAFEGUARD, METADATA = 'aiida_dump_log.json', '.aiida_dump_safeguard', 'aiida_node_metadata.yaml'


@pytest.fixture
def folder(tmp_path):
    return tmp_path / 'dump'


def test_tree_of_chain(made, folder, tree):
    assert made['chain'].dump(folder) == folder
    inner, leaf, use = f'01-deep-Inner-{made["inner"].pk}', f'01-leaf-{made["leaf"].pk}', f'02-use-{made["use"].pk}'
    expected = {
        *('README.md', LOG, SAFEGUARD, METADATA),
        *(f'{inner}/{name}' for name in (SAFEGUARD, METADATA)),
        *(f'{inner}/{leaf}/{name}' for name in (SAFEGUARD, METADATA, 'inputs/source_file')),
        *(f'{use}/{name}' for name in (SAFEGUARD, METADATA, 'inputs/source_file')),
        *(f'{use}/node_inputs/{name}/hello.txt' for name in ('a/text', 'b')),
    }
    assert tree(folder) == expected
    assert (folder / use / 'node_inputs/b/hello.txt').read_text() == 'other'
    page = (folder / 'README.md').read_text()
    assert f'Inner<{made["inner"].pk}> Finished [0]' in page
    assert made['chain'].uuid in page


def test_flat_loses_nothing(made, folder, tree):
    """Two inputs with a file of the same name: the second stands in a folder named by its link."""
    made['use'].dump(folder, flat=True)
    files = tree(folder) - {'README.md', LOG, SAFEGUARD, METADATA}
    assert {(folder / name).read_text() for name in files} == {'def f(): ...', 'hello', 'other'}
    assert len(files) == 3
    assert {'source_file', 'hello.txt'} <= files


def test_metadata(made, folder):
    node = made['alone']
    node.label, node.description = 'a/label', 'ünïcode'
    node.base.extras.set('color', 'red')
    node.dump(folder, include_extras=True)
    content = yaml.safe_load((folder / METADATA).read_text(encoding='utf-8'))
    assert list(content) == ['Node data', 'User data', 'Node attributes', 'Node extras']
    assert list(content['Node data']) == [
        *('label', 'description', 'pk', 'uuid', 'ctime', 'mtime', 'node_type', 'process_type', 'is_finished_ok')
    ]
    assert content['Node data']['description'] == 'ünïcode'
    assert content['Node data']['is_finished_ok'] is True
    assert content['Node extras']['color'] == 'red'
    assert content['Node attributes']['exit_status'] == 0
    node.dump(folder, include_attributes=False)
    assert list(yaml.safe_load((folder / METADATA).read_text(encoding='utf-8'))) == ['Node data', 'User data']


def test_job(made, folder, tree, localhost):
    from aiida import orm
    from aiida.common.links import LinkType

    job = orm.CalcJobNode(computer=localhost)
    job.set_process_label('Job')
    job.base.repository.put_object_from_bytes(b'{}', '.aiida/job_tmpl.json')
    job.store()
    retrieved = orm.FolderData()
    retrieved.base.repository.put_object_from_bytes(b'\xff', 'sub/raw.bin')
    retrieved.base.links.add_incoming(job, LinkType.CREATE, 'retrieved')
    retrieved.store()
    job.seal()
    job.dump(folder)
    assert {'inputs/.aiida/job_tmpl.json', 'outputs/sub/raw.bin'} <= tree(folder)
    assert yaml.safe_load((folder / METADATA).read_text())['Computer data'] == {
        'label': 'localhost',
        'hostname': 'localhost',
        'scheduler_type': 'core.direct',
        'transport_type': 'core.local',
    }


def test_inputs_and_outputs_follow_the_options(made, folder, tree):
    """A dump with other options is brought to what these say, files that are not wanted any more go."""
    node = made['alone']
    node.dump(folder, include_outputs=True)
    both = {'node_inputs/text/hello.txt', 'node_outputs/files/result/result.txt'}
    assert both <= tree(folder)
    node.dump(folder, include_inputs=False)
    assert not both & tree(folder)
    assert not (folder / 'node_inputs').exists()
    assert 'inputs/source_file' in tree(folder)


def test_default_folder(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert made['alone'].dump() == tmp_path / f'alone-{made["alone"].pk}'
    made['alone'].label = '../a b'
    assert made['alone'].dump() == tmp_path / f'..-a b-{made["alone"].pk}'


def test_what_is_up_to_date_is_left(made, folder):
    made['chain'].dump(folder)
    use, leaf = folder / f'02-use-{made["use"].pk}', folder / f'01-deep-Inner-{made["inner"].pk}'
    for place in (use, leaf):
        (place / METADATA).write_text('edited')
    made['chain'].dump(folder)
    assert (use / METADATA).read_text() == 'edited'
    made['use'].description = 'changed'
    made['chain'].dump(folder)
    assert 'changed' in (use / METADATA).read_text()
    assert (leaf / METADATA).read_text() == 'edited'
    made['chain'].dump(folder, overwrite=True)
    assert 'Inner' in (leaf / METADATA).read_text()


def test_files_of_the_user_stay(made, folder):
    made['chain'].dump(folder, include_inputs=True)
    use = folder / f'02-use-{made["use"].pk}'
    mine = [folder / 'mine.txt', use / 'notes.txt', use / 'node_inputs/b/notes.txt']
    for path in mine:
        path.write_text('precious')
    made['chain'].dump(folder, overwrite=True, include_inputs=False)
    made['alone'].dump(folder, overwrite=True)
    assert [path.read_text() for path in mine] == ['precious'] * 3
    assert not (use / METADATA).exists()


@pytest.mark.parametrize('overwrite', [False, True])
def test_folder_that_is_no_dump_is_refused(made, folder, tree, overwrite):
    folder.mkdir()
    (folder / 'mine.txt').write_text('precious')
    with pytest.raises(InvalidOperation, match='choose a folder that is empty'):
        made['alone'].dump(folder, overwrite=overwrite)
    assert tree(folder) == {'mine.txt'}


def test_file_and_part_of_a_dump_are_refused(made, folder, tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(InvalidOperation, match='is a file'):
        made['alone'].dump(tmp_path / 'file')
    made['chain'].dump(folder)
    with pytest.raises(InvalidOperation, match='is part of the dump'):
        made['alone'].dump(folder / f'02-use-{made["use"].pk}')


def test_dump_of_another_process_is_refused(made, folder, tree):
    made['chain'].dump(folder)
    before = tree(folder)
    with pytest.raises(InvalidOperation, match='is the dump of something else, process'):
        made['alone'].dump(folder)
    assert tree(folder) == before
    made['alone'].dump(folder, overwrite=True)
    assert not any(name.startswith('01-') for name in tree(folder))
    assert list(json.loads((folder / LOG).read_text())['calculations']) == [made['alone'].uuid]


def test_file_that_is_no_part_of_the_dump_is_not_written_over(made, folder):
    made['chain'].dump(folder)
    inner = folder / f'01-deep-Inner-{made["inner"].pk}'
    (inner / SAFEGUARD).unlink()
    (inner / METADATA).write_text('mine')
    with pytest.raises(InvalidOperation, match='was not written by a dump'):
        made['chain'].dump(folder, overwrite=True)
    assert (inner / METADATA).read_text() == 'mine'


def test_file_of_the_user_where_one_is_to_be_written_now(made, folder):
    made['alone'].dump(folder)
    mine = folder / 'node_outputs/files/result/result.txt'
    mine.parent.mkdir(parents=True)
    mine.write_text('mine')
    with pytest.raises(InvalidOperation, match='was not written by a dump'):
        made['alone'].dump(folder, include_outputs=True)
    assert mine.read_text() == 'mine'


def test_file_of_the_user_where_the_dump_is_replaced(made, folder):
    made['use'].dump(folder)
    (folder / 'inputs/mine.txt').write_text('mine')
    (folder / 'node_outputs').mkdir()
    (folder / 'node_outputs/files').write_text('mine')
    with pytest.raises((InvalidOperation, OSError)):
        made['alone'].dump(folder, overwrite=True, include_outputs=True)
    assert (folder / 'inputs/mine.txt').read_text() == (folder / 'node_outputs/files').read_text() == 'mine'


def test_link_of_the_user_is_not_followed(made, folder, tmp_path):
    made['chain'].dump(folder)
    elsewhere = tmp_path / 'elsewhere'
    inner = folder / f'01-deep-Inner-{made["inner"].pk}'
    inner.rename(elsewhere)
    inner.symlink_to(elsewhere)
    (elsewhere / METADATA).write_text('mine')
    with pytest.raises(InvalidOperation, match='is a link'):
        made['chain'].dump(folder, overwrite=True)
    assert (elsewhere / METADATA).read_text() == 'mine'


def test_interrupted_dump_is_completed(made, folder, tree, monkeypatch):
    from aiida.tools.dumping import writer

    made['chain'].dump(folder.with_name('whole'))
    real = writer.write_content

    def interrupted(node, target, options):
        real(node, target, options)
        if node.pk == made['leaf'].pk:
            raise KeyboardInterrupt

    monkeypatch.setattr(writer, 'write_content', interrupted)
    with pytest.raises(KeyboardInterrupt):
        made['chain'].dump(folder)
    entries = json.loads((folder / LOG).read_text())
    assert entries['workflows'][made['inner'].uuid]['stamps']
    assert not entries['workflows'][made['chain'].uuid]['stamps'], 'not as long as its children are not complete'
    assert not entries['calculations']
    monkeypatch.setattr(writer, 'write_content', real)
    made['chain'].dump(folder)
    assert tree(folder) == tree(folder.with_name('whole'))


def test_log_that_cannot_be_read(made, folder):
    made['alone'].dump(folder)
    (folder / LOG).write_text('{')
    with pytest.raises(InvalidOperation, match='cannot be read'):
        made['alone'].dump(folder)
    made['alone'].dump(folder, overwrite=True)
    assert json.loads((folder / LOG).read_text())['dumped']['uuid'] == made['alone'].uuid


def test_unfinished_process(made, folder, tree):
    from aiida import orm

    node = orm.CalcFunctionNode()
    with pytest.raises(InvalidOperation, match='not stored'):
        node.dump(folder)
    node.store()
    with pytest.raises(InvalidOperation, match='not finished'):
        node.dump(folder)
    assert not folder.exists()
    node.dump(folder, dump_unsealed=True)
    (folder / METADATA).write_text('old')
    node.dump(folder, dump_unsealed=True)
    assert 'uuid' in (folder / METADATA).read_text()


def test_dry_run_writes_nothing(made, folder, caplog):
    caplog.set_level(0, 'aiida.tools.dumping')
    made['chain'].dump(folder, dry_run=True)
    assert '4 of 4 processes would be written' in caplog.text
    assert not folder.exists()
    made['chain'].dump(folder)
    made['chain'].dump(folder, dry_run=True)
    assert '0 of 4 processes would be written' in caplog.text


def test_log_is_that_of_aiida(made, folder):
    made['chain'].dump(folder)
    log = json.loads((folder / LOG).read_text())
    assert log['workflows'][made['chain'].uuid]['path'] == '.'
    assert log['calculations'][made['use'].uuid]['path'] == f'02-use-{made["use"].pk}'
    assert set(log['calculations'][made['use'].uuid]) >= {'path', 'symlinks', 'duplicates', 'dir_mtime', 'dir_size'}
    assert log['last_dump_time']


def test_safeguard_cannot_lead_outside(made, folder, tmp_path):
    """A list of files that was changed by hand does not make a dump remove files elsewhere."""
    (tmp_path / 'mine.txt').write_text('precious')
    made['alone'].dump(folder)
    with (folder / SAFEGUARD).open('a') as handle:
        handle.write('"../mine.txt"\n' + json.dumps(str(tmp_path / 'mine.txt')) + '\n')
    made['alone'].dump(folder, overwrite=True)
    assert (tmp_path / 'mine.txt').read_text() == 'precious'


def test_command(made, folder, tmp_path):
    from click.testing import CliRunner

    from aiida.cmdline.commands.cmd_process import verdi_process

    def call(*arguments):
        return CliRunner().invoke(verdi_process, ['dump', str(made['chain'].pk), '--path', *map(str, arguments)])

    result = call(folder, '--dry-run')
    assert result.exit_code == 0, result.output
    assert 'Nothing was written' in result.output
    assert not folder.exists()
    result = call(folder, '--flat', '--include-outputs', '--include-extras', '--exclude-attributes', '--exclude-inputs')
    assert result.exit_code == 0, result.output
    assert str(folder) in result.output.replace('\n', '')
    assert not any('hello.txt' in path.name for path in folder.rglob('*'))
    (tmp_path / 'mine').mkdir()
    (tmp_path / 'mine/file').touch()
    result = call(tmp_path / 'mine', '-o')
    assert result.exit_code == 1
    assert '--path' in result.output
