"""Python values to nodes, copies and sources of nodes, formats."""

from __future__ import annotations

import copy
import enum
import fractions
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiida import orm
from aiida.common.exceptions import InvalidOperation, ModificationNotAllowed
from aiida.common.links import LinkType
from aiida.orm import to_aiida_type

pytestmark = pytest.mark.usefixtures('store')


class Number(enum.Enum):
    ONE = 1


@pytest.mark.parametrize(
    ('value', 'node_class', 'kept'),
    [
        (1, orm.Int, 1),
        (1.5, orm.Float, 1.5),
        (True, orm.Bool, True),
        ('a', orm.Str, 'a'),
        ([1], orm.List, [1]),
        ({'a': 1}, orm.Dict, {'a': 1}),
        (OrderedDict(a=1), orm.Dict, {'a': 1}),
        (Number.ONE, orm.EnumData, 1),
        (fractions.Fraction(1, 2), orm.Float, 0.5),
        (np.int64(3), orm.Int, 3),
        (np.uint8(3), orm.Int, 3),
        (np.float32(0.5), orm.Float, 0.5),
        (np.float64(0.5), orm.Float, 0.5),
        (np.bool_(True), orm.Bool, True),
        (np.str_('a'), orm.Str, 'a'),
    ],
)
def test_values_become_nodes(value: Any, node_class: type, kept: Any) -> None:
    node = to_aiida_type(value)
    assert type(node) is node_class
    assert node.value == kept
    assert not node.is_stored


def test_arrays_become_nodes() -> None:
    node = to_aiida_type(np.eye(2))
    assert isinstance(node, orm.ArrayData)
    assert (node.get_array('default') == np.eye(2)).all()


OTHERS = [None, (1, 2), {1, 2}, 3j, b'x', object(), len, Path('/a'), np.datetime64('2020')]


@pytest.mark.parametrize('value', OTHERS)
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match='no node type'):
        to_aiida_type(value)


def test_further_types_can_be_registered() -> None:
    class Length:
        def __init__(self, metres: float) -> None:
            self.metres = metres

    to_aiida_type.register(Length, lambda length: orm.Float(length.metres))
    assert to_aiida_type(Length(2.5)) == 2.5


def test_numpy_is_not_imported_before_it_is_seen() -> None:
    code = (
        'import sys; from aiida import orm; from aiida.orm.nodes.data import structure, array\n'
        'orm.Int, orm.StructureData, orm.ArrayData, orm.BandsData, orm.InstalledCode, orm.RemoteData\n'
        'try: orm.to_aiida_type(object())\n'
        'except TypeError: pass\n'
        'print([name for name in ("numpy", "ase", "yaml", "sqlalchemy", "scipy", "matplotlib") if name in sys.modules])'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == '[]'


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)
KEYS = st.text(min_size=1).filter(lambda key: '.' not in key)
RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@RELAXED
@given(
    st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=['Cs']))
)
def test_basic_values_survive_conversion_and_store(value: Any) -> None:
    node = to_aiida_type(value).store()
    loaded = orm.load_node(node.pk)
    assert loaded.value == value
    assert type(loaded.value) is type(value)
    assert loaded == node == value


@RELAXED
@given(st.dictionaries(KEYS, JSON, max_size=4))
def test_nested_dictionaries_survive_the_store(value: dict[str, Any]) -> None:
    node = to_aiida_type(value).store()
    loaded = orm.load_node(node.pk)
    assert loaded.get_dict() == value == node.get_dict()
    assert loaded.base.caching.compute_hash() == node.base.caching.compute_hash()


@RELAXED
@given(st.lists(JSON, max_size=5))
def test_nested_lists_survive_the_store(value: list[Any]) -> None:
    assert orm.load_node(to_aiida_type(value).store().pk).get_list() == value


# copies


