"""The label and weight of a column by the distance from its centre, as the wizard draws them. No Qt."""

from dataclasses import dataclass

import numpy as np

from segdepth_app.config import LabelConfig
from segdepth_app.config.rings import ring_profile

COUNT = 10
"""The thickest column shows every ring."""
POINTS = 400
BEYOND = 1.25
"""How far past the larger disc the picture goes."""


@dataclass(frozen=True)
class Line:
    """One kind of column."""

    name: str
    label: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class Profile:
    """Distances in pm and, for each kind of column, label and weight at each."""

    distances_pm: np.ndarray
    lines: tuple[Line, ...]


def profile_of(labels: LabelConfig) -> Profile:
    """What these settings make of a lone column of ten atoms."""
    farthest = BEYOND * max(labels.heavy_radius_pm, labels.light_radius_pm)
    distances = np.linspace(0, farthest, POINTS)
    kinds = (("heavy", labels.heavy_radius_pm), ("light", labels.light_radius_pm))
    lines = [
        Line(name, *ring_profile(labels, radius_pm=radius, count=COUNT, distances_pm=distances))
        for name, radius in kinds
    ]
    return Profile(distances, tuple(lines))
