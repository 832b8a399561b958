"""Images that are no counts: an unknown gain and offset, drawn anew for every crop.

A display stretch, a frame whose dark level was not subtracted, a camera in arbitrary units: x → gain·x + offset,
with the offset in units of the vacuum level. The ranges are the dataset's settings `detector.gain_low` to
`detector.offset_high`. The clean images in the file are not touched.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segdepth_app.config import DetectorConfig
from segdepth_app.datasets.store import Dataset

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ContrastScale:
    """The ranges that gain and offset are drawn from, evenly and independently."""

    gain: tuple[float, float] = (1.0, 1.0)
    offset: tuple[float, float] = (0.0, 0.0)

    def drawn(self, n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Gain and offset of n images, (n,) each. Leaves the state of `rng` as it was."""
        own = rng.spawn(1)[0]
        gain, offset = own.uniform(*self.gain, n), own.uniform(*self.offset, n)
        return gain.astype(np.float32), offset.astype(np.float32)

    def applied(self, images: Floats, rng: np.random.Generator) -> Floats:
        """Every image of a stack (n, H, W) on its own scale; the very same array where the scale is known."""
        if self == ContrastScale():
            return images
        gain, offset = self.drawn(len(images), rng)
        return gain[:, None, None] * images + offset[:, None, None]


def contrast_scale(dataset: Dataset) -> ContrastScale:
    """What the dataset's settings say; datasets made before there was a detector hold counts."""
    ranges = {**DetectorConfig().model_dump(), **dataset.config.get("detector", {})}
    return ContrastScale(
        (float(ranges["gain_low"]), float(ranges["gain_high"])),
        (float(ranges["offset_low"]), float(ranges["offset_high"])),
    )