def test_clone_is_a_new_node_with_the_same_content() -> None:
    node = orm.Dict({'a': [1]}, label='l', description='d')
    node.base.extras.set('e', 1)
    node.base.repository.put_object_from_bytes(b'content', 'folder/file')
    node.store()
    for clone in (node.clone(), copy.deepcopy(node)):
        assert type(clone) is orm.Dict
        assert not clone.is_stored
        assert clone.uuid != node.uuid
        assert (clone.label, clone.description, clone.get_dict()) == ('l', 'd', {'a': [1]})
        assert clone.base.extras.all == {'e': 1}
        assert clone.base.repository.get_object_content('folder/file') == 'content'
        clone['a'].append(2)
        clone.base.repository.put_object_from_bytes(b'other', 'folder/file')
        stored = clone.store()
        assert orm.load_node(stored.pk).get_dict() == {'a': [1, 2]}
    assert orm.load_node(node.pk).get_dict() == {'a': [1]}
    assert node.base.repository.get_object_content('folder/file') == 'content'
    with pytest.raises(InvalidOperation, match='deepcopy'):
        copy.copy(node)


# sources


def test_source() -> None:
    node = orm.Int(1, source={'uri': 'https://example.org', 'extras': {'a': 1}})
    assert node.source == {'uri': 'https://example.org', 'extras': {'a': 1}}
    assert node.base.attributes.get('source') == node.source
    node.set_source({'db_name': 'COD'})
    assert node.source == {'db_name': 'COD'}
    assert orm.Int(1).source is None
    with pytest.raises(KeyError, match='bad'):
        node.source = {'bad': 1}
    with pytest.raises(ValueError):
        node.source = 5  # type: ignore[assignment]
    node.store()
    with pytest.raises(ModificationNotAllowed):
        node.source = {'id': 1}


def test_creator() -> None:
    calculation = orm.CalcFunctionNode().store()
    node = orm.Int(1)
    assert node.creator is None
    node.base.links.add_incoming(calculation, LinkType.CREATE, 'result')
    node.store()
    assert orm.load_node(node.pk).creator.uuid == calculation.uuid


# formats


class Table(orm.Data):
    """Data with formats."""

    _export_format_replacements = {'x_y': 'x-y'}

    def _prepare_csv(self, main_file_name: str = '', header: bool = True) -> tuple[bytes, dict[str, bytes]]:
        return (b'a,b\n' if header else b'') + b'1,2\n', {}

    def _prepare_x_y(self, main_file_name: str = '') -> tuple[bytes, dict[str, bytes]]:
        return b'main', {f'{main_file_name}.extra': b'extra'}

    def _parse_csv(self, inputstring: str) -> None:
        self.base.attributes.set('rows', inputstring.splitlines())

    def _get_object_list(self) -> list[int]:
        return [1, 2]


def test_export(tmp_path: Path) -> None:
    table = Table()
    assert Table.get_export_formats() == ['csv', 'x-y']
    assert orm.Int.get_export_formats() == []
    target = str(tmp_path / 'table.csv')
    assert table.export(target) == [target]
    assert Path(target).read_text() == 'a,b\n1,2\n'
    with pytest.raises(OSError, match='exists'):
        table.export(target)
    assert table.export(target, overwrite=True, header=False) == [target]
    assert Path(target).read_text() == '1,2\n'
    both = table.export(tmp_path / 'q', fileformat='x-y')
    assert [Path(name).read_text() for name in both] == ['main', 'extra']
    with pytest.raises(ValueError, match='txt'):
        table.export(str(tmp_path / 'table.txt'))
    with pytest.raises(ValueError, match='Int has no format'):
        orm.Int(1).export(str(tmp_path / 'int.csv'))


def test_import_and_convert(tmp_path: Path) -> None:
    table = Table()
    table.importstring('a\nb', 'csv')
    assert table.base.attributes.get('rows') == ['a', 'b']
    (tmp_path / 'file.csv').write_text('c')
    table.importfile(tmp_path / 'file.csv')
    assert table.base.attributes.get('rows') == ['c']
    assert table.convert('list') == [1, 2]
    for wrong in (lambda: table.convert(), lambda: table.convert('tuple'), lambda: table.importstring('', 'xml')):
        with pytest.raises(ValueError):
            wrong()
