"""The specification of a process: its inputs, outputs and exit codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from plumpy.process_spec import ProcessSpec as PlumpyProcessSpec

from aiida.engine.processes.exit_code import ExitCode, ExitCodesNamespace
from aiida.engine.processes.ports import CalcJobOutputPort, InputPort, OutputPort, PortNamespace

if TYPE_CHECKING:
    from plumpy.ports import PortNamespace as PlumpyPortNamespace
    from plumpy.processes import Process as PlumpyProcess

__all__ = ('CalcJobProcessSpec', 'ProcessSpec')


class ProcessSpec(PlumpyProcessSpec):
    """What a process takes, gives and how it can end; it is sealed when the class is first instantiated."""

    METADATA_KEY: str = 'metadata'
    METADATA_OPTIONS_KEY: str = 'options'
    INPUT_PORT_TYPE = InputPort
    OUTPUT_PORT_TYPE = OutputPort
    PORT_NAMESPACE_TYPE = PortNamespace

    def __init__(self) -> None:
        super().__init__()
        self._exit_codes = ExitCodesNamespace()

    @property
    def metadata_key(self) -> str:
        """The name of the namespace of the metadata."""
        return self.METADATA_KEY

    @property
    def options_key(self) -> str:
        """The name of the namespace of the options of a CalcJob, in the metadata."""
        return self.METADATA_OPTIONS_KEY

    @property
    def exit_codes(self) -> ExitCodesNamespace:
        """The exit codes by label."""
        return self._exit_codes

    def exit_code(self, status: int, label: str, message: str, invalidates_cache: bool = False) -> None:
        """Declare how the process can end.

        :param status: a positive integer; 0 says success.
        :param label: its name, by which the process asks for it.
        :param message: what it means; may hold fields in braces for :meth:`ExitCode.format`.
        :param invalidates_cache: whether a process that ended so is never taken from the cache.
        :raises TypeError: for an argument of a wrong type.
        :raises ValueError: for a negative status.
        :raises RuntimeError: if the specification is sealed.
        """
        for name, value, expected in (
            ('status', status, int),
            ('label', label, str),
            ('message', message, str),
            ('invalidates_cache', invalidates_cache, bool),
        ):
            if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
                raise TypeError(
                    f'{name} of an exit code should be of type {expected.__name__}, not {value!r} of type '
                    f'{type(value).__name__}'
                )
        if status < 0:
            raise ValueError(f'status of exit code `{label}` should be a positive integer, received {status}')
        if self.sealed:
            raise RuntimeError(f'cannot add exit code `{label}` after the spec has been sealed')
        self._exit_codes[label] = ExitCode(status, message, invalidates_cache)

    def seal(self) -> None:
        """Refuse changes from now on, of the ports too."""
        if not self.sealed:
            super().seal()
            self.ports.freeze()

    def _create_port(self, port_namespace: PlumpyPortNamespace, port_class: Any, name: str, **kwargs: Any) -> None:
        if not isinstance(name, str):
            raise TypeError(f'the name of a port is a string, not {name!r} of type {type(name).__name__}')
        if self.sealed:
            raise RuntimeError(f"cannot add port '{name}' after the spec has been sealed")
        super()._create_port(port_namespace, port_class, name, **kwargs)

    def expose_inputs(
        self,
        process_class: type[PlumpyProcess],
        namespace: str | None = None,
        exclude: Sequence[str] | None = None,
        include: Sequence[str] | None = None,
        namespace_options: dict[str, Any] | None = None,
    ) -> None:
        """Take over the input ports of another process class.

        :param process_class: the class, or a process function.
        :param namespace: where they are put, dotted if it is nested; by default beside the inputs of this class.
        :param exclude: names, dotted for those of namespaces, of ports that are left out.
        :param include: names of ports that are taken, instead of ``exclude``.
        :param namespace_options: attributes of the namespace, instead of those of the inputs of the other class.
        :raises TypeError: if it is no process class.
        :raises ValueError: if both ``exclude`` and ``include`` are given, or an option that namespaces do not have.
        :raises RuntimeError: if the specification is sealed.
        """
        self._check_exposing(process_class, 'inputs')
        super().expose_inputs(process_class, namespace, exclude, include, namespace_options)

    def expose_outputs(
        self,
        process_class: type[PlumpyProcess],
        namespace: str | None = None,
        exclude: Sequence[str] | None = None,
        include: Sequence[str] | None = None,
        namespace_options: dict[str, Any] | None = None,
    ) -> None:
        """Take over the output ports of another process class; the parameters are those of :meth:`expose_inputs`."""
        self._check_exposing(process_class, 'outputs')
        super().expose_outputs(process_class, namespace, exclude, include, namespace_options)

    def _check_exposing(self, process_class: type[PlumpyProcess], what: str) -> None:
        if not callable(getattr(process_class, 'spec', None)):
            raise TypeError(
                f'the {what} of {process_class!r} cannot be exposed: it is neither a process class nor function'
            )
        if self.sealed:
            raise RuntimeError(f'cannot expose {what} of {process_class.__name__} after the spec has been sealed')

    @property
    def ports(self) -> PortNamespace:
        """The namespace above inputs and outputs."""
        return cast('PortNamespace', super().ports)

    @property
    def inputs(self) -> PortNamespace:
        """The input ports."""
        return cast('PortNamespace', super().inputs)

    @property
    def outputs(self) -> PortNamespace:
        """The output ports."""
        return cast('PortNamespace', super().outputs)


class CalcJobProcessSpec(ProcessSpec):
    """The specification of a CalcJob, one output of which can be the one whose content ``node.res`` shows."""

    OUTPUT_PORT_TYPE = CalcJobOutputPort

    def __init__(self) -> None:
        super().__init__()
        self._default_output_node: str | None = None

    @property
    def default_output_node(self) -> str | None:
        """The name of the output whose content ``node.res`` shows."""
        return self._default_output_node

    @default_output_node.setter
    def default_output_node(self, port_name: str) -> None:
        """
        :raises ValueError: if there is no such output, or it is not a Dict.
        """
        if port_name not in self.outputs:
            raise ValueError(f'`{port_name}` is not a registered output port: {", ".join(self.outputs)}')
        port = self.outputs[port_name]
        types = port.valid_type if isinstance(port.valid_type, tuple) else (port.valid_type,)
        from aiida.orm import Dict

        if Dict not in types:
            raise ValueError(f'the valid type of default output `{port_name}` must be `Dict`, not {port.valid_type}')
        self._default_output_node = port_name
