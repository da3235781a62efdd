"""JSON text: what comes back is what went, or an error."""

from __future__ import annotations

import datetime
import io
import json as stdlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiida.common import json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(VALUES)
def test_what_comes_back_is_what_went(value):
    text = json.dumps(value)
    assert json.loads(text) == value
    assert stdlib.loads(text) == value


@given(st.integers(min_value=10**17, max_value=10**25), st.booleans())
def test_large_integers_stay_integers(value, negative):
    value = -value if negative else value
    read = json.loads(json.dumps({'a': [value]}))['a'][0]
    assert type(read) is int
    assert read == value


@pytest.mark.parametrize('number', [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize('wrap', [lambda n: n, lambda n: [None, n], lambda n: {'a': {'b': (1, n)}}, lambda n: {1: n}])
def test_what_is_no_number_is_refused(number, wrap):
    with pytest.raises(ValueError, match=r'nan|inf|[Oo]ut of range'):
        json.dumps(wrap(number))


@pytest.mark.parametrize('value', [datetime.datetime.now(), object(), {1, 2}, b'bytes'])
def test_what_has_no_form_is_refused(value):
    with pytest.raises(TypeError):
        json.dumps(value)


def test_what_other_programs_write_is_read():
    assert math.isnan(json.loads('{"a": NaN}')['a'])
    assert json.loads('"\\ud800"') == '\ud800'
    with pytest.raises(ValueError, match='char'):
        json.loads('{"a": ')


def test_files_and_layout():
    text, raw = io.StringIO(), io.BytesIO()
    json.dump({'b': 1, 'a': [2]}, text, indent=2, sort_keys=True)
    json.dump({'b': 1}, raw)
    assert text.getvalue() == '{\n  "a": [\n    2\n  ],\n  "b": 1\n}'
    assert json.dumps({'a': 1}, indent=4) == '{\n    "a": 1\n}'
    assert raw.getvalue() == b'{"b":1}'
    raw.seek(0)
    assert json.load(raw) == {'b': 1}
