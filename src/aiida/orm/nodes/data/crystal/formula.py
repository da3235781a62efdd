"""Chemical formulas of lists of symbols."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import groupby
from math import gcd
from typing import Any

__all__ = (
    'FORMULA_MODES',
    'get_formula',
    'get_formula_from_symbol_list',
    'get_formula_group',
    'group_symbols',
)

FORMULA_MODES = ('hill', 'hill_compact', 'reduce', 'group', 'count', 'count_compact')


def group_symbols(_list: Sequence[Any]) -> list[list[Any]]:
    """Return ``[number, symbol]`` of each run of equal symbols: Si, Si, C gives ``[[2, 'Si'], [1, 'C']]``."""
    return [[sum(1 for _ in run), symbol] for symbol, run in groupby(_list)]


def get_formula_from_symbol_list(_list: Sequence[Sequence[Any]], separator: str = '') -> str:
    """Return the formula of pairs of number and symbol; a list in place of a symbol is put in parentheses.

    :param separator: what stands between the parts.
    """
    parts = []
    for number, symbol in _list:
        text = symbol if isinstance(symbol, str) else f'({get_formula_from_symbol_list(symbol, separator)})'
        parts.append(f'{text}{number}' if number != 1 else text)
    return separator.join(parts)


def get_formula_group(symbol_list: Sequence[str], separator: str = '') -> str:
    """Return the formula in the order of the symbols, with what repeats in parentheses: ``(BaTiO3)2``.

    :param symbol_list: one symbol per site.
    :param separator: what stands between the parts.
    """
    groups = group_symbols(symbol_list)
    size = 2
    while size <= len(groups) // 2:
        shorter = next(
            (found for start in range(size) if (found := _gather_repeats(groups, size, start)) != groups), None
        )
        if shorter is None:
            size += 1
        else:
            groups, size = shorter, 2
    return get_formula_from_symbol_list(groups, separator)


def _gather_repeats(groups: list[list[Any]], size: int, start: int) -> list[list[Any]]:
    """Put runs of equal blocks into one group each; blocks are ``size`` groups long, the first begins at ``start``."""
    gathered = groups[:start]
    while start < len(groups):
        block = groups[start : start + size]
        repeats = 1
        while groups[start + repeats * size : start + (repeats + 1) * size] == block and len(block) == size:
            repeats += 1
        gathered += [[repeats, block]] if repeats > 1 else block
        start += repeats * size
    return gathered


def _count(symbol_list: Sequence[str]) -> dict[str, int]:
    """Return the number of each symbol, in the order of first appearance."""
    counts: dict[str, int] = {}
    for symbol in symbol_list:
        counts[symbol] = counts.get(symbol, 0) + 1
    return counts


def _hill_order(symbols: Sequence[str]) -> list[str]:
    """Return symbols in Hill's order: with carbon, C and H come first; the rest is alphabetical."""
    first = [symbol for symbol in ('C', 'H') if symbol in symbols] if 'C' in symbols else []
    return first + sorted(symbol for symbol in symbols if symbol not in first)


def get_formula(symbol_list: Sequence[str], mode: str = 'hill', separator: str = '') -> str:
    """Return the chemical formula of a list of symbols.

    :param symbol_list: one symbol per site.
    :param mode: ``hill`` (Hill's order), ``reduce`` (runs of equal symbols, in the order of the sites), ``group`` (the
        same, with repeated blocks in parentheses), ``count`` (order of first appearance); ``hill_compact`` and
        ``count_compact`` divide by the greatest common divisor.
    :param separator: what stands between the parts.
    :raises ValueError: for any other mode.
    """
    if mode not in FORMULA_MODES:
        raise ValueError(f'`{mode}` is no mode of a formula: choose from {", ".join(FORMULA_MODES)}')
    if mode == 'group':
        return get_formula_group(symbol_list, separator)
    if mode == 'reduce':
        return get_formula_from_symbol_list(group_symbols(symbol_list), separator)
    counts = _count(symbol_list)
    order = _hill_order(list(counts)) if mode.startswith('hill') else list(counts)
    divisor = reduce(gcd, counts.values(), 0) if mode.endswith('_compact') else 1
    return get_formula_from_symbol_list([(counts[symbol] // (divisor or 1), symbol) for symbol in order], separator)
