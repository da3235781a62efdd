"""Dictionaries whose keys are attributes."""

from __future__ import annotations

import copy
import pickle

import pytest

from aiida.common import AttributeDict, DefaultFieldsAttributeDict, FixedFieldsAttributeDict, ValidationError
from aiida.common.datastructures import CalcInfo, CodeInfo


class Fixed(FixedFieldsAttributeDict):
    _valid_fields = ('a', 'b')


class Defaults(DefaultFieldsAttributeDict):
    _default_fields = ('a', 'b')

    def validate_a(self, value):
        if value is not None:
            int(value)


def test_mappings_below_become_attribute_dicts():
    found = AttributeDict({'a': {'b': {'c': 1}}, 'l': [{'x': 1}]})
    assert found.a.b.c == 1
    assert type(found.a.b) is AttributeDict
    assert type(found.l[0]) is dict


def test_absent_attribute_is_an_attribute_error():
    found = AttributeDict({})
    with pytest.raises(AttributeError, match='zz'):
        _ = found.zz
    with pytest.raises(AttributeError, match='zz'):
        del found.zz
    with pytest.raises(KeyError):
        _ = found['zz']


@pytest.mark.parametrize('duplicate', [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_are_equal_and_apart(duplicate):
    before = AttributeDict({'a': {'b': [1]}})
    after = duplicate(before)
    assert after == before
    assert type(after.a) is AttributeDict
    after.a.b.append(2)
    assert before.a.b == [1]


def test_fixed_fields_refuse_others():
    fixed = Fixed({'a': 1})
    with pytest.raises(AttributeError, match='valid are: a, b'):
        fixed.z = 1
    with pytest.raises(KeyError):
        fixed['z'] = 1
    with pytest.raises(KeyError):
        Fixed({'z': 1})
    assert Fixed.get_valid_fields() == ('a', 'b')


def test_default_fields_read_as_none():
    found = Defaults({'c': 1})
    assert found.a is None
    assert found['b'] is None
    assert found.get('a', 3) == 3
    assert found.extrakeys() == ['c']
    found.b = 2
    assert found.defaultkeys() == ['b']
    with pytest.raises(AttributeError):
        _ = found.d


def test_validate_names_the_field():
    found = Defaults({'a': 'x'})
    with pytest.raises(ValidationError, match=r"'a' \[ValueError\]"):
        found.validate()


def test_calc_info_has_the_documented_fields():
    info = CalcInfo({'retrieve_list': ['out']})
    info.codes_info = [CodeInfo({'cmdline_params': ['-v']})]
    assert info.retrieve_list == ['out']
    assert info.provenance_exclude_list is None
    assert info.file_copy_operation_order is None
    assert info.codes_info[0].withmpi is None
    assert info.extrakeys() == []
