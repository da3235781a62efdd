"""Taking the outputs of an equal process over."""

from __future__ import annotations

from typing import Any

import pytest
from engine_samples import add

from aiida import orm
from aiida.common.caching import disable_caching, enable_caching
from aiida.engine import ExitCode, calcfunction

# mypy: disable-error-code="no-untyped-def"


CALLS: list[Any] = []


@calcfunction
def counted(x):
    CALLS.append(x.value)
    return {'a': orm.Int(x.value), 'n': {'b': orm.Int(2)}}


@calcfunction
def end(x):
    return ExitCode(x.value, 'ended')


def test_not_without_being_asked() -> None:
    add(1, 2)
    _, node = add.run_get_node(1, 2)
    assert not node.base.caching.is_created_from_cache


def test_outputs_are_clones_and_the_function_is_not_called() -> None:
    CALLS.clear()
    _, first = counted.run_get_node(1)
    with enable_caching():
        result, second = counted.run_get_node(1)
        _, third = counted.run_get_node(2)
    assert CALLS == [1, 2]
    assert second.base.caching.get_cache_source() == first.uuid
    assert not third.base.caching.is_created_from_cache
    assert result['a'] == 1
    assert result['a'].uuid != first.outputs.a.uuid
    assert sorted(link.link_label for link in second.base.links.get_outgoing()) == ['a', 'n__b']
    assert second.is_finished_ok
    assert second.is_sealed
    assert (second.process_label, second.exit_status) == ('counted', 0)


def test_metadata_can_say_no() -> None:
    add(1, 2)
    with enable_caching():
        _, node = add.run_get_node(1, 2, metadata={'disable_cache': True})
        assert not node.base.caching.is_created_from_cache
        _, node = add.run_get_node(1, 2)
        assert node.base.caching.is_created_from_cache
        with disable_caching():
            _, node = add.run_get_node(1, 2)
            assert not node.base.caching.is_created_from_cache


@pytest.mark.parametrize(('status', 'cached'), [(0, True), (300, True), (11, False), (1, False)])
def test_exit_codes_can_say_no(status: int, cached: bool) -> None:
    end(status)
    with enable_caching():
        _, node = end.run_get_node(status)
    assert node.base.caching.is_created_from_cache is cached
    assert node.exit_status == status


def test_excepted_ones_are_no_source() -> None:
    from engine_samples import fail

    with enable_caching():
        for _ in range(2):
            with pytest.raises(ValueError):
                fail(1)
    nodes: list[Any] = orm.QueryBuilder().append(orm.CalcFunctionNode).all(flat=True)
    assert len(nodes) == 2
    assert not any(node.base.caching.is_created_from_cache for node in nodes)
