"""`aiida.work.workflow` of AiiDA 0.10: processes that are linked by their ports."""

from __future__ import annotations

from typing import Any, NamedTuple

from aiida.common.links import LinkType
from aiida.engine import ToContext, while_
from aiida.orm import load_node
from aiida.work.notices import tell_of_module
from aiida.work.spec import WorkChainSpec
from aiida.work.workchain import WorkChain

__all__ = ('Workflow', 'WorkflowSpec')

tell_of_module(__name__, '`WorkChain` of `aiida.engine`, whose outline says what follows what')


class _Port(NamedTuple):
    """A port of a process in the graph; of the workflow itself if there is no name of one."""

    process: str
    port: str

    def __str__(self) -> str:
        return f'{self.process}:{self.port}'


class WorkflowSpec(WorkChainSpec):
    """The specification of a graph: which processes there are, and which output is the input of which."""

    def __init__(self) -> None:
        super().__init__()
        self.processes: dict[str, type[Any]] = {}
        self.links: list[tuple[_Port, _Port]] = []

    def process(self, process_class: type[Any], name: str | None = None) -> None:
        """Add a process.

        :param name: what links call it, by default the name of the class.
        :raises ValueError: if there is one of this name.
        """
        known = name if name is not None else process_class.__name__
        if known in self.processes:
            raise ValueError(f'there is a process `{known}` already: give this one another `name`')
        self.processes[known] = process_class

    def link(self, source: str, sink: str) -> None:
        """Let a value be an input, or an output of the workflow.

        :param source: ``process:output``, or ``:input`` of the workflow.
        :param sink: ``process:input``, or ``:output`` of the workflow.
        :raises ValueError: if there is no such process or port, if the sink has a source, or the graph would go round.
        """
        start, end = self._port(source, 'outputs'), self._port(sink, 'inputs')
        if any(known == end for _, known in self.links):
            raise ValueError(f'`{sink}` has a source already')
        if not start.process and not end.process:
            raise ValueError(f'`{source}` and `{sink}` are both ports of the workflow: link them to a process')
        self.links.append((start, end))
        if self._goes_round(end.process):
            self.links.pop()
            raise ValueError(f'the link from `{source}` to `{sink}` closes a circle: neither could ever be run')

    def exposed_inputs(self, process: str) -> None:
        """Take the inputs of a process for inputs of the workflow.

        :raises ValueError: if there is no such process.
        """
        known = self._class_of(process)
        self.expose_inputs(known, exclude=('metadata',))
        for name in known.spec().inputs:
            if name != 'metadata':
                self.link(f':{name}', f'{process}:{name}')

    def exposed_outputs(self, process: str) -> None:
        """Take the outputs of a process for outputs of the workflow.

        :raises ValueError: if there is no such process.
        """
        known = self._class_of(process)
        self.expose_outputs(known)
        for name in known.spec().outputs:
            self.link(f'{process}:{name}', f':{name}')

    def sources_of(self, process: str) -> dict[str, _Port]:
        """Return where the inputs of a process come from, by name."""
        return {sink.port: source for source, sink in self.links if sink.process == process}

    def _class_of(self, process: str) -> Any:
        if process not in self.processes:
            raise ValueError(
                f'there is no process `{process}` in the workflow, but {", ".join(self.processes) or "none"}'
            )
        return self.processes[process]

    def _port(self, text: str, direction: str) -> _Port:
        process, separator, name = text.rpartition(':')
        if not separator or not name:
            raise ValueError(f'`{text}` is no port: the form is `process:port`, and `:port` for the workflow itself')
        if process:
            ports = getattr(self._class_of(process).spec(), direction)
            if name not in ports and not ports.dynamic:
                raise ValueError(f'`{process}` has no port `{name}` among its {direction}')
        return _Port(process, name)

    def _goes_round(self, process: str) -> bool:
        """Return whether a process depends on itself."""
        seen: set[str] = set()
        todo = [source.process for source in self.sources_of(process).values()] if process else []
        while todo:
            name = todo.pop()
            if name == process:
                return True
            if name and name not in seen:
                seen.add(name)
                todo += [source.process for source in self.sources_of(name).values()]
        return False


class Workflow(WorkChain):
    """A graph of processes, each of which is run once its inputs are there.

    A subclass says in ``define`` which: ``spec.process(Add)``, ``spec.link(':a', 'Add:x')``,
    ``spec.link('Add:sum', ':result')``.
    """

    _spec_class = WorkflowSpec

    @classmethod
    def define(cls, spec: WorkflowSpec) -> None:  # type: ignore[override]
        """Declare processes and links; a subclass calls ``super(ThatClass, cls).define(spec)`` first."""
        super().define(spec)
        spec.exit_code(400, 'ERROR_PROCESS_FAILED', '`{process}` failed, which others of the graph need')
        steps: Any = cls
        spec.outline(while_(steps.has_waiting)(steps.launch_ready, steps.check_ended), steps.emit_outputs)

    def has_waiting(self) -> bool:
        """Return whether there are processes that were not launched."""
        return bool(self._graph.processes.keys() - self.ctx.setdefault('launched', {}).keys())

    def launch_ready(self) -> Any:
        """Launch all processes whose inputs are there, and wait for them."""
        launched = self.ctx.setdefault('launched', {})
        begun = {}
        for name, process_class in self._graph.processes.items():
            if name in launched:
                continue
            sources = self._graph.sources_of(name)
            if all(not source.process or source.process in launched for source in sources.values()):
                given = {port: self._value(source) for port, source in sources.items()}
                begun[name] = self.submit(process_class, {key: item for key, item in given.items() if item is not None})
        launched.update({name: handle.pid for name, handle in begun.items()})
        return ToContext({f'processes.{name}': handle for name, handle in begun.items()})

    def check_ended(self) -> Any:
        """End if one of those that have ended has failed."""
        for name, node in self.ctx.processes.items():
            if not node.is_finished_ok:
                return self.exit_codes.ERROR_PROCESS_FAILED.format(process=f'{name}<{node.pk}>')
        return None

    def emit_outputs(self) -> None:
        """Emit what is linked to outputs of the workflow."""
        for source, sink in self._graph.links:
            if not sink.process and (value := self._value(source)) is not None:
                self.out(sink.port, value)

    @property
    def _graph(self) -> WorkflowSpec:
        return self.spec()  # type: ignore[return-value]

    def _value(self, source: _Port) -> Any:
        """Return a value from where it comes; ``None`` if it is not there."""
        if not source.process:
            inputs: Any = self.inputs
            return inputs.get(source.port)
        node: Any = load_node(pk=self.ctx.launched[source.process])
        outputs = dict(node.base.links.get_outgoing(link_type=(LinkType.CREATE, LinkType.RETURN)).nested())
        return outputs.get(source.port)
