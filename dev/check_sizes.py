"""Check the size rules of the house: modules of at most 800 lines, classes of at most 25 public methods.

Usage: python dev/check_sizes.py FOLDER
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

MAX_LINES = 800
MAX_PUBLIC_METHODS = 25

#: Classes whose surface is fixed from outside, with what fixes it.
FIXED_SURFACE = {
    'Process': 'the public API of AiiDA 2.2',
    'Runner': 'the public API of AiiDA 2.2',
    'DaemonClient': 'the public API of AiiDA 2.2',
    'Node': 'the public API of AiiDA 2.9',
    'ProcessNode': 'the public API of AiiDA 2.9',
    'CalcJobNode': 'the public API of AiiDA 2.9',
    'Computer': 'the public API of AiiDA 2.9',
    'QueryBuilder': 'the public API of AiiDA 2.9',
    'StructureData': 'the public API of AiiDA 2.9',
    'Transport': 'the public API of AiiDA 2.9',
    'BlockingTransport': 'the public API of AiiDA 2.9',
    'AsyncTransport': 'the public API of AiiDA 2.9',
    'Config': 'the public API of AiiDA 2.9',
    'CifData': 'the public API of AiiDA 2.9',
    'Code': 'the public API of AiiDA 2.9',
    'LocalTransport': 'the public API of AiiDA 2.9',
    'SshBaseTransport': 'the public API of AiiDA 2.9',
    'SshTransport': 'the public API of AiiDA 2.9',
    'AbstractCode': 'the public API of AiiDA 2.9',
    'Repository': 'the public API of AiiDA 2.9',
    'NodeRepository': 'the public API of AiiDA 2.9',
    'NumericType': 'the operators of Python numbers',
    'GraphStore': 'one verb per thing the orm asks of a store',
}


def public_methods(node: ast.ClassDef) -> int:
    """Count the methods and properties of a class whose names do not begin with an underscore, setters once."""
    names = {
        item.name
        for item in node.body
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and not item.name.startswith('_')
    }
    return len(names)


def problems(path: Path) -> list[str]:
    """Return one line for each rule a module breaks."""
    text = path.read_text(encoding='utf8')
    found = []
    lines = text.count('\n') + 1
    if lines > MAX_LINES:
        found.append(f'{path}: {lines} lines, at most {MAX_LINES}')
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and any(alias.name == '*' for alias in node.names):
            found.append(f'{path}:{node.lineno}: a star import')
        if isinstance(node, ast.ClassDef) and node.name not in FIXED_SURFACE:
            count = public_methods(node)
            if count > MAX_PUBLIC_METHODS:
                found.append(
                    f'{path}:{node.lineno}: class {node.name} has {count} public methods, at most {MAX_PUBLIC_METHODS}'
                )
    return found


def main() -> int:
    """Print every broken rule and return 1 if there is one."""
    found = [line for path in sorted(Path(sys.argv[1]).rglob('*.py')) for line in problems(path)]
    print('\n'.join(found) if found else 'sizes: all modules and classes within the rules')
    return int(bool(found))


if __name__ == '__main__':
    sys.exit(main())
