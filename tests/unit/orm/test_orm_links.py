"""The rules of the graph, one by one."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from aiida import orm
from aiida.common.exceptions import (
    AiidaException,
    ModificationNotAllowed,
    NotExistent,
    NotExistentAttributeError,
    NotExistentKeyError,
)
from aiida.common.links import LinkType
from aiida.orm.utils.links import LinkTriple, link_triple_exists, validate_link

KINDS = ('data', 'calculation', 'workflow')
ALLOWED = {
    ('data', 'calculation', LinkType.INPUT_CALC),
    ('data', 'workflow', LinkType.INPUT_WORK),
    ('calculation', 'data', LinkType.CREATE),
    ('workflow', 'data', LinkType.RETURN),
    ('workflow', 'calculation', LinkType.CALL_CALC),
    ('workflow', 'workflow', LinkType.CALL_WORK),
}


@pytest.mark.parametrize(('source', 'target', 'link_type'), list(itertools.product(KINDS, KINDS, LinkType)))
def test_which_class_may_link_to_which(source: str, target: str, link_type: LinkType, make: Any) -> None:
    """Only the six pairs of the table may be linked; the error names both nodes."""
    one = make(source).store()
    two = make(target)
    if link_type is LinkType.RETURN and (source, target, link_type) in ALLOWED:
        two.store()
    if (source, target, link_type) in ALLOWED:
        two.base.links.add_incoming(one, link_type, 'label')
        two.store()
        assert two.base.links.get_incoming().all() == [LinkTriple(one, link_type, 'label')]
        assert one.base.links.get_outgoing().all() == [LinkTriple(two, link_type, 'label')]
    else:
        with pytest.raises(ValueError, match='cannot add a') as error:
            two.base.links.add_incoming(one, link_type, 'label')
        assert str(one.pk) in str(error.value)
        assert two.uuid in str(error.value)


def test_arguments_of_other_types() -> None:
    node = orm.Data()
    with pytest.raises(TypeError, match='LinkType'):
        node.base.links.add_incoming(orm.CalculationNode(), 'create', 'a')  # type: ignore[arg-type]
    with pytest.raises(TypeError, match='source'):
        node.base.links.add_incoming(3, LinkType.CREATE, 'a')  # type: ignore[arg-type]
    with pytest.raises(TypeError, match='label'):
        node.base.links.add_incoming(orm.CalculationNode(), LinkType.CREATE, None)  # type: ignore[arg-type]


@pytest.mark.parametrize('label', ['', 'a.b', '_a', 'a_', 'a___b', '1a', 'a b', 'ä-'])
def test_invalid_labels(label: str) -> None:
    with pytest.raises(ValueError, match='label'):
        orm.Data().base.links.add_incoming(orm.CalculationNode(), LinkType.CREATE, label)


def test_no_link_to_itself() -> None:
    node = orm.WorkflowNode()
    with pytest.raises(ValueError, match='itself'):
        node.base.links.add_incoming(node, LinkType.CALL_WORK, 'a')


@pytest.mark.parametrize('stored', [True, False])
def test_data_has_one_creator(stored: bool) -> None:
    one, two = orm.CalculationNode().store(), orm.CalculationNode().store()
    data = orm.Data()
    data.base.links.add_incoming(one, LinkType.CREATE, 'a')
    if stored:
        data.store()
    with pytest.raises(ValueError, match=r'already has an incoming LinkType\.CREATE'):
        data.base.links.add_incoming(two, LinkType.CREATE, 'b')


def test_process_has_one_caller() -> None:
    one, two = orm.WorkflowNode().store(), orm.WorkflowNode().store()
    called = orm.CalculationNode()
    called.base.links.add_incoming(one, LinkType.CALL_CALC, 'CALL')
    with pytest.raises(ValueError, match=r'already has an incoming LinkType\.CALL_CALC'):
        called.base.links.add_incoming(two, LinkType.CALL_CALC, 'CALL')


def test_calls_may_share_a_label() -> None:
    caller = orm.WorkflowNode().store()
    for _ in range(2):
        called = orm.CalculationNode()
        called.base.links.add_incoming(caller, LinkType.CALL_CALC, 'CALL')
        called.store()
    assert len(caller.called) == 2


def test_inputs_have_labels_of_their_own() -> None:
    data, other, process = orm.Data().store(), orm.Data().store(), orm.CalculationNode()
    process.base.links.add_incoming(data, LinkType.INPUT_CALC, 'x')
    with pytest.raises(ValueError, match='label "x"'):
        process.base.links.add_incoming(other, LinkType.INPUT_CALC, 'x')
    process.base.links.add_incoming(data, LinkType.INPUT_CALC, 'y')
    process.store()
    assert process.base.links.get_incoming().all_link_labels() == ['x', 'y']


@pytest.mark.parametrize('held', [True, False])
def test_created_data_has_labels_of_its_own(held: bool) -> None:
    process = orm.CalculationNode()
    if held:
        process.hold()
    process.store()
    orm.Data().base.links.add_incoming(process, LinkType.CREATE, 'out')
    first = orm.Data()
    first.base.links.add_incoming(process, LinkType.CREATE, 'out')
    first.store()
    second = orm.Data()
    with pytest.raises(ValueError, match=r'already has an outgoing LinkType\.CREATE link with label "out"'):
        second.base.links.add_incoming(process, LinkType.CREATE, 'out')
    second.base.links.add_incoming(process, LinkType.CREATE, 'other')


def test_labels_of_a_link_that_was_rolled_back_are_free(store: Any) -> None:
    process = orm.CalculationNode()
    process.hold()
    process.store()
    data = orm.Data()
    data.base.links.add_incoming(process, LinkType.CREATE, 'out')
    with pytest.raises(RuntimeError), store.transaction():
        data.store()
        raise RuntimeError
    other = orm.Data()
    other.base.links.add_incoming(process, LinkType.CREATE, 'out')
    other.store()
    assert process.outputs.out == other


def test_workflow_returns_stored_data_only() -> None:
    workflow = orm.WorkflowNode().store()
    with pytest.raises(ValueError, match='not stored'):
        orm.Data().base.links.add_incoming(workflow, LinkType.RETURN, 'a')
    data = orm.Data().store()
    data.base.links.add_incoming(workflow, LinkType.RETURN, 'a')
    data.base.links.add_incoming(workflow, LinkType.RETURN, 'b')
    with pytest.raises(ValueError, match='label "a"'):
        orm.Data().store().base.links.add_incoming(workflow, LinkType.RETURN, 'a')
    assert sorted(workflow.outputs) == ['a', 'b']


def test_calcfunction_creates_new_data_only() -> None:
    process = orm.CalcFunctionNode().store()
    with pytest.raises(ValueError, match='stored already'):
        orm.Data().store().base.links.add_incoming(process, LinkType.CREATE, 'a')


def test_inputs_are_complete_when_the_process_is_stored() -> None:
    process, data = orm.CalculationNode().store(), orm.Data().store()
    with pytest.raises(ValueError, match='complete'):
        process.base.links.add_incoming(data, LinkType.INPUT_CALC, 'x')


def test_sealed_nodes_take_no_links() -> None:
    workflow = orm.WorkflowNode().store()
    workflow.seal()
    with pytest.raises(ModificationNotAllowed, match='sealed'):
        orm.CalculationNode().base.links.add_incoming(workflow, LinkType.CALL_CALC, 'CALL')
    with pytest.raises(ModificationNotAllowed, match='sealed'):
        orm.Data().store().base.links.add_incoming(workflow, LinkType.RETURN, 'a')


def test_no_cycle_of_stored_nodes() -> None:
    data = orm.Data().store()
    previous: orm.Node = data
    for number in range(3):
        process = orm.CalculationNode()
        process.base.links.add_incoming(previous, LinkType.INPUT_CALC, 'x')
        process.store()
        if number == 2:
            break
        previous = orm.Data()
        previous.base.links.add_incoming(process, LinkType.CREATE, 'y')
        previous.store()
    with pytest.raises(ValueError, match='cycle'):
        data.base.links.add_incoming(process, LinkType.CREATE, 'z')


def test_no_cycle_of_unstored_nodes() -> None:
    data, process = orm.Data(), orm.CalculationNode()
    process.base.links.add_incoming(data, LinkType.INPUT_CALC, 'x')
    with pytest.raises(ValueError, match='cycle'):
        data.base.links.add_incoming(process, LinkType.CREATE, 'z')


def test_a_workflow_may_return_its_input() -> None:
    data, workflow = orm.Data().store(), orm.WorkflowNode()
    workflow.base.links.add_incoming(data, LinkType.INPUT_WORK, 'x')
    workflow.store()
    data.base.links.add_incoming(workflow, LinkType.RETURN, 'y')
    assert workflow.outputs.y == workflow.inputs.x == data


def test_no_links_between_stores(store: Any) -> None:
    from aiida.storage.sqlite.store import SqliteStore

    other = SqliteStore.in_memory()
    try:
        user = orm.User('other@example.org', backend=other).store()
        data = orm.Data(backend=other, user=user).store()
        with pytest.raises(ValueError, match='different stores'):
            orm.CalculationNode().base.links.add_incoming(data, LinkType.INPUT_CALC, 'x')
    finally:
        other.close()


def test_unstored_sources_are_refused_by_store_and_stored_by_store_all() -> None:
    data, process, output = orm.Data(), orm.CalculationNode(), orm.Data()
    process.base.links.add_incoming(data, LinkType.INPUT_CALC, 'x')
    output.base.links.add_incoming(process, LinkType.CREATE, 'y')
    with pytest.raises(ModificationNotAllowed, match='not stored'):
        output.store()
    assert not output.is_stored
    output.store_all()
    assert data.is_stored
    assert process.is_stored
    assert process.inputs.x == data
    assert output.creator == process  # type: ignore[attr-defined]


def test_link_to_a_stored_node_waits_for_its_source() -> None:
    data, process = orm.Data().store(), orm.CalculationNode()
    data.base.links.add_incoming(process, LinkType.CREATE, 'y')
    assert data.base.links.get_incoming().all_nodes() == [process]
    process.store()
    data.store()
    assert orm.load_node(data.pk).base.links.get_incoming().all_nodes() == [process]


def test_validate_link_and_existence() -> None:
    data, process = orm.Data().store(), orm.CalculationNode()
    validate_link(data, process, LinkType.INPUT_CALC, 'x')
    assert not link_triple_exists(data, process, LinkType.INPUT_CALC, 'x')
    process.base.links.add_incoming(data, LinkType.INPUT_CALC, 'x')
    assert link_triple_exists(data, process, LinkType.INPUT_CALC, 'x')
    process.store()
    assert link_triple_exists(data, process, LinkType.INPUT_CALC, 'x')
    assert not link_triple_exists(data, process, LinkType.INPUT_CALC, 'y')


@pytest.fixture
def process() -> orm.CalculationNode:
    """A calculation with inputs ``base.a``, ``base.b`` and ``c`` and an output ``out.p``."""
    made = orm.CalculationNode()
    for label in ('base__a', 'base__b', 'c'):
        made.base.links.add_incoming(orm.Data(label=label).store(), LinkType.INPUT_CALC, label)
    made.store()
    output = orm.Data(label='out')
    output.base.links.add_incoming(made, LinkType.CREATE, 'out__p')
    output.store()
    return made


def test_inputs_and_outputs(process: orm.CalculationNode) -> None:
    assert list(process.inputs) == ['base', 'c']
    assert process.inputs.c.label == process.inputs['c'].label == 'c'
    assert process.inputs.base.a.label == 'base__a'
    assert dict(process.inputs.base) == {'a': process.inputs.base.a, 'b': process.inputs.base.b}
    assert process.outputs.out.p.label == 'out'
    assert {'base', 'c'} <= set(dir(process.inputs))
    assert 'c' in process.inputs
    assert 'base' in process.inputs
    assert 'd' not in process.inputs
    assert repr(process.inputs) == (
        f'<NodeLinksManager: Manager for incoming INPUT_CALC links for node pk={process.pk}>'
    )
    with pytest.warns(match='base.a'):
        assert process.inputs.base__a.label == 'base__a'


def test_absent_inputs(process: orm.CalculationNode) -> None:
    message = f"Node<{process.pk}> does not have an input with link label 'd'"
    with pytest.raises(NotExistentAttributeError, match=message):
        process.inputs.d  # noqa: B018
    with pytest.raises(NotExistentKeyError, match=message):
        process.inputs['d']
    with pytest.raises(AttributeError):
        process.inputs.new = orm.Data()
    assert not hasattr(process.outputs, 'd')


def test_link_manager(process: orm.CalculationNode) -> None:
    links = process.base.links.get_incoming()
    a, b, c = links.all_nodes()
    assert links.all_link_labels() == ['base__a', 'base__b', 'c']
    assert links.nested() == {'base': {'a': a, 'b': b}, 'c': c}
    assert links.first() == LinkTriple(a, LinkType.INPUT_CALC, 'base__a')
    assert links.get_node_by_label('c') == c
    assert len(links) == 3
    assert [pair.link_label for pair in links.all_link_pairs()] == links.all_link_labels()
    with pytest.raises(ValueError, match='more than one'):
        links.one()
    with pytest.raises(NotExistent):
        links.get_node_by_label('d')
    nothing = a.base.links.get_incoming()
    assert not nothing
    assert nothing.first() is None
    with pytest.raises(ValueError, match='no entries'):
        nothing.one()


def test_filters_of_links(process: orm.CalculationNode) -> None:
    links = process.base.links
    assert links.get_incoming(link_label_filter='base%').all_link_labels() == ['base__a', 'base__b']
    assert links.get_incoming(link_label_filter='base___').all_link_labels() == ['base__a', 'base__b']
    assert links.get_incoming(link_label_filter='c').all_link_labels() == ['c']
    assert links.get_incoming(node_class=orm.ProcessNode).all() == []
    assert links.get_incoming(link_type=LinkType.CREATE).all() == []
    assert len(links.get_incoming(link_type=(LinkType.CREATE, LinkType.INPUT_CALC))) == 3
    assert links.get_outgoing(only_uuid=True).one().node == process.outputs.out.p.uuid
    with pytest.raises(ValueError, match='direction'):
        links.get_stored_link_triples(link_direction='sideways')
    with pytest.raises(TypeError, match='link_type'):
        links.get_stored_link_triples(link_type=('create',))  # type: ignore[arg-type]


def test_called_and_caller() -> None:
    top = orm.WorkChainNode().store()
    middle = orm.WorkChainNode()
    middle.base.links.add_incoming(top, LinkType.CALL_WORK, 'CALL')
    middle.store()
    bottom = orm.CalculationNode()
    bottom.base.links.add_incoming(middle, LinkType.CALL_CALC, 'CALL')
    bottom.store()
    assert top.called == [middle]
    assert top.called_descendants == [middle, bottom]
    assert bottom.caller == middle
    assert top.caller is None


def test_all_errors_are_of_this_project_or_of_python() -> None:
    assert issubclass(NotExistentKeyError, AiidaException | KeyError)


def test_two_nodes_that_wait_with_the_same_label() -> None:
    """Neither link is stored when the other is added; the second node is refused when it is to be stored."""
    calculation = orm.CalculationNode().store()
    first, second = orm.Data(), orm.Data()
    for node in (first, second):
        node.base.links.add_incoming(calculation, LinkType.CREATE, 'r')
    first.store()
    with pytest.raises(ValueError, match='label "r" by now'):
        second.store()
    assert not second.is_stored
    assert calculation.base.links.get_outgoing().all() == [LinkTriple(first, LinkType.CREATE, 'r')]


def test_a_link_that_waits_for_its_source_is_checked_again() -> None:
    """A stored node gets its creator late; when it has another one by then, the late one is refused and still waits."""
    stored = orm.Data().store()
    late = orm.CalculationNode()
    stored.base.links.add_incoming(late, LinkType.CREATE, 'r')
    creator = orm.CalculationNode().store()
    orm.load_node(stored.pk).base.links.add_incoming(creator, LinkType.CREATE, 'r')
    late.store()
    with pytest.raises(ValueError, match='already has an incoming'):
        stored.store()
    assert stored.base.links.incoming_cache == [LinkTriple(late, LinkType.CREATE, 'r')]
    assert late.base.links.get_outgoing().all() == []
