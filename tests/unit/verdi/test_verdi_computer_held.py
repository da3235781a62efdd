"""What ``verdi computer list`` and ``show`` say of a computer that jobs wait for."""

from aiida import orm
from aiida.cmdline.commands.cmd_computer import verdi_computer
from aiida.storage.records import HoldRecord


def test_list_and_show_say_that_a_computer_is_held(call, localhost):
    assert localhost.pk is not None
    other = orm.Computer('other', 'other.invalid', '', 'core.local', 'core.direct', '/tmp/other').store()
    store = localhost.backend
    trouble = HoldRecord(localhost.pk, 1, 10.0, 10.0, None, 0, 'it does not answer', 1)
    store.write_hold(trouble)
    assert 'held' not in call(verdi_computer, 'list').output
    store.write_hold(trouble._replace(until=store.now() + 60, failures=5, revision=2))
    said = 'Computer localhost is held after 5 failures: it does not answer; next try at '
    assert said in call(verdi_computer, 'list').output
    assert 'held' not in call(verdi_computer, 'list', '--raw').output
    output = call(verdi_computer, 'show', 'localhost').output
    assert said in output
    assert '`verdi computer test localhost` tries at once' in output
    assert 'held' not in call(verdi_computer, 'show', other.label).output
