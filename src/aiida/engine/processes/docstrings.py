"""What a docstring says of a function and of its parameters."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

__all__ = ('parse_docstring',)

_FIELD = re.compile(r'^[:@](?P<kind>\w+)(?P<rest>\s[^:]*)?:(?P<text>.*)$')
_PARAMETER_FIELDS = frozenset({'param', 'parameter', 'arg', 'argument', 'key', 'keyword', 'kwarg'})
_HEADING = re.compile(r'^(?P<title>[A-Z][A-Za-z ]*):$')
_PARAMETER_SECTIONS = frozenset(
    {'args', 'arguments', 'params', 'parameters', 'keyword args', 'keyword arguments', 'other parameters'}
)
_OTHER_SECTIONS = frozenset(
    {'attributes', 'example', 'examples', 'note', 'notes', 'raises', 'references', 'return', 'returns', 'see also'}
    | {'warning', 'warnings', 'warns', 'yield', 'yields'}
)
_UNDERLINE = re.compile(r'^-{3,}\s*$')
_ENTRY_WITH_COLON = re.compile(r'^(?P<names>\\?\*{0,2}\w+)\s*(?:\(.*?\))?\s*:(?P<text>.*)$')
_ENTRY_ON_ITS_LINE = re.compile(r'^(?P<names>\\?\*{0,2}\w+(?:\s*,\s*\\?\*{0,2}\w+)*)\s*(?::.*)?$')


def parse_docstring(docstring: str | None) -> tuple[str | None, dict[str, str]]:
    """Return what a docstring says before it comes to details, and what it says of each parameter.

    Four styles are understood: fields (``:param name: text``), those of Epydoc (``@param name: text``), sections with
    a colon (``Args:``) as Google has them, and underlined sections (``Parameters``) as numpy has them.
    """
    if not docstring:
        return None, {}
    lines = inspect.cleandoc(docstring).splitlines()
    first: int | None = None
    texts: dict[str, str] = {}
    for start, end in _parts(lines):
        first = start if first is None else first
        texts.update(_parameters(lines[start:end]))
    description = '\n'.join(lines[:first]).strip()
    return description or None, texts


def _parts(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Yield where each field or section begins and ends."""
    begin: int | None = None
    underlined = False
    for index, line in enumerate(lines):
        following = lines[index + 1] if index + 1 < len(lines) else ''
        heading = bool(line.strip()) and not line[0].isspace() and bool(_UNDERLINE.match(following))
        starts = heading or bool(_FIELD.match(line)) or _is_section(line)
        ends = starts or (bool(line.strip()) and not line[0].isspace() and not underlined)
        if begin is not None and ends:
            yield begin, index
            begin = None
        if starts:
            begin, underlined = index, heading
    if begin is not None:
        yield begin, len(lines)


def _is_section(line: str) -> bool:
    match = _HEADING.match(line.rstrip())
    return match is not None and match['title'].lower() in _PARAMETER_SECTIONS | _OTHER_SECTIONS


def _parameters(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield name and text of the parameters that a field or section describes."""
    field = _FIELD.match(lines[0])
    if field is not None:
        if field['kind'] in _PARAMETER_FIELDS and field['rest'] and field['rest'].strip():
            yield _bare(field['rest'].split()[-1]), _text(field['text'], lines[1:])
        return
    if lines[0].rstrip().rstrip(':').lower() not in _PARAMETER_SECTIONS:
        return
    underlined = len(lines) > 1 and _UNDERLINE.match(lines[1]) is not None
    body = inspect.cleandoc('\n' + '\n'.join(lines[2 if underlined else 1 :])).splitlines()
    yield from _entries(body, _ENTRY_ON_ITS_LINE if underlined else _ENTRY_WITH_COLON)


def _entries(lines: list[str], pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield name and text of the entries of a section; each begins at the margin."""
    names: list[str] = []
    text, body = '', []
    for line in (*lines, None):
        if line is not None and (not line.strip() or line[0].isspace()):
            body.append(line)
            continue
        for name in names:
            yield name, _text(text, body)
        match = pattern.match(line) if line is not None else None
        names = [_bare(name) for name in match['names'].split(',')] if match else []
        text, body = (match.groupdict().get('text') or '') if match else '', []


def _bare(name: str) -> str:
    return name.strip().lstrip('\\*')


def _text(first: str, others: list[str]) -> str:
    return inspect.cleandoc('\n'.join((first.strip(), *others)))
