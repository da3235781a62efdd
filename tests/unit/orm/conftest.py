"""What the tests of the graph share: a store in memory with a user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aiida import orm


@pytest.fixture(autouse=True)
def user(store: Any) -> orm.User:
    """A user whom everything belongs to."""
    default = orm.User.collection.get_default()
    assert default is not None
    return default


@pytest.fixture
def computer(store: Any) -> orm.Computer:
    """A stored computer."""
    return orm.Computer('cluster', 'cluster.example.org', 'a machine', 'core.local', 'core.direct', '/tmp/work').store()


@pytest.fixture
def make() -> Callable[[str], orm.Node]:
    """Return a function that makes a stored node of a kind."""

    def of_kind(kind: str) -> orm.Node:
        return {
            'data': orm.Data,
            'calculation': orm.CalculationNode,
            'workflow': orm.WorkflowNode,
            'calcfunction': orm.CalcFunctionNode,
            'workchain': orm.WorkChainNode,
        }[kind]()

    return of_kind
