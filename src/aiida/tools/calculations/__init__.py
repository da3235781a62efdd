"""What plugins add to the nodes of calculations."""

from aiida.tools.calculations.base import CalculationTools

__all__ = ('CalculationTools',)
