"""Each row of the inventory is proved by a test that names it, or listed with the reason why not."""

from conformance_inventory import LEFT_OUT, ROWS, proved


def test_every_row_is_proved_or_left_out_for_a_reason():
    assert [name for name in ROWS if name not in proved() and name not in LEFT_OUT] == []


def test_what_is_left_out_is_not_proved():
    assert {name: tests for name, tests in proved().items() if name in LEFT_OUT} == {}
    assert all(LEFT_OUT.values())
    assert set(LEFT_OUT) <= set(ROWS)


def test_the_inventory_is_whole():
    areas = {letter: sum(name.startswith(letter) for name in ROWS) for letter in 'ABCDEFGHIJKLMNP'}
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
        'N': 40,
        'P': 33,
    }
    assert areas == expected
