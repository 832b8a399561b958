"""The panes of a result's figure, drawn by matplotlib; all share the source file's pixel coordinates."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from segdepth_app.colours import CLASS_COLOURS, HEAT_POSITIONS, HEAT_STOPS
from segdepth_app.config import N_CLASSES
from segdepth_app.inference.on_frame import bar_length_nm
from segdepth_app.inference.result_info import OUTSIDE
from segdepth_app.inference.sheet import MARKER_COLOURS, Map, Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLACK, WHITE = "black", "white"


def _class_map() -> Any:
    from matplotlib.colors import ListedColormap

    return ListedColormap(CLASS_COLOURS)


def _extent(shape: tuple[int, ...], scale: float) -> tuple[float, float, float, float]:
    """Edges in source pixels of a map that begins in the upper left corner."""
    return -0.5, shape[1] * scale - 0.5, shape[0] * scale - 0.5, -0.5


def _show(axes: "Axes", sheet: Sheet, values: np.ndarray, scale: float, title: str, **settings: Any) -> Any:
    image = axes.imshow(values, extent=_extent(values.shape, scale), interpolation="nearest", **settings)
    axes.set_xlim(-0.5, sheet.size_px[1] - 0.5)
    axes.set_ylim(sheet.size_px[0] - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(title, fontsize=9, loc="left")
    return image


def _frame(axes: "Axes", sheet: Sheet, title: str, dim: float = 1.0) -> None:
    assert sheet.image is not None
    low, high = np.percentile(sheet.image, (0.5, 99.5))
    high = low + (max(high, low + 1e-6) - low) / dim
    _show(axes, sheet, sheet.image, 1, title, cmap="gray", vmin=low, vmax=high)


def frame_pane(axes: "Axes", sheet: Sheet) -> None:
    """The frame itself."""
    time = "" if sheet.time_s is None else f", {sheet.time_s[sheet.frame]:.2f} s"
    _frame(axes, sheet, f"frame {sheet.frame} (from 0){time}")
    _scale_bar(axes, sheet)
    _mark(axes, sheet)


def depth_pane(axes: "Axes", sheet: Sheet) -> None:
    """Classes in their colours; nothing where nothing was analysed."""
    title = f"atoms per column, frame {sheet.frame}"
    shown = np.ma.masked_equal(sheet.depth, OUTSIDE)
    image = _show(axes, sheet, shown, sheet.scale, title, cmap=_class_map(), vmin=-0.5, vmax=N_CLASSES - 0.5)
    bar = axes.figure.colorbar(image, ax=axes, ticks=range(N_CLASSES), fraction=0.045, pad=0.02)
    bar.ax.tick_params(labelsize=7)
    _scale_bar(axes, sheet)
    _mark(axes, sheet)


def confidence_pane(axes: "Axes", sheet: Sheet) -> None:
    """Probability of the likeliest class."""
    shown = np.ma.masked_where(sheet.depth == OUTSIDE, sheet.confidence)
    image = _show(axes, sheet, shown, sheet.scale, "confidence", cmap="cividis", vmin=1 / N_CLASSES, vmax=1)
    axes.figure.colorbar(image, ax=axes, fraction=0.045, pad=0.02).ax.tick_params(labelsize=7)


def columns_pane(axes: "Axes", sheet: Sheet) -> None:
    """Columns over the darkened frame, in the colours of their counts after smoothing; rings are empty sites."""
    from matplotlib.patches import Circle

    assert sheet.columns is not None
    title = f"columns, smoothed through time, frame {sheet.frame}"
    if sheet.image is None:
        _show(axes, sheet, np.ma.masked_all((1, 1)), max(sheet.size_px), title)
        axes.set_facecolor("#101214")
    else:
        _frame(axes, sheet, title, dim=0.5)
    for row in sheet.columns:
        colour = CLASS_COLOURS[row["hmm_count"]] if row["hmm_count"] else "none"
        place = (float(row["x_px"]), float(row["y_px"]))
        axes.add_patch(Circle(place, 0.7 * sheet.reach_px, fc=colour, ec="#969ea6", lw=0.5))
    _scale_bar(axes, sheet)


def activity_pane(axes: "Axes", sheet: Sheet) -> None:
    """How much each pixel changes through the series."""
    from matplotlib.colors import LinearSegmentedColormap

    assert sheet.activity is not None
    stops = [(at, tuple(value / 255 for value in stop)) for at, stop in zip(HEAT_POSITIONS, HEAT_STOPS, strict=True)]
    heat = LinearSegmentedColormap.from_list("heat", stops)
    image = _show(axes, sheet, sheet.activity, sheet.scale, "activity of the whole series", cmap=heat, vmin=0)
    axes.figure.colorbar(image, ax=axes, fraction=0.045, pad=0.02, label="atoms").ax.tick_params(labelsize=7)


def saliency_pane(axes: "Axes", sheet: Sheet, saliency: Map) -> None:
    """Which pixels an estimate depends on."""
    # a few pixels are far brighter than the rest: the root shows how far the map reaches
    shown = np.sqrt(saliency.values / max(float(saliency.values.max()), 1e-30))
    image = _show(axes, sheet, shown, saliency.scale, saliency.title, cmap="magma", vmin=0, vmax=1)
    bar = axes.figure.colorbar(image, ax=axes, fraction=0.045, pad=0.02)
    bar.set_label("√ of share of largest", fontsize=7)
    bar.ax.tick_params(labelsize=7)
    axes.plot(saliency.x_px, saliency.y_px, "o", ms=9, mfc="none", mec=saliency.colour, mew=1.2)


def _mark(axes: "Axes", sheet: Sheet) -> None:
    for trace, colour in zip(sheet.traces, MARKER_COLOURS, strict=False):
        axes.plot(trace.x_px, trace.y_px, "o", ms=9, mfc="none", mec=colour, mew=1.5)


def _scale_bar(axes: "Axes", sheet: Sheet) -> None:
    from matplotlib.patches import Rectangle

    height, width = sheet.size_px
    length_nm = bar_length_nm(width * sheet.pixel_size_pm / 1000)
    length = length_nm * 1000 / sheet.pixel_size_pm
    x, y, thick = 0.04 * width, 0.95 * height, 0.012 * height
    axes.add_patch(
        Rectangle((x - 0.015 * width, y - 0.07 * height), length + 0.03 * width, 0.1 * height, fc=BLACK, alpha=0.55)
    )
    axes.add_patch(Rectangle((x, y), length, thick, color=WHITE))
    axes.text(x + length / 2, y - 0.01 * height, f"{length_nm:g} nm", color=WHITE, ha="center", va="bottom", fontsize=7)


PANES: dict[str, tuple[str, Callable[["Axes", Sheet], None]]] = {
    "frame": ("image", frame_pane),
    "depth": ("depth", depth_pane),
    "confidence": ("confidence", confidence_pane),
    "columns": ("columns", columns_pane),
    "activity": ("activity", activity_pane),
}
"""Of each pane, the part of a sheet that it needs, and what draws it."""
