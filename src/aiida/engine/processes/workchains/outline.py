"""Outlines of work chains: what they may consist of, and the place in one, in words and in a checkpoint."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING, Any, cast

from plumpy.workchains import (
    STEPPER_STATE,
    Stepper,
    _Block,
    _BlockStepper,
    _Conditional,
    _FunctionCall,
    _FunctionStepper,
    _If,
    _IfStepper,
    _PropagateReturn,
    _Return,
    _ReturnStepper,
    _WhileStepper,
    if_,
    return_,
    while_,
)
from plumpy.workchains import WorkChainSpec as PlumpyWorkChainSpec

from aiida.engine.processes.exit_code import ExitCode
from aiida.engine.processes.process_spec import ProcessSpec

if TYPE_CHECKING:
    from aiida.engine.processes.workchains.workchain import WorkChain

__all__ = ('Return', 'Stepper', 'WorkChainSpec', 'if_', 'place', 'restore_stepper', 'return_', 'save_stepper', 'while_')

#: Raised by the instruction ``return_``; holds the exit code.
Return = _PropagateReturn


class WorkChainSpec(ProcessSpec, PlumpyWorkChainSpec):
    """The specification of a work chain, which has an outline."""

    _owner: type[WorkChain] | None = None

    def belong_to(self, owner: type[WorkChain]) -> None:
        """Take a class for the one whose methods the outline consists of."""
        self._owner = owner

    def outline(self, *commands: Any) -> None:
        """Declare the steps.

        :raises TypeError: if a step or condition is no plain function, or ``return_`` is given something else than an
            exit code.
        :raises ValueError: if there are no steps below a condition, or none at all.
        :raises RuntimeError: if a step replaces a method that the engine itself calls.
        """
        super().outline(*commands)
        outline: Any = self.get_outline()
        _check(outline, 'the outline')
        if self._owner is not None:
            _check_names(self._owner, list(_functions(outline)))

    def get_outline(self) -> Any:
        """Return the instructions.

        :raises ValueError: if none were declared.
        """
        if self._outline is None:
            name = self._owner.__name__ if self._owner is not None else 'the work chain'
            raise ValueError(
                f'{name} has no outline: declare its steps in `define`, for example `spec.outline(cls.first_step)`'
            )
        return self._outline


# what an outline may consist of


def _check(instruction: Any, where: str) -> None:
    if isinstance(instruction, _FunctionCall) and isinstance(instruction._fn, _Conditional):
        _check_conditional(instruction._fn)  # an `elif_` at the end
    elif isinstance(instruction, _FunctionCall):
        _check_function(instruction._fn, 'step')
    elif isinstance(instruction, _Return):
        _check_exit_code(instruction._exit_code)
    elif isinstance(instruction, _If):
        for conditional in instruction:
            _check_conditional(conditional)
    elif isinstance(instruction, _Conditional):
        _check_conditional(instruction)
    elif isinstance(instruction, _Block):
        if not len(instruction):
            raise ValueError(f'{where} has no steps')
        for item in instruction:
            _check(item, where)


def _check_conditional(conditional: _Conditional) -> None:
    predicate = conditional.predicate
    label = conditional._label
    if not callable(predicate):
        raise TypeError(
            f'`{label}` takes a method that says whether the condition holds, not {predicate!r} of type '
            f'{type(predicate).__name__}'
        )
    _check_function(predicate, 'condition')
    where = f'`{label}({name_of(predicate)})`'
    if conditional._body is None:
        raise ValueError(f'{where} has no steps: they are given in a second pair of parentheses, {where[1:-1]}(...)')
    _check(conditional._body, where)


def _check_function(function: Any, what: str) -> None:
    kinds: dict[str, Callable[[Any], bool]] = {
        'a coroutine function': inspect.iscoroutinefunction,
        'a generator function': inspect.isgeneratorfunction,
        'an asynchronous generator function': inspect.isasyncgenfunction,
    }
    for kind, applies in kinds.items():
        if applies(function):
            raise TypeError(
                f'the {what} `{name_of(function)}` of the outline is {kind}, whose body would never be run: make it a '
                'plain method'
            )


def _check_exit_code(exit_code: Any) -> None:
    status = exit_code.status if isinstance(exit_code, ExitCode) else exit_code
    if status is None or (isinstance(status, int) and status >= 0):
        return
    raise TypeError(f'`return_` takes an `ExitCode`, an integer that is not negative or nothing, not {exit_code!r}')


def _functions(instruction: Any) -> Iterator[Any]:
    """Yield the functions that an outline consists of, conditions included."""
    if isinstance(instruction, _FunctionCall):
        yield instruction._fn
        return
    if isinstance(instruction, _Conditional):
        yield instruction.predicate
        instruction = instruction.body
    if isinstance(instruction, _Block | _If):
        for item in instruction:
            yield from _functions(item)


def _check_names(owner: type[WorkChain], functions: list[Any]) -> None:
    """
    :raises RuntimeError: if one of the functions is a method of the class that replaces one the engine itself calls.
    """
    base = next(cls for cls in owner.__mro__ if '_STEPPER_STATE' in vars(cls))
    known = {function for function in functions if isinstance(function, Hashable)}
    for cls in owner.__mro__:
        if cls in base.__mro__:
            continue
        for name, member in vars(cls).items():
            replaces = name not in _MAY_BE_STEPS and hasattr(base, name)
            if replaces and isinstance(member, Hashable) and member in known:
                raise RuntimeError(
                    f'the step `{name}` in the outline of `{owner.__name__}` replaces a method of the engine of '
                    'the same name: give the step another name'
                )


#: Methods of a process that the engine itself never calls.
_MAY_BE_STEPS = frozenset(
    {'done', 'exception', 'execute', 'is_successful', 'killed', 'launch', 'load', 'persist', 'result', 'successful'}
)


# the place in an outline


def name_of(function: Any) -> str:
    """Return the name of a step or condition; one that has none stands for itself."""
    return getattr(function, '__name__', None) or repr(function)


def place(stepper: Stepper) -> str | None:
    """Return the place in the outline in words, ``None`` after its end.

    An outline of one step has a position too.
    """
    if getattr(stepper, '_pos', 0) == _length(stepper):
        return None
    text = _describe(stepper)
    return text if isinstance(stepper, _BlockStepper) else f'0:{text}'


def _length(stepper: Any) -> int:
    if isinstance(stepper, _BlockStepper):
        return len(stepper._block)
    return len(stepper._if_instruction) if isinstance(stepper, _IfStepper) else -1


def _describe(stepper: Any) -> str:
    if isinstance(stepper, _FunctionStepper):
        return name_of(stepper._fn)
    if isinstance(stepper, _ReturnStepper):
        return 'return_'
    if isinstance(stepper, _BlockStepper):
        return f'{stepper._pos}:{_describe(stepper._child_stepper)}'
    if isinstance(stepper, _IfStepper):
        conditional: Any = stepper._if_instruction[stepper._pos]
    elif isinstance(stepper, _WhileStepper):
        conditional = stepper._while_instruction
    else:
        return str(stepper)
    text = f'{conditional._label}({name_of(conditional.predicate)})'
    return text if stepper._child_stepper is None else f'{text}({_describe(stepper._child_stepper)})'


def save_stepper(stepper: Any) -> dict[str, Any]:
    """Return the place in the outline for a checkpoint.

    The outline says which stepper is where, so that positions and names of steps are all there is to save.
    """
    if type(stepper) not in _STEPPERS:
        return cast('dict[str, Any]', stepper.save())
    state: dict[str, Any] = {}
    position = getattr(stepper, '_pos', None)
    if position is not None:
        state['_pos'] = position
    function = getattr(stepper, '_fn', None)
    if function is not None:
        state['_fn'] = name_of(function)
    child = getattr(stepper, '_child_stepper', None)
    if child is not None:
        state[STEPPER_STATE] = save_stepper(child)
    return state


def restore_stepper(instruction: Any, state: dict[str, Any], work_chain: Any) -> Stepper:
    """Return the stepper that :func:`save_stepper` gave the place of.

    :param instruction: the outline, which may have been changed since.
    :raises ValueError: if the outline has no such place any more.
    """
    stepper: Any = instruction.create_stepper(work_chain)
    if isinstance(stepper, _FunctionStepper):
        stepper._fn = _find_step(instruction._fn, state.get('_fn'), work_chain)
        return stepper
    if type(stepper) not in _STEPPERS:
        return cast('Stepper', instruction.recreate_stepper(state, work_chain))
    position = state.get('_pos')
    if position is not None:
        if position > _length(stepper):
            raise ValueError(
                f'the outline of {type(work_chain).__name__} was changed: it has no instruction {position} any more'
            )
        stepper._pos = position
    child = state.get(STEPPER_STATE)
    if isinstance(stepper, _BlockStepper | _IfStepper | _WhileStepper):
        stepper._child_stepper = None
        if child is not None:
            inner: Any = instruction.body if isinstance(stepper, _WhileStepper) else instruction[stepper._pos]
            inner = inner.body if isinstance(stepper, _IfStepper) else inner
            stepper._child_stepper = restore_stepper(inner, child, work_chain)
    return cast('Stepper', stepper)


def _find_step(function: Any, name: str | None, work_chain: Any) -> Any:
    """Return the step that is to be taken; where the outline was changed, the one of the name that was saved."""
    if name is None or name_of(function) == name:
        return function
    try:
        return getattr(type(work_chain), name)
    except AttributeError:
        raise ValueError(
            f'the outline of {type(work_chain).__name__} was changed: there is no step `{name}` any more, but '
            f'`{name_of(function)}`'
        ) from None


_STEPPERS = frozenset({_BlockStepper, _FunctionStepper, _IfStepper, _ReturnStepper, _WhileStepper})
