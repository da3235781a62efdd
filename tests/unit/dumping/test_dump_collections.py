"""Dumping groups and profiles, and keeping the folders in step with what happens in the profile."""

from __future__ import annotations

import json
import os
from datetime import timedelta

import pytest
from click.testing import CliRunner

from aiida.common import timezone
from aiida.common.exceptions import InvalidOperation, NotExistent

METADATA = 'aiida_node_metadata.yaml'


@pytest.fixture
def folder(tmp_path):
    return tmp_path / 'dump'


@pytest.fixture
def groups(made):
    """Group ``one`` holds ``alone`` and ``chain``, group ``sub/two`` holds ``alone``; ``empty`` holds nothing."""
    from aiida import orm

    one = orm.Group(label='one').store()
    one.add_nodes([made['alone'], made['chain']])
    two = orm.Group(label='sub/two').store()
    two.add_nodes([made['alone'], orm.Int(1).store()])
    return {'one': one, 'two': two, 'empty': orm.Group(label='empty').store()}


@pytest.fixture
def places(made):
    """Return where processes stand in a folder, with the names of the fixture instead of their numbers."""
    names = {node.pk: name for name, node in made.items()}

    def found(folder):
        result = set()
        for path, folders, files in os.walk(folder):
            for place in [path] if METADATA in files else []:
                result.add(os.path.relpath(place, folder))
            result.update(
                os.path.relpath(os.path.join(path, name), folder) + '@'
                for name in folders
                if os.path.islink(os.path.join(path, name))
            )
        for pk, name in names.items():
            result = {place.replace(f'-{pk}', f'-<{name}>') for place in result}
        return result

    return found


CHAIN = {
    'workflows/Chain-<chain>',
    'workflows/Chain-<chain>/01-deep-Inner-<inner>',
    'workflows/Chain-<chain>/01-deep-Inner-<inner>/01-leaf-<leaf>',
    'workflows/Chain-<chain>/02-use-<use>',
}


def below(path, *several):
    return {f'{path}/{place}' for places in several for place in places}


def load(name):
    from aiida.manage import get_manager

    assert name == 'profile'
    return get_manager().get_profile()


@pytest.fixture
def whole(groups):
    """Dump all of the profile into a folder."""
    return lambda folder, **kwargs: load('profile').dump(folder, all_entries=True, **kwargs)


def test_group(groups, folder, places):
    assert groups['one'].dump(folder) == folder
    assert places(folder) == CHAIN | {'calculations/alone-<alone>'}


