"""Each row of the inventory is proved by a test that names it, or listed with the reason why not."""

from importlib.util import find_spec

from conformance_inventory import LEFT_OUT, OTHER_AREAS, ROWS, proved


def test_every_row_is_proved_or_left_out_for_a_reason():
    assert [name for name in ROWS if name not in proved() and name not in LEFT_OUT] == []


def test_what_is_left_out_is_not_proved():
    assert {name: tests for name, tests in proved().items() if name in LEFT_OUT} == {}
    assert all(LEFT_OUT.values())
    assert set(LEFT_OUT) <= set(ROWS)


def test_the_inventory_is_whole():
    areas = {letter: sum(name.startswith(letter) for name in ROWS) for letter in 'ABCDEFGHIJKLMP'}
    expected = {
        'A': 25,
        'B': 5,
        'C': 10,
        'D': 9,
        'E': 13,
        'F': 15,
        'G': 8,
        'H': 9,
        'I': 8,
        'J': 9,
        'K': 3,
        'L': 16,
        'M': 8,
        'P': 33,
    }
    assert areas == expected
    assert not {name[0] for name in ROWS} & set(OTHER_AREAS)


def test_what_the_areas_left_out_need_is_not_there():
    """Once it is, the rows of its area belong into the list."""
    assert find_spec('aiida.work') is None
