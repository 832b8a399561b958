"""The rings of a column: label and weight by the distance from its centre.

Here, beside the settings it follows from, so that the training and the picture in the window share one formula.
`reach` is the distance over the column's disc radius; 1 is the edge of the disc.
"""

import numpy as np
import numpy.typing as npt

from segdepth_app.config.learning import LabelConfig


def ring_label(count: npt.ArrayLike, reach: np.ndarray, plateau_share: float) -> npt.NDArray[np.uint8]:
    """Label at `reach`: the count on the plateau, then rings that fall to 0 at 1."""
    rings = max(1 - plateau_share, 1e-6)
    fall = np.clip((1 - reach) / rings, 0, 1)
    # a plateau that fills the disc has no rings, only an edge
    return np.asarray(np.ceil(np.asarray(count) * np.where(reach <= plateau_share, 1, fall) - 1e-6), np.uint8)


def ring_weight(reach: np.ndarray, background_weight: float) -> npt.NDArray[np.float32]:
    """Weight at `reach`: 1 in the centre, background_weight from 1 on."""
    fall = np.clip(1 - reach**2, 0, 1)
    return np.asarray(background_weight + (1 - background_weight) * fall, np.float32)


def ring_profile(
    labels: LabelConfig, *, radius_pm: float, count: int, distances_pm: np.ndarray
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Label and weight of a lone column of `count` atoms at distances (n,) from its centre, each (n,)."""
    reach = np.asarray(distances_pm, float) / radius_pm
    return ring_label(count, reach, labels.plateau_share), ring_weight(reach, labels.background_weight)
