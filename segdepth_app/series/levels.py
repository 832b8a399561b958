"""What the values of a series mean: counts or not, vacuum level, gain, offset, dose, each with its source in words."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from segdepth_app.config import SeriesOptions
from segdepth_app.errors import SeriesError
from segdepth_app.series.gain import Gain, estimate_gain
from segdepth_app.series.sampling import Sample
from segdepth_app.series.vacuum import COUNTS_FANO, WHITE_NOISE, Vacuum, estimate_vacuum

TYPED, MISSING = "typed", "missing"
COUNTS = "electron counts"
DISAGREEMENT = 0.2
"""A typed vacuum level or dose that is further than this from what the frames say is remarked upon."""
MOST_COUNTS = 1000
"""Counting cameras lose electrons long before so many fall on one pixel in one frame."""

Read = Callable[[int], np.ndarray]


@dataclass(frozen=True)
class Values:
    """What the levels are found from: finite frames (H, W) on demand, and a sample of them."""

    name: str
    n_frames: int
    height_px: int
    width_px: int
    is_display: bool
    read: Read
    sample: Sample


@dataclass
class Levels:
    """Meaning of the values. A value that is None is uncertain; its source then says why."""

    is_counts: bool = False
    vacuum: float = 0.0
    vacuum_source: str = ""
    vacuum_reason: str = ""
    gain: float | None = None
    gain_source: str = MISSING
    offset: float | None = None
    offset_source: str = MISSING
    dose_e_per_px: float | None = None
    dose_source: str = MISSING
    warnings: list[str] = field(default_factory=list)


def levels_of(values: Values, options: SeriesOptions) -> Levels:
    """The levels as typed, or as the frames say. Raises: SeriesError for settings that cannot be."""
    levels = Levels()
    estimate = estimate_vacuum(values.sample, options.offset or 0.0)
    levels.is_counts = _looks_like_counts(values, estimate, levels.warnings)
    if levels.is_counts:
        _take_gain(levels, options, Gain(1.0, 0.0, COUNTS))
    else:
        # what is typed for both leaves nothing to estimate
        known = options.gain is not None and options.offset is not None
        _take_gain(levels, options, Gain() if known else _estimated(values, estimate))
        if levels.offset and options.offset is None:
            # contrast was judged against values that hold the offset
            estimate = estimate_vacuum(values.sample, levels.offset)
    _set_vacuum(levels, values, options.vacuum.strip(), estimate)
    _set_dose(levels, options.dose_e_per_px)
    return levels


def _looks_like_counts(values: Values, estimate: Vacuum, warnings: list[str]) -> bool:
    sample = values.sample
    if values.is_display or not sample.is_whole or sample.lowest < 0 or estimate.fano is None:
        return False
    if estimate.level > MOST_COUNTS:
        warnings.append(
            f"The values are whole numbers, but {estimate.level:.4g} in vacuum is more than a camera can count."
        )
        return False
    if sample.divisor > 1:
        warnings.append(f"All values are multiples of {sample.divisor}: counts times a gain.")
        return False
    low, high = COUNTS_FANO
    if not low <= estimate.fano <= high:
        warnings.append(
            "The values are whole numbers, but in vacuum their variance is "
            f"{estimate.fano:.2g} times their mean; electron counts would have about 1."
        )
        return False
    if estimate.whiteness < WHITE_NOISE:
        warnings.append("The values are whole numbers, but their noise is blurred over pixels, unlike that of counts.")
        return False
    return True


def _estimated(values: Values, estimate: Vacuum) -> Gain:
    return estimate_gain(
        values.read, n_frames=values.n_frames, sample=values.sample, vacuum=estimate, is_display=values.is_display
    )


def _take_gain(levels: Levels, options: SeriesOptions, found: Gain) -> None:
    missing = f"{MISSING}: {found.doubt}" if found.doubt else MISSING
    levels.gain, levels.gain_source = found.gain, found.how or missing
    levels.offset, levels.offset_source = found.offset, found.how or missing
    if options.gain is not None:
        levels.gain, levels.gain_source = options.gain, TYPED
    if options.offset is not None:
        levels.offset, levels.offset_source = options.offset, TYPED


def _set_vacuum(levels: Levels, values: Values, wanted: str, estimate: Vacuum) -> None:
    sample = values.sample
    if wanted == "auto":
        levels.vacuum = estimate.level
        levels.vacuum_source, levels.vacuum_reason = _automatic(estimate, levels.warnings)
    elif "," in wanted:
        x, y, width, height = _rectangle(values, wanted)
        part = np.s_[y : y + height, x : x + width]
        means = [values.read(i)[part].mean(dtype=np.float64) for i in sample.indices]
        levels.vacuum = float(np.mean(means))
        levels.vacuum_source = f"rectangle {width} × {height} px at x {x}, y {y}"
        levels.vacuum_reason = f"Mean of the {levels.vacuum_source} over {len(means)} frames." + _spread(means)
    else:
        levels.vacuum, levels.vacuum_source = _positive_number(wanted), TYPED
        levels.vacuum_reason = f"Typed. {_as_estimated(estimate)}"
    if levels.offset is not None and levels.vacuum <= levels.offset and levels.offset_source != TYPED:
        _drop_gain(levels, f"the offset was estimated as {levels.offset:.4g}, above the vacuum level")
    lowest = levels.offset or 0.0
    if not math.isfinite(levels.vacuum) or levels.vacuum <= lowest:
        above = f"above the offset of {lowest:.4g}" if lowest else "above zero"
        raise SeriesError(
            f"The vacuum level of {values.name} comes out as {levels.vacuum:.4g}; it must be {above}.",
            "Give the mean value in vacuum with --vacuum (a number, or a rectangle x,y,width,height).",
        )
    if levels.vacuum_source == TYPED and not sample.lowest <= levels.vacuum <= sample.highest:
        levels.warnings.append(
            f"The typed vacuum level {levels.vacuum:.4g} lies outside the values of the frames "
            f"({sample.lowest:.4g} to {sample.highest:.4g})."
        )


def _drop_gain(levels: Levels, doubt: str) -> None:
    """What was estimated contradicts what is typed."""
    levels.offset, levels.offset_source = None, f"{MISSING}: {doubt}"
    if levels.gain_source != TYPED:
        levels.gain, levels.gain_source = None, f"{MISSING}: {doubt}"


def _automatic(estimate: Vacuum, warnings: list[str]) -> tuple[str, str]:
    """Source and reason of the automatic level."""
    if estimate.doubts:
        doubts = "; ".join(estimate.doubts)
        warnings.append(
            f"Vacuum level uncertain: {doubts}. Taken: {estimate.level:.4g}. Type it, or mark a rectangle in vacuum."
        )
        return "automatic: uncertain", f"Uncertain: {doubts}. Type it, or mark a rectangle in vacuum."
    share = f"{100 * estimate.share:.0f} % of the image"
    noise = "" if estimate.fano is None else f" The variance of their pixels is {estimate.fano:.3g} times the mean."
    return (
        f"automatic: from {share}",
        f"Mean of the flat regions, {share}: they vary no more than noise does, and are the brightest such.{noise}",
    )


def _as_estimated(estimate: Vacuum) -> str:
    if estimate.doubts:
        return f"The frames alone leave it uncertain: {'; '.join(estimate.doubts)}."
    return f"The frames alone would say {estimate.level:.4g}."


def _spread(means: list[float]) -> str:
    if len(means) < 2:
        return ""
    return f" From frame to frame it varies by {100 * float(np.std(means) / abs(np.mean(means))):.2g} %."


def _rectangle(values: Values, text: str) -> tuple[int, int, int, int]:
    hint = "Give x,y,width,height in pixels of the file, for example --vacuum 10,10,64,64."
    try:
        x, y, width, height = (int(part) for part in text.split(","))
    except ValueError as error:
        raise SeriesError(f"{text!r} is no rectangle.", hint) from error
    inside = 0 <= x and 0 <= y and x + width <= values.width_px and y + height <= values.height_px
    if not inside or width < 1 or height < 1:
        raise SeriesError(
            f"The vacuum rectangle {text} does not lie within the {values.width_px} × {values.height_px} px image.",
            hint,
        )
    return x, y, width, height


def _set_dose(levels: Levels, typed: float | None) -> None:
    offset = levels.offset or 0.0
    found = None if levels.gain is None else (levels.vacuum - offset) / levels.gain
    is_plain = levels.gain_source == levels.offset_source == COUNTS
    if typed is not None:
        levels.dose_e_per_px, levels.dose_source = typed, TYPED
        if found is not None and abs(typed / found - 1) > DISAGREEMENT:
            what = f"look like electron counts with {found:.4g}" if is_plain else f"say {found:.4g} e/px"
            levels.warnings.append(f"The typed dose of {typed:.4g} e/px is used, but the frames {what} in vacuum.")
    elif found is not None and (levels.offset is not None or levels.gain_source == TYPED):
        how = "(vacuum level − offset) / gain"
        levels.dose_e_per_px, levels.dose_source = found, "vacuum level of counts" if is_plain else how
    else:
        levels.warnings.append("The values are no electron counts, so the dose is unknown; it must be typed (--dose).")
    if not is_plain:
        levels.warnings.append(_caution(levels))


def _caution(levels: Levels) -> str:
    """That depth depends on gain and offset, with what is taken for them."""
    if levels.gain is None and levels.offset is None:
        reason = levels.gain_source.removeprefix(MISSING).lstrip(": ")
        because = f" ({reason})" if reason else ""
        return (
            f"Gain and offset are unknown{because}. The offset is taken for 0; if it is not, contrast, and so depth, "
            "is wrong. Type them where you know them."
        )
    offset = "unknown, taken for 0" if levels.offset is None else f"{levels.offset:z.4g} ({levels.offset_source})"
    gain = "unknown" if levels.gain is None else f"{levels.gain:.4g} per electron ({levels.gain_source})"
    return f"The values are no counts. Depth depends on the gain, {gain}, and on the offset, {offset}."


def _positive_number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise SeriesError(
            f"The vacuum level {text!r} is neither auto, nor a number, nor a rectangle.",
            "Give --vacuum auto, a number, or x,y,width,height.",
        ) from error
