"""How an image lies in the larger periodic field that the wave is computed on.

Units: Å. Positions are measured from the centre of the image's first reference pixel; the field begins
`margin` stored pixels before the image's edge, on every side, so that what wraps around stays outside.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy.fft import next_fast_len

from segdepth_app.config import GridConfig
from segdepth_app.units import angstrom_from_pm

MARGIN_ANGSTROM = 2.6
"""Lens delocalisation at 9 nm and 1 Å⁻¹ is λ C1 g ≈ 1.8 Å; with it goes the reach of a potential."""


@dataclass(frozen=True)
class Frame:
    """Geometry of an image and of its wave field."""

    pixel: float  # reference pixel, Å
    binning: int
    shape: tuple[int, int]  # of the stored image
    margin: int  # stored pixels on each side
    wave_shape: tuple[int, int]

    @property
    def stored_pixel(self) -> float:
        """Width of a stored pixel in Å."""
        return self.pixel * self.binning

    @property
    def field_shape(self) -> tuple[int, int]:
        """The field in stored pixels."""
        return self.shape[0] + 2 * self.margin, self.shape[1] + 2 * self.margin

    @property
    def field(self) -> tuple[float, float]:
        """Size of the field (y, x) in Å."""
        return self.field_shape[0] * self.stored_pixel, self.field_shape[1] * self.stored_pixel

    @property
    def wave_step(self) -> tuple[float, float]:
        """Sampling of the wave (y, x) in Å."""
        return self.field[0] / self.wave_shape[0], self.field[1] / self.wave_shape[1]

    @property
    def origin(self) -> float:
        """Where position 0 lies in the field, in Å from its first wave sample, in x and y alike.

        The wave's sample 0 stands for the field's left edge, which is half a reference pixel before the
        centre of the field's first reference pixel.
        """
        return self.margin * self.stored_pixel + 0.5 * self.pixel

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Field edges (x0, x1, y0, y1) in image positions."""
        return (
            -self.origin,
            self.field[1] - self.origin,
            -self.origin,
            self.field[0] - self.origin,
        )

    def shows(self, columns: np.ndarray) -> np.ndarray:
        """Which columns (x, y in Å) have their centres in the image, (n,); the field's margin is no part of it."""
        half = self.pixel / 2
        height, width = (n * self.stored_pixel for n in self.shape)
        x, y = columns["x"] + half, columns["y"] + half
        inside: np.ndarray = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        return inside


def frame_from_config(grid: GridConfig) -> Frame:
    """The frame of a dataset's or movie's images."""
    pixel = angstrom_from_pm(grid.pixel_size_pm)
    stored = pixel * grid.binning
    shape = grid.height_px // grid.binning, grid.width_px // grid.binning
    margin = ceil(MARGIN_ANGSTROM / stored)
    step = angstrom_from_pm(grid.wave_sampling_pm)
    wave_y, wave_x = (next_fast_len(ceil((n + 2 * margin) * stored / step)) for n in shape)
    return Frame(pixel=pixel, binning=grid.binning, shape=shape, margin=margin, wave_shape=(wave_y, wave_x))
