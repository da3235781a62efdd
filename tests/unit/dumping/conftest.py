"""A work chain that calls others, and what lies below a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def tree():
    """Return the files below a folder, relative to it."""

    def files(folder: Path) -> set[str]:
        return {str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_symlink() or not path.is_dir()}

    return files


@pytest.fixture
def made(profile) -> dict[str, Any]:
    """Finished processes by name: ``chain`` called ``inner`` as ``deep``, and ``use``; ``alone`` called nothing."""
    from aiida import orm
    from aiida.common.links import LinkType
    from aiida.engine import ProcessState

    text = orm.SinglefileData.from_string('hello', 'hello.txt').store()
    other = orm.SinglefileData.from_string('other', 'hello.txt').store()

    def process(cls, label, caller=None, call='CALL', **inputs):
        node = cls()
        node.set_process_label(label)
        if cls is orm.CalcFunctionNode:
            node.base.repository.put_object_from_bytes(b'def f(): ...', 'source_file')
        for name, value in inputs.items():
            link = LinkType.INPUT_CALC if cls is orm.CalcFunctionNode else LinkType.INPUT_WORK
            node.base.links.add_incoming(value, link, name)
        if caller is not None:
            link = LinkType.CALL_CALC if cls is orm.CalcFunctionNode else LinkType.CALL_WORK
            node.base.links.add_incoming(caller, link, call)
        return node.store()

    chain = process(orm.WorkChainNode, 'Chain', text=text)
    inner = process(orm.WorkChainNode, 'Inner', chain, 'deep')
    leaf = process(orm.CalcFunctionNode, 'leaf', inner)
    use = process(orm.CalcFunctionNode, 'use', chain, a__text=text, b=other)
    alone = process(orm.CalcFunctionNode, 'alone', text=text)
    result = orm.SinglefileData.from_string('result', 'result.txt')
    result.base.links.add_incoming(alone, LinkType.CREATE, 'files__result')
    result.store()
    nodes = {'chain': chain, 'inner': inner, 'leaf': leaf, 'use': use, 'alone': alone}
    for node in nodes.values():
        node.set_process_state(ProcessState.FINISHED)
        node.set_exit_status(0)
        node.seal()
    return nodes
