"""The fast electron. Units: kV in, Å and rad/(V·Å) out."""

from math import pi, sqrt

PLANCK_EV_ANGSTROM = 12398.41984  # h c
ELECTRON_REST_ENERGY_EV = 510998.95


def wavelength(voltage_kv: float) -> float:
    """Relativistic wavelength in Å; 0.0196875 at 300 kV."""
    energy = voltage_kv * 1e3
    return PLANCK_EV_ANGSTROM / sqrt(energy * (2 * ELECTRON_REST_ENERGY_EV + energy))


def interaction_parameter(voltage_kv: float) -> float:
    """σ in rad/(V·Å): phase per projected potential; 6.526162e-4 at 300 kV.

    σ = 2π/(λ E) · (m₀c² + E)/(2 m₀c² + E). Kirkland (2010), eq. 5.6.
    """
    energy = voltage_kv * 1e3
    relativistic = (ELECTRON_REST_ENERGY_EV + energy) / (2 * ELECTRON_REST_ENERGY_EV + energy)
    return 2 * pi / (wavelength(voltage_kv) * energy) * relativistic
