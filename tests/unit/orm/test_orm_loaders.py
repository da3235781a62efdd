"""Finding entities by what people type."""

from __future__ import annotations

from typing import Any

import pytest

from aiida import orm
from aiida.common.exceptions import MultipleObjectsError, NotExistent
from aiida.orm.utils.loaders import (
    CodeEntityLoader,
    DataEntityLoader,
    GroupEntityLoader,
    IdentifierType,
    NodeEntityLoader,
    ProcessEntityLoader,
    WorkflowEntityLoader,
    get_loader,
    load_entity,
)


def test_by_pk_uuid_and_label() -> None:
    node = orm.Data(label='the label').store()
    orm.Data(label='another').store()
    for identifier in (node.pk, str(node.pk), node.uuid, node.uuid[:13], node.uuid.replace('-', ''), 'the label'):
        assert orm.load_node(identifier) == node
    assert orm.load_node(pk=node.pk) == orm.load_node(uuid=node.uuid[:10]) == orm.load_node(label='the label') == node
    assert orm.load_node(uuid=node.uuid.replace('-', '')[:18]) == node
    assert orm.load_node(node.uuid.upper()) == node


def test_labels_that_look_like_something_else() -> None:
    hexadecimal, number = orm.Data(label='add').store(), orm.Data(label='1').store()
    assert orm.load_node('add!') == orm.load_node('add') == hexadecimal
    assert orm.load_node('1!') == number
    assert orm.load_node('1') == hexadecimal
    assert orm.load_node(label='1') == number


def test_what_is_not_there() -> None:
    for arguments, message in (
        ({'pk': 99}, 'no node with pk 99'),
        ({'uuid': 'abc'}, 'no node with uuid abc'),
        ({'label': 'x'}, 'no node with label x'),
        ({'identifier': 'x'}, '`x` is neither a pk nor a uuid'),
        ({'identifier': ''}, 'empty'),
    ):
        with pytest.raises((NotExistent, ValueError), match=message):
            orm.load_node(**arguments)
    with pytest.raises(NotExistent, match='no computer has it as its label'):
        orm.load_computer('x')
    with pytest.raises(NotExistent, match='no group has it as its label'):
        orm.load_group('x')


def test_several(store: Any) -> None:
    nodes = [orm.Data(label='a').store() for _ in range(2)]
    with pytest.raises(MultipleObjectsError, match=f'{nodes[0].pk}, {nodes[1].pk}'):
        orm.load_node(label='a')
    with pytest.raises(MultipleObjectsError):
        orm.load_node(uuid='')


def test_arguments() -> None:
    with pytest.raises(ValueError, match='one of'):
        orm.load_node()
    with pytest.raises(ValueError, match='only one of'):
        orm.load_node(pk=1, uuid='a')
    with pytest.raises(TypeError):
        orm.load_node(pk='a')  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        orm.load_node(uuid=1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        orm.load_node(label=1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        load_entity(None, 1)
    with pytest.raises(TypeError):
        orm.load_node(1, sub_classes=[orm.Data])
    with pytest.raises(ValueError, match='sub class'):
        orm.load_node(1, sub_classes=(orm.Group,))


def test_sub_classes() -> None:
    node = orm.Data().store()
    with pytest.raises(NotExistent, match='not a process'):
        orm.load_node(node.pk, sub_classes=(orm.ProcessNode,))
    assert orm.load_node(node.pk, sub_classes=(orm.ProcessNode, orm.Data)) == node
    with pytest.raises(NotExistent):
        load_entity(ProcessEntityLoader, node.pk)


def test_codes(computer: orm.Computer) -> None:
    other = orm.Computer('other', 'o', '', 'core.local', 'core.direct').store()
    codes = [
        orm.InstalledCode(label=label, computer=where, filepath_executable='/bin/true').store()
        for label, where in (('pw', computer), ('pw', other), ('ph', computer))
    ]
    assert orm.load_code('ph') == codes[2]
    assert orm.load_code('pw@other') == codes[1]
    assert orm.load_code(codes[0].pk) == orm.load_code('pw@cluster') == codes[0]
    with pytest.raises(MultipleObjectsError):
        orm.load_code('pw')
    with pytest.raises(NotExistent, match='pw@nowhere'):
        orm.load_code('pw@nowhere')
    with pytest.raises(NotExistent):
        orm.load_code(orm.Data().store().pk)


def test_groups_and_computers(computer: orm.Computer) -> None:
    group = orm.ImportGroup('g').store()
    for identifier in ('g', group.pk, group.uuid, group.uuid[:11]):
        assert orm.load_group(identifier) == group
        assert type(orm.load_group(identifier)) is orm.ImportGroup
    for identifier in ('cluster', computer.pk, computer.uuid, computer.uuid[:11]):
        assert orm.load_computer(identifier) == computer


@pytest.mark.parametrize(
    ('text', 'inferred'),
    [
        ('1', (1, IdentifierType.ID)),
        (12, (12, IdentifierType.ID)),
        ('abc', ('abc', IdentifierType.UUID)),
        ('xyz', ('xyz', IdentifierType.LABEL)),
        ('abc!', ('abc', IdentifierType.LABEL)),
        ('123-456', ('123-456', IdentifierType.UUID)),
        ('a@b', ('a@b', IdentifierType.LABEL)),
    ],
)
def test_inference(text: Any, inferred: tuple[Any, IdentifierType]) -> None:
    assert NodeEntityLoader.infer_identifier_type(text) == inferred


def test_loaders_of_classes() -> None:
    for orm_class, loader in (
        (orm.InstalledCode, CodeEntityLoader),
        (orm.Int, DataEntityLoader),
        (orm.Node, NodeEntityLoader),
        (orm.WorkChainNode, WorkflowEntityLoader),
        (orm.ImportGroup, GroupEntityLoader),
    ):
        assert get_loader(orm_class) is loader
    with pytest.raises(ValueError, match='User'):
        get_loader(orm.User)


def test_queries_of_loaders(computer: orm.Computer) -> None:
    node = orm.Data(label='abc').store()
    code = orm.InstalledCode(label='pw', computer=computer, filepath_executable='/bin/true').store()
    query, parameters = NodeEntityLoader.get_query_builder('abc!')
    assert query.all(flat=True) == [node]
    assert parameters['identifier_type'] is IdentifierType.LABEL
    assert NodeEntityLoader.get_query_builder(node.uuid[:12])[0].all(flat=True) == [node]
    assert NodeEntityLoader.get_query_builder(node.pk, project='id')[0].all() == [[node.pk]]
    assert CodeEntityLoader.get_query_builder('pw@cluster!')[0].all(flat=True) == [code]
    assert NodeEntityLoader.get_options('ab') == [[node]]
    assert NodeEntityLoader.get_options(code.uuid[:9]) == [[code]]
    assert GroupEntityLoader.get_options('') == []
