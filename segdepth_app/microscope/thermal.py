"""Thermal motion: Debye-Waller factors at a temperature, and how far atoms stray from their places.

Units: B in Å², temperature in K, displacements in Å. Ceria's B are those of 300, 573 and 773 K; in between they
are interpolated. Beyond the table, and for all other elements, B is proportional to temperature, as it is for
harmonic vibrations well above the Debye temperature. Settings that move B at 300 K move it in the same ratio at
every temperature.
"""

from math import pi, sqrt

import numpy as np

from segdepth_app.config import OpticsConfig

ROOM_TEMPERATURE = 300.0
TEMPERATURES = (300.0, 573.0, 773.0)
CERIA = {"Ce": (0.30, 0.56, 0.75), "O": (0.485, 0.84, 1.11)}


def b_factors(optics: OpticsConfig, temperature_k: float | None = None) -> tuple[dict[str, float], float]:
    """B of Ce and O, and that of every other element; without a temperature as they stand in the settings."""
    at_room = {"Ce": optics.b_ce_a2, "O": optics.b_o_a2}
    if temperature_k is None:
        return at_room, optics.b_other_a2
    risen = {element: b * thermal_rise(temperature_k, element) for element, b in at_room.items()}
    return risen, optics.b_other_a2 * thermal_rise(temperature_k)


def thermal_rise(temperature_k: float, element: str = "") -> float:
    """B at this temperature over B at 300 K."""
    table = CERIA.get(element)
    if table is None:
        return temperature_k / ROOM_TEMPERATURE
    inside = min(max(temperature_k, TEMPERATURES[0]), TEMPERATURES[-1])
    return float(np.interp(inside, TEMPERATURES, table)) / table[0] * (temperature_k / inside)


def displacement_rms(b_factor: float) -> float:
    """Root mean square displacement along one axis: B = 8π² ⟨u²⟩."""
    return sqrt(b_factor / (8 * pi**2))
