"""Check that no modules import each other in a circle, imports inside functions included.

Usage: python dev/check_cycles.py PACKAGE
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

import grimp


def cycles(modules: Iterable[str], imported_by: Callable[[str], set[str]]) -> list[list[str]]:
    """Return the strongly connected components of more than one module (R. Tarjan, SIAM J. Comput. 1, 146 (1972))."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in imported_by(module):
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            position = stack.index(module)
            component = stack[position:]
            del stack[position:]
            if len(component) > 1:
                found.append(sorted(component))

    for module in sorted(modules):
        if module not in index:
            visit(module)
    return found


def main() -> int:
    """Print every cycle and return 1 if there is one."""
    sys.setrecursionlimit(10_000)
    graph = grimp.build_graph(sys.argv[1], exclude_type_checking_imports=True, cache_dir=None)
    found = cycles(graph.modules, graph.find_modules_directly_imported_by)
    for component in found:
        print('a cycle of imports: ' + ', '.join(component))
    if not found:
        print('cycles: none')
    return int(bool(found))


if __name__ == '__main__':
    sys.exit(main())
