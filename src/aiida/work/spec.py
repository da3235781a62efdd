"""The specification of a process as it was written for AiiDA 0.10."""

from __future__ import annotations

from typing import Any

from aiida.common.extendeddicts import AttributeDict
from aiida.engine.processes.ports import PortNamespace
from aiida.engine.processes.process_spec import ProcessSpec as ModernProcessSpec
from aiida.engine.processes.workchains.outline import WorkChainSpec as ModernWorkChainSpec
from aiida.orm import Data

__all__ = ('ProcessSpec', 'WorkChainSpec')


class _OpenNamespaces:
    """What a specification had to open and close its inputs and outputs."""

    inputs: Any
    outputs: Any
    input_namespace: Any
    _fastforwardable = False

    def dynamic_input(self, valid_type: Any = Data, **_: Any) -> None:
        """Take any input.

        :param valid_type: of which class those are that are not declared.
        """
        _open(self.inputs, valid_type)

    def dynamic_output(self, valid_type: Any = Data, **_: Any) -> None:
        """Let any output be emitted.

        :param valid_type: of which class those are that are not declared.
        """
        _open(self.outputs, valid_type)

    def no_dynamic_input(self) -> None:
        """Take only inputs that are declared."""
        self.inputs.dynamic = False

    def no_dynamic_output(self) -> None:
        """Let only outputs be emitted that are declared."""
        self.outputs.dynamic = False

    def input_group(self, name: str, help: str | None = None, required: bool = False) -> None:
        """Declare a group of inputs, which is a dictionary of nodes."""
        self.input_namespace(name, help=help, required=required, dynamic=True, valid_type=Data)

    def fastforwardable(self) -> None:
        """Say that equal inputs give equal outputs. What is taken from the cache is told by its configuration."""
        self._fastforwardable = True

    def is_fastforwardable(self) -> bool:
        """Return whether :meth:`fastforwardable` was called."""
        return self._fastforwardable

    def get_inputs_template(self) -> AttributeDict:
        """Return a dictionary of the inputs with their defaults, to be filled in."""
        return inputs_template(self)


def inputs_template(spec: Any) -> AttributeDict:
    """Return a dictionary of the inputs with their defaults, to be filled in; a namespace is a dictionary."""
    template = AttributeDict()
    for name, port in spec.inputs.items():
        if name == 'metadata':
            continue
        if isinstance(port, PortNamespace):
            template[name] = AttributeDict()
        elif port.has_default():
            template[name] = port.default() if callable(port.default) else port.default
    return template


def _open(namespace: Any, valid_type: Any) -> None:
    namespace.dynamic = True
    namespace.valid_type = valid_type


class ProcessSpec(_OpenNamespaces, ModernProcessSpec):
    """The specification of a process."""


class WorkChainSpec(_OpenNamespaces, ModernWorkChainSpec):
    """The specification of a work chain."""
