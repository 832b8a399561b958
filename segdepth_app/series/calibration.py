"""Units and scales of files, and when to believe them.

A scale counts as missing where its unit is missing or unknown, or where it is not a positive number: many
programs write 1, 0 or −1 for "not calibrated". Reciprocal units and energies mean that the data are no
image, and are refused. Pixels must be square within 1 %.
"""

import math
import re
import unicodedata

from segdepth_app.errors import SeriesError

PM_PER_UNIT = {
    "m": 1e12,
    "mm": 1e9,
    "um": 1e6,
    "nm": 1e3,
    "Å": 100.0,
    "pm": 1.0,
    "fm": 1e-3,
    "cm": 1e10,
    "in": 2.54e10,
}
# RosettaSciIO turns 0.8 s per frame into 0.0008 ks where a series is long
SECONDS_PER_UNIT = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ks": 1e3, "Ms": 1e6, "min": 60.0, "h": 3600.0}
SQUARE_TOLERANCE = 0.01
COARSEST_PM = 40.0
"""Atomic columns of ceria [110] are 135 pm apart at the closest; coarser pixels do not resolve them."""

PRINTING_UNITS = {"in", "cm", "mm"}
FINEST_PLAUSIBLE_PM, COARSEST_PLAUSIBLE_PM = 0.5, 1000.0
"""Inch, cm and mm are also what printers and cameras use (72 dpi is 0.35 mm). A scale in them is taken for the
specimen's only between these two pixel sizes, which no printer and no camera chip has."""

_LENGTH_NAMES = {
    "micron": "um",
    "microns": "um",
    "micrometer": "um",
    "micrometre": "um",
    "micrometers": "um",
    "nanometer": "nm",
    "nanometre": "nm",
    "nanometers": "nm",
    "picometer": "pm",
    "picometre": "pm",
    "a": "Å",
    "ang": "Å",
    "angstrom": "Å",
    "angstroms": "Å",
    "ångström": "Å",
    "å": "Å",
    "inch": "in",
    "inches": "in",
    "meter": "m",
    "metre": "m",
    "millimeter": "mm",
    "centimeter": "cm",
}
_TIME_NAMES = {
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "msec": "ms",
    "millisecond": "ms",
    "milliseconds": "ms",
    "usec": "us",
    "minute": "min",
    "minutes": "min",
    "hour": "h",
    "hours": "h",
}
_RECIPROCAL = re.compile(r"^1\s*/|\^?\(?[-−⁻]\s*[1¹]\)?$|⁻¹$|^m?rad$|^deg(ree)?s?$")
_ENERGY = re.compile(r"^[kM]?eV$")


def clean_unit(unit: object) -> str:
    """A unit as files spell it → one spelling ("um", "nm", "Å", …); unknown ones come back as they are."""
    text = unit.decode("utf-8", "replace") if isinstance(unit, bytes) else str(unit or "")
    # ImageJ writes µ as the six characters \u00B5
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    # NFKC makes one letter of the two µ, and of the two Å, that Unicode has
    text = unicodedata.normalize("NFKC", text.strip().strip("\x00")).replace("\u03bc", "u")
    return _LENGTH_NAMES.get(text.lower(), text)


def refuse_other_quantities(unit: object, name: str) -> None:
    """Raises: SeriesError where the unit is that of a diffraction pattern or a spectrum."""
    text = clean_unit(unit)
    if _RECIPROCAL.search(text):
        raise SeriesError(
            f"{name} is a diffraction pattern or a Fourier transform (its pixels are in {text}), not an image.",
            "Open the image itself.",
        )
    if _ENERGY.match(text):
        raise SeriesError(f"{name} is a spectrum (its axis is in {text}), not an image.", "Open an image.")


def length_pm(scale: float, unit: object) -> float | None:
    """Size of one step in pm; None where the file is not calibrated."""
    text = clean_unit(unit)
    if text not in PM_PER_UNIT or not math.isfinite(scale) or scale <= 0:
        return None
    size = float(scale) * PM_PER_UNIT[text]
    if text in PRINTING_UNITS and not FINEST_PLAUSIBLE_PM <= size <= COARSEST_PLAUSIBLE_PM:
        return None
    return size


def time_s(step: float, unit: object) -> float | None:
    """Time from frame to frame in seconds; None where the file does not say it."""
    text = clean_unit(unit)
    text = _TIME_NAMES.get(text.lower(), text)
    if text not in SECONDS_PER_UNIT or not math.isfinite(step) or step <= 0:
        return None
    return float(step) * SECONDS_PER_UNIT[text]


def square_pixel_pm(y: tuple[float, object], x: tuple[float, object], name: str) -> float | None:
    """Pixel size in pm from the (scale, unit) of both axes; None where the file is not calibrated.

    Raises: SeriesError where the pixels are not square, or are no lengths.
    """
    for _, unit in (y, x):
        refuse_other_quantities(unit, name)
    size_y, size_x = length_pm(*y), length_pm(*x)
    if size_y is None or size_x is None:
        return None
    if abs(size_y - size_x) > SQUARE_TOLERANCE * min(size_y, size_x):
        raise SeriesError(
            f"The pixels of {name} are not square: {size_x:.5g} pm wide and {size_y:.5g} pm high.",
            "Resample it to square pixels first; where its calibration is wrong, save it without one (as .npy).",
        )
    return (size_y + size_x) / 2 if size_y != size_x else size_x


def check_sampling(pixel_size_pm: float, model_pixel_pm: float) -> None:
    """Raises: SeriesError where the pixels are too coarse for any model to see single columns."""
    if pixel_size_pm > COARSEST_PM:
        raise SeriesError(
            f"Atoms are not resolved: the series has {pixel_size_pm:.4g} pm per pixel, "
            f"more than {COARSEST_PM:g} pm; the model works at {model_pixel_pm:.4g} pm.",
            "Choose a series of higher magnification; where the file's pixel size is wrong, "
            "type it with --pixel-size-pm.",
        )
