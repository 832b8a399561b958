"""Does this model suit this data? What the series says of itself against the model card, in words.

Every comparison is a Finding with a verdict: fits, off, or unknown where one side cannot be told. No torch here.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Any, Literal

import numpy as np

from segdepth_app.inference.results import Result
from segdepth_app.inference.spread import estimate_spread
from segdepth_app.models.card import ModelCard, find_model, read_card
from segdepth_app.series.opener import Series
from segdepth_app.series.reflections import LatticeFit, lattice_of_series

Verdict = Literal["fits", "off", "unknown"]

COARSER = 1.03
"""Pixels up to so much larger than the model's input are averaged or interpolated without harm."""
DOSE_SLACK = 1.01
LATTICE_SHARE = 0.02
"""Pixel sizes that differ by less are the same; models are trained with an error of up to 2 %."""
ROTATION_DEG = 3.0
"""Rotations that differ by less are the same: models for real microscopes are trained with ±3°."""
CONFIDENCE_DROP = 0.1


@dataclass(frozen=True)
class Finding:
    """One comparison."""

    what: str
    series: str
    model: str
    verdict: Verdict
    text: str


def findings(
    series: Series,
    model: str | Path,
    result: str | Path | None = None,
    *,
    frame: int | None = None,
    region: Sequence[int] | None = None,
) -> list[dict[str, Any]]:
    """Every comparison, as dictionaries; frame and region are those of the lattice.

    Raises: InputError where model or result cannot be read.
    """
    card = read_card(find_model(model))
    fit = lattice_of_series(series, frame=frame, region=region)
    return [asdict(one) for one in compare(series, card, fit, result)]


def compare(series: Series, card: ModelCard, fit: LatticeFit, result: str | Path | None = None) -> list[Finding]:
    """The comparisons, with a lattice that was fitted already."""
    return [
        _pixel_size(series, card),
        _dose(series, card),
        _values(series),
        _lattice(series, fit),
        _rotation(series, fit),
        _image_spread(fit, card),
        _confidence(card, result),
    ]


def _pixel_size(series: Series, card: ModelCard) -> Finding:
    size, wanted = series.pixel_size_pm, card.input_pixel_pm
    takes = f"{wanted:.4g} pm, and finer"
    if size is None:
        return Finding(
            "Pixel size", "missing", takes, "unknown", "The pixel size is missing: type it, or take the lattice's."
        )
    if size > COARSER * wanted:
        text = f"Pixels of {size:.4g} pm are coarser than the model's of {wanted:.4g} pm: they would be interpolated."
        return Finding("Pixel size", f"{size:.4g} pm", takes, "off", text)
    text = f"Pixels of {size:.4g} pm ({series.pixel_size_source}) are averaged to the model's of {wanted:.4g} pm."
    return Finding("Pixel size", f"{size:.4g} pm", takes, "fits", text)


def _dose(series: Series, card: ModelCard) -> Finding:
    low, high = card.dose_low_e_per_px, card.dose_high_e_per_px
    takes = f"{low:.3g} to {high:.3g} e per {card.pixel_size_pm:.3g} pm pixel"
    dose, size = series.image_dose_e_per_px, series.pixel_size_pm
    if dose is None or size is None:
        missing = "dose" if dose is None else "pixel size"
        return Finding(
            "Dose", "missing", takes, "unknown", f"The {missing} is missing, so the dose cannot be compared."
        )
    here = dose * (card.pixel_size_pm / size) ** 2
    said = f"{here:.3g} e per {card.pixel_size_pm:.3g} pm pixel"
    if here < low / DOSE_SLACK:
        text = f"There are fewer electrons than in training: sum {ceil(low / here)} frames, or expect doubtful counts."
        return Finding("Dose", said, takes, "off", text)
    if here > DOSE_SLACK * high:
        text = "There are more electrons than in training: the model is told its highest dose, and wastes the rest."
        return Finding("Dose", said, takes, "off", text)
    return Finding("Dose", said, takes, "fits", f"The dose ({series.dose_source}) is one the model was trained with.")


def _values(series: Series) -> Finding:
    wanted = "electron counts"
    if series.is_counts:
        return Finding("Values", "electron counts", wanted, "fits", "The values are electron counts.")
    if series.gain is None or series.offset is None:
        reason = (series.gain_source if series.gain is None else series.offset_source).removeprefix("missing: ")
        text = f"The contrast scale is not known ({reason}), and depth depends on it."
        return Finding("Values", "no counts", wanted, "unknown", text)
    said = f"gain {series.gain:.4g}, offset {series.offset:z.4g}"
    text = f"Gain ({series.gain_source}) and offset ({series.offset_source}) turn the values into electrons."
    return Finding("Values", said, wanted, "fits", text)


