"""Escaping text for shells, and patterns as SQL writes them."""

from __future__ import annotations

import re

__all__ = ('escape_for_bash', 'escape_for_sql_like', 'get_regex_pattern_from_sql', 'sql_string_match')

SQL_TO_REGEX_TOKENS = [('\\\\', '\\\\'), ('\\%', '%'), ('\\_', '_'), ('%', '.*'), ('_', '.')]


def escape_for_bash(str_to_escape: str | None, use_double_quotes: bool | None = False) -> str:
    """Return text in quotes, so that a shell takes it as one word.

    :param str_to_escape: the text; ``None`` gives an empty string, without quotes.
    :param use_double_quotes: whether to use double quotes, inside which the shell still replaces variables.
    """
    if str_to_escape is None:
        return ''
    text = str(str_to_escape)
    if use_double_quotes:
        return '"' + text.replace('"', '"\'"\'"') + '"'
    return "'" + text.replace("'", "'\"'\"'") + "'"


def escape_for_sql_like(string: str) -> str:
    """Return text in which the characters ``%`` and ``_`` stand for themselves in a LIKE pattern."""
    return string.replace('%', '\\%').replace('_', '\\_')


def get_regex_pattern_from_sql(sql_pattern: str) -> str:
    """Return the regular expression that matches what a LIKE pattern matches."""
    result = []
    rest = sql_pattern
    while rest:
        for token, expression in SQL_TO_REGEX_TOKENS:
            if rest.startswith(token):
                result.append(expression)
                rest = rest[len(token) :]
                break
        else:
            result.append(re.escape(rest[0]))
            rest = rest[1:]
    return f'^{"".join(result)}$'


def sql_string_match(string: str, pattern: str) -> bool:
    """Return whether a LIKE pattern matches a string."""
    return re.match(get_regex_pattern_from_sql(pattern), string) is not None
