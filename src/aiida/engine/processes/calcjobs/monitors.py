"""Functions of plugins that look after a running job, and may end it before its time."""

from __future__ import annotations

import dataclasses
import enum
import inspect
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiida.common.lang import type_check
from aiida.common.log import AIIDA_LOGGER

if TYPE_CHECKING:
    from aiida.orm import CalcJobNode, Dict
    from aiida.transports import Transport

__all__ = ('CalcJobMonitor', 'CalcJobMonitorAction', 'CalcJobMonitorResult', 'CalcJobMonitors')

LOGGER = AIIDA_LOGGER.getChild('engine.processes.calcjobs.monitors')


class CalcJobMonitorAction(enum.Enum):
    """What a monitor wants to be done."""

    #: Kill the job.
    KILL = 'kill'
    #: Leave the job alone and ask no monitor any more.
    DISABLE_ALL = 'disable-all'
    #: Leave the job alone and do not ask this monitor any more.
    DISABLE_SELF = 'disable-self'


@dataclasses.dataclass
class CalcJobMonitorResult:
    """What a monitor has found.

    :param key: the name of the monitor; it is filled in by the engine.
    :param message: what it found, for the exit message.
    :param action: what is to be done.
    :param retrieve: whether the files of a killed job are retrieved.
    :param parse: whether they are parsed.
    :param override_exit_code: whether the exit code says that a monitor killed the job, whatever the parser says.
    :param outputs: nodes to be attached as outputs, by name.
    :raises ValueError: if files are to be parsed that are not to be retrieved.
    """

    key: str | None = None
    message: str | None = None
    action: CalcJobMonitorAction = CalcJobMonitorAction.KILL
    retrieve: bool = True
    parse: bool = True
    override_exit_code: bool = True
    outputs: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        self.validate()

    def validate(self) -> None:
        """Check the types of the attributes, and that they go together."""
        type_check(self.key, str, allow_none=True)
        type_check(self.message, str, allow_none=True)
        type_check(self.action, CalcJobMonitorAction)
        type_check(self.retrieve, bool)
        type_check(self.parse, bool)
        type_check(self.override_exit_code, bool)
        type_check(self.outputs, dict, allow_none=True)
        if self.parse and not self.retrieve:
            raise ValueError(
                'what is not retrieved is not parsed, but `retrieve` is False and `parse` is True: give `parse=False`'
            )


@dataclasses.dataclass
class CalcJobMonitor:
    """A function that is called with the node of a running job and a transport, as often as is wanted.

    :param entry_point: its name as a plugin; called as ``function(node, transport, **kwargs)`` it returns ``None``, a
        message (which kills the job), or a :class:`CalcJobMonitorResult`.
    :param priority: the higher is called first.
    :param minimum_poll_interval: seconds between two calls.
    :param call_timestamp: when it was called last.
    :param disabled: whether it is not called.
    :raises EntryPointError: if there is no such plugin.
    :raises ValueError: if it does not take these keywords, or the interval is not positive.
    """

    entry_point: str
    kwargs: dict[Any, Any] = dataclasses.field(default_factory=dict)
    priority: int = 0
    minimum_poll_interval: int | None = None
    call_timestamp: datetime | None = None
    disabled: bool = False

    def __post_init__(self) -> None:
        self.validate()

    def validate(self) -> None:
        """Check the attributes, and that the function takes the keywords."""
        type_check(self.entry_point, str)
        type_check(self.kwargs, dict)
        type_check(self.priority, int)
        type_check(self.minimum_poll_interval, int, allow_none=True)
        type_check(self.call_timestamp, datetime, allow_none=True)
        type_check(self.disabled, bool)
        if self.minimum_poll_interval is not None and self.minimum_poll_interval <= 0:
            raise ValueError(
                f'the `minimum_poll_interval` of the monitor `{self.entry_point}` is {self.minimum_poll_interval}: it '
                'is a positive number of seconds; leave it out for a monitor that is called as often as possible'
            )
        parameters = inspect.signature(self.load_entry_point()).parameters
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
            return
        if not {'node', 'transport'}.issubset(parameters):
            raise ValueError(
                f'the monitor `{self.entry_point}` takes {list(parameters)}: it has to take `node` and `transport`'
            )
        unknown = [key for key in self.kwargs if key not in parameters]
        if unknown:
            known = [name for name in parameters if name not in ('node', 'transport')]
            raise ValueError(
                f'the monitor `{self.entry_point}` does not take the `kwargs` {unknown}; it takes {known or "none"}'
            )

    def load_entry_point(self) -> Any:
        """Return the function."""
        from aiida.plugins.entry_point import load_entry_point

        return load_entry_point('aiida.calculations.monitors', self.entry_point)

    def is_due(self, now: datetime) -> bool:
        """Return whether it is to be called."""
        if self.disabled:
            return False
        if self.call_timestamp is None or self.minimum_poll_interval is None:
            return True
        return now - self.call_timestamp >= timedelta(seconds=self.minimum_poll_interval)


class CalcJobMonitors:
    """The monitors of a job, the highest priority first, and by name among equals."""

    def __init__(self, monitors: Mapping[str, Dict]) -> None:
        """
        :param monitors: the arguments of each monitor, by its name.
        """
        made = {key: CalcJobMonitor(**node.get_dict()) for key, node in monitors.items()}
        self._monitors = OrderedDict(sorted(made.items(), key=lambda item: (-item[1].priority, item[0])))
        self._troubles: dict[str, str] = {}

    @property
    def monitors(self) -> Mapping[str, CalcJobMonitor]:
        """The monitors by name, in the order they are called."""
        return self._monitors

    def process(self, node: CalcJobNode, transport: Transport) -> CalcJobMonitorResult | None:
        """Call the monitors that are due, and return the first result that asks for the job to be killed.

        A monitor that raises is called again the next time; the log of the node tells of it, once as long as it raises
        the same.
        """
        for key, monitor in self._monitors.items():
            now = datetime.now()
            if not monitor.is_due(now):
                continue
            monitor.call_timestamp = now
            result = self._call(key, monitor, node, transport)
            if result is None:
                continue
            if result.action is CalcJobMonitorAction.KILL:
                return result
            node.logger.report('monitor `%s` asks for `%s`: %s', key, result.action.value, result.message)
            everybody = result.action is CalcJobMonitorAction.DISABLE_ALL
            for other in self._monitors.values() if everybody else (monitor,):
                other.disabled = True
        return None

    def _call(
        self, key: str, monitor: CalcJobMonitor, node: CalcJobNode, transport: Transport
    ) -> CalcJobMonitorResult | None:
        LOGGER.debug('calling monitor `%s` of CalcJobNode<%s>', key, node.pk)
        try:
            found = monitor.load_entry_point()(node, transport, **monitor.kwargs)
            if found is None:
                return None
            result = found if isinstance(found, CalcJobMonitorResult) else CalcJobMonitorResult(message=found)
        except Exception as exception:
            trouble = repr(exception)
            if self._troubles.get(key) != trouble:
                node.logger.exception('monitor `%s` raised an exception; it is called again the next time', key)
            self._troubles[key] = trouble
            return None
        result.key = key
        return result
