"""Nodes: their columns, attributes, extras, storing and what cannot be undone."""

from __future__ import annotations

import copy
import math
import pickle
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from aiida import orm
from aiida.common.exceptions import (
    InvalidOperation,
    ModificationNotAllowed,
    NotExistent,
    StoringNotAllowed,
    ValidationError,
)
from aiida.common.links import LinkType
from aiida.common.warnings import AiidaDeprecationWarning


def test_new_node() -> None:
    node = orm.Data(label='l', description='d')
    assert not node.is_stored
    assert node.pk is node.id is node.mtime is node.process_type is node.computer is None
    assert UUID(node.uuid).version == 4
    assert node.ctime.tzinfo is not None
    assert (node.label, node.description, node.node_type) == ('l', 'd', 'data.Data.')
    assert node.user == orm.User.collection.get_default()
    assert repr(node) == f'<Data: uuid: {node.uuid} (unstored)>'
    assert str(node) == f'uuid: {node.uuid} (unstored)'
    with pytest.raises(TypeError, match='foo'):
        orm.Data(foo=1)


def test_stored_node() -> None:
    node = orm.Data(label='l').store()
    assert node.is_stored
    assert str(node) == f'uuid: {node.uuid} (pk: {node.pk})'
    loaded = orm.load_node(node.pk)
    assert loaded == node
    assert loaded is not node
    assert hash(loaded) == hash(node)
    assert node != orm.Data()
    assert (loaded.label, loaded.uuid, loaded.ctime, loaded.mtime) == (node.label, node.uuid, node.ctime, node.mtime)
    assert node.store() is node


@pytest.mark.parametrize(
    ('node_class', 'type_string', 'entry_point'),
    [
        (orm.Node, '', 'core.node'),
        (orm.Data, 'data.Data.', 'data'),
        (orm.ProcessNode, 'process.ProcessNode.', 'process'),
        (orm.CalculationNode, 'process.calculation.CalculationNode.', 'process.calculation'),
        (orm.CalcJobNode, 'process.calculation.calcjob.CalcJobNode.', 'process.calculation.calcjob'),
        (
            orm.CalcFunctionNode,
            'process.calculation.calcfunction.CalcFunctionNode.',
            'process.calculation.calcfunction',
        ),
        (orm.WorkflowNode, 'process.workflow.WorkflowNode.', 'process.workflow'),
        (orm.WorkChainNode, 'process.workflow.workchain.WorkChainNode.', 'process.workflow.workchain'),
        (orm.WorkFunctionNode, 'process.workflow.workfunction.WorkFunctionNode.', 'process.workflow.workfunction'),
        (orm.Int, 'data.core.int.Int.', 'core.int'),
    ],
)
def test_type_strings(node_class: type[orm.Node], type_string: str, entry_point: str) -> None:
    assert node_class.class_node_type == type_string
    assert node_class.entry_point is not None
    assert node_class.entry_point.name == entry_point
    assert orm.load_node_class(type_string) is node_class


def test_type_strings_of_classes_that_are_not_there() -> None:
    assert orm.load_node_class('data.no.such.Thing.') is orm.Data
    assert orm.load_node_class('process.no.such.ThingNode.') is orm.ProcessNode
    with pytest.raises(Exception, match='no type string'):
        orm.load_node_class('data.core.int')
    assert orm.get_query_type_from_type_string('data.core.int.Int.') == 'data.core.int.'
    assert orm.get_query_type_from_type_string('data.Data.') == 'data.'
    assert orm.get_query_type_from_type_string('') == ''


class Unregistered(orm.Data):
    """A class without entry point."""


@pytest.mark.parametrize('node_class', [orm.Node, orm.ProcessNode, Unregistered])
def test_classes_that_cannot_be_stored(node_class: type[orm.Node]) -> None:
    with pytest.raises(StoringNotAllowed):
        node_class().store()


def test_what_may_change_after_storing() -> None:
    node = orm.Data().store()
    before = node.mtime
    node.label = 'new'
    node.description = 'said'
    node.base.extras.set('a', [1])
    loaded = orm.load_node(node.pk)
    assert (loaded.label, loaded.description, loaded.base.extras.get('a')) == ('new', 'said', [1])
    assert before is not None
    assert node.mtime is not None
    assert node.mtime > before
    for change in (
        lambda: node.base.attributes.set('a', 1),
        lambda: node.base.attributes.set_many({'a': 1}),
        lambda: node.base.attributes.reset({'a': 1}),
        lambda: node.base.attributes.delete('a'),
        lambda: node.base.attributes.clear(),
        lambda: node.base.repository.put_object_from_bytes(b'', 'a'),
        lambda: node.base.repository.delete_object('a'),
        lambda: node.base.repository.erase(),
        lambda: setattr(node, 'user', node.user),
        lambda: setattr(node, 'computer', None),
    ):
        with pytest.raises(ModificationNotAllowed, match='stored'):
            change()
    with pytest.raises(ValueError, match='label'):
        node.label = None  # type: ignore[assignment]


