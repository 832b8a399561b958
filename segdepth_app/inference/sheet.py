"""What stands on the figure of a result: maps, traces and words, without any drawing. Maps are [y, x]."""

from dataclasses import dataclass, field

import numpy as np

MARKERS = ("#ffa94d", "#5ea9dd")
MORE_MARKERS = ("#6ac28a", "#f59a93", "#c8a2e8", "#e0d060", "#7fd0d0", "#b08968", "#aeb6bd")
MARKER_COLOURS = (*MARKERS, *MORE_MARKERS)
"""As many as the window has markers."""


@dataclass(frozen=True)
class Trace:
    """What happens at one source pixel through time."""

    label: str
    x_px: float
    y_px: float
    probabilities: np.ndarray  # (T, 11), NaN where not done
    path: np.ndarray  # (T,), HMM counts
    truth: np.ndarray | None = None  # (T,)


@dataclass(frozen=True)
class Map:
    """A saliency map; `scale` source pixels per map pixel."""

    values: np.ndarray
    scale: float
    title: str
    x_px: float
    y_px: float
    colour: str


@dataclass(frozen=True)
class Sheet:
    """Everything on the figure. Maps are [y, x]."""

    frame: int
    depth: np.ndarray
    confidence: np.ndarray  # 0 to 1
    scale: float
    pixel_size_pm: float
    size_px: tuple[int, int]  # height, width of the source
    traces: list[Trace]
    caption: str
    time_s: np.ndarray | None = None
    image: np.ndarray | None = None
    saliency: list[Map] = field(default_factory=list)
    panes: tuple[str, ...] = ("frame", "depth", "confidence")
    """In order; those without data are left out."""
    columns: np.ndarray | None = None
    """The rows of this frame, COLUMN_DTYPE."""
    reach_px: float = 0.0
    """Radius of a column in source pixels."""
    activity: np.ndarray | None = None  # atoms
