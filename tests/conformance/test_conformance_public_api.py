"""The public names of AiiDA 2.9 exist with compatible signatures and members, or are listed with a reason."""

from fnmatch import fnmatchcase

import pytest
from conformance_public_api import differences, documented

MODELS = 'the pydantic models of entities, and what converts to and from them'
SEED_FIRST = 'the older documentation names or orders the parameters otherwise; both ways are accepted'

#: Dotted name, or a pattern of it, -> why it is missing or differs. All that a pattern matches is so: an entry, or a
#: part of one, that is there after all fails the test.
ABSENT = {
    **{
        f'aiida.orm.*.{name}': MODELS
        for name in (
            *('AttributesModel', 'BaseNodeModel', 'CliModel', 'CommonField', 'CommonFields', 'ConstructorArgsModel'),
            *('ConstructorModel', 'Model', 'MutableNodeFields', 'ReadModel', 'WritableFields', 'WriteModel'),
            *('from_model', 'from_serialized', 'model_to_orm_field_values', 'model_to_orm_fields', 'serialize'),
            *('supports_cli_model', 'supports_constructor_model', 'to_model', 'to_model_field_values'),
        )
    },
    'aiida.orm.OrmModel': MODELS,
    'aiida.engine.JobsList.request_job_info_update': SEED_FIRST,
    'aiida.engine.Runner()': SEED_FIRST,
    'aiida.orm.Collection(ABC)': 'it has no abstract method',
    'aiida.orm.Entity(ABC)': 'it has no abstract method',
    'aiida.orm.Entity()': 'there are no entities of a backend apart from those of the user',
    'aiida.orm.UpfData()': 'the parameters have names',
}

#: What a pattern above matches but is another thing, which is here.
NOT_MEANT = {'aiida.orm.NodeRepository.serialize'}


def reason(name):
    """Return the reason that is listed for a name."""
    if name in NOT_MEANT:
        return None
    return next((why for pattern, why in ABSENT.items() if fnmatchcase(name, pattern)), None)


def all_documented():
    """Yield each dotted name that is documented, with those of bases and constructors."""
    for module, names in documented().items():
        for name, facts in names.items():
            yield f'{module}.{name}'
            if facts['kind'] == 'class':
                yield f'{module}.{name}()'
                yield from (f'{module}.{name}.{member}' for member in facts['members'])
                yield from (f'{module}.{name}({base})' for base in facts['bases'])


@pytest.fixture(scope='module')
def found():
    return differences(documented())


def test_the_list_is_whole():
    counts = {module: len(names) for module, names in documented().items()}
    assert sum(counts.values()) == 349
    assert counts['aiida.engine'] == 52
    assert counts['aiida.orm'] == 94


def test_nothing_else_is_missing(found):
    assert {name: problem for name, problem in found.items() if reason(name) is None} == {}


@pytest.mark.parametrize('pattern', ABSENT)
def test_what_is_listed_as_absent_is_absent(found, pattern):
    matching = [name for name in all_documented() if fnmatchcase(name, pattern) and name not in NOT_MEANT]
    assert matching, 'nothing of this name is documented'
    assert [name for name in matching if name not in found] == []


def test_both_ways_to_give_what_the_releases_name_differently(store):
    from aiida.engine import Runner

    with Runner(rmq_submit=True) as older, Runner(broker_submit=True) as newer, Runner(0, None, None, True) as placed:
        assert older.is_daemon_runner
        assert newer.is_daemon_runner
        assert placed.is_daemon_runner


@pytest.mark.parametrize(
    ('facts', 'expected'),
    [
        ({'kind': 'function', 'signature': '(entry_point_name, load)'}, 'x'),
        ({'kind': 'function', 'signature': '(name)'}, 'documented at position 0'),
        ({'kind': 'function', 'signature': '(entry_point_name, load=0, more=0)'}, 'not taken by position'),
        ({'kind': 'function', 'signature': '(entry_point_name, *, more)'}, "['more']"),
        ({'kind': 'function', 'signature': '(entry_point_name, **kwargs)'}, '**kwargs'),
        ({'kind': 'function', 'signature': '(entry_point_name, load=False)'}, 'the default of `load`'),
        ({'kind': 'function', 'signature': '()'}, 'must be given'),
    ],
)
def test_the_comparison_notices(facts, expected):
    problems = differences({'aiida.plugins': {'DataFactory': facts}})
    assert ''.join(problems.values()) == '' if expected == 'x' else expected in problems['aiida.plugins.DataFactory']


def test_the_comparison_notices_members():
    facts = {'kind': 'class', 'bases': ['Nothing'], 'init': '(one)'}
    assert differences({'aiida.engine': {'AwaitableAction': {**facts, 'bases': [], 'members': {'APPEND': 'value x'}}}})
    members = {'run': 'method (self, other)', 'no': 'attribute', 'is_closed': 'property', 'loop': 'classmethod (cls)'}
    problems = differences({'aiida.engine': {'Runner': {**facts, 'members': members}, 'Nobody': facts}})
    assert set(problems) == {
        *('aiida.engine.Runner(Nothing)', 'aiida.engine.Runner()', 'aiida.engine.Runner.run', 'aiida.engine.Runner.no'),
        *('aiida.engine.Runner.is_closed', 'aiida.engine.Runner.loop', 'aiida.engine.Nobody'),
    }
