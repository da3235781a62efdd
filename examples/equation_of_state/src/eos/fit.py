"""The equation of state of Birch and Murnaghan, third order."""

from typing import Any

import numpy as np

from aiida import orm
from aiida.engine import ExitCode, calcfunction

GPA = 160.21766208  # GPa in one eV/angstrom^3


def energy(volume: Any, e0: float, v0: float, b0: float, b1: float) -> Any:
    """Return the energy (eV) at ``volume`` (angstrom^3).

    :param e0: energy of the minimum, eV.
    :param v0: volume of the minimum, angstrom^3.
    :param b0: bulk modulus at the minimum, eV/angstrom^3.
    :param b1: its derivative with respect to the pressure.
    """
    strain = (v0 / np.asarray(volume)) ** (2 / 3) - 1
    return e0 + 9 / 16 * v0 * b0 * strain**2 * (2 + strain * (b1 - 4))


def pressure(volume: Any, v0: float, b0: float, b1: float) -> Any:
    """Return the pressure, in the units of ``b0``, at ``volume`` (angstrom^3)."""
    ratio = (v0 / np.asarray(volume)) ** (1 / 3)
    return 1.5 * b0 * (ratio**7 - ratio**5) * (1 + 0.75 * (b1 - 4) * (ratio**2 - 1))


def fit_points(volumes: Any, energies: Any) -> tuple[float, float, float, float]:
    """Return ``(e0, v0, b0, b1)`` of :func:`energy` for points in angstrom^3 and eV.

    :raises ValueError: if the points have no minimum in their range of volumes, or the fit does not converge.
    """
    from scipy.optimize import curve_fit

    volumes, energies = np.asarray(volumes, dtype=float), np.asarray(energies, dtype=float)
    curvature, slope, constant = np.polyfit(volumes, energies, 2)  # the parabola is where the search begins
    vertex = -slope / (2 * curvature) if curvature > 0 else np.nan
    if not volumes.min() < vertex < volumes.max():
        raise ValueError(
            f'the energies of the volumes from {volumes.min():.2f} to {volumes.max():.2f} angstrom^3 have no minimum '
            'among them: use another lattice constant or a wider range'
        )
    guess = (constant + slope * vertex / 2, vertex, 2 * curvature * vertex, 4.0)
    try:
        found, _ = curve_fit(energy, volumes, energies, p0=guess, xtol=1e-13, ftol=1e-13, maxfev=5000)
    except RuntimeError as exception:
        raise ValueError(f'the fit does not converge: {exception}') from exception
    e0, v0, b0, b1 = (float(value) for value in found)
    return e0, v0, b0, b1


@calcfunction
def fit_birch_murnaghan(**points: orm.Dict) -> dict[str, orm.Data] | ExitCode:
    """Fit the results of single calculations; any number of them, under any name."""
    rows = sorted((point['volume'], point['energy'], point['pressure']) for point in points.values())
    volumes, energies, pressures = np.array(rows).T
    try:
        e0, v0, b0, b1 = fit_points(volumes, energies)
    except ValueError as exception:
        return ExitCode(410, str(exception))
    residual = float(np.sqrt(np.mean((energy(volumes, e0, v0, b0, b1) - energies) ** 2)))
    table = orm.ArrayData()
    table.set_array('volume', volumes)
    table.set_array('energy', energies)
    table.set_array('pressure', pressures)
    fit = orm.Dict(
        {
            'V0': v0,
            'V0_units': 'angstrom^3',
            'E0': e0,
            'E0_units': 'eV',
            'B0': b0 * GPA,
            'B0_units': 'GPa',
            'B0_prime': b1,
            'residual': residual,
            'residual_units': 'eV',
        }
    )
    return {'fit': fit, 'points': table}
