"""The picture of an equation of state."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eos.fit import GPA, energy, pressure

INK, ACCENT = '#1f2933', '#c2410c'


def draw(path: Path, title: str, points: Mapping[str, Any], fit: Mapping[str, float]) -> None:
    """Write a picture: energies and pressures of the points, and the curves of the fit.

    :param points: arrays ``volume`` (angstrom^3), ``energy`` (eV) and ``pressure`` (GPa).
    :param fit: ``V0`` (angstrom^3), ``E0`` (eV), ``B0`` (GPa) and ``B0_prime``.
    """
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    volumes = points['volume']
    margin = 0.03 * (volumes.max() - volumes.min())
    grid = np.linspace(volumes.min() - margin, volumes.max() + margin, 200)
    figure = Figure(figsize=(6.4, 6.0), dpi=150, layout='constrained')
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    curve = 1000 * energy(grid, fit['E0'], fit['V0'], fit['B0'] / GPA, fit['B0_prime'])
    upper.plot(grid, curve, color=ACCENT, linewidth=1.6, label='Birch–Murnaghan fit')
    upper.plot(volumes, 1000 * points['energy'], 'o', color=INK, markersize=5, label='EMT')
    upper.axvline(fit['V0'], color=INK, linewidth=0.8, linestyle=':')
    upper.set_ylabel('energy per cell (meV)')
    upper.set_title(title, loc='left')
    upper.legend(
        framealpha=1,
        edgecolor='none',
        loc='upper center',
        title=f"$V_0$ = {fit['V0']:.3f} Å³\n$B_0$ = {fit['B0']:.1f} GPa\n$B_0'$ = {fit['B0_prime']:.2f}",
    )
    lower.axhline(0, color=INK, linewidth=0.8, linestyle=':')
    lower.axvline(fit['V0'], color=INK, linewidth=0.8, linestyle=':')
    lower.plot(grid, pressure(grid, fit['V0'], fit['B0'], fit['B0_prime']), color=ACCENT, linewidth=1.6)
    lower.plot(volumes, points['pressure'], 'o', color=INK, markersize=5)
    lower.set_ylabel('pressure (GPa)')
    lower.set_xlabel('volume per cell (Å³)')
    for axes in (upper, lower):
        axes.spines[['top', 'right']].set_visible(False)
    figure.savefig(path)
