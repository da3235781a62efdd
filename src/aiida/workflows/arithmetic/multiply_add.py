"""A work chain that multiplies and adds: the smallest one that runs a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.engine import ExitCode, ToContext, WorkChain, calcfunction
from aiida.orm import AbstractCode, Int

if TYPE_CHECKING:
    from aiida.engine import ProcessSpec

__all__ = ('MultiplyAddWorkChain', 'multiply')


@calcfunction
def multiply(x: Int, y: Int) -> Int:
    """Multiply two numbers."""
    return cast('Int', x * y)


class MultiplyAddWorkChain(WorkChain):
    """Multiply two numbers and add a third, the latter by a job on a computer."""

    @classmethod
    def define(cls, spec: ProcessSpec) -> None:  # type: ignore[override]
        """Declare the numbers, the code of the job, and the outline."""
        super().define(spec)
        spec.input('x', valid_type=Int)
        spec.input('y', valid_type=Int)
        spec.input('z', valid_type=Int)
        spec.input('code', valid_type=AbstractCode)
        cast('Any', spec).outline(cls.multiply, cls.add, cls.validate_result, cls.result)
        spec.output('result', valid_type=Int)
        spec.exit_code(400, 'ERROR_NEGATIVE_NUMBER', message='The result is a negative number.')

    def multiply(self) -> None:
        """Multiply."""
        inputs = cast('Any', self.inputs)
        self.ctx.product = multiply(inputs.x, inputs.y)

    def add(self) -> Any:
        """Add, by a job."""
        inputs = cast('Any', self.inputs)
        future = self.submit(ArithmeticAddCalculation, x=self.ctx.product, y=inputs.z, code=inputs.code)
        self.report(f'Submitted the `ArithmeticAddCalculation`: {future}')
        return ToContext(addition=future)

    def validate_result(self) -> ExitCode | None:
        """Stop if the sum is negative."""
        if self.ctx.addition.outputs.sum.value < 0:
            return cast('ExitCode', self.exit_codes.ERROR_NEGATIVE_NUMBER)
        return None

    def result(self) -> None:
        """Emit the sum."""
        self.out('result', self.ctx.addition.outputs.sum)