def test_attributes_of_an_unstored_node_are_the_very_values() -> None:
    node = orm.Data()
    value = [1]
    node.base.attributes.set('a', value)
    assert node.base.attributes.get('a') is value
    node.base.attributes.all.setdefault('b', 2)
    assert node.base.attributes.all == {'a': [1], 'b': 2}
    assert list(node.base.attributes.keys()) == ['a', 'b']
    assert dict(node.base.attributes.items()) == {'a': [1], 'b': 2}
    assert node.base.attributes.get_many(['b', 'a']) == [2, [1]]
    node.base.attributes.delete('a')
    node.base.attributes.reset({'c': 1})
    assert node.base.attributes.all == {'c': 1}
    node.base.attributes.clear()
    assert node.base.attributes.all == {}


def test_attributes_of_a_stored_node_are_copies() -> None:
    node = orm.Data()
    node.base.attributes.set_many({'a': {'b': (1, 2)}, 'c': 1})
    node.store()
    assert node.base.attributes.all == orm.load_node(node.pk).base.attributes.all == {'a': {'b': [1, 2]}, 'c': 1}
    node.base.attributes.all['d'] = 1
    node.base.attributes.get('a')['b'].append(3)
    node.base.attributes.get_many(['a'])[0].clear()
    assert node.base.attributes.all == {'a': {'b': [1, 2]}, 'c': 1}
    assert 'a' in node.base.attributes
    assert 'd' not in node.base.attributes


@pytest.mark.parametrize('what', ['attributes', 'extras'])
@pytest.mark.parametrize('stored', [True, False])
def test_absent_keys(what: str, stored: bool) -> None:
    node = orm.Data().store() if stored else orm.Data()
    values = getattr(node.base, what)
    assert values.get('z', 1) == 1
    assert values.get('z', None) is None
    with pytest.raises(AttributeError, match='z'):
        values.get('z')
    with pytest.raises(AttributeError, match='z'):
        values.get_many(['z'])
    with pytest.raises(AttributeError if what == 'extras' or not stored else ModificationNotAllowed):
        values.delete('z')


@pytest.mark.parametrize('what', ['attributes', 'extras'])
@pytest.mark.parametrize('key', ['a.b', '', 1, None])
def test_invalid_keys(what: str, key: Any) -> None:
    with pytest.raises(ValidationError):
        getattr(orm.Data().base, what).set(key, 1)


@pytest.mark.parametrize('value', [math.nan, math.inf, object(), datetime(2020, 1, 1), {'a': {1, object()}}])
def test_what_json_does_not_know_is_refused(value: Any, store: Any) -> None:
    node = orm.Data()
    node.base.attributes.set('deep', {'in': [value]})
    with pytest.raises(ValidationError, match='deep'):
        node.store()
    assert not node.is_stored
    assert node.base.attributes.get('deep')['in'][0] is value
    node.base.attributes.set('deep', 1)
    assert node.store().is_stored
    with pytest.raises(ValidationError):
        node.base.extras.set('a', value)


def test_extras() -> None:
    node = orm.Data(extras={'x': 1})
    node.base.extras.set_many({'y': 2, 'z': {'a': 1}})
    node.store()
    assert node.base.extras.get_many(['x', 'y', 'z']) == [1, 2, {'a': 1}]
    other = orm.load_node(node.pk)
    other.base.extras.delete('x')
    other.base.extras.set('w', 3)
    assert 'x' not in node.base.extras
    assert node.base.extras.get('w') == 3
    node.base.extras.delete_many(['y', 'z'])
    assert sorted(node.base.extras.keys()) == ['_aiida_hash', 'w']
    node.base.extras.reset({'a': 1})
    assert other.base.extras.all == {'a': 1}
    node.base.extras.clear()
    assert dict(other.base.extras.items()) == {}


def test_two_writers_of_extras_keep_each_others_keys() -> None:
    node = orm.Data().store()
    one, two = orm.load_node(node.pk), orm.load_node(node.pk)
    assert one.base.extras.all == two.base.extras.all
    one.base.extras.set('a', 1)
    two.base.extras.set('b', 2)
    assert node.base.extras.get_many(['a', 'b']) == [1, 2]


