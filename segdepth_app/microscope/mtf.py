"""Modulation transfer of the detector: by what factor it lowers a contrast of spatial frequency g.

Units: g in 1/Å; inside, frequencies are fractions of the Nyquist frequency of the reference pixel, 1/(2 × pixel).
The MTF acts on the mean image, before electrons are counted: the counts of neighbouring pixels stay independent and
their noise white. Counting detectors come close to that; an integrating one colours its noise, which is not
modelled. An ideal detector has the value 1 everywhere: a pixel counts what arrives at its centre, and a pixel's own
width belongs to a measured MTF. No curve of a real camera comes with the program.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import torch
from torch import Tensor

from segdepth_app.config import DetectorConfig
from segdepth_app.errors import InputError
from segdepth_app.paths import existing_file

Mtf = Callable[[Tensor, float], Tensor]
"""|g| in 1/Å (any shape) and the Nyquist frequency of the reference pixel in 1/Å → factors, float32."""

NYQUIST = {"cycles_per_px": 0.5, "nyquist_fraction": 1.0}
HIGHEST = 1.2
"""Sharpened curves of real cameras pass 1 a little."""
AT_ZERO_TOLERANCE = 1e-3
LATEST_START = 0.2
"""Measured curves may leave out the lowest frequencies; they are drawn from 1 at 0 straight to the first point."""


def mtf_of(detector: DetectorConfig) -> Mtf | None:
    """The detector's MTF; None for an ideal one. Raises: InputError for an unusable MTF file."""
    if detector.mtf == "parametric":
        return ParametricMtf(detector.mtf_at_nyquist, detector.mtf_exponent)
    if detector.mtf == "file" and detector.mtf_file is not None:
        return read_mtf(detector.mtf_file)
    return None


@dataclass(frozen=True)
class ParametricMtf:
    """m^(ν^p), ν = g over Nyquist: 1 at 0 and m at Nyquist, whatever the exponent p."""

    at_nyquist: float
    exponent: float

    def __call__(self, g: Tensor, nyquist: float) -> Tensor:
        """Factors at |g|."""
        fraction = g.to(torch.float64) / nyquist
        return (self.at_nyquist**fraction**self.exponent).to(torch.float32)


@dataclass(frozen=True)
class TabulatedMtf:
    """Straight lines between the points of a table; beyond the last one its value."""

    fractions: tuple[float, ...]  # of Nyquist; begin at 0
    values: tuple[float, ...]

    def __call__(self, g: Tensor, nyquist: float) -> Tensor:
        """Factors at |g|."""
        points, values = (torch.tensor(v, dtype=torch.float64, device=g.device) for v in (self.fractions, self.values))
        at = (g.to(torch.float64) / nyquist).clamp(max=self.fractions[-1])
        right = torch.searchsorted(points, at.contiguous()).clamp(1, len(points) - 1)
        share = (at - points[right - 1]) / (points[right] - points[right - 1])
        return torch.lerp(values[right - 1], values[right], share).to(torch.float32)


def read_mtf(path: str | Path) -> TabulatedMtf:
    """The MTF in a CSV file: cycles_per_px,mtf or nyquist_fraction,mtf; lines that begin with # are remarks.

    Raises: InputError naming the file, the line and what is wrong with it.
    """
    path = existing_file(path, "MTF file")
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            numbered = ((line, text) for line, text in enumerate(stream, start=1) if _says_something(text))
            nyquist = _header(next(numbered, (1, "")), path)
            points = list(_points(numbered, nyquist, path))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is not a readable CSV file.", "Save it as UTF-8 text.") from error
    if not points or points[-1][0] < 1 - 1e-6:
        last = f"ends at {points[-1][0]:g} of" if points else "has no points up to"
        raise InputError(f"{path} {last} the Nyquist frequency.", "The MTF must reach the Nyquist frequency.")
    if points[0][0] > 0:
        points.insert(0, (0.0, 1.0))
    fractions, values = zip(*points, strict=True)
    return TabulatedMtf(fractions, values)


def _says_something(text: str) -> bool:
    return bool(text.strip()) and not text.lstrip().startswith("#")


def _fields(text: str) -> list[str]:
    return [field.strip() for field in next(csv.reader([text]))]


def _header(numbered: tuple[int, str], path: Path) -> float:
    """The Nyquist frequency in the unit of the first column."""
    line, text = numbered
    names = _fields(text) if text else []
    if len(names) != 2 or names[0] not in NYQUIST or names[1] != "mtf":
        raise InputError(
            f"Line {line} of {path} is no heading of an MTF: {text.strip()!r}.",
            "It must be cycles_per_px,mtf or nyquist_fraction,mtf.",
        )
    return NYQUIST[names[0]]


def _points(numbered: Iterator[tuple[int, str]], nyquist: float, path: Path) -> Iterator[tuple[float, float]]:
    """(fraction of Nyquist, MTF) of every line."""
    before = -1.0
    for line, text in numbered:
        where = f"Line {line} of {path}"
        try:
            frequency, value = (float(field) for field in _fields(text))
        except ValueError as error:
            raise InputError(
                f"{where} is not a frequency and a value: {text.strip()!r}.", "Expected two numbers, as 0.25,0.8."
            ) from error
        if not (isfinite(frequency) and frequency >= 0 and 0 <= value <= HIGHEST):
            raise InputError(
                f"{where} has the MTF {value:g} at {frequency:g}.",
                f"Frequencies must be 0 or more, and the MTF 0 to {HIGHEST}.",
            )
        if frequency <= before:
            raise InputError(f"{where} has the frequency {frequency:g} after {before:g}.", "They must increase.")
        if before < 0:
            _check_start(frequency / nyquist, value, where)
        yield frequency / nyquist, 1.0 if frequency == 0 else value
        before = frequency


def _check_start(fraction: float, value: float, where: str) -> None:
    if fraction == 0 and abs(value - 1) > AT_ZERO_TOLERANCE:
        raise InputError(
            f"{where} has the MTF {value:g} at frequency 0.", "It is 1 there; divide all values by this one."
        )
    if fraction > LATEST_START:
        raise InputError(
            f"{where} is the first point, at {fraction:g} of the Nyquist frequency.",
            f"Begin at 0, where the MTF is 1, or at least below {LATEST_START}.",
        )
