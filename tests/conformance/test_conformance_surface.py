"""Every name of the page on ``aiida.engine`` is here, where the page says, and is called as the page says."""

import pytest
from conformance_surface import problem_of, surface

ITEMS = surface()['items']


def test_the_page_is_whole():
    assert len(ITEMS) == 332
    assert len({item['canonical'] for item in ITEMS}) == 332


def test_every_name_of_the_page():
    problems = {item['canonical']: problem for item in ITEMS if (problem := problem_of(item)) is not None}
    assert problems == {}


@pytest.mark.parametrize('name', surface()['reexports'])
def test_what_the_page_exports_from_elsewhere(name):
    import aiida.engine

    assert hasattr(aiida.engine, name)


@pytest.mark.parametrize(
    ('change', 'expected'),
    [
        ({'qualname': 'Runner.no_such'}, 'missing'),
        ({'parameters': [['process', 'positional_or_keyword'], ['more', 'positional_or_keyword']]}, 'the page has'),
        ({'parameters': []}, 'must be given'),
        ({'flags': ['staticmethod']}, 'no staticmethod'),
        ({'flags': ['async']}, 'no coroutine'),
        ({'kind': 'class'}, 'no class'),
        ({'kind': 'property'}, 'no property'),
    ],
)
def test_the_check_notices(change, expected):
    item = next(item for item in ITEMS if item['qualname'] == 'Runner.run')
    assert problem_of(item) is None
    assert expected in problem_of({**item, **change})