def test_storing_that_is_rolled_back_leaves_the_node_unstored(store: Any) -> None:
    data, process = orm.Data(), orm.CalculationNode()
    data.base.attributes.set('a', 1)
    with pytest.raises(RuntimeError), store.transaction():
        data.store()
        process.base.links.add_incoming(data, LinkType.INPUT_CALC, 'x')
        process.store()
        assert data.pk is not None
        raise RuntimeError
    for node in (data, process):
        assert not node.is_stored
        assert node.pk is None
        assert '_aiida_hash' not in node.base.extras
        with pytest.raises(NotExistent):
            orm.load_node(uuid=node.uuid)
    data.base.attributes.set('a', 2)
    process.store_all()
    assert process.inputs.x.base.attributes.all == {'a': 2}


def test_files() -> None:
    node = orm.Data()
    assert node.base.repository.list_object_names() == []
    empty = node.base.repository.hash()
    node.base.repository.put_object_from_bytes(b'abc', 'x/y.txt')
    assert node.base.repository.metadata == {}
    hashed = node.base.repository.hash()
    assert hashed != empty
    node.store()
    loaded = orm.load_node(node.pk)
    for one in (node, loaded):
        repository = one.base.repository
        assert repository.list_object_names() == ['x']
        assert repository.list_object_names('x') == ['y.txt']
        assert repository.get_object_content('x/y.txt') == 'abc'
        assert repository.get_object_content('x/y.txt', 'rb') == b'abc'
        assert repository.get_object_size('x/y.txt') == 3
        assert repository.serialize_content() == {'x/y.txt': b'abc'}
        assert sorted(map(str, repository.glob())) == ['x', 'x/y.txt']
        assert repository.hash() == hashed
        assert repository.metadata['o']['x']['o']['y.txt']['k'].startswith('ba7816bf')
        with repository.open('x/y.txt') as handle:
            assert handle.read() == 'abc'
        with repository.open('x/y.txt', 'rb') as handle:
            assert handle.read() == b'abc'
        with repository.as_path() as path:
            assert (path / 'x' / 'y.txt').read_text() == 'abc'
        with repository.as_path('x/y.txt') as path:
            assert (path.name, path.read_text()) == ('y.txt', 'abc')
        with pytest.raises(FileNotFoundError):
            repository.get_object_content('nope')
        with pytest.raises(ValueError, match='mode'):
            repository.get_object_content('x/y.txt', 'w')  # type: ignore[call-overload]
        assert repository.get_zipped_objects()[:2] == b'PK'


def test_files_of_a_node_whose_storing_was_rolled_back(store: Any) -> None:
    node = orm.Data()
    node.base.repository.put_object_from_bytes(b'abc', 'a')
    with pytest.raises(RuntimeError), store.transaction():
        node.store()
        raise RuntimeError
    node.base.repository.put_object_from_bytes(b'def', 'b')
    node.store()
    assert orm.load_node(node.pk).base.repository.serialize_content() == {'a': b'abc', 'b': b'def'}


def test_node_without_files_makes_no_folder(store: Any) -> None:
    node = orm.Data().store()
    assert node.base.repository.hash() == orm.Data().base.repository.hash()
    assert node.base.__dict__['repository']._tree is None


def test_copies() -> None:
    with pytest.raises(InvalidOperation):
        copy.copy(orm.Data())
    with pytest.raises(InvalidOperation):
        copy.deepcopy(orm.CalculationNode())
    with pytest.raises(InvalidOperation, match='not stored'):
        pickle.dumps(orm.Data())
    data = orm.Data(label='a').store()
    data_copy = copy.deepcopy(data)
    assert not data_copy.is_stored
    assert data_copy.uuid != data.uuid


def test_user_and_computer(computer: orm.Computer) -> None:
    other = orm.User('other@example.org').store()
    node = orm.Data(computer=computer, user=other).store()
    loaded = orm.load_node(node.pk)
    assert loaded.user == other
    assert loaded.computer == computer
    assert loaded.get_computer_pk() == computer.pk
    with pytest.raises(ValueError, match='not stored'):
        orm.Data(computer=orm.Computer('a', 'b'))
    with pytest.raises(ValueError, match='user'):
        orm.Data(user=orm.User('c@d'))


def test_comments() -> None:
    node = orm.Data().store()
    comment = node.base.comments.add('hello')
    assert node.base.comments.get(comment.pk).content == 'hello'
    node.base.comments.update(comment.pk, 'bye')
    assert [item.content for item in node.base.comments.all()] == ['bye']
    assert comment.mtime > comment.ctime
    with pytest.raises(NotExistent):
        orm.Data().store().base.comments.get(comment.pk)
    node.base.comments.remove(comment.pk)
    assert node.base.comments.all() == []
    with pytest.raises(NotExistent):
        node.base.comments.remove(comment.pk)
    with pytest.raises(ModificationNotAllowed):
        orm.Data().base.comments.add('a')


