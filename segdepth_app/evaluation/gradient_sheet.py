"""The sheet of Fig. 8: saliency maps, doses down and depth classes across, drawn with matplotlib."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segdepth_app.evaluation.drawing import TWO_COLUMNS, sheet, styled

BAR_PM = 1000.0
BRIGHTEST = 99.8
"""Percentile of all maps that the colour scale ends at: a single pixel shall not darken the rest."""
MARGINS, GAP = (0.5, 0.45, 0.55, 0.2), 0.05


@styled
def saliency_sheet(
    maps: npt.NDArray[np.floating],
    probabilities: npt.NDArray[np.floating],
    *,
    doses_e_per_px: Sequence[float],
    pixel_pm: float,
    title: str,
) -> Figure:
    """Maps (doses, depths, h, w) about their middle; probabilities (doses, depths) stand in their corners.

    One colour scale for all, from 0 to BRIGHTEST per cent of the values; its bar gives the unit.
    """
    n_doses, n_depths, height, width = maps.shape
    edge = (TWO_COLUMNS - MARGINS[0] - MARGINS[2] - GAP * (n_depths - 1)) / n_depths
    tall = n_doses * edge * height / width + (n_doses - 1) * GAP + MARGINS[1] + MARGINS[3]
    top = float(np.percentile(maps, BRIGHTEST)) or float(maps.max()) or 1.0
    scale = f"Colours from 0 to {top:.2g} per unit of the vacuum level, the same in all maps."
    figure, axes = sheet(
        f"{title}. {scale}",
        width=TWO_COLUMNS,
        height=tall,
        rows=n_doses,
        cols=n_depths,
        margins=MARGINS,
        gaps=(GAP, GAP),
    )
    for row, column in np.ndindex(n_doses, n_depths):
        place: Any = axes[row, column]
        image = place.imshow(maps[row, column], cmap="inferno", vmin=0, vmax=top, interpolation="nearest")
        place.set(xticks=[], yticks=[])
        text = f"P {probabilities[row, column]:.2f}"
        place.text(0.04, 0.96, text, transform=place.transAxes, va="top", fontsize=5, color="white")
        if row == 0:
            place.set_title(f"{column}", pad=2)
        if column == 0:
            place.set_ylabel(f"λ = {doses_e_per_px[row]:g}")
    _scale_bar(axes[-1, 0], pixel_pm, (height, width))
    low, high = axes[-1, -1].get_position(), axes[0, -1].get_position()
    bar = figure.add_axes((low.x1 + 0.008, low.y0, 0.01, high.y1 - low.y0))
    figure.colorbar(image, cax=bar).ax.tick_params(labelsize=5)
    return figure


def _scale_bar(axes: Axes, pixel_pm: float, shape: tuple[int, int]) -> None:
    """A bar of BAR_PM, or of half the map where that is shorter, below the map."""
    height, width = shape
    length_pm = min(BAR_PM, width * pixel_pm / 2)
    axes.plot((0, length_pm / pixel_pm), (height * 1.06,) * 2, color="black", linewidth=2, clip_on=False)
    axes.text(0, height * 1.12, f"{length_pm / 1000:.3g} nm", va="top", fontsize=6)
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
