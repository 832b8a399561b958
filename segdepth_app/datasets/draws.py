"""What chance decides about the microscope: the optics of each image, the true pixel size of each specimen.

Two generators: the first gives what every dataset has drawn from the beginning; what came later is drawn from the
second, so that a seed's dataset stays what it was where the new settings are off.
"""

import numpy as np

from segdepth_app.config import GridConfig, OpticsConfig
from segdepth_app.datasets.store import IMAGE_DTYPE
from segdepth_app.microscope.thermal import b_factors


def draw_pixel_error(grid: GridConfig, beside: np.random.Generator) -> float:
    """True over reference pixel size, less 1."""
    return float(beside.uniform(-1, 1)) * grid.pixel_error_percent / 100


def draw_optics(
    optics: OpticsConfig, specimen: int, n: int, rng: np.random.Generator, beside: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Optics of n images (IMAGE_DTYPE) and the specimen's temperature in K (NaN where B is given).

    C1 is stratified over its range; focal and image spread are drawn evenly for each image, all else once.
    """
    table = str(rng.choice(["lobato", "kirkland"])) if optics.potential == "mixed" else optics.potential
    index = np.zeros(n, IMAGE_DTYPE)
    index["specimen"], index["potential"] = specimen, table
    index["voltage_kv"], index["c5_mm"] = optics.voltage_kv, optics.c5_mm
    index["semiangle_1e_mrad"] = optics.semiangle_1e_mrad
    share = (np.arange(n) + rng.random(n)) / n
    index["c1_nm"] = optics.c1_low_nm + share * (optics.c1_high_nm - optics.c1_low_nm)
    index["focal_spread_1e_nm"] = rng.uniform(optics.focal_spread_1e_low_nm, optics.focal_spread_1e_high_nm, n)
    index["image_spread_pm"] = rng.uniform(optics.image_spread_low_pm, optics.image_spread_high_pm, n)

    index["c3_um"] = optics.c3_um + optics.c3_spread_um * beside.uniform(-1, 1)
    index["c12_nm"] = optics.c12_high_nm * beside.random()
    index["c12_angle_deg"] = beside.uniform(-90, 90) if optics.c12_high_nm else 0
    index["c21_nm"] = optics.c21_high_nm * beside.random()
    index["c21_angle_deg"] = beside.uniform(-180, 180) if optics.c21_high_nm else 0
    radius, direction = optics.beam_tilt_high_mrad * np.sqrt(beside.random()), beside.uniform(0, 2 * np.pi)
    index["beam_tilt_x_mrad"], index["beam_tilt_y_mrad"] = radius * np.cos(direction), radius * np.sin(direction)
    return index, draw_thermal(index, optics, beside)


def draw_thermal(index: np.ndarray, optics: OpticsConfig, beside: np.random.Generator) -> float:
    """Fills in the thermal motion; returns the temperature in K, NaN where B is given."""
    low, high = optics.temperature_low_k, optics.temperature_high_k
    temperature = None if low is None or high is None else float(beside.uniform(low, high))
    of_element, of_others = b_factors(optics, temperature)
    index["b_ce_a2"], index["b_o_a2"], index["b_other_a2"] = of_element["Ce"], of_element["O"], of_others
    index["thermal"] = optics.thermal
    index["n_phonons"] = optics.n_phonons if optics.thermal == "frozen-phonon" else 1
    return np.nan if temperature is None else temperature