def test_default_folder_of_group(groups, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert groups['two'].dump() == tmp_path / 'sub' / 'two'
    groups['two'].label = '../../two'
    assert groups['two'].dump() == tmp_path / '__' / '__' / 'two'


def test_called_processes_in_folders_of_their_own(groups, folder, places):
    groups['one'].dump(folder, only_top_level_calcs=False, only_top_level_workflows=False)
    assert places(folder) == CHAIN | {
        *(f'calculations/{name}-<{name}>' for name in ('alone', 'leaf', 'use')),
        'workflows/Inner-<inner>',
        'workflows/Inner-<inner>/01-leaf-<leaf>',
    }


def test_links_instead_of_copies(groups, folder, places, made):
    groups['one'].dump(folder, only_top_level_calcs=False, only_top_level_workflows=False, symlink_calcs=True)
    links = {place for place in places(folder) if place.endswith('@')}
    assert links == {
        'workflows/Chain-<chain>/01-deep-Inner-<inner>/01-leaf-<leaf>@',
        'workflows/Chain-<chain>/02-use-<use>@',
        'workflows/Inner-<inner>/01-leaf-<leaf>@',
    }
    link = folder / f'workflows/Inner-{made["inner"].pk}/01-leaf-{made["leaf"].pk}'
    assert link.resolve() == (folder / f'calculations/leaf-{made["leaf"].pk}').resolve()
    assert not os.path.isabs(os.readlink(link))
    before = places(folder)
    groups['one'].dump(
        folder, only_top_level_calcs=False, only_top_level_workflows=False, symlink_calcs=True, overwrite=True
    )
    assert places(folder) == before
    groups['one'].dump(folder, only_top_level_calcs=False, only_top_level_workflows=False, overwrite=True)
    assert places(folder) == {place.rstrip('@') for place in before}
    assert not link.is_symlink()


def test_profile(whole, folder, places, made):
    expected = below('groups/one', CHAIN, {'calculations/alone-<alone>'}) | {
        'groups/sub/two/calculations/alone-<alone>'
    }
    whole(folder)
    assert places(folder) == expected
    assert (folder / 'groups' / 'empty').is_dir()
    log = json.loads((folder / 'aiida_dump_log.json').read_text())
    assert log['calculations'][made['alone'].uuid]['path'].startswith('groups/one/')
    assert len(log['calculations'][made['alone'].uuid]['duplicates']) == 1
    assert len(log['group_node_mapping']['node_to_groups'][made['alone'].uuid]) == 2


def test_ungrouped_and_not_organised(whole, groups, folder, places):
    groups['one'].clear()
    whole(folder, also_ungrouped=True)
    assert places(folder) == below('ungrouped', CHAIN) | {'groups/sub/two/calculations/alone-<alone>'}
    whole(folder.with_name('flat'), organize_by_groups=False, also_ungrouped=True)
    assert places(folder.with_name('flat')) == CHAIN | {'calculations/alone-<alone>'}


def test_nothing_chosen(groups, folder, caplog):
    load('profile').dump(folder)
    assert 'nothing was chosen' in caplog.text
    assert not folder.exists()


def test_choices(groups, folder, places, made, localhost):
    from aiida import orm

    profile = load('profile')
    profile.dump(folder, groups=['sub/two'])
    assert places(folder) == {'groups/sub/two/calculations/alone-<alone>'}
    profile.dump(folder.with_name('user'), user=['test@localhost'])
    assert len(places(folder.with_name('user'))) == 6
    other = orm.User('other@localhost').store()
    profile.dump(folder.with_name('other'), user=[other])
    profile.dump(folder.with_name('computer'), computers=['localhost'])
    assert places(folder.with_name('other')) == places(folder.with_name('computer')) == set()
    code = orm.InstalledCode(label='bash', computer=localhost, filepath_executable='/bin/bash').store()
    profile.dump(folder.with_name('code'), codes=['bash@localhost'])
    profile.dump(folder.with_name('code'), codes=[code])
    assert places(folder.with_name('code')) == set()
    for kwargs in ({'groups': ['nope']}, {'user': ['nope@localhost']}, {'computers': ['nope']}, {'codes': ['nope']}):
        with pytest.raises(NotExistent):
            profile.dump(folder.with_name('nope'), **kwargs)


def test_code_is_found(groups, folder, places, localhost):
    from aiida import orm
    from aiida.common.links import LinkType

    code = orm.InstalledCode(label='bash', computer=localhost, filepath_executable='/bin/bash').store()
    job = orm.CalcJobNode(computer=localhost)
    job.set_process_label('Job')
    job.base.links.add_incoming(code, LinkType.INPUT_CALC, 'code')
    job.store()
    job.seal()
    groups['empty'].add_nodes(job)
    load('profile').dump(folder, codes=['bash'])
    load('profile').dump(folder.with_name('computer'), computers=[localhost])
    expected = {f'groups/empty/calculations/Job-{job.pk}'}
    assert places(folder) == places(folder.with_name('computer')) == expected


def test_dates(groups, folder, places):
    now = timezone.now()
    groups['one'].dump(folder, end_date=now - timedelta(days=1))
    assert places(folder) == set()
    groups['one'].dump(folder, start_date=now + timedelta(days=1))
    assert places(folder) == set()
    groups['one'].dump(folder, past_days=1)
    assert places(folder) == CHAIN | {'calculations/alone-<alone>'}
    with pytest.raises(ValueError, match='exclude each other'):
        groups['one'].dump(folder, past_days=1, start_date=now)
    with pytest.raises(ValueError, match='days back'):
        groups['one'].dump(folder, past_days=-1)


def test_dates_remove_nothing(groups, folder, places):
    """What is not asked for now, but was dumped before and is still there, stays."""
    groups['one'].dump(folder)
    before = places(folder)
    groups['one'].dump(folder, end_date=timezone.now() - timedelta(days=1))
    assert places(folder) == before


def test_only_what_changed_is_written(whole, folder, made):
    whole(folder)
    chain = folder / f'groups/one/workflows/Chain-{made["chain"].pk}'
    use = chain / f'02-use-{made["use"].pk}' / METADATA
    for path in (chain / METADATA, use):
        path.write_text('edited')
    whole(folder)
    assert use.read_text() == 'edited'
    made['use'].description = 'changed'
    whole(folder)
    assert 'changed' in use.read_text()
    assert (chain / METADATA).read_text() == 'edited'
    whole(folder, filter_by_last_dump_time=False)
    assert 'uuid' in (chain / METADATA).read_text()


def test_relabelled_group_and_process(whole, groups, folder, places, made):
    whole(folder)
    (folder / 'groups/one/mine.txt').write_text('precious')
    groups['one'].label = 'new/name'
    made['alone'].label = 'named'
    whole(folder)
    assert places(folder) == below('groups/new/name', CHAIN, {'calculations/named-<alone>'}) | {
        'groups/sub/two/calculations/named-<alone>'
    }
    assert (folder / 'groups/new/name/mine.txt').read_text() == 'precious'
    assert not (folder / 'groups/one').exists()
    groups['one'].label = 'again'
    whole(folder, relabel_groups=False)
    assert not (folder / 'groups/again').exists()


def test_group_moves_into_what_was_its_own_folder(whole, groups, folder, places):
    whole(folder)
    groups['one'].label = 'one/deeper'
    whole(folder)
    assert below('groups/one/deeper', CHAIN) <= places(folder)
    assert not below('groups/one', CHAIN) & places(folder)


def test_links_follow_moves(whole, groups, folder, places):
    whole(folder, symlink_calcs=True)
    link = next(place for place in places(folder) if place.endswith('@'))
    assert link == 'groups/sub/two/calculations/alone-<alone>@'
    groups['one'].label = 'a/b/c'
    whole(folder, symlink_calcs=True)
    path = next((folder / 'groups/sub/two/calculations').iterdir())
    assert path.is_symlink()
    assert (path / METADATA).is_file()


def test_what_left_its_group_goes(whole, groups, folder, places, made):
    whole(folder, symlink_calcs=True)
    groups['one'].remove_nodes(made['alone'])
    whole(folder, symlink_calcs=True, delete_missing=False)
    assert 'groups/one/calculations/alone-<alone>' in places(folder)
    whole(folder, symlink_calcs=True)
    assert places(folder) == below('groups/one', CHAIN) | {'groups/sub/two/calculations/alone-<alone>'}


def test_what_was_deleted_goes(whole, groups, folder, places, made):
    from aiida import orm
    from aiida.tools import delete_nodes

    whole(folder)
    mine = folder / 'groups/one/workflows' / f'Chain-{made["chain"].pk}' / 'mine.txt'
    mine.write_text('precious')
    delete_nodes([made['chain'].pk], dry_run=False)
    whole(folder)
    assert not any('Chain' in place for place in places(folder))
    assert mine.read_text() == 'precious'
    orm.Group.collection.delete(groups['one'].pk)
    whole(folder)
    assert places(folder) == {'groups/sub/two/calculations/alone-<alone>'}
    log = json.loads((folder / 'aiida_dump_log.json').read_text())
    assert set(log['groups']) == {groups['two'].uuid, groups['empty'].uuid}


def test_dry_run_changes_nothing(whole, groups, folder, tree, made, caplog):
    caplog.set_level(0, 'aiida.tools.dumping')
    whole(folder, dry_run=True)
    assert not folder.exists()
    whole(folder)
    before = {name: (folder / name).read_bytes() for name in tree(folder)}
    groups['one'].label = 'other'
    groups['two'].clear()
    made['chain'].description = 'changed'
    caplog.clear()
    whole(folder, dry_run=True)
    assert '0 calculations and 1 workflow would be written' in caplog.text
    assert '1 folder moved, 1 removed' in caplog.text
    assert {name: (folder / name).read_bytes() for name in tree(folder)} == before


def test_unfinished_are_left_out_with_a_word(groups, folder, places, caplog):
    from aiida import orm

    node = orm.CalcFunctionNode()
    node.set_process_label('busy')
    groups['empty'].add_nodes(node.store())
    groups['empty'].dump(folder)
    assert places(folder) == set()
    assert '1 processes are not finished' in caplog.text
    groups['empty'].dump(folder, dump_unsealed=True)
    assert places(folder) == {f'calculations/busy-{node.pk}'}


def test_folders_that_are_not_its_own_are_refused(groups, folder, made):
    from aiida import orm

    with pytest.raises(InvalidOperation, match='not stored'):
        orm.Group(label='x').dump(folder)
    groups['one'].dump(folder)
    with pytest.raises(InvalidOperation, match='something else, group'):
        groups['two'].dump(folder)
    with pytest.raises(InvalidOperation, match='something else, group'):
        made['alone'].dump(folder)
    folder.with_name('mine').mkdir()
    (folder.with_name('mine') / 'file').touch()
    with pytest.raises(InvalidOperation, match='no folder of a dump'):
        load('profile').dump(folder.with_name('mine'), all_entries=True, overwrite=True)


def test_overwrite_replaces_the_dump_of_another_group(groups, folder, places):
    groups['one'].dump(folder)
    groups['two'].dump(folder, overwrite=True)
    assert places(folder) == {'calculations/alone-<alone>'}


def test_overwrite_replaces_the_dump_of_something_else(whole, groups, folder, places, tree, made):
    groups['one'].dump(folder, only_top_level_calcs=False, symlink_calcs=True)
    (folder / 'mine.txt').write_text('precious')
    whole(folder, overwrite=True)
    whole(folder.with_name('other'))
    assert places(folder) == places(folder.with_name('other'))
    assert tree(folder) - {'mine.txt'} == tree(folder.with_name('other'))
    made['alone'].dump(folder, overwrite=True)
    assert (folder / 'mine.txt').read_text() == 'precious'
    assert not (folder / 'groups').exists()


def test_deleted_workflow_with_links_goes(whole, groups, folder, places, made):
    from aiida.tools import delete_nodes

    groups['two'].add_nodes(made['use'])
    whole(folder, symlink_calcs=True, only_top_level_calcs=False)
    assert sum(place.endswith('@') for place in places(folder)) > 2
    delete_nodes([made['chain'].pk], dry_run=False)
    whole(folder, symlink_calcs=True)
    assert not (folder / 'groups/one/workflows').exists()
    assert not any('use' in place for place in places(folder))


def test_dumps_of_aiida_are_known(whole, groups, folder, made):
    """The logs of aiida-core do not say what was dumped, and its folders not which files."""
    for name, dump in (
        ('process', made['alone'].dump),
        ('group', groups['one'].dump),
        ('profile', whole),
    ):
        dump(folder.with_name(name))
        path = folder.with_name(name) / 'aiida_dump_log.json'
        log = json.loads(path.read_text())
        del log['dumped']
        for entry in (*log['calculations'].values(), *log['workflows'].values()):
            del entry['stamps']
        path.write_text(json.dumps(log))
        for safeguard in folder.with_name(name).rglob('.aiida_dump_safeguard'):
            safeguard.write_text('')
    for name, dump in (
        ('process', made['chain'].dump),
        ('group', groups['two'].dump),
        ('group', made['alone'].dump),
        ('profile', groups['one'].dump),
    ):
        with pytest.raises(InvalidOperation, match=f'something else, {name}'):
            dump(folder.with_name(name))
    made['alone'].dump(folder.with_name('process'))
    groups['one'].dump(folder.with_name('group'))
    whole(folder.with_name('profile'))
    assert '"stamps"' in (folder.with_name('profile') / 'aiida_dump_log.json').read_text()


def test_interrupted_dump_is_completed(whole, folder, places, monkeypatch, made):
    from aiida.tools.dumping import writer

    real = writer.write_content

    def interrupted(node, *arguments):
        if node.pk == made['use'].pk:
            raise KeyboardInterrupt
        real(node, *arguments)

    monkeypatch.setattr(writer, 'write_content', interrupted)
    with pytest.raises(KeyboardInterrupt):
        whole(folder)
    monkeypatch.setattr(writer, 'write_content', real)
    whole(folder)
    assert below('groups/one', CHAIN) <= places(folder)


def test_progress_is_told(whole, folder, monkeypatch):
    from aiida.tools.dumping import collection

    seen = []

    class Reporter:
        def __init__(self, total, desc):
            seen.append(total)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def update(self):
            seen.append('update')

    monkeypatch.setattr(collection, 'get_progress_reporter', lambda: Reporter)
    whole(folder)
    assert seen == [3, 'update', 'update', 'update']


def test_commands(groups, folder, places):
    from aiida.cmdline.commands.cmd_group import verdi_group
    from aiida.cmdline.commands.cmd_profile import verdi_profile

    def call(command, *arguments):
        return CliRunner().invoke(command, ['dump', *map(str, arguments)])

    result = call(verdi_group, 'one', '--path', folder, '--flat', '--symlink-calcs', '--past-days', 2)
    assert result.exit_code == 0, result.output
    assert places(folder) == CHAIN | {'calculations/alone-<alone>'}
    result = call(verdi_group, 'one', '--path', folder, '--start-date', 'blah')
    assert result.exit_code == 1
    assert 'no date' in result.output
    result = call(verdi_group, 'one', '--path', folder, '--start-date', '2020-01-01', '--end-date', '2020-01-02', '-n')
    assert 'Nothing was written' in result.output
    other = folder.with_name('profile')
    assert 'nothing was chosen' in call(verdi_profile, '--path', other).output
    assert not other.exists()
    options = ('--groups', 'one', '--user', 'test@localhost', '--no-delete-missing', '--no-relabel-groups')
    result = call(verdi_profile, *options, '--path', other)
    assert result.exit_code == 0, result.output
    assert places(other) == below('groups/one', CHAIN, {'calculations/alone-<alone>'})
    result = call(verdi_profile, '--all', '--also-ungrouped', '--no-organize-by-groups', '--path', other, '-o')
    assert result.exit_code == 0, result.output
