"""Lists, dictionaries, enumerations, objects with ``as_dict``."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np
import pytest

from aiida import orm
from aiida.common.exceptions import ModificationNotAllowed, ValidationError
from aiida.common.links import LinkType
from aiida.orm import Dict, EnumData, Int, JsonableData, List, Str

pytestmark = pytest.mark.usefixtures('store')


class Colour(enum.Enum):
    RED = 'red'
    PAIR = (1, 2)


class Paint:
    class Shade(enum.Enum):
        DARK = 1


class Thing:
    """An object that can be kept."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def as_dict(self) -> dict[str, Any]:
        return {'value': self.value}

    @classmethod
    def from_dict(cls, dictionary: dict[str, Any]) -> Thing:
        return cls(dictionary['value'])


# lists


def test_list_is_a_mutable_sequence() -> None:
    node, plain = List([3, 1, 2]), [3, 1, 2]
    for change in (
        lambda data: data.append(5),
        lambda data: data.extend([1, 1]),
        lambda data: data.insert(0, 9),
        lambda data: data.remove(9),
        lambda data: data.sort(),
        lambda data: data.sort(key=lambda item: -item),
        lambda data: data.reverse(),
        lambda data: data.pop(),
        lambda data: data.pop(0),
        lambda data: data.__setitem__(0, 7),
        lambda data: data.__setitem__(slice(1, 2), [8, 8]),
        lambda data: data.__delitem__(0),
        lambda data: data.__iadd__([4]),
    ):
        change(node)
        change(plain)
        assert node.get_list() == plain
    assert (node[0], node[-1], node[1:], len(node), 4 in node) == (plain[0], plain[-1], plain[1:], len(plain), True)
    assert list(node) == plain
    assert list(reversed(node)) == plain[::-1]
    assert (node.index(4), node.count(8)) == (plain.index(4), plain.count(8))
    assert node == plain
    assert node == List(plain)
    more = [1]
    assert (node + more).get_list() == [*plain, 1]
    assert (more + node).get_list() == [1, *plain]
    assert (node + List(more)) == [*plain, 1]
    with pytest.raises(ValueError):
        node.index(99)
    with pytest.raises(ValueError):
        node.remove(99)


def test_list_does_not_share_what_it_was_made_of() -> None:
    given = [1, 2]
    node = List(given)
    given.append(3)
    assert node == [1, 2]
    node.get_list().append(4)
    assert node == [1, 2, 4]
    assert node._using_list_reference()


@pytest.mark.parametrize('value', [(1, 2), 'ab', 5, {'a': 1}])
def test_list_is_made_of_a_list(value: Any) -> None:
    with pytest.raises(TypeError):
        List(value)
    with pytest.raises(TypeError):
        List([]).set_list(value)


def test_stored_list_does_not_change() -> None:
    node = List(list=[2, 1, {'a': [1]}]).store()
    changes = {
        'append': (1,),
        'extend': ([1],),
        'insert': (0, 1),
        'remove': (1,),
        'pop': (),
        'sort': (),
        'reverse': (),
        'clear': (),
        '__setitem__': (0, 1),
        '__delitem__': (0,),
        '__iadd__': ([1],),
        'set_list': ([1],),
    }
    for name, arguments in changes.items():
        with pytest.raises(ModificationNotAllowed):
            getattr(node, name)(*arguments)
    node.get_list().append(4)
    node[2]['a'].append(5)
    assert not node._using_list_reference()
    assert node == [2, 1, {'a': [1]}]
    assert orm.load_node(node.pk).get_list() == [2, 1, {'a': [1]}]


def test_list_is_cleaned_when_stored() -> None:
    node = List([np.int64(1), np.float64(2.5), (1, 2), {1: 2}, Str('a'), True]).store()
    assert node.get_list() == [1, 2.5, [1, 2], {'1': 2}, 'a', True]
    assert [type(item) for item in node] == [int, float, list, dict, str, bool]
    with pytest.raises(ValidationError, match=r'list\[1\]\.deep\[0\]'):
        List([1, {'deep': [float('nan')]}]).store()
    with pytest.raises(ValidationError, match='object'):
        List([object()]).store()


# dictionaries


def test_dict_is_a_mapping() -> None:
    node = Dict({'a': 1, 'b': {'c': [1, 2]}})
    assert node['a'] == 1
    assert node['b']['c'] == [1, 2]
    assert 'a' in node
    assert 'z' not in node
    assert (node.get('a'), node.get('z'), node.get('z', 3)) == (1, None, 3)
    assert list(node.keys()) == list(node) == ['a', 'b']
    assert list(node.values()) == [1, {'c': [1, 2]}]
    assert dict(node) == dict(node.items()) == dict(**node) == node.get_dict() == node.value
    assert len(node) == 2
    assert node == {'a': 1, 'b': {'c': [1, 2]}}
    assert node == Dict(node.get_dict())
    assert node != {'a': 1}
    with pytest.raises(KeyError):
        node['z']
    with pytest.raises(TypeError):
        hash(node)


