"""What the calibration shows: states of its pages, and their sentences. No Qt, no decisions."""

from dataclasses import dataclass, field

from segdepth_app.gui.view.calibration_lattice import FoundLattice
from segdepth_app.gui.view.series_facts import SeriesFacts
from segdepth_app.gui.view.typed import Typed
from segdepth_app.units import dose_per_area

NO_COUNTS = (
    "⚠ The values are no electron counts. The offset sets how strong every contrast is, the gain how many electrons "
    "there were: the depth depends on both."
)
COUNTS = "The values are electron counts: gain 1, offset 0."
UNJUDGED = "Whether the values are electron counts is not known."
FLIPPED = "A lattice cannot tell a crystal from one turned by 180°: the network sees the same columns either way."


@dataclass(frozen=True)
class Shown:
    """One number with where it comes from."""

    value: str = ""
    source: str = ""
    missing: bool = False


@dataclass(frozen=True)
class LatticePage:
    """Pixel size and rotation."""

    size: Shown = field(default_factory=Shown)
    rotation: Shown = field(default_factory=Shown)
    fit: FoundLattice | None = None
    lines: tuple[tuple[str, str], ...] = ()
    text: str = ""
    role: str = "muted"
    """The look of `text`: muted, good, warning or bad."""
    busy: bool = False
    can_take: bool = False


@dataclass(frozen=True)
class LevelsPage:
    """Vacuum, gain, offset and dose."""

    mode: str = "auto"
    """How the vacuum level is found: auto, rectangle or level."""
    vacuum: Shown = field(default_factory=Shown)
    rectangle: str = ""
    vacuum_reason: str = ""
    dose: Shown = field(default_factory=Shown)
    gain: Shown = field(default_factory=Shown)
    offset: Shown = field(default_factory=Shown)
    counts: str = ""
    counts_role: str = "muted"


@dataclass(frozen=True)
class DriftPage:
    """Frame time, drift and sums."""

    frame_time: Shown = field(default_factory=Shown)
    aligned: bool = False
    can_align: bool = False
    running: bool = False
    share: float | None = None
    text: str = ""
    role: str = "muted"
    sum_frames: int = 1
    most_frames: int = 1
    sum_text: str = ""


def shown(value: float | None, source: str, missing: str, digits: int = 4) -> Shown:
    """A number as text, or the words for where there is none."""
    return Shown("", missing, True) if value is None else Shown(f"{value:.{digits}g}", source)


def levels_page(facts: SeriesFacts, typed: Typed) -> LevelsPage:
    """The page of levels for a series."""
    is_rectangle = typed.vacuum is not None and "," in typed.vacuum
    counts = UNJUDGED if facts.is_counts is None else COUNTS if facts.is_counts else NO_COUNTS
    return LevelsPage(
        mode="auto" if typed.vacuum is None else "rectangle" if is_rectangle else "level",
        vacuum=shown(facts.vacuum, facts.vacuum_source, "unknown: draw a rectangle, or type it"),
        rectangle=(typed.vacuum or "") if is_rectangle else "",
        vacuum_reason="" if facts.vacuum_reason == facts.vacuum_source else facts.vacuum_reason,
        dose=shown(facts.dose_e_per_px, dose_source(facts), "unknown: type it, or the gain"),
        gain=shown(facts.gain, facts.gain_source, facts.gain_source or "unknown: type it, or the dose"),
        offset=shown(facts.offset, facts.offset_source, facts.offset_source or "unknown: type it"),
        counts=counts,
        counts_role="muted" if facts.is_counts is not False else "warning",
    )


def dose_source(facts: SeriesFacts) -> str:
    """`651 e/Å², vacuum level of counts`."""
    if facts.dose_e_per_px is None or facts.pixel_size_pm is None:
        return facts.dose_source
    return f"{dose_per_area(facts.dose_e_per_px, facts.pixel_size_pm):.3g} e/Å², {facts.dose_source}"


def frames_of_file(facts: SeriesFacts) -> int:
    """Frames before summing; the last sum may leave out some that no longer fill one."""
    return facts.n_frames * facts.sum_frames


def sum_text(facts: SeriesFacts, sum_frames: int) -> str:
    """What summing does to dose, frame time and number of images."""
    n_frames = frames_of_file(facts)
    if sum_frames == 1:
        return f"Every frame is an image of its own: {n_frames} images."
    parts = [f"{sum_frames} frames become one image: {n_frames // sum_frames} images of {n_frames} frames."]
    if facts.dose_e_per_px is not None:
        dose = facts.dose_e_per_px
        parts.append(f"λ is {dose:.4g} e/px in a frame and {dose * sum_frames:.4g} in an image: that is what the")
        parts.append("network is told.")
    if facts.frame_time_s is not None:
        time = facts.frame_time_s / facts.sum_frames
        parts.append(f"An image then takes {time * sum_frames:.4g} s instead of {time:.4g} s.")
    parts.append("Noise falls, and what is faster than an image is lost.")
    return " ".join(parts)
