"""Which processes take their outputs from equal ones."""

from __future__ import annotations

import threading

import pytest

from aiida.common.caching import disable_caching, enable_caching, get_use_cache
from aiida.common.exceptions import ConfigurationError
from aiida.common.options import OPTIONS

ADD = 'aiida.calculations:core.arithmetic.add'


@pytest.fixture
def configured():
    """Options of caching, to be filled by a test."""
    options = {}
    with OPTIONS.override(lambda name: options.get(name)):
        yield options


@pytest.mark.parametrize(
    ('default', 'enabled', 'disabled', 'expected'),
    [
        (False, [], [], False),
        (True, [], [], True),
        (False, [ADD], [], True),
        (False, ['aiida.calculations:*'], [], True),
        (False, ['*'], [], True),
        (True, [], ['aiida.calculations:*'], False),
        (False, ['aiida.calculations:*'], ['aiida.calculations:core.*'], False),
        (False, ['aiida.calculations:core.arithmetic.*'], ['aiida.calculations:core.*'], True),
        (True, ['aiida.workflows:*'], [], True),
        (True, [], ['some.module.*'], True),
    ],
)
def test_the_most_specific_pattern_decides(configured, default, enabled, disabled, expected):
    configured.update(
        {'caching.default_enabled': default, 'caching.enabled_for': enabled, 'caching.disabled_for': disabled}
    )
    assert get_use_cache(identifier=ADD) is expected


@pytest.mark.parametrize(
    ('enabled', 'disabled'),
    [
        ([ADD], [ADD]),
        (['aiida.calculations:core.*'], ['aiida.calculations:core.*']),
        (['aiida.calculations:core.*'], ['aiida.calculations:*add']),
    ],
)
def test_contradictions_are_told(configured, enabled, disabled):
    configured.update({'caching.enabled_for': enabled, 'caching.disabled_for': disabled})
    with pytest.raises(ConfigurationError, match='contradict each other'):
        get_use_cache(identifier=ADD)


def test_patterns_are_no_regular_expressions(configured):
    configured['caching.enabled_for'] = ['some.module']
    assert not get_use_cache(identifier='some-module')
    assert get_use_cache(identifier='some.module')


def test_contexts(configured):
    with enable_caching():
        assert get_use_cache()
        assert get_use_cache(identifier=ADD)
        with disable_caching():
            assert not get_use_cache(identifier=ADD)
        assert get_use_cache(identifier=ADD)
    assert not get_use_cache(identifier=ADD)
    with enable_caching(identifier='aiida.calculations:*'):
        assert get_use_cache(identifier=ADD)
        assert not get_use_cache()
        with disable_caching(identifier=ADD):
            assert not get_use_cache(identifier=ADD)


def test_a_context_wins_over_the_configuration(configured):
    configured['caching.disabled_for'] = [ADD]
    with enable_caching(identifier=ADD):
        assert get_use_cache(identifier=ADD)


def test_a_context_ends_with_an_error(configured):
    with pytest.raises(KeyError), enable_caching():
        raise KeyError
    assert not get_use_cache()


def test_a_context_concerns_its_thread_only(configured):
    found = []
    with enable_caching():
        thread = threading.Thread(target=lambda: found.append(get_use_cache()))
        thread.start()
        thread.join()
    assert found == [False]


@pytest.mark.parametrize('identifier', ['1 2', 'a.b:c', 'some.1x', 'x..y'])
def test_what_cannot_name_a_process(identifier):
    with pytest.raises(ValueError, match='cannot name a process'), enable_caching(identifier=identifier):
        pass


def test_strict_asks_that_it_can_be_loaded():
    with pytest.raises(ValueError, match=r'nope\.module'), enable_caching(identifier='nope.module', strict=True):
        pass
    with enable_caching(identifier='collections.OrderedDict', strict=True):
        assert get_use_cache(identifier='collections.OrderedDict')