def test_dict_changes_until_stored() -> None:
    node = Dict(dict={'a': 1})
    node['b'] = 2
    node.update_dict({'c': 3})
    node.update_dict(Dict({'d': 4}))
    node.dict.e = 5
    del node['a']
    assert node == {'b': 2, 'c': 3, 'd': 4, 'e': 5}
    node.set_dict({'q': {'r': 1}})
    node.store()
    for change in (
        lambda: node.__setitem__('b', 2),
        lambda: node.__delitem__('q'),
        lambda: node.update_dict({'b': 2}),
        lambda: node.update_dict({}),
        lambda: node.set_dict({}),
        lambda: setattr(node.dict, 'b', 2),
    ):
        with pytest.raises(ModificationNotAllowed):
            change()
    node.get_dict()['z'] = 1
    node['q']['r'] = 99
    node.value['q']['r'] = 99
    assert orm.load_node(node.pk).get_dict() == node.get_dict() == {'q': {'r': 1}}
    assert not orm.load_node(node.pk).clone().is_stored


def test_dict_with_attribute_access() -> None:
    node = Dict({'energy': -1.5, 'nested': {'a': 1}})
    assert node.dict.energy == -1.5
    assert node.dict['nested'] == {'a': 1}
    assert set(dir(node.dict)) >= {'energy', 'nested'}
    with pytest.raises(AttributeError):
        _ = node.dict.no_such_key


def test_dict_union() -> None:
    union = Dict({'a': 1, 'b': 1}) | {'b': 2}
    assert isinstance(union, Dict)
    assert union == {'a': 1, 'b': 2}
    assert {'a': 0} | Dict({'b': 1}) == {'a': 0, 'b': 1}
    assert Dict({'a': 1}) | Dict({'c': 1}) == {'a': 1, 'c': 1}


@pytest.mark.parametrize('key', [1, '', 'a.b'])
def test_dict_keys_can_be_queried(key: Any) -> None:
    with pytest.raises(ValidationError):
        Dict({key: 1})


@pytest.mark.parametrize('value', [[('a', 1)], 5, 'a'])
def test_dict_is_made_of_a_dictionary(value: Any) -> None:
    with pytest.raises(TypeError):
        Dict(value)


def test_dict_refuses_what_json_does_not_know() -> None:
    with pytest.raises(ValidationError, match=r'results\.energies\[1\]'):
        Dict({'results': {'energies': [1.0, float('inf')]}}).store()
    with pytest.raises(ValidationError, match=r'array\[0\]'):
        Dict({'array': np.array([np.nan])}).store()
    with pytest.raises(ValidationError, match='complex'):
        Dict({'a': 3j}).store()
    stored = Dict(
        {'tuple': (1, 2), 'number': np.float64(1.5), 'array': np.eye(2), 'node': Int(3), 'none': None, 'big': 2**80}
    ).store()
    expected = {
        'tuple': [1, 2],
        'number': 1.5,
        'array': [[1.0, 0.0], [0.0, 1.0]],
        'node': 3,
        'none': None,
        'big': 2**80,
    }
    assert orm.load_node(stored.pk).get_dict() == expected


# enumerations


@pytest.mark.parametrize('member', [Colour.RED, Colour.PAIR, LinkType.CREATE, Paint.Shade.DARK])
def test_enum_comes_back(member: enum.Enum) -> None:
    node = EnumData(member).store()
    loaded = orm.load_node(node.pk)
    assert loaded.get_member() is loaded.member is member
    assert loaded.get_enum() is type(member)
    assert loaded == node == member
    assert (loaded.name, loaded.identifier) == (member.name, f'{type(member).__module__}:{type(member).__qualname__}')


def test_enum_attributes_and_errors() -> None:
    node = EnumData(LinkType.CREATE)
    assert node.base.attributes.all == {
        'name': 'CREATE',
        'value': 'create',
        'identifier': 'aiida.common.links:LinkType',
    }
    assert node != LinkType.CALL_CALC
    assert node != 'create'
    for wrong in ('a', Colour):
        with pytest.raises(TypeError):
            EnumData(wrong)  # type: ignore[arg-type]
    node.base.attributes.set('identifier', 'no.such:Enum')
    with pytest.raises(ImportError, match=r'no\.such:Enum'):
        node.get_member()


# objects


@pytest.mark.parametrize('value', [1, [1, {'a': 'b'}], None, float('inf'), [-float('inf')]])
def test_jsonable_comes_back(value: Any) -> None:
    thing = Thing(value)
    node = JsonableData(thing)
    assert node.obj is thing
    attributes = node.base.attributes.all
    assert (attributes['@class'], attributes['@module']) == ('Thing', __name__)
    copy = node.clone()
    assert copy.obj is not thing
    assert (copy.obj.value, copy.the_class, copy.the_module) == (value, 'Thing', __name__)


def test_jsonable_keeps_what_json_does_not_know_as_text() -> None:
    node = JsonableData(Thing([float('nan'), -float('inf')]))
    assert node.base.attributes.get('value') == ['NaN', '-Infinity']
    assert np.isnan(node.clone().obj.value[0])


def test_jsonable_errors() -> None:
    with pytest.raises(TypeError, match='as_dict'):
        JsonableData(object())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match='JSON'):
        JsonableData(Thing(object()))
    node = JsonableData(Thing(1)).clone()
    node.base.attributes.set('@module', 'no_such_module')
    with pytest.raises(ImportError, match='no_such_module'):
        _ = node.obj
