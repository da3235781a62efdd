"""What holds for all values, and for several threads at once."""

from __future__ import annotations

import copy
import json
import threading
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiida import orm
from aiida.common.cleaning import clean_value, copy_json
from aiida.common.hashing import make_hash
from aiida.common.links import LinkType

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers() | FLOATS | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def tupled(value: Any) -> Any:
    """Return a value with tuples for lists and dictionaries in the opposite order."""
    if isinstance(value, list):
        return tuple(map(tupled, value))
    if isinstance(value, dict):
        return {key: tupled(value[key]) for key in reversed(list(value))}
    return value


@given(JSON)
def test_cleaning_changes_nothing_that_is_clean(value: Any) -> None:
    cleaned = clean_value(value)
    assert json.dumps(cleaned) == json.dumps(value)
    assert copy_json(value) == value
    assert clean_value(tupled(value)) == value


@given(JSON)
def test_the_hash_does_not_depend_on_the_kind_of_container(value: Any) -> None:
    assert make_hash(value) == make_hash(copy.deepcopy(value)) == make_hash(tupled(value))
    assert make_hash(json.loads(json.dumps(value))) == make_hash(value)


@given(JSON, JSON)
def test_hashes_are_equal_for_equal_values_only(one: Any, two: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
    if same:
        assert make_hash(one) == make_hash(two)
    elif repr(one) != repr(two) and not _differ_by_rounding(one, two):
        assert make_hash(one) != make_hash(two)


def _differ_by_rounding(one: Any, two: Any) -> bool:
    def rounded(text: str) -> Any:
        return json.loads(text, parse_float=lambda number: f'{float(number) or 0.0:.16g}')

    return json.dumps(rounded(json.dumps(one)), sort_keys=True) == json.dumps(rounded(json.dumps(two)), sort_keys=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(value=st.dictionaries(st.text(min_size=1).filter(lambda key: '.' not in key), JSON, max_size=5))
def test_attributes_come_back_as_they_were(value: dict[str, Any], store: Any) -> None:
    node = orm.Data()
    node.base.attributes.set_many(value)
    node.store()
    loaded = orm.load_node(node.pk)
    assert loaded.base.attributes.all == node.base.attributes.all == value
    assert loaded.base.caching.compute_hash() == node.base.caching.get_hash()


def test_threads_store_at_the_same_time(store: Any) -> None:
    errors: list[BaseException] = []
    made: list[orm.CalculationNode] = []

    def work() -> None:
        try:
            for number in range(20):
                process = orm.CalculationNode()
                process.base.links.add_incoming(orm.Int(number), LinkType.INPUT_CALC, 'x')
                process.store_all()
                output = orm.Int(number + 1)
                output.base.links.add_incoming(process, LinkType.CREATE, 'y')
                output.store()
                made.append(process)
        except BaseException as exception:
            errors.append(exception)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len({process.pk for process in made}) == 80
    assert all(process.outputs.y.value == process.inputs.x.value + 1 for process in made)
