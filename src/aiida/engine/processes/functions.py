"""Python functions as processes."""

from __future__ import annotations

import difflib
import functools
import sys
import weakref
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, Protocol, TypeVar, cast

import plumpy.processes
from plumpy.process_states import ProcessState

from aiida.common.links import LinkType
from aiida.engine.mistakes import refuses_briefly
from aiida.engine.processes.docstrings import parse_docstring
from aiida.engine.processes.exit_code import ExitCode
from aiida.engine.processes.flattening import flat_outputs
from aiida.engine.processes.process import Process
from aiida.engine.processes.signatures import FunctionSignature, infer_valid_type_from_type_annotation
from aiida.engine.runtime.current import runner_for
from aiida.engine.runtime.interrupts import interruptible
from aiida.engine.runtime.replaying import outcome_of
from aiida.orm import CalcFunctionNode, Data, ProcessNode, WorkFunctionNode, to_aiida_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiida.engine.processes.process_spec import ProcessSpec

__all__ = (
    'FunctionProcess',
    'ProcessFunctionType',
    'calcfunction',
    'infer_valid_type_from_type_annotation',
    'process_function',
    'workfunction',
)

P = ParamSpec('P')
R_co = TypeVar('R_co', covariant=True)
N = TypeVar('N', bound=ProcessNode)