def _lattice(series: Series, fit: LatticeFit) -> Finding:
    what, size = "Lattice", series.pixel_size_pm
    wanted = "ceria along [110]"
    if fit.pixel_size_pm is None or fit.pixel_size_error_pm is None:
        return Finding(what, "not found", wanted, "unknown", f"The lattice cannot be compared. {fit.reason}")
    said = f"{fit.pixel_size_pm:.4g} ± {fit.pixel_size_error_pm:.1g} pm"
    if size is None:
        text = f"The lattice says {said} per pixel; take it, if the particle is ceria along [110]."
        return Finding(what, said, wanted, "unknown", text)
    off = fit.pixel_size_pm / size - 1
    if abs(off) > max(LATTICE_SHARE, 2 * fit.pixel_size_error_pm / size):
        text = f"The lattice says {said} per pixel, {100 * abs(off):.2g} % {'more' if off > 0 else 'less'} than in use."
        return Finding(what, said, wanted, "off", text)
    return Finding(what, said, wanted, "fits", f"The lattice says {said} per pixel, as in use.")


def _rotation(series: Series, fit: LatticeFit) -> Finding:
    set_to = f"{series.rotation_deg:z.4g}°".replace("-", "−")
    what, wanted = "Rotation", f"[001] at {set_to}, as is set"
    if fit.rotation_deg is None:
        return Finding(what, "not found", wanted, "unknown", "Without a lattice the rotation cannot be told.")
    said = f"[001] at {_angle(fit.rotation_deg)}"
    # half a turn changes nothing
    away = (fit.rotation_deg - series.rotation_deg + 90) % 180 - 90
    if abs(away) > ROTATION_DEG:
        text = f"The crystal is turned by {_angle(fit.rotation_deg)}, not by {set_to}: take the lattice's."
        return Finding(what, said, wanted, "off", text)
    within = max(ceil(10 * abs(away)), 1) / 10
    return Finding(what, said, wanted, "fits", f"The crystal lies as is set, within {within:.1f}°.")


def _angle(degrees: float) -> str:
    """To a tenth, and never `-0.0°`."""
    return f"{degrees:z.1f}°".replace("-", "−")


def _image_spread(fit: LatticeFit, card: ModelCard) -> Finding:
    low, high = card.optics.image_spread_low_pm, card.optics.image_spread_high_pm
    what, wanted = "Image spread", f"{low:.3g} to {high:.3g} pm"
    found = estimate_spread(fit)
    if found.spread_pm is None:
        return Finding(what, "unknown", wanted, "unknown", f"It cannot be told: {found.doubt}.")
    said = f"{found.spread_pm:.0f} ± {found.error_pm:.0f} pm"
    how = "from the fall-off of the reflections, for optics as in training"
    if found.spread_pm - 2 * found.error_pm > high:
        return Finding(what, said, wanted, "off", f"The image is more blurred than in training ({how}).")
    if found.spread_pm + 2 * found.error_pm < low:
        return Finding(what, said, wanted, "off", f"The image is sharper than in training ({how}).")
    return Finding(what, said, wanted, "fits", f"The image is as sharp as in training ({how}).")


def _confidence(card: ModelCard, path: str | Path | None) -> Finding:
    """Of columns in single frames; a calibrated model's confidence is its accuracy."""
    what = "Confidence"
    if path is None:
        return Finding(what, "not analysed", "", "unknown", "The confidence is known after an analysis.")
    with Result(path) as result:
        table = result.columns_table()
        dose = result.info.dose_e_per_px * (card.pixel_size_pm / result.info.pixel_size_pm) ** 2
    # places that are empty are easy and say little about columns
    confidence = table["confidence"][table["count"] > 0]
    if not len(confidence):
        return Finding(what, "no columns", "", "off", "The model found no columns in this series.")
    mean = float(confidence.mean(dtype=np.float64))
    expected = _expected(card, dose)
    if expected is None:
        text = "The model card does not say how often the model was right, so there is nothing to compare with."
        return Finding(what, f"{mean:.2f}", "not said", "unknown", text)
    wanted = f"{expected:.2f} right in validation"
    if mean < expected - CONFIDENCE_DROP:
        text = f"The model is less sure here ({mean:.2f}) than it was right in validation ({expected:.2f})."
        return Finding(what, f"{mean:.2f}", wanted, "off", text)
    text = f"The model is about as sure here ({mean:.2f}) as it was right in validation ({expected:.2f}), or surer."
    return Finding(what, f"{mean:.2f}", wanted, "fits", text)


def _expected(card: ModelCard, dose_e_per_px: float) -> float | None:
    """Share of columns that were right in validation at a dose: linear in its logarithm between those known."""
    known = {
        float(dose): float(values["column_accuracy"])
        for dose, values in dict(card.metrics.get("by_dose_e_per_px", {})).items()
        if "column_accuracy" in values
    }
    if not known or dose_e_per_px <= 0:
        return None
    doses = sorted(known)
    return float(np.interp(np.log(dose_e_per_px), np.log(doses), [known[dose] for dose in doses]))
