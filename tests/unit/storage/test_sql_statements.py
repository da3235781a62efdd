"""Statements by name."""

from __future__ import annotations

import sqlite3

import pytest

from aiida.storage import sql
from aiida.storage.sql import load_script, load_statements

STATEMENTS = ('graph', 'graph_sqlite', 'graph_postgres', 'processes', 'processes_sqlite', 'processes_postgres')


def test_each_statement_has_a_name_and_stands_alone():
    for name in STATEMENTS:
        statements = load_statements(name)
        assert len(statements) > 5
        for statement in statements.values():
            assert sqlite3.complete_statement(statement + ';')
            assert ';' not in statement


def test_every_statement_fits_the_tables():
    connection = sqlite3.connect(':memory:')
    connection.executescript(load_script('schema_sqlite'))
    connection.executescript(load_script('runtime_sqlite'))
    connection.executescript(load_script('runtime_sqlite_v2'))
    connection.executescript(load_script('runtime_sqlite_v3'))
    for name in STATEMENTS:
        if name.endswith('_postgres'):
            continue
        for statement in load_statements(name).values():
            with pytest.raises(sqlite3.ProgrammingError, match='binding'):
                # it compiles: what is missing are the parameters
                connection.execute(statement, {}) if ':' in statement else connection.execute(statement, (1,) * 99)
    connection.close()


def test_a_name_may_occur_once(tmp_path, monkeypatch):
    (tmp_path / 'twice.sql').write_text('-- a: one\nSELECT 1;\n\n-- a: two\nSELECT 2;\n')
    (tmp_path / 'good.sql').write_text('-- about the file\n\n-- a: one\nSELECT 1;\n\n-- b: two\nSELECT\n  2;\n')
    monkeypatch.setattr(sql, '_FOLDER', tmp_path)
    assert load_statements('good') == {'a': 'SELECT 1', 'b': 'SELECT\n  2'}
    with pytest.raises(ValueError, match='twice'):
        load_statements('twice')
