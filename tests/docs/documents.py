"""What the examples in the documents are, and how each kind is run.

* Blocks ``python`` are executed in one module per document; a block ``text`` right behind one is what it prints.
* A block ``pycon`` is a conversation with ``>>>``.
* A block ``console`` has commands behind ``$`` and what they print below. ``verdi`` runs in this interpreter.
* A block whose first line is a comment with a path is a file, written to the folder the document runs in.
* ``...`` in what is printed stands for any text.
* An HTML comment ``skip: next`` in front of a block leaves it out; ``invisible-code-block: python`` runs unseen.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import logging
import os
import pathlib
import re
import shlex
import subprocess
import sys
import types
import unittest
from collections.abc import Iterable, Iterator

from sybil import Document, Example, Region, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.abstract import AbstractCodeBlockParser
from sybil.parsers.markdown import SkipParser
from sybil.parsers.markdown.lexers import DirectiveInHTMLCommentLexer, FencedCodeBlockLexer
from sybil.typing import Evaluator

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
DOCS = pathlib.Path(__file__).resolve().parents[2] / 'docs'
#: The folder of the programs of this environment.
BIN = pathlib.Path(sys.executable).parent
#: Commands that only a shell understands, or that want an interpreter of their own.
_SHELL = re.compile(r'[|<>&;$*]|^verdi (run|shell)\b')
_FILE = re.compile(r'# (?P<path>[\w./-]+\.(?:py|toml|yaml|sh|in))\n')
_AGE = re.compile(r'\b\d+[smh] ago\b')
_KINDS = ('python', 'pycon', 'console', 'text', 'toml', 'yaml', 'bash', 'ipython')


def compare(wanted: str, got: str) -> None:
    """Check what was printed: ``...`` stands for any text, an age for any age, and white space is all the same."""
    checker = doctest.OutputChecker()
    if not checker.check_output(_AGE.sub('0s ago', wanted), _AGE.sub('0s ago', got), FLAGS):
        raise AssertionError(f'Expected:\n{wanted}\nGot:\n{got}')


class _Python:
    """One block of Python."""

    def __init__(self) -> None:
        self.printed: str | None = None

    def run(self, example: Example) -> None:
        """Execute the block and keep what it printed."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            PythonEvaluator()(example)
        self.printed = printed.getvalue()

    def check(self, example: Example) -> None:
        """Compare with what was printed, if the block was not left out."""
        if self.printed is not None:
            compare(example.parsed, self.printed)


def _write(example: Example) -> None:
    found = _FILE.match(example.parsed)
    assert found is not None
    path = pathlib.Path(found['path'])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(example.parsed, encoding='utf-8')


def _call(command: str) -> str:
    """Return what a command prints, whatever its exit status."""
    if command.startswith('pip install'):
        return _register(pathlib.Path.cwd())
    if command.startswith('verdi') and not _SHELL.search(command):
        return _verdi(shlex.split(command)[1:])
    environment = {**os.environ, 'PATH': f'{BIN}{os.pathsep}{os.environ["PATH"]}', 'PYTHONPATH': os.getcwd()}
    done = subprocess.run(
        ['bash', '-c', command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout


def _verdi(words: list[str]) -> str:
    """Return what ``verdi`` prints; the logging is left as a script finds it."""
    from click.testing import CliRunner

    from aiida.cmdline.commands.cmd_verdi import verdi
    from aiida.common import log
    from aiida.manage import get_profile

    level = logging.getLogger('verdi').level
    try:
        result = CliRunner().invoke(verdi, words, prog_name='verdi')
    finally:
        log.CLI_ACTIVE = log.CLI_LOG_LEVEL = None
        logging.getLogger('verdi').setLevel(level)
        log.configure_logging(with_orm=get_profile() is not None)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def _register(folder: pathlib.Path) -> str:
    """Install the package of a folder as ``pip install -e`` does, by writing its metadata and nothing else."""
    import tomllib

    from aiida.plugins import registry

    project = tomllib.loads((folder / 'pyproject.toml').read_text(encoding='utf-8'))['project']
    metadata = folder / f'{project["name"].replace("-", "_")}-{project["version"]}.dist-info'
    metadata.mkdir(exist_ok=True)
    text = f'Metadata-Version: 2.1\nName: {project["name"]}\nVersion: {project["version"]}\n'
    (metadata / 'METADATA').write_text(text, encoding='utf-8')
    lines = []
    for group, points in project['entry-points'].items():
        lines += [f'[{group}]', *(f'{name} = {value}' for name, value in points.items())]
    (metadata / 'entry_points.txt').write_text('\n'.join(lines) + '\n', encoding='utf-8')
    registry.all_entry_points.cache_clear()
    registry.foreign_class_index.cache_clear()
    return ''


def _commands(text: str) -> Iterator[tuple[str, str]]:
    """Split a block into commands and what is expected of each."""
    for part in re.split(r'^\$ ', text, flags=re.MULTILINE)[1:]:
        command, _, wanted = re.sub(r'\\\n\s*', '', part).partition('\n')
        yield command.strip(), wanted


def _console(example: Example) -> None:
    for command, wanted in _commands(example.parsed):
        try:
            compare(wanted, _call(command))
        except AssertionError as error:
            raise AssertionError(f'$ {command}\n{error}') from None


def parse_blocks(document: Document) -> Iterable[Region]:
    """Return the examples among the blocks of a document."""
    last: tuple[_Python, int] | None = None
    for region in FencedCodeBlockLexer('[a-z]+')(document):
        kind, source = region.lexemes['language'], region.lexemes['source']
        assert kind in _KINDS, f'{document.path}: nobody knows how to run a block of {kind!r}'
        code = last[0] if last and not document.text[last[1] : region.start].strip() else None
        last = None
        evaluator: Evaluator | None = None
        if _FILE.match(source):
            evaluator = _write
        elif kind == 'python':
            block = _Python()
            evaluator, last = block.run, (block, region.end)
        elif kind == 'console':
            evaluator = _console
        elif kind == 'text' and code is not None:
            evaluator = code.check
        if evaluator is not None:
            region.parsed, region.evaluator = source, evaluator
            yield region


def parse_conversations(document: Document) -> Iterable[Region]:
    """Return the conversations with Python in a document, line by line."""
    from sybil.evaluators.doctest import DocTestEvaluator
    from sybil.parsers.abstract.doctest import DocTestStringParser

    parse = DocTestStringParser(DocTestEvaluator(FLAGS))
    for region in FencedCodeBlockLexer('pycon')(document):
        source = region.lexemes['source']
        for part in parse(source, document.path):
            part.adjust(region, source)
            yield part


_INVISIBLE = DirectiveInHTMLCommentLexer(directive='invisible-code-block', arguments='.+')
SYBIL = Sybil(
    [
        parse_blocks,
        parse_conversations,
        AbstractCodeBlockParser([_INVISIBLE], 'python', PythonEvaluator()),
        SkipParser(),
    ],
    path=str(DOCS),
    patterns=['**/*.md'],
)


def run(path: pathlib.Path, module: types.ModuleType) -> None:
    """Run the examples of a document one after another, as the lines of one module.

    :raises AssertionError: if one fails; the message says where.
    """
    document = SYBIL.parse(path)
    vars(module)['__file__'] = str(path)
    document.namespace = vars(module)
    for example in document.examples():
        try:
            example.evaluate()
        except unittest.SkipTest:
            continue
        except Exception as error:
            message = str(error) if isinstance(error, AssertionError) else f'{type(error).__name__}: {error}'
            raise AssertionError(f'{path}:{example.line}: {message}') from error