class ProcessFunctionType(Protocol[P, R_co, N]):
    """A function that is run as a process when it is called."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Run it and return what it returns."""

    def run(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Run it and return what it returns."""

    def run_get_pk(self, *args: P.args, **kwargs: P.kwargs) -> tuple[dict[str, Any] | None, int]:
        """Run it and return what it returns, and the pk of its node."""

    def run_get_node(self, *args: P.args, **kwargs: P.kwargs) -> tuple[dict[str, Any] | None, N]:
        """Run it and return what it returns, and its node."""

    is_process_function: bool
    node_class: type[N]
    process_class: type[Process]
    recreate_from: Callable[..., Process]
    spec: Callable[[], Any]


def calcfunction(function: Callable[P, R_co]) -> ProcessFunctionType[P, R_co, CalcFunctionNode]:
    """Turn a function into a process that creates data.

    It takes nodes (Python values become nodes) and returns a new node, or a nested mapping of them. What it returned,
    from what, and by which code, is in the provenance::

        @calcfunction
        def add(x, y):
            return orm.Int(x.value + y.value)

        add(1, 2)                     # the node of the sum
        add.run_get_node(1, 2)        # the same, and the node of the process
    """
    return cast('Any', process_function(node_class=CalcFunctionNode)(function))  # type: ignore[no-any-return]


def workfunction(function: Callable[P, R_co]) -> ProcessFunctionType[P, R_co, WorkFunctionNode]:
    """Turn a function into a process that calls other processes and returns what they created::

    @workfunction
    def add_multiply(x, y, z):
        return multiply(add(x, y), z)
    """
    return cast('Any', process_function(node_class=WorkFunctionNode)(function))  # type: ignore[no-any-return]


def process_function(node_class: type[ProcessNode]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the decorator that turns a function into a process with nodes of a class.

    A static method stays one. A class method becomes one process function per class; the class itself is no input, as
    little as what a closure refers to.
    """

    def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
        if isinstance(function, staticmethod):
            return cast('Callable[..., Any]', staticmethod(decorator(function.__func__)))
        if isinstance(function, classmethod):
            return cast('Callable[..., Any]', _OfClass(function, decorator))
        process_class = FunctionProcess.build(function, node_class=node_class)  # type: ignore[arg-type]

        def run_get_node(*args: Any, **kwargs: Any) -> tuple[Any, ProcessNode]:
            """Run it and return what it returns, and its node."""
            return _launch(process_class, args, kwargs)

        def run_get_pk(*args: Any, **kwargs: Any) -> tuple[Any, int | None]:
            """Run it and return what it returns, and the pk of its node."""
            result, node = _launch(process_class, args, kwargs)
            return result, node.pk

        @functools.wraps(function)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            return _launch(process_class, args, kwargs)[0]

        for name, value in (
            ('run', decorated),
            ('run_get_pk', run_get_pk),
            ('run_get_node', run_get_node),
            ('is_process_function', True),
            ('node_class', node_class),
            ('process_class', process_class),
            ('recreate_from', process_class.recreate_from),
            ('spec', process_class.spec),
            ('get_builder', process_class.get_builder),
            ('is_valid_cache', process_class.is_valid_cache),
        ):
            setattr(decorated, name, value)
        process_class._decorated = staticmethod(decorated)
        return decorated

    return decorator


class _OfClass:
    """A class method as a process function: what it is in each class that has it."""

    def __init__(self, method: classmethod[Any, Any, Any], decorator: Callable[..., Any]) -> None:
        self._method = method
        self._decorator = decorator
        self._made: weakref.WeakKeyDictionary[type, Callable[..., Any]] = weakref.WeakKeyDictionary()

    def __get__(self, instance: Any, owner: type) -> Callable[..., Any]:
        if owner not in self._made:
            self._made[owner] = self._decorator(self._method.__get__(None, owner))
        return self._made[owner]


@refuses_briefly
def _launch(process_class: type[FunctionProcess], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """Run a function as a process; return what it returned, and its node."""
    runner = runner_for(plumpy.processes.Process.current())
    inputs = process_class.create_inputs(*args, **kwargs)
    with interruptible(), _DeepEnough():
        process = process_class(inputs=inputs, runner=runner, enable_persistence=False)
        try:
            result = process.execute()
        except KeyboardInterrupt:
            process.kill('Killed by Ctrl-C')
            raise
    return result, process.node


class _DeepEnough:
    """Context in which a process function can call another: each takes some twenty frames of the interpreter."""

    __slots__ = ()
    depth: ClassVar[int] = 0

    def __enter__(self) -> None:
        _DeepEnough.depth += 1
        if _DeepEnough.depth % 8 == 0:
            frame, frames = sys._getframe(), 0
            while frame is not None:
                frames += 1
                frame = frame.f_back  # type: ignore[assignment]
            if frames > sys.getrecursionlimit() - 500:
                sys.setrecursionlimit(sys.getrecursionlimit() + 1000)

    def __exit__(self, *_: object) -> None:
        _DeepEnough.depth -= 1


class _Outcome:
    """What became of a process function: a future that needs no loop, since nobody waits for it."""

    __slots__ = ('_done', '_exception', '_result')

    def __init__(self) -> None:
        self._done = False
        self._result: Any = None
        self._exception: BaseException | None = None

    def done(self) -> bool:
        return self._done

    def cancelled(self) -> bool:
        return False

    def result(self) -> Any:
        if self._exception is not None:
            raise self._exception
        return self._result

    def exception(self) -> BaseException | None:
        return self._exception

    def set_result(self, result: Any) -> None:
        self._done, self._result = True, result

    def set_exception(self, exception: BaseException) -> None:
        self._done, self._exception = True, exception

    def add_done_callback(self, callback: Callable[..., Any]) -> None:
        """Nothing to do: when a call of the function returns, it is done."""


class FunctionProcess(Process):
    """A process made of a function.

    It is run to its end by whoever calls it, without an event loop, and has no checkpoints: a function cannot be
    resumed in its middle.
    """

    _func_args: Sequence[str] = ()
    _signature: ClassVar[FunctionSignature]
    _decorated: ClassVar[Any]

    @staticmethod
    def _func(*_args: Any, **_kwargs: Any) -> dict[str, Any]:
        """The function; set by :meth:`build`."""
        return {}

    @staticmethod
    def build(func: FunctionType, node_class: type[ProcessNode]) -> type[FunctionProcess]:
        """Return the process class of a function: each parameter is an input.

        :param func: the function.
        :param node_class: the class of the nodes of its processes: of a calculation or of a workflow.
        :raises TypeError: if the node class is of neither kind, or ``func`` no plain function.
        :raises ValueError: if a parameter has a name that cannot be the name of an input.
        """
        from aiida.orm import CalculationNode, WorkflowNode

        if not isinstance(node_class, type) or not issubclass(node_class, CalculationNode | WorkflowNode):
            raise TypeError(
                f'the node class of a process function is one of a calculation or workflow, not {node_class!r}'
            )
        signature = FunctionSignature.of(func)
        summary, help_texts = parse_docstring(func.__doc__)
        names = (*signature.positional, *signature.keyword_only)
        if 'metadata' in names:
            raise ValueError(
                f'{func.__name__}: `metadata` cannot be a parameter of a process function, it is an input of all'
            )

        def define(cls: type[FunctionProcess], spec: ProcessSpec) -> None:
            """Declare an input for each parameter; outputs are free."""
            super(process_class, cls).define(spec)
            for name in names:
                spec.input(name, **_port_options(signature, func.__name__, name, help_texts.get(name)))
            label: Any = spec.inputs['metadata']['label']  # type: ignore[index]
            label.default = func.__name__
            spec.inputs.dynamic = bool(signature.var_keyword or signature.var_positional)
            spec.inputs.help = summary
            spec.outputs.valid_type = cast('Any', (Data, dict))
            spec.outputs.dynamic = True

        process_class: type[FunctionProcess] = cast(
            'type[FunctionProcess]',
            type(
                func.__qualname__,
                (FunctionProcess,),
                {
                    '__module__': func.__module__,
                    '__doc__': func.__doc__,
                    '_func': staticmethod(func),
                    'define': classmethod(define),
                    '_func_args': names,
                    '_signature': signature,
                    '_node_class': node_class,
                },
            ),
        )
        return process_class

    @classmethod
    def validate_inputs(cls, *args: Any, **kwargs: Any) -> None:
        """Check that a call fits the parameters, as far as Python would.

        :raises TypeError: for too many positional arguments, or one that is given twice.
        :raises ValueError: for a keyword the function does not know.
        """
        signature = cls._signature
        name = cls._func.__name__
        if len(args) > len(signature.positional) and signature.var_positional is None:
            known = len(signature.positional)
            raise TypeError(
                f'{name}() takes {known} positional argument{"" if known == 1 else "s"} but {len(args)} were given'
            )
        twice = set(signature.positional[: len(args)]) & set(kwargs)
        if twice:
            raise TypeError(f'{name}() got multiple values for argument {", ".join(sorted(twice))}')
        unknown = [key for key in kwargs if key not in cls._func_args and key != 'metadata']
        if unknown and signature.var_keyword is None:
            near = [match for key in unknown for match in difflib.get_close_matches(key, (*cls._func_args, 'metadata'))]
            hint = f'; did you mean {", ".join(f"`{match}`" for match in near)}?' if near else ''
            raise ValueError(
                f'{name} does not support these kwargs: {unknown}; its parameters are {list(cls._func_args)}{hint}'
            )

    @classmethod
    def create_inputs(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the inputs for a call.

        :raises TypeError: see :meth:`validate_inputs`; or if a value of ``*args`` or ``**kwargs`` becomes no node.
        :raises ValueError: see :meth:`validate_inputs`.
        :raises RuntimeError: if two arguments would be the input of the same name.
        """
        cls.validate_inputs(*args, **kwargs)
        _check_is_unbound(cls, args)
        inputs = cls.args_to_dict(*args)
        for name, value in kwargs.items():
            if name in inputs:
                raise RuntimeError(_clash(cls._func.__name__, name))
            inputs[name] = value if name in cls._func_args or name == 'metadata' else _as_input(name, value)
        return inputs

    @classmethod
    def args_to_dict(cls, *args: Any) -> dict[str, Any]:
        """Return positional arguments by name; those of ``*args`` are called ``args_0``, ``args_1``, ...

        :raises RuntimeError: if a parameter has such a name.
        """
        signature = cls._signature
        named = dict(zip(signature.positional, args, strict=False))
        for index, value in enumerate(args[len(signature.positional) :]):
            name = f'{signature.var_positional}_{index}'
            if name in cls._func_args:
                raise RuntimeError(_clash(cls._func.__name__, name))
            named[name] = _as_input(name, value)
        return named

    @classmethod
    def get_or_create_db_record(cls) -> ProcessNode:
        """Return a new node."""
        return cls._node_class()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """
        :raises RuntimeError: if checkpoints are asked for.
        """
        if kwargs.get('enable_persistence', False):
            raise RuntimeError('a process function has no checkpoints: `enable_persistence` must be `False`')
        kwargs['enable_persistence'] = False
        super().__init__(*args, **kwargs)
        self._future: Any = _Outcome()

    @property
    def process_class(self) -> Callable[..., Any]:
        """The function that is run."""
        return self._func

    def _setup_db_record(self) -> None:
        """Write what is known at creation on the node, with name, lines and file of the function."""
        super()._setup_db_record()
        node: Any = self.node
        node.set_process_state(ProcessState.RUNNING)
        self._life.recorded_state = ProcessState.RUNNING
        node.store_source_info(self._func)

    def execute(self) -> Any:
        """Run the function to its end.

        :return: what it returned: the node, or the outputs by name if there are more.
        :raises Exception: what the function raised.
        """
        if self._life.is_taken_over:
            result = outcome_of(self.node)
            return result[self.SINGLE_OUTPUT_LINKNAME] if [*result] == [self.SINGLE_OUTPUT_LINKNAME] else result
        if not self.has_terminated():
            coroutine = self.step_until_terminated()
            try:
                coroutine.send(None)
            except StopIteration:
                pass
            else:
                coroutine.close()
                raise RuntimeError(f'{self._func.__name__} waits for something: a process function cannot be paused')
        result = self.future().result()
        if result and len(result) == 1 and self.SINGLE_OUTPUT_LINKNAME in result:
            return result[self.SINGLE_OUTPUT_LINKNAME]
        return result

    async def step_until_terminated(self) -> None:
        """Run it to its end, without ever giving control away."""
        while not self.has_terminated():
            await self.step()

    async def run(self) -> ExitCode | None:
        """Call the function and emit what it returns.

        :raises TypeError: if that is no node, nor a mapping of them, nor an exit code, nor nothing.
        """
        node = self.node
        exit_status = node.exit_status if node.is_stored and self._is_cached() else None
        if exit_status is not None:
            self._outputs = dict(node.base.links.get_outgoing(link_type=LinkType.CREATE).nested())
            self.linked_outputs.update(label for label, _ in flat_outputs(self._outputs))
            return ExitCode(exit_status, node.exit_message)
        args, kwargs = self._arguments()
        result = self._func(*args, **kwargs)
        if result is None or isinstance(result, ExitCode):
            return cast('ExitCode | None', result)
        if isinstance(result, Data):
            self.out(self.SINGLE_OUTPUT_LINKNAME, result)
        elif isinstance(result, Mapping):
            self._check_outputs(result)
            for name, value in result.items():
                self.out(name, value)
        else:
            raise TypeError(
                f'{type(self).__name__} must return a Data node, a dictionary of them, an exit code or nothing, not '
                f'{result!r} of type {type(result).__name__}'
            )
        return ExitCode()

    def _check_outputs(self, result: Mapping[Any, Any]) -> None:
        """Check the names of the outputs, and that what is new has one name only.

        :raises TypeError: if a name is not a string.
        :raises ValueError: if a node that is not stored is returned twice.
        """
        wrong = [name for name in result if not isinstance(name, str)]
        if wrong:
            raise TypeError(
                f'{type(self).__name__} returned outputs that are called {wrong}: the name of an output is a string'
            )
        labels: dict[int, str] = {}
        for label, node in flat_outputs(result):
            if not node.is_stored and id(node) in labels:
                raise ValueError(
                    f'{type(self).__name__} returned {node} twice, as `{labels[id(node)]}` and as `{label}`: a node is '
                    'created under one name; return a copy (`node.clone()`) under the other'
                )
            labels[id(node)] = label

    def _is_cached(self) -> bool:
        return self.node.EXIT_STATUS_KEY in self.node.base.attributes

    def _arguments(self) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments to call the function with."""
        signature = self._signature
        inputs: Any = self.inputs
        args = [inputs[name] for name in signature.positional]
        kwargs = {name: inputs[name] for name in signature.keyword_only}
        if signature.var_positional is not None:
            index = 0
            while (name := f'{signature.var_positional}_{index}') in inputs:
                args.append(inputs[name])
                index += 1
        if signature.var_keyword is not None:
            prefix = f'{signature.var_positional}_' if signature.var_positional else None
            for name, value in inputs.items():
                if name in self._func_args or name == 'metadata':
                    continue
                if prefix is not None and name.startswith(prefix) and name[len(prefix) :].isdigit():
                    continue
                kwargs[name] = value
        return args, kwargs


def _check_is_unbound(process_class: type[FunctionProcess], args: tuple[Any, ...]) -> None:
    """Check that no class or instance is given for ``self`` or ``cls``.

    :raises TypeError: if so.
    """
    first = process_class._signature.positional[:1]
    if args and first and first[0] in ('self', 'cls') and not isinstance(args[0], Data):
        try:
            to_aiida_type(args[0])
        except TypeError:
            raise TypeError(
                f'`{first[0]}` of {process_class.__name__}() would be an input of the process, and {args[0]!r} is no '
                'node: take the parameter away and put `@staticmethod` above the decorator'
            ) from None


def _clash(function: str, name: str) -> str:
    return (
        f'{function}() cannot take `{name}` twice: values of `*args` become numbered inputs, and one has the name '
        'of another argument; give that another name'
    )


def _as_input(name: str, value: Any) -> Any:
    """Return what is given for ``*args`` or ``**kwargs`` as a node; a mapping with nodes in it stays a namespace.

    :raises TypeError: if there is no node type for it.
    """
    if value is None or isinstance(value, Data):
        return value
    if isinstance(value, Mapping) and _holds_nodes(value):
        return {key: _as_input(f'{name}.{key}', item) for key, item in value.items()}
    try:
        return to_aiida_type(value)
    except TypeError as exception:
        raise TypeError(f"input 'inputs.{name}' cannot be {value!r}: {exception}") from exception


def _holds_nodes(value: Mapping[Any, Any]) -> bool:
    return any(isinstance(item, Data) or (isinstance(item, Mapping) and _holds_nodes(item)) for item in value.values())


def _port_options(signature: FunctionSignature, function: str, name: str, help_text: str | None) -> dict[str, Any]:
    """Return how the input port for a parameter is to be made."""
    valid_type: tuple[Any, ...] = (Data,)
    if name in signature.annotations:
        valid_type = infer_valid_type_from_type_annotation(signature.annotations[name]) or valid_type
    options: dict[str, Any] = {'help': help_text, 'serializer': to_aiida_type}
    if name in signature.defaults:
        default = signature.defaults[name]
        if default is None:
            options['default'] = None
            if type(None) not in valid_type:
                valid_type = (*valid_type, type(None))
        else:
            stored = isinstance(default, Data) and default.is_stored
            options['default'] = default if stored else _make_default(default, f'{function}({name}=...)')
    options['valid_type'] = valid_type
    return options


def _make_default(default: Any, where: str) -> Callable[[], Any]:
    """Return what makes a node of a default value, anew for each process; a function is called for its value."""

    def indirect_default() -> Any:
        value = default() if callable(default) and not isinstance(default, Data) else default
        if isinstance(value, Data) and value is default:
            return value if value.is_stored else value.clone()
        if value is None or isinstance(value, Data):
            return value
        try:
            return to_aiida_type(value)
        except TypeError as exception:
            raise TypeError(f'the default in `{where}` cannot be an input: {exception}') from exception

    return indirect_default
