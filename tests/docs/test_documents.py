"""Every example in the documents does what it says; every link leads somewhere."""

from __future__ import annotations

import pathlib
import re
import types
from collections.abc import Callable

import pytest
from documents import DOCS, compare, run

ROOT = DOCS.parent
#: Besides the documents, the pages at the top and of the examples; what runs a plugin of its own is tested elsewhere.
DOCUMENTS = [*sorted(ROOT.glob('*.md')), *sorted(DOCS.rglob('*.md')), *sorted((ROOT / 'examples').rglob('*.md'))]
WITH_EXAMPLES = [
    path
    for path in DOCUMENTS
    if 'examples' not in path.relative_to(ROOT).parts[:1]
    and re.search(r'^```[a-z]', path.read_text(encoding='utf-8'), re.MULTILINE)
]


def _name(path: pathlib.Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.filterwarnings('ignore:the default of input port')
@pytest.mark.parametrize('path', WITH_EXAMPLES, ids=_name)
def test_examples(path: pathlib.Path, start: Callable[[str], None], main: types.ModuleType) -> None:
    start(path.read_text(encoding='utf-8'))
    run(path, main)


def _anchors(path: pathlib.Path) -> set[str]:
    """Return the names under which the headings of a page can be linked to."""
    text = re.sub(r'^```.*?^```', '', path.read_text(encoding='utf-8'), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r'^#+ (.+)$', text, re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


@pytest.mark.parametrize('path', DOCUMENTS, ids=_name)
def test_links(path: pathlib.Path) -> None:
    broken = []
    for target, anchor in re.findall(
        r'\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)', path.read_text(encoding='utf-8')
    ):
        aim = path.parent / target if target else path
        if not aim.exists() or (anchor and anchor not in _anchors(aim)):
            broken.append(f'{target}#{anchor}')
    assert broken == []


BROKEN = {
    'python': '```python\nprint(1)\n```\n\n```text\n2\n```\n',
    'exception': '```python\n1 / 0\n```\n',
    'pycon': '```pycon\n>>> 1 + 1\n3\n```\n',
    'console': '```console\n$ echo one\ntwo\n```\n',
    'verdi': '```console\n$ verdi profile list\nnothing\n```\n',
}


@pytest.mark.parametrize('kind', BROKEN)
def test_a_wrong_example_is_found(kind: str, main: types.ModuleType, tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'broken.md'
    path.write_text(BROKEN[kind], encoding='utf-8')
    with pytest.raises(AssertionError, match=r'broken\.md:\d+: '):
        run(path, main)


def test_what_is_left_out_is_not_run(main: types.ModuleType, tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'left_out.md'
    path.write_text('<!-- skip: next -->\n\n' + BROKEN['python'].replace('print(1)', '1 / 0'), encoding='utf-8')
    run(path, main)


def test_dots_stand_for_any_text() -> None:
    compare('one ... three', 'one two\n three\n')
    with pytest.raises(AssertionError):
        compare('one ... four', 'one two three')
