"""What a specimen and an image were made with, in words: from a dataset's tables, or from a preview's answer.

Fields that an older file lacks, and those that hold what they hold by default, are left out.
"""

from collections.abc import Mapping
from math import hypot, isfinite
from typing import Any

import numpy as np

from segdepth_app.gui.texts import signed


def values_of(row: np.void) -> dict[str, Any]:
    """A table row as plain values."""
    values = {name: row[name].item() for name in row.dtype.names or ()}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in values.items()}


def specimen_text(specimen: Mapping[str, Any]) -> str:
    """Kind, surface, thickness, and all that is out of the ordinary."""
    parts = [f"{specimen['kind']}, {specimen['surface']} surface, mean {specimen['thickness']:.1f} atoms"]
    if _given(specimen, "rotation_deg"):
        parts.append(f"rotated {signed(specimen['rotation_deg'], '+.1f')}°")
    if _given(specimen, "lattice_scale", usual=1.0):
        parts.append(f"lattice × {specimen['lattice_scale']:.3f}")
    tilt = hypot(specimen.get("tilt_x_deg") or 0, specimen.get("tilt_y_deg") or 0)
    if tilt:
        parts.append(f"tilt {tilt:.2f}°")
    if _given(specimen, "temperature_k"):
        parts.append(f"{specimen['temperature_k']:.0f} K")
    if _given(specimen, "support_thickness_nm"):
        parts.append(f"on {specimen['support_thickness_nm']:.1f} nm carbon")
    if specimen.get("neighbour"):
        parts.append("beside another particle")
    if _given(specimen, "pixel_error_percent"):
        parts.append(f"pixel {signed(specimen['pixel_error_percent'], '+.1f')} %")
    if "split" in specimen:
        parts.append(f"{specimen['split']} split")
    return ", ".join(parts)


def defocus_text(optics: Mapping[str, Any]) -> str:
    """The defocus alone."""
    return f"{signed(optics['c1_nm'], '+.2f')} nm"


def optics_text(optics: Mapping[str, Any]) -> str:
    """The optics of an image: what differs from image to image first."""
    parts = [
        f"defocus {defocus_text(optics)}",
        f"focal spread {optics['focal_spread_1e_nm']:.1f} nm",
        f"image spread {optics['image_spread_pm']:.0f} pm",
        f"{optics['potential']} potential",
    ]
    for name, label, unit, digits in (("c12", "astigmatism", "nm", 1), ("c21", "coma", "nm", 0)):
        if _given(optics, f"{name}_nm"):
            angle = optics.get(f"{name}_angle_deg") or 0
            parts.append(f"{label} {signed(optics[f'{name}_nm'], f'.{digits}f')} {unit} at {signed(angle, '.0f')}°")
    beam_tilt = hypot(optics.get("beam_tilt_x_mrad") or 0, optics.get("beam_tilt_y_mrad") or 0)
    if beam_tilt:
        parts.append(f"beam tilt {beam_tilt:.2f} mrad")
    return ", ".join(parts)


def setting_text(optics: Mapping[str, Any]) -> str:
    """The optics that rarely differ within a dataset."""
    parts = [f"{optics['voltage_kv']:.0f} kV", f"C3 {signed(optics['c3_um'])} µm", f"C5 {signed(optics['c5_mm'])} mm"]
    parts.append(f"convergence {optics['semiangle_1e_mrad']:.2g} mrad")
    factors = [("b_ce_a2", "Ce"), ("b_o_a2", "O"), ("b_other_a2", "others")]
    known = [f"{optics[name]:.2f} ({what})" for name, what in factors if _given(optics, name)]
    if known:
        parts.append(f"B {', '.join(known)} Å²")
    if optics.get("thermal") == "frozen-phonon":
        parts.append(f"{optics.get('n_phonons')} configurations of displaced atoms")
    return ", ".join(parts)


def _given(values: Mapping[str, Any], name: str, usual: float = 0.0) -> bool:
    value = values.get(name)
    return isinstance(value, int | float) and isfinite(value) and abs(value - usual) > 1e-9
