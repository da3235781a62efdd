"""Levels of messages, where they go, and places that the composition root fills."""

from __future__ import annotations

import logging
import sys
from types import ModuleType

import pytest

from aiida.common import AIIDA_LOGGER, log
from aiida.common.exceptions import ConfigurationError
from aiida.common.slots import Slot, provide


def test_report_is_between_info_and_warning(capsys):
    log.configure_logging()
    AIIDA_LOGGER.report('hello %s', 'you')
    AIIDA_LOGGER.info('not shown')
    err = capsys.readouterr().err
    assert '[REPORT] hello you' in err
    assert 'not shown' not in err
    assert logging.getLevelName(log.LOG_LEVEL_REPORT) == 'REPORT'


def test_report_tells_the_caller():
    with log.capture_logging() as stream:
        AIIDA_LOGGER.handlers[-1].setFormatter(logging.Formatter('%(funcName)s %(message)s'))
        AIIDA_LOGGER.report('x')
    assert stream.getvalue() == 'test_report_tells_the_caller x\n'


def test_adapters_report_too():
    adapter = logging.LoggerAdapter(AIIDA_LOGGER.getChild('some'), {})
    with log.capture_logging() as stream:
        adapter.report('from %s', 'adapter')
    assert stream.getvalue() == 'from adapter\n'


def test_nothing_below_a_level(capsys):
    log.configure_logging()
    with log.override_log_level(logging.CRITICAL):
        AIIDA_LOGGER.error('silent')
        AIIDA_LOGGER.critical('loud')
    AIIDA_LOGGER.error('again')
    err = capsys.readouterr().err
    assert 'silent' not in err
    assert 'loud' in err
    assert 'again' in err


def test_configuring_twice_shows_a_message_once(capsys):
    log.configure_logging()
    log.configure_logging(with_orm=True)
    log.configure_logging(with_orm=True)
    AIIDA_LOGGER.warning('once')
    assert capsys.readouterr().err.count('once') == 1
    assert sum(isinstance(handler, log.NodeLogHandler) for handler in AIIDA_LOGGER.handlers) == 1


def test_a_worker_writes_to_its_file(tmp_path, capsys):
    path = tmp_path / 'daemon.log'
    try:
        log.configure_logging(daemon=True, daemon_log_file=path)
        AIIDA_LOGGER.report('to the file')
    finally:
        for handler in list(AIIDA_LOGGER.handlers):
            handler.close()
        log.configure_logging()
    assert 'to the file' in path.read_text()
    assert 'to the file' not in capsys.readouterr().err
    with pytest.raises(ValueError, match='log file'):
        log.configure_logging(daemon=True)


def _declare(name: str) -> Slot[int]:
    """Declare a slot in a module of this name."""
    module = ModuleType(name)
    module.__dict__['Slot'] = Slot
    exec("SLOT = Slot('a number', 'provide one')", module.__dict__)
    sys.modules[name] = module
    return module.__dict__['SLOT']


def test_a_slot_is_filled_before_its_module_is_imported():
    provide('tests.later', lambda: 3)
    try:
        slot = _declare('tests.later')
        assert slot.get() == 3
        provide('tests.later', lambda: 4)
        assert slot.get() == 4
    finally:
        provide('tests.later', None)
        del sys.modules['tests.later']
    assert not slot.is_filled
    with pytest.raises(ConfigurationError, match='a number is needed, but there is none: provide one'):
        slot.get()


def test_a_slot_is_overridden_for_a_while():
    slot = Slot('a number', 'provide one')
    slot.fill(lambda: 1)
    with slot.override(2):
        assert slot.get() == 2
    assert slot.get() == 1
