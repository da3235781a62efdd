"""From names to what they stand for."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from aiida import plugins
from aiida.common.exceptions import (
    InvalidEntryPointTypeError,
    LoadingEntryPointError,
    MissingEntryPointError,
    MultipleEntryPointError,
)
from aiida.common.warnings import AiidaDeprecationWarning
from aiida.plugins import entry_point, registry
from aiida.plugins.entry_point import EntryPointFormat


@pytest.fixture
def foreign(monkeypatch):
    """Entry points of other distributions, to be filled by a test."""
    groups = {}

    def add(group, name, *values):
        groups.setdefault(group, {})[name] = [EntryPoint(name=name, value=value, group=group) for value in values]

    monkeypatch.setattr(entry_point, 'all_entry_points', lambda: groups)
    return add


def test_every_core_entry_point_can_be_loaded():
    groups = {group: names for group, names in registry.core_entry_points().items() if group.startswith('aiida.')}
    assert 'core.int' in groups['aiida.data']
    problems = []
    for group, names in groups.items():
        for name in names:
            try:
                entry_point.load_entry_point(group, name)
            except LoadingEntryPointError as exception:
                problems.append(str(exception))
    assert problems == []


def test_factories_check_the_kind():
    from aiida import orm

    assert plugins.DataFactory('core.int') is orm.Int
    assert plugins.GroupFactory('core') is orm.Group
    assert plugins.DataFactory('core.int', load=False).value == 'aiida.orm.nodes.data.int:Int'
    assert plugins.SchedulerFactory('core.direct').__name__ == 'DirectScheduler'
    assert plugins.TransportFactory('core.local').__name__ == 'LocalTransport'
    assert plugins.StorageFactory('core.sqlite_dos').__name__ == 'SqliteDosStorage'
    assert plugins.StorageFactory('core.sqlite_temp').__name__ == 'SqliteTempBackend'


@pytest.mark.parametrize(
    ('factory', 'group', 'value'),
    [
        ('DataFactory', 'aiida.data', 'collections:OrderedDict'),
        ('CalculationFactory', 'aiida.calculations', 'aiida.orm:Int'),
        ('CalculationFactory', 'aiida.calculations', 'os.path:join'),
        ('WorkflowFactory', 'aiida.workflows', 'os.path:join'),
        ('StorageFactory', 'aiida.storage', 'os.path:join'),
    ],
)
def test_what_is_of_another_kind_is_refused(foreign, factory, group, value):
    foreign(group, 'other.wrong', value)
    with pytest.raises(InvalidEntryPointTypeError, match=r'`other\.wrong` of group'):
        getattr(plugins, factory)('other.wrong')


def test_calcfunctions_and_workfunctions_are_told_apart(foreign):
    from aiida.engine import calcfunction, workfunction

    sys.modules[__name__].__dict__.update(
        {'some_calcfunction': calcfunction(lambda: None), 'some_workfunction': workfunction(lambda: None)}
    )
    foreign('aiida.calculations', 'other.calc', f'{__name__}:some_calcfunction')
    foreign('aiida.calculations', 'other.work', f'{__name__}:some_workfunction')
    foreign('aiida.workflows', 'other.work', f'{__name__}:some_workfunction')
    assert plugins.CalculationFactory('other.calc').is_process_function
    assert plugins.WorkflowFactory('other.work').is_process_function
    with pytest.raises(InvalidEntryPointTypeError):
        plugins.CalculationFactory('other.work')


def test_a_missing_name_says_which_are_near():
    with pytest.raises(MissingEntryPointError, match=r"'core\.intt' not found in group 'aiida\.data'.*'core\.int'"):
        plugins.DataFactory('core.intt')
    with pytest.raises(MissingEntryPointError, match='which has no entry points at all'):
        plugins.load_entry_point('aiida.nope', 'x')


def test_names_without_their_prefix_are_warned_about():
    from aiida import orm

    with pytest.warns(AiidaDeprecationWarning, match='`int` is now called `core.int`'):
        assert plugins.DataFactory('int') is orm.Int


def test_a_name_that_is_registered_twice(foreign):
    foreign('aiida.data', 'other.twice', 'a:B', 'c:D')
    with pytest.raises(MultipleEntryPointError, match='`a:B`, `c:D`'):
        plugins.DataFactory('other.twice')


def test_what_cannot_be_loaded_says_why(foreign):
    foreign('aiida.data', 'other.broken', 'no_such_module_anywhere:B')
    with pytest.raises(LoadingEntryPointError, match=r'no_such_module_anywhere.*ModuleNotFoundError'):
        plugins.DataFactory('other.broken')
    foreign('aiida.data', 'other.attribute', 'os:no_such_attribute')
    with pytest.raises(LoadingEntryPointError, match='AttributeError'):
        plugins.DataFactory('other.attribute')


def test_classes_and_their_entry_points():
    group, found = entry_point.get_entry_point_from_class('aiida.orm.nodes.data.int', 'Int')
    assert (group, found.name) == ('aiida.data', 'core.int')
    assert entry_point.get_entry_point_string_from_class('aiida.orm.nodes.data.int', 'Int') == 'aiida.data:core.int'
    assert entry_point.get_entry_point_from_class('aiida.orm', 'Int') == (None, None)
    assert entry_point.get_entry_point_from_class('some.where', 'Else') == (None, None)
    assert entry_point.is_registered_entry_point('aiida.orm.nodes.data.int', 'Int')
    assert not entry_point.is_registered_entry_point('aiida.orm.nodes.data.int', 'Int', ['aiida.groups'])


def test_classes_of_plugins_are_found(monkeypatch):
    found = EntryPoint(name='other.some', value='other.module:Some', group='aiida.calculations')
    monkeypatch.setattr(entry_point, 'foreign_class_index', lambda: {found.value: found})
    assert entry_point.get_entry_point_from_class('other.module', 'Some') == ('aiida.calculations', found)
    assert entry_point.get_entry_point_string_from_class('other.module', 'Some') == 'aiida.calculations:other.some'


def test_strings():
    assert entry_point.format_entry_point_string('aiida.data', 'core.int') == 'aiida.data:core.int'
    assert entry_point.format_entry_point_string('aiida.data', 'x', EntryPointFormat.PARTIAL) == 'data:x'
    assert entry_point.format_entry_point_string('aiida.data', 'x', EntryPointFormat.MINIMAL) == 'x'
    with pytest.raises(ValueError, match='INVALID'):
        entry_point.format_entry_point_string('aiida.data', 'x', EntryPointFormat.INVALID)
    with pytest.raises(TypeError):
        entry_point.format_entry_point_string('aiida.data', 'x', 'full')
    assert entry_point.parse_entry_point_string('aiida.data:x') == ('aiida.data', 'x')
    with pytest.raises(ValueError, match='group:name'):
        entry_point.parse_entry_point_string('x')
    assert entry_point.get_entry_point_string_format('aiida.data:x') is EntryPointFormat.FULL
    assert entry_point.get_entry_point_string_format('data:x') is EntryPointFormat.PARTIAL
    assert entry_point.get_entry_point_string_format('x') is EntryPointFormat.MINIMAL
    assert entry_point.is_valid_entry_point_string('aiida.data:x')
    assert not entry_point.is_valid_entry_point_string('data:x')
    assert entry_point.parse_entry_point('aiida.data', 'x = a.b:C').value == 'a.b:C'
    assert entry_point.load_entry_point_from_string('aiida.data:core.int').__name__ == 'Int'
    assert 'core.direct' in entry_point.get_entry_point_names('aiida.schedulers')
    assert 'core.direct' in entry_point.get_entry_points('aiida.schedulers').names


def test_versions_of_plugins():
    import aiida

    provider = plugins.PluginVersionProvider()
    ours = {'version': {'core': aiida.__version__, 'plugin': aiida.__version__}}
    assert provider.get_version_info('aiida.data:core.int') == ours
    assert provider.get_version_info(plugins.DataFactory('core.int')) == ours
    assert provider.get_version_info(int) == {'version': {'core': aiida.__version__}}
    import json

    assert provider.get_version_info(json.loads)['version']['plugin'] == json.__version__
    with pytest.raises(ValueError, match='group:name'):
        provider.get_version_info('core.int')


def test_core_names_are_found_without_a_scan():
    code = (
        'import sys\n'
        'from aiida.plugins import entry_point\n'
        "assert entry_point.get_entry_point_string_from_class('aiida.orm.nodes.data.int', 'Int')\n"
        "assert 'importlib.metadata' not in sys.modules"
    )
    subprocess.run([sys.executable, '-c', code], check=True)
