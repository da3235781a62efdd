"""Users, computers, settings, groups, messages and comments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from aiida import orm
from aiida.common.exceptions import (
    ConfigurationError,
    IntegrityError,
    InvalidOperation,
    ModificationNotAllowed,
    MultipleObjectsError,
    NotExistent,
    StoringNotAllowed,
    ValidationError,
)
from aiida.orm.backend import STORE


def test_without_a_profile() -> None:
    before = STORE._factory
    STORE.clear()
    try:
        with pytest.raises(ConfigurationError, match='load_profile'):
            orm.Data()
    finally:
        assert before is not None
        STORE.fill(before)


# users


def test_user(user: orm.User) -> None:
    made = orm.User(' Some.Body@Example.ORG ', 'Some', 'Body', 'Institute')
    assert not made.is_stored
    assert made.email == 'Some.Body@example.org'
    assert made.get_full_name() == 'Some Body (Some.Body@example.org)'
    assert made.get_short_name() == str(made) == made.email
    assert made.uuid is None
    made.store()
    same = orm.User.collection.get(email='Some.Body@example.org')
    assert same == made
    assert hash(same) == hash(made)
    assert made != user
    same.institution = 'Another'
    assert made.institution == 'Another'
    assert user.is_default
    assert not made.is_default
    assert orm.User.collection.get_default() == user
    with pytest.raises(IntegrityError):
        orm.User('Some.Body@example.org').store()
    with pytest.raises(NotExistent, match='nope'):
        orm.User.collection.get(email='nope')


def test_user_get_or_create(user: orm.User) -> None:
    created, made = orm.User.collection.get_or_create(email='new@example.org', first_name='New')
    assert created
    assert not made.is_stored
    assert made.first_name == 'New'
    assert orm.User.collection.get_or_create(user.email) == (False, user)
    assert orm.User.objects.count() == 1
    assert orm.User.get(email=user.email) == user


def test_storing_that_is_rolled_back(store: Any) -> None:
    made = orm.User('a@example.org')
    with pytest.raises(RuntimeError), store.transaction():
        made.store()
        assert made.is_stored
        raise RuntimeError
    assert not made.is_stored
    assert made.store().is_stored


# computers


def test_computer(computer: orm.Computer) -> None:
    assert str(computer) == f'cluster (cluster.example.org), pk: {computer.pk}'
    assert repr(computer) == f'<Computer: {computer}>'
    assert computer.metadata == {'workdir': '/tmp/work'}
    same = orm.load_computer('cluster')
    assert same == computer
    assert same.uuid == computer.uuid
    same.set_shebang('#!/bin/sh')
    same.description = 'new'
    assert computer.get_shebang() == '#!/bin/sh'
    assert computer.description == 'new'
    with pytest.raises(IntegrityError):
        orm.Computer('cluster', 'x', '', 'core.local', 'core.direct').store()
    assert orm.Computer.collection.list_labels() == [('cluster',)]
    assert orm.Computer.collection.get_or_create(label='cluster') == (False, computer)
    created, other = orm.Computer.collection.get_or_create(label='other', hostname='h')
    assert created
    assert not other.is_stored
    copied = computer.copy()
    assert (copied.label, copied.is_stored, copied.get_shebang()) == ('cluster_copy', False, '#!/bin/sh')
    with pytest.raises(InvalidOperation):
        copied.copy()


def test_settings_of_a_computer(computer: orm.Computer) -> None:
    defaults = {
        'append_text': '',
        'prepend_text': '',
        'default_mpiprocs_per_machine': None,
        'default_memory_per_machine': None,
        'mpirun_command': ['mpirun', '-np', '{tot_num_mpiprocs}'],
        'shebang': '#!/bin/bash',
        'use_double_quotes': False,
    }
    values = ('a', 'b', 4, 1024, ['srun'], '#!/bin/sh', True)
    for (name, default), value in zip(defaults.items(), values, strict=True):
        assert getattr(computer, f'get_{name}')() == default
        getattr(computer, f'set_{name}')(value)
        assert getattr(computer, f'get_{name}')() == value
    computer.set_default_mpiprocs_per_machine(None)
    assert 'default_mpiprocs_per_machine' not in computer.metadata
    assert computer.get_minimum_job_poll_interval() >= 0
    computer.set_minimum_job_poll_interval(3)
    assert computer.get_minimum_job_poll_interval() == 3.0
    assert computer.metadata['minimum_scheduler_poll_interval'] == 3
    computer.set_property('foo', [1])
    assert computer.get_property('foo') == [1]
    computer.delete_property('foo')
    computer.delete_property('foo', raise_exception=False)
    assert computer.get_property('foo', 2) == 2
    with pytest.raises(AttributeError, match='foo'):
        computer.get_property('foo')
    with pytest.raises(AttributeError, match='foo'):
        computer.delete_property('foo')


@pytest.mark.parametrize(
    ('setter', 'value', 'error'),
    [
        ('set_mpirun_command', 'mpirun', TypeError),
        ('set_default_mpiprocs_per_machine', 'a', TypeError),
        ('set_default_memory_per_machine', -1, ValidationError),
        ('set_shebang', 3, ValueError),
        ('set_shebang', 'bash', ValueError),
        ('set_minimum_job_poll_interval', -1, ValueError),
        ('set_use_double_quotes', 1, ValueError),
    ],
)
def test_invalid_settings(computer: orm.Computer, setter: str, value: Any, error: type[Exception]) -> None:
    before = computer.metadata
    with pytest.raises(error):
        getattr(computer, setter)(value)
    assert computer.metadata == before


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'label': ''}, 'label'),
        ({'label': 'a@b'}, '@'),
        ({'hostname': ''}, 'hostname'),
        ({'transport_type': 'nope'}, 'transport'),
        ({'scheduler_type': 'nope'}, 'scheduler'),
        ({'workdir': 'relative'}, 'absolute'),
        ({'workdir': '/a/{nope}'}, 'nope'),
        ({'metadata': {'mpirun_command': ['{nope}']}}, 'nope'),
        ({'metadata': {'default_mpiprocs_per_machine': 0}}, 'positive'),
    ],
)
def test_invalid_computers(change: dict[str, Any], message: str) -> None:
    values = {'label': 'a', 'hostname': 'b', 'transport_type': 'core.local', 'scheduler_type': 'core.direct', **change}
    made = orm.Computer(**values)
    with pytest.raises(ValidationError, match=message):
        made.store()
    assert not made.is_stored


def test_configuration(computer: orm.Computer, user: orm.User) -> None:
    other = orm.User('other@example.org').store()
    assert not computer.is_configured
    assert not computer.is_user_enabled(user)
    with pytest.raises(NotExistent, match='verdi computer configure'):
        computer.get_authinfo(user)
    with pytest.raises(NotExistent):
        computer.get_transport()
    authinfo = computer.configure(safe_interval=3.0)
    assert computer.is_configured
    assert computer.is_user_configured(user)
    assert not computer.is_user_configured(other)
    assert computer.get_configuration() == {'safe_interval': 3.0}
    assert computer.get_configuration(other) == {}
    assert computer.configure().pk == authinfo.pk
    assert str(authinfo) == f'AuthInfo for {user.email} on cluster'
    authinfo.enabled = False
    assert not computer.is_user_enabled(user)
    assert '[DISABLED]' in str(authinfo)
    assert (authinfo.user, authinfo.computer) == (user, computer)
    assert authinfo.get_workdir() == '/tmp/work'
    authinfo.set_metadata({'workdir': '/own'})
    assert computer.get_authinfo(user).get_workdir() == '/own'
    assert type(authinfo.get_transport()) is computer.get_transport_class()
    assert orm.AuthInfo.collection.find({'user': user, 'computer': computer}) == [authinfo]
    with pytest.raises(IntegrityError):
        orm.AuthInfo(computer, user).store()
    with pytest.raises(ValueError, match='bogus'):
        computer.configure(bogus=1)
    with pytest.raises(ValueError, match='stored'):
        orm.AuthInfo(orm.Computer('x'), user)


def test_deleting_a_computer(computer: orm.Computer) -> None:
    node = orm.Data(computer=computer).store()
    with pytest.raises(InvalidOperation, match='nodes'):
        orm.Computer.collection.delete(computer.pk)
    orm.Node.collection.delete(node.pk)
    orm.Computer.collection.delete(computer.pk)
    with pytest.raises(NotExistent):
        orm.load_computer('cluster')
    with pytest.raises(NotExistent):
        orm.Computer.collection.delete(99)


# groups


def test_group(user: orm.User) -> None:
    group = orm.Group('mine', description='d')
    assert (group.label, group.description, group.type_string, group.user) == ('mine', 'd', 'core', user)
    assert repr(group) == f"<Group: 'mine' [type core], of user {user.email}>"
    assert str(group) == 'Group<mine>'
    assert group.is_empty
    node = orm.Data()
    with pytest.raises(ModificationNotAllowed):
        group.add_nodes(node)
    group.store()
    with pytest.raises(ValueError, match='not stored'):
        group.add_nodes(node)
    with pytest.raises(TypeError):
        group.add_nodes(3)  # type: ignore[arg-type]
    nodes = [orm.Data().store() for _ in range(3)]
    group.add_nodes(nodes[1])
    group.add_nodes(nodes)
    assert list(group.nodes) == [nodes[1], nodes[0], nodes[2]]
    assert group.count() == len(group.nodes) == 3
    assert group.nodes[0] == nodes[1]
    assert group.nodes[-2:] == [nodes[0], nodes[2]]
    assert next(group.nodes) == nodes[1]
    group.remove_nodes(nodes[0])
    assert group.count() == 2
    group.clear()
    assert group.is_empty
    assert not group.is_user_defined()


def test_finding_groups() -> None:
    group, created = orm.Group.collection.get_or_create('a')
    assert created
    assert orm.Group.collection.get_or_create('a') == (group, False)
    auto = orm.AutoGroup('a').store()
    assert auto.type_string == 'core.auto'
    assert orm.ImportGroup('x').type_string == 'core.import'
    assert orm.UpfFamily('x').type_string == 'core.upf'
    assert type(orm.load_group(auto.pk)) is orm.AutoGroup
    with pytest.raises(MultipleObjectsError):
        orm.Group.collection.get(label='a')
    assert orm.AutoGroup.collection.get(label='a') == auto
    assert orm.Group.collection.get(label='a', type_string='core') == group
    with pytest.raises(IntegrityError):
        orm.Group('a').store()
    orm.Group.collection.delete(auto.pk)
    assert orm.Group.collection.find() == [group]


def test_groups_change() -> None:
    group = orm.Group('a', extras={'x': 1}).store()
    same = orm.load_group('a')
    same.label = 'b'
    same.base.extras.set('y', 2)
    assert group.label == 'b'
    assert group.base.extras.all == {'x': 1, 'y': 2}
    group.base.extras.delete('x')
    assert same.base.extras.all == {'y': 2}
    with pytest.raises(AttributeError):
        group.type_string = 'core.auto'  # type: ignore[misc]


class OwnGroup(orm.Group):
    """A class without entry point."""


def test_groups_without_entry_point() -> None:
    assert 'user-defined' in repr(OwnGroup('a'))
    with pytest.raises(StoringNotAllowed, match='entry point'):
        OwnGroup('a').store()
    with pytest.raises(ValueError, match='label'):
        orm.Group()


def test_deleting_a_node_takes_it_out_of_its_groups() -> None:
    group, node = orm.Group('a').store(), orm.Data().store()
    group.add_nodes(node)
    orm.Node.collection.delete(node.pk)
    assert group.is_empty


# messages and comments


def test_messages() -> None:
    node = orm.Data().store()
    times = [datetime(2020, 1, day, tzinfo=UTC) for day in (2, 1)]
    logs = [orm.Log(time, 'a.b', 'INFO', node.pk, f'm{time.day}', {'x': 1}) for time in times]
    assert orm.Log.collection.get_logs_for(node) == [logs[1], logs[0]]
    assert orm.Log.collection.get_logs_for(node, [orm.OrderSpecifier('time', orm.DESCENDING)]) == logs
    found = orm.Log.collection.get(pk=logs[0].pk)
    assert (found.time, found.message, found.metadata, found.node) == (times[0], 'm2', {'x': 1}, node)
    with pytest.raises(ValidationError, match='node'):
        orm.Log(times[0], 'a', 'INFO')
    with pytest.raises(ValidationError, match='logger'):
        orm.Log(times[0], '', 'INFO', node.pk)
    assert orm.Log.collection.delete_many({'message': 'm1'}) == [logs[1].pk]
    orm.Log.collection.delete(logs[0].pk)
    with pytest.raises(NotExistent):
        orm.Log.collection.delete(logs[0].pk)
    orm.Log(times[0], 'a', 'INFO', node=node)
    orm.Log.collection.delete_all()
    assert orm.Log.collection.all() == []
    with pytest.raises(ValueError, match='delete_all'):
        orm.Log.collection.delete_many({})


def test_comments(user: orm.User) -> None:
    node = orm.Data()
    comment = orm.Comment(node, user, 'hello')
    with pytest.raises(ModificationNotAllowed):
        comment.store()
    node.store()
    comment.store()
    assert (comment.node, comment.user, comment.content) == (node, user, 'hello')
    assert orm.Comment.collection.get(uuid=comment.uuid) == comment
    comment.set_content('bye')
    other = orm.User('other@example.org').store()
    comment.set_user(other)
    assert orm.Comment.from_pk(comment.backend, comment.pk).user == other
    assert 'bye' in str(comment)
    assert orm.Comment.collection.delete_many({'node': node}) == [comment.pk]
    orm.Comment(node, user, 'a').store()
    orm.Comment.collection.delete_all()
    assert orm.Comment.collection.count() == 0