def test_names_of_before() -> None:
    node = orm.Data()
    with pytest.warns(AiidaDeprecationWarning, match=r'Data.base.attributes.set'):
        node.set_attribute('a', 1)
    with pytest.warns(AiidaDeprecationWarning):
        assert node.get_attribute('a') == 1
    with pytest.warns(AiidaDeprecationWarning):
        assert node.attributes == {'a': 1}
    with pytest.warns(AiidaDeprecationWarning):
        assert node.list_object_names() == []
    with pytest.raises(AttributeError, match='no_such'):
        node.no_such  # noqa: B018


def test_collection(store: Any) -> None:
    node = orm.Data(label='x').store()
    assert orm.Data.collection.get(pk=node.pk) == node
    assert orm.Node.collection.get(label='x') == node
    assert orm.Node.collection.count() == 1
    assert orm.Node.collection.find({'label': 'x'}) == [node]
    with pytest.raises(NotExistent):
        orm.ProcessNode.collection.get(pk=node.pk)
    process = orm.CalculationNode()
    process.base.links.add_incoming(node, LinkType.INPUT_CALC, 'x')
    process.store()
    with pytest.raises(InvalidOperation, match='links'):
        orm.Node.collection.delete(node.pk)
    lonely = orm.Data().store()
    orm.Node.collection.delete(lonely.pk)
    with pytest.raises(NotExistent):
        orm.load_node(lonely.pk)


def test_hash_of_one_file_does_not_depend_on_where_it_is() -> None:
    plain, shared, several = orm.Data(), orm.Data(), orm.Data()
    plain.base.repository.put_object_from_bytes(b'abc', 'file')
    shared.base.repository._put_shared(b'abc', 'file')
    several.base.repository.put_object_from_bytes(b'x', 'other')
    several.base.repository._put_shared(b'abc', 'file')
    assert shared.base.repository.get_object_content('file') == 'abc'
    digest = plain.base.repository.hash()
    assert shared.base.repository.hash() == digest
    for node in (plain, shared, several):
        node.store()
    assert orm.load_node(plain.pk).base.repository.hash() == orm.load_node(shared.pk).base.repository.hash() == digest
    assert plain.base.repository._repository.hash() == digest
    assert shared.base.repository.metadata == plain.base.repository.metadata
    assert several.base.repository.list_object_names() == ['file', 'other']
    several.base.repository.hash()


def test_erasing_a_copy_leaves_the_original() -> None:
    node = orm.Data()
    node.base.repository.put_object_from_bytes(b'abc', 'file')
    node.store()
    copied = node.clone()
    assert copied.base.repository.get_object_content('file') == 'abc'
    copied.base.repository.erase()
    assert copied.base.repository.list_object_names() == []
    copied.base.repository.put_object_from_bytes(b'def', 'file')
    copied.store()
    assert node.base.repository.get_object_content('file') == 'abc'
    assert copied.base.repository.get_object_content('file') == 'def'


def test_pickles_are_references(store: Any, computer: orm.Computer, user: orm.User) -> None:
    group = orm.ImportGroup('g').store()
    node = orm.Data(computer=computer).store()
    for entity in (node, group, computer, user, computer.configure()):
        loaded = pickle.loads(pickle.dumps(entity))
        assert type(loaded) is type(entity)
        assert loaded == entity
        assert loaded is not entity
    pickled = pickle.dumps(node)
    orm.Node.collection.delete(node.pk)
    with pytest.raises(NotExistent, match=node.uuid):
        pickle.loads(pickled)


def test_changes_that_are_rolled_back_are_undone_in_memory(store: Any) -> None:
    """After a rollback the object shows what the database has, also where a column changed twice."""
    node = orm.Data(label='old', extras={'kept': 1, 'changed': [1]}).store()
    process = orm.WorkChainNode().store()
    process.base.attributes.set('process_state', 'created')
    before = node.mtime, node.base.extras.all
    with pytest.raises(ZeroDivisionError), store.transaction():
        node.label = 'new'
        node.label = 'newer'
        node.description = 'new'
        node.base.extras.set('changed', 2)
        node.base.extras.delete('kept')
        process.base.attributes.set('process_state', 'finished')
        process.seal()
        assert (node.label, process.is_sealed) == ('newer', True)
        _ = 1 / 0
    assert (node.label, node.description) == ('old', '')
    assert (node.mtime, node._record.extras) == before
    assert (process.is_sealed, process.base.attributes.get('process_state')) == (False, 'created')
    with store.transaction():
        node.label = 'new'
    assert node.label == orm.load_node(node.pk).label == 'new'
