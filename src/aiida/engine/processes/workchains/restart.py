"""A work chain that runs one process again until it ends well, and lets handlers repair what went wrong."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, cast

from aiida.common.extendeddicts import AttributeDict
from aiida.common.links import LinkType
from aiida.engine.processes.exit_code import ExitCode
from aiida.engine.processes.ports import PortNamespace
from aiida.engine.processes.process import Process
from aiida.engine.processes.process_spec import ProcessSpec
from aiida.engine.processes.workchains.context import ToContext, append_
from aiida.engine.processes.workchains.utils import ProcessHandlerReport, process_handler
from aiida.engine.processes.workchains.workchain import WorkChain
from aiida.orm import Bool, CalcJobNode, Dict, Int, Node, ProcessNode, Str

__all__ = ('BaseRestartWorkChain',)

UNHANDLED_ACTIONS = ('restart_once', 'abort', 'pause', 'restart_and_pause')


def validate_handler_overrides(
    process_class: type[BaseRestartWorkChain], handler_overrides: Dict | None, ctx: Any = None
) -> str | None:
    """Return what is wrong with the input ``handler_overrides``, ``None`` if nothing is.

    :param process_class: whose handlers they are for.
    :param handler_overrides: by name of handler, a boolean or a dictionary with ``enabled`` and ``priority``.
    """
    if handler_overrides is None:
        return None
    for name, override in handler_overrides.get_dict().items():
        if not isinstance(name, str) or not process_class.is_process_handler(name):
            known = ', '.join(handler.__name__ for handler in process_class.get_process_handlers())
            return f'The key `{name}` is not a process handler of {process_class}; there are: {known}'
        if isinstance(override, bool):
            continue
        if not isinstance(override, dict):
            return f'The value of key `{name}` is not a boolean or dictionary.'
        unknown = [key for key in override if key not in ('enabled', 'priority')]
        if unknown:
            return f'The value of key `{name}` contain keys `{", ".join(unknown)}` which is not supported.'
        if not isinstance(override.get('enabled', True), bool):
            return f'`enabled` of key `{name}` is not a boolean.'
        if isinstance(override.get('priority', 0), bool) or not isinstance(override.get('priority', 0), int):
            return f'`priority` of key `{name}` is not an integer.'
    return None


def _validate_action(action: Str | None, _: Any) -> str | None:
    if action is None or action.value in UNHANDLED_ACTIONS:
        return None
    return f'`{action.value}` is not one of: {", ".join(UNHANDLED_ACTIONS)}'


class BaseRestartWorkChain(WorkChain):
    """Runs a process, looks at how it ended, and runs it again if something can be done about it.

    A subclass sets ``_process_class``, puts the inputs into ``self.ctx.inputs`` and defines handlers with the decorator
    :func:`~aiida.engine.process_handler`. Its outline is at least::

        cls.setup,
        while_(cls.should_run_process)(
            cls.run_process,
            cls.inspect_process,
        ),
        cls.results,
    """

    _process_class: type[Process] | None = None
    _considered_handlers_extra = 'considered_handlers'

    @property
    def process_class(self) -> type[Process]:
        """The class of the process that is run.

        :raises ValueError: if none is set.
        """
        process_class = self._process_class
        if not isinstance(process_class, type) or not issubclass(process_class, Process):
            raise ValueError(
                f'no valid Process class defined for `_process_class` attribute of {type(self).__name__}: set it to '
                f'the class to run, it is {process_class!r}'
            )
        return process_class

    @classmethod
    def define(cls, spec: ProcessSpec) -> None:  # type: ignore[override]
        """Declare the inputs that say how often to try, and how it can end."""
        super().define(spec)
        spec.input(
            'max_iterations',
            valid_type=Int,
            default=lambda: Int(5),
            help='How many times the process is launched at most, the first time included.',
        )
        spec.input(
            'clean_workdir',
            valid_type=Bool,
            default=lambda: Bool(False),
            help='Whether the working directories of the jobs that were launched are emptied at the end.',
        )
        spec.input(
            'handler_overrides',
            valid_type=Dict,
            required=False,
            validator=functools.partial(validate_handler_overrides, cls),
            help='By name of process handler, whether it is enabled: a boolean, or a dictionary that may define '
            '``enabled`` and ``priority``.',
        )
        spec.input(
            'on_unhandled_failure',
            valid_type=Str,
            required=False,
            validator=_validate_action,
            help='What to do about a failure that no handler dealt with: "restart_once" (restart, and abort if it '
            'fails again, as without this input), "abort", "pause", "restart_and_pause".',
        )
        spec.input(
            'pause_on_max_iterations',
            valid_type=Bool,
            required=False,
            help='If True, pause instead of ending when `max_iterations` is reached; once played, it counts anew.',
        )
        spec.exit_code(301, 'ERROR_SUB_PROCESS_EXCEPTED', message='The sub process excepted.')
        spec.exit_code(302, 'ERROR_SUB_PROCESS_KILLED', message='The sub process was killed.')
        spec.exit_code(
            401, 'ERROR_MAXIMUM_ITERATIONS_EXCEEDED', message='The maximum number of iterations was exceeded.'
        )
        spec.exit_code(402, 'ERROR_UNHANDLED_FAILURE', message='The process failed with an unhandled failure.')
        spec.exit_code(
            402,
            'ERROR_SECOND_CONSECUTIVE_UNHANDLED_FAILURE',
            message='The process failed for an unknown reason, twice in a row.',
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """
        :raises ValueError: if the class sets no process class.
        """
        super().__init__(*args, **kwargs)
        _ = self.process_class

    # steps

    def setup(self) -> None:
        """Set up what the other steps use in the context."""
        self.ctx.process_name = self.process_class.__name__
        self.ctx.unhandled_failure = False
        self.ctx.is_finished = False
        self.ctx.iteration = 0
        self.ctx.first_iteration = 0

    def should_run_process(self) -> bool:
        """Return whether the process is to be run (again): it has not ended well, and there are iterations left."""
        return not self.ctx.is_finished and not self._is_out_of_iterations()

    def _is_out_of_iterations(self) -> bool:
        done = self.ctx.iteration - self.ctx.get('first_iteration', 0)
        return bool(done >= self.inputs.max_iterations.value)  # type: ignore[union-attr]

    def run_process(self) -> Any:
        """Run the process with the inputs in ``self.ctx.inputs``.

        :raises AttributeError: if there are none.
        """
        self.ctx.iteration += 1
        try:
            given = self.ctx.inputs
        except AttributeError:
            raise AttributeError(
                'no process input dictionary was defined in `self.ctx.inputs`: put it there in a step before'
            ) from None
        inputs = self._wrap_bare_dict_inputs(self.process_class.spec().inputs, given)
        node = self.submit(self.process_class, inputs)
        considered = self.node.base.extras.get(self._considered_handlers_extra, [])
        self.node.base.extras.set(self._considered_handlers_extra, [*considered, []])
        self.report(f'launching {self.ctx.process_name}<{node.pk}> iteration #{self.ctx.iteration}')
        return ToContext(children=append_(node))

    def inspect_process(self) -> ExitCode | None:
        """Let the handlers look at how the process ended, and decide how to go on.

        ======= ========== ============= ===================================
        process a handler  its exit code
        ======= ========== ============= ===================================
        any     reported   0             run again
        any     reported   another       end with that exit code
        good    none       \\             done
        failed  none       \\             ``on_unhandled_failure`` says what
        ======= ========== ============= ===================================

        :return: the exit code to end with, ``None`` to go on.
        """
        node = self.ctx.children[self.ctx.iteration - 1]
        if node.is_excepted:
            return cast('ExitCode', self.exit_codes.ERROR_SUB_PROCESS_EXCEPTED)
        if node.is_killed:
            return cast('ExitCode', self.exit_codes.ERROR_SUB_PROCESS_KILLED)
        last_report = self._call_process_handlers(node)
        name = f'{self.ctx.process_name}<{node.pk}>'
        if last_report is None and node.is_finished_ok:
            self.ctx.unhandled_failure = False
            self.ctx.is_finished = True
            return None
        message, exit_code, pauses = (
            self._deal_with_unhandled() if last_report is None else self._follow_report(last_report, node)
        )
        self.report(f'{name} {message}')
        if pauses:
            self._pause_for_inspection('a failure was not handled')
        elif exit_code is None and self._is_out_of_iterations():
            wanted = self.inputs.get('pause_on_max_iterations')  # type: ignore[union-attr]
            if wanted is None or not wanted.value:
                return self._give_up_restarting(name)
            limit = self.inputs.max_iterations.value  # type: ignore[union-attr]
            self.report(f'reached the maximum number of iterations {limit}: last ran {name}, pausing for inspection')
            self._pause_for_inspection(f'{limit} iterations were not enough')
        return exit_code

    def _give_up_restarting(self, name: str) -> ExitCode:
        """Return the exit code to end with after the last iteration.

        :param name: the process that was run last.
        """
        limit = self.inputs.max_iterations.value  # type: ignore[union-attr]
        self.report(f'reached the maximum number of iterations {limit}: last ran {name}')
        return cast('ExitCode', self.exit_codes.ERROR_MAXIMUM_ITERATIONS_EXCEEDED)

    def _pause_for_inspection(self, reason: str) -> None:
        """Pause; once it is played, iterations are counted anew if there were none left."""
        if self._is_out_of_iterations():
            self.ctx.first_iteration = self.ctx.iteration
        pk = self.node.pk
        self.report(f'to run it once more, use `verdi process play {pk}`; to give up, `verdi process kill {pk}`')
        self.pause(f'Paused, {reason}: see `verdi process report {pk}`')

    def _call_process_handlers(self, node: ProcessNode) -> ProcessHandlerReport | None:
        """Call the handlers and return the last report, ``None`` if none of them had one."""
        last_report = None
        considered = []
        for _, handler in self.get_process_handlers_by_priority():
            report = handler(node)
            if report is not None and not isinstance(report, ProcessHandlerReport):
                raise RuntimeError(
                    f'handler `{handler.__name__}` returned {report!r}: it returns a `ProcessHandlerReport` or `None`'
                )
            told = None if report is None else {'do_break': report.do_break, 'exit_status': report.exit_code.status}
            considered.append([handler.__name__, told])
            if report is not None:
                last_report = report
                if report.do_break:
                    break
        earlier = self.node.base.extras.get(self._considered_handlers_extra, [[]])
        self.node.base.extras.set(self._considered_handlers_extra, [*earlier[:-1], considered])
        return last_report

    def _follow_report(self, report: ProcessHandlerReport, node: ProcessNode) -> tuple[str, ExitCode | None, bool]:
        """Return what to tell, the exit code to end with, and whether to pause, after a handler reported."""
        ended = 'finished successfully' if node.is_finished_ok else 'failed'
        if report.exit_code.status:
            return f'{ended} but a handler detected an unrecoverable problem, aborting', report.exit_code, False
        self.ctx.unhandled_failure = False
        what = 'was triggered' if node.is_finished_ok else 'dealt with the problem'
        then = '' if self._is_out_of_iterations() else ', restarting'
        return f'{ended} but a handler {what}{then}', None, False

    def _deal_with_unhandled(self) -> tuple[str, ExitCode | None, bool]:
        """Return what to tell, the exit code to end with, and whether to pause, after a failure nobody dealt with."""
        action = self.inputs.get('on_unhandled_failure')  # type: ignore[union-attr]
        choice = UNHANDLED_ACTIONS[0] if action is None else action.value
        again = self.ctx.unhandled_failure
        failed = 'failed with an unhandled failure'
        if again:
            failed += ' for the second consecutive time'
        if choice == 'abort':
            return f'{failed}, aborting', self.exit_codes.ERROR_UNHANDLED_FAILURE, False
        if choice == 'restart_once' and again:
            return f'{failed}, aborting', self.exit_codes.ERROR_SECOND_CONSECUTIVE_UNHANDLED_FAILURE, False
        if choice == 'pause' or (choice == 'restart_and_pause' and again):
            self.ctx.unhandled_failure = False
            return f'{failed}, pausing for inspection', None, True
        self.ctx.unhandled_failure = True
        return failed if self._is_out_of_iterations() else f'{failed}, restarting once more', None, False

    def results(self) -> ExitCode | None:
        """Emit the outputs of the last process that this work chain declares.

        :return: the exit code to end with if the iterations were not enough.
        """
        if not self.ctx.get('children'):
            limit = self.inputs.max_iterations.value  # type: ignore[union-attr]
            self.report(f'`max_iterations` is {limit}, so that nothing was run')
            return cast('ExitCode', self.exit_codes.ERROR_MAXIMUM_ITERATIONS_EXCEEDED)
        node = self.ctx.children[self.ctx.iteration - 1]
        name = f'{self.ctx.process_name}<{node.pk}>'
        if not self.ctx.is_finished and self._is_out_of_iterations():
            return self._give_up_restarting(name)
        self.report(f'work chain completed after {self.ctx.iteration} iterations')
        self._attach_outputs(node)
        return None

    def _attach_outputs(self, node: ProcessNode) -> Mapping[str, Any]:
        """Emit the outputs of a process that this work chain declares, and return all it has.

        :param node: the process.
        """
        name = f'{self.ctx.process_name}<{node.pk}>'
        outputs = self.get_outputs(node)
        for label, port in self.spec().outputs.items():
            if label in outputs:
                self.out(label, outputs[label])
            elif port.required and not isinstance(port, PortNamespace):
                self.report(f"required output '{label}' was not an output of {name}")
        return outputs

    def get_outputs(self, node: ProcessNode) -> Mapping[str, Any]:
        """Return the outputs to emit, by name; those of the last process unless overridden.

        :param node: the last process.
        """
        return node.base.links.get_outgoing(link_type=(LinkType.CREATE, LinkType.RETURN)).nested()

    def on_terminated(self) -> None:
        """Called at the end: the working directories of the jobs below are emptied if that is wanted."""
        super().on_terminated()
        if not self.inputs.clean_workdir.value:  # type: ignore[union-attr]
            self.report('remote folders will not be cleaned')
            return
        cleaned = []
        for called in self.node.called_descendants:
            if not isinstance(called, CalcJobNode):
                continue
            try:
                called.outputs.remote_folder._clean()
            except Exception as exception:
                self.logger.info('the remote folder of CalcJob<%s> was not cleaned: %r', called.pk, exception)
            else:
                cleaned.append(str(called.pk))
        if cleaned:
            self.report(f'cleaned remote folders of calculations: {" ".join(cleaned)}')

    # handlers

    @classmethod
    def is_process_handler(cls, process_handler_name: str | FunctionType | Callable[..., Any]) -> bool:
        """Return whether a method, or the method of this name, is a handler of this class."""
        if isinstance(process_handler_name, str):
            found = getattr(cls, process_handler_name, None)
        else:
            found = process_handler_name
        return getattr(found, 'decorator', None) is process_handler

    @classmethod
    def get_process_handlers(cls) -> list[FunctionType]:
        """Return the handlers of this class, by name."""
        return [getattr(cls, name) for name in dir(cls) if cls.is_process_handler(name)]

    def get_process_handlers_by_priority(self) -> list[tuple[int, Any]]:
        """Return (priority, handler) of those that are enabled, the largest first, ``handler_overrides`` applied."""
        given = self.inputs.get('handler_overrides')  # type: ignore[union-attr]
        overrides = {} if given is None else given.get_dict()
        handlers = []
        for function in self.get_process_handlers():
            handler: Any = function.__get__(self)  # also where the attribute has another name
            override = overrides.get(function.__name__, {})
            if isinstance(override, bool):
                override = {'enabled': override}
            if override.get('enabled', handler.enabled):
                handlers.append((int(override.get('priority', handler.priority)), handler))
        return sorted(handlers, key=lambda pair: -pair[0])

    def _wrap_bare_dict_inputs(self, port_namespace: PortNamespace, inputs: Mapping[str, Any]) -> AttributeDict:
        """Return inputs with plain dictionaries as nodes where the port wants a ``Dict``.

        :param port_namespace: the ports of the process that is run.
        :param inputs: values by name of port.
        """
        wrapped = {}
        for name, value in inputs.items():
            port = port_namespace.get(name)
            if port is None:
                wrapped[name] = value
            elif isinstance(port, PortNamespace):
                wrapped[name] = self._wrap_bare_dict_inputs(port, value) if isinstance(value, Mapping) else value
            elif _wants_dict(port.valid_type) and isinstance(value, dict) and not isinstance(value, Node):
                wrapped[name] = Dict(dict(value))
            else:
                wrapped[name] = value
        return AttributeDict(wrapped)


def _wants_dict(valid_type: Any) -> bool:
    types = valid_type if isinstance(valid_type, tuple) else (valid_type,)
    return any(isinstance(cls, type) and issubclass(cls, Dict) for cls in types)
