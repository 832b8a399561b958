"""Whether what was drawn for specimens and images lies within the ranges of their settings."""

from collections.abc import Iterable

import numpy as np

from segdepth_app.config import OpticsConfig, SimulateConfig
from segdepth_app.datasets.store import FIRST_FORMAT, Dataset

ROUNDING = 1e-5
"""Relative; tables hold float32."""

Range = tuple[str, np.ndarray, float, float]


def specimen_faults(dataset: Dataset, config: SimulateConfig) -> list[str]:
    """Specimens whose row does not fit the settings."""
    rows, settings = dataset.specimens, config.specimen
    faults = [
        f"specimen {row['id']} is {row[name].decode(errors='replace')!r}, which is no {name} of the settings"
        for name, known in (("kind", _kinds(config)), ("surface", set(settings.surfaces)))
        for row in rows
        if row[name].decode(errors="replace") not in known
    ]
    if (rows["seed"] != config.seed).any():
        faults.append(f"seed {rows['seed'][rows['seed'] != config.seed][0]}, not {config.seed}")
    ranges: list[Range] = [
        ("thickness", rows["thickness"], settings.thickness_low_atoms, settings.thickness_high_atoms),
        ("rotation", rows["rotation_deg"], settings.rotation_low_deg, settings.rotation_high_deg),
        ("lattice scale", rows["lattice_scale"], settings.lattice_scale_low, settings.lattice_scale_high),
        ("tilt", np.hypot(rows["tilt_x_deg"], rows["tilt_y_deg"]), 0, settings.tilt_high_deg),
        ("support thickness", rows["support_thickness_nm"], 0, settings.support_thickness_high_nm),
        ("pixel error", np.abs(rows["pixel_error_percent"]), 0, config.grid.pixel_error_percent),
    ]
    low, high = config.optics.temperature_low_k, config.optics.temperature_high_k
    if low is not None and high is not None:
        ranges.append(("temperature", rows["temperature_k"], low, high))
    if settings.share_support == 0 and (rows["support_thickness_nm"] > 0).any():
        faults.append("support where the settings have none")
    if settings.share_neighbour == 0 and rows["neighbour"].any():
        faults.append("a neighbouring particle where the settings have none")
    return faults + list(_outside("specimen", rows["id"], ranges))


def _kinds(config: SimulateConfig) -> set[str]:
    return {kind for kind in ("wedge", "rough", "shuffled") if getattr(config.specimen, f"share_{kind}") > 0}


def optics_faults(dataset: Dataset, config: SimulateConfig) -> list[str]:
    """Images whose optics do not fit the settings."""
    index, optics = dataset.index, config.optics
    ranges = [*_ranges_of_old(index, optics)]
    if dataset.format != FIRST_FORMAT:
        n = optics.n_phonons if optics.thermal == "frozen-phonon" else 1
        tilt = np.hypot(index["beam_tilt_x_mrad"], index["beam_tilt_y_mrad"])
        ranges += [
            ("C12", index["c12_nm"], 0, optics.c12_high_nm),
            ("C21", index["c21_nm"], 0, optics.c21_high_nm),
            ("beam tilt", tilt, 0, optics.beam_tilt_high_mrad),
            ("phonon configurations", index["n_phonons"], n, n),
        ]
    faults = list(_outside("image", np.arange(len(index)), ranges))
    potentials = {"lobato", "kirkland"} if optics.potential == "mixed" else {optics.potential}
    for name, known in (("potential", potentials), ("thermal", {optics.thermal})):
        strange = {value.decode(errors="replace") for value in index[name].tolist()} - known
        faults += [f"{name} {value!r} is not in the settings" for value in sorted(strange)]
    return faults


def _ranges_of_old(index: np.ndarray, optics: OpticsConfig) -> Iterable[Range]:
    """Fields that every format has."""
    spread = optics.c3_spread_um
    yield "voltage", index["voltage_kv"], optics.voltage_kv, optics.voltage_kv
    yield "C1", index["c1_nm"], optics.c1_low_nm, optics.c1_high_nm
    yield "C3", index["c3_um"], optics.c3_um - spread, optics.c3_um + spread
    yield "C5", index["c5_mm"], optics.c5_mm, optics.c5_mm
    yield (
        "focal spread",
        index["focal_spread_1e_nm"],
        optics.focal_spread_1e_low_nm,
        optics.focal_spread_1e_high_nm,
    )
    yield "convergence", index["semiangle_1e_mrad"], optics.semiangle_1e_mrad, optics.semiangle_1e_mrad
    yield "image spread", index["image_spread_pm"], optics.image_spread_low_pm, optics.image_spread_high_pm
    if optics.temperature_low_k is None:
        yield "B of Ce", index["b_ce_a2"], optics.b_ce_a2, optics.b_ce_a2
        yield "B of O", index["b_o_a2"], optics.b_o_a2, optics.b_o_a2
    else:
        # 1000 K is 3.4 times room temperature; above that the settings cannot go
        yield "B of Ce", index["b_ce_a2"], 0, 4 * optics.b_ce_a2
        yield "B of O", index["b_o_a2"], 0, 4 * optics.b_o_a2


def _outside(what: str, numbers: np.ndarray, ranges: Iterable[Range]) -> Iterable[str]:
    for name, values, low, high in ranges:
        slack = ROUNDING * max(abs(low), abs(high), 1e-3)
        wrong = ~((values >= low - slack) & (values <= high + slack))
        if wrong.any():
            i = int(np.flatnonzero(wrong)[0])
            yield f"{what} {numbers[i]} has a {name} of {float(values[i]):.6g}, outside {low:g} to {high:g}"
