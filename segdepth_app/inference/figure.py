"""The figure of a result: frame, depth, confidence, saliency, and probability traces on one sheet.

In the manner of Figs. 10 to 12 of Leibovich et al. Drawn by matplotlib without a display; imported late.
All panes share the source file's pixel coordinates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import floor, log10
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segdepth_app.config import N_CLASSES
from segdepth_app.inference.results import Result
from segdepth_app.inference.traces import column_prior, smooth_trace
from segdepth_app.paths import written_whole
from segdepth_app.units import dose_per_area

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLASS_COLOURS = (
    "#2e3134",
    "#66198b",
    "#585273",
    "#325ea6",
    "#1d74d5",
    "#21aa6e",
    "#24c4a3",
    "#b1bb50",
    "#b1de20",
    "#fdcc99",
    "#fbebe4",
)
"""The window's colours of the classes 0 to 10 (gui/theme.py)."""

MARKERS = ("#ffa94d", "#5ea9dd")
BLACK, WHITE = "black", "white"
DPI = 160


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


def caption_of(result: Result) -> str:
    """What was analysed, with what, under which assumptions, in one line."""
    info, card = result.info, result.card
    optics = card.optics
    return (
        f"{Path(info.source[0]).name}, {info.pixel_size_pm:.4g} pm/px ({info.pixel_size_source}), "
        f"{info.dose_e_per_px:.3g} e/px = {dose_per_area(info.dose_e_per_px, info.pixel_size_pm):.0f} e/Å² per frame "
        f"({info.dose_source}) · model {card.name}, trained at {optics.voltage_kv:g} kV, "
        f"C1 {optics.c1_low_nm:g} to {optics.c1_high_nm:g} nm, C3 {optics.c3_um:g} µm, image spread "
        f"{optics.image_spread_low_pm:g} to {optics.image_spread_high_pm:g} pm · SegDepth {result.version}"
    )


def trace_of(result: Result, label: str, x_px: float, y_px: float, truth: np.ndarray | None = None) -> Trace:
    """The trace at a pixel; the HMM path is the column's where the pixel lies on one, else the pixel's own."""
    probabilities = result.trace(x_px, y_px)
    path = _column_path(result, x_px, y_px)
    if path is None:
        info = result.info
        prior = column_prior(result.card.class_prior)
        path = smooth_trace(probabilities, prior=prior, stay_probability=info.stay_probability).path[:, 0].astype(float)
        path[~result.done] = np.nan
    return Trace(label, x_px, y_px, probabilities, path, truth)


def _column_path(result: Result, x_px: float, y_px: float) -> np.ndarray | None:
    table = result.columns_table()
    reach = result.card.labels.light_radius_pm / result.info.pixel_size_pm
    near = table[np.hypot(table["x_px"] - x_px, table["y_px"] - y_px) <= reach]
    if not len(near):
        return None
    rows = near[near["column"] == near["column"][0]]
    path = np.full(result.n_frames, np.nan)
    path[rows["frame"]] = rows["hmm_count"]
    return path


def liveliest_column(table: np.ndarray) -> tuple[float, float] | None:
    """Position of the column whose smoothed count changes most often (of equals, the most confident)."""
    if not len(table):
        return None
    order = np.lexsort((table["frame"], table["column"]))
    rows = table[order]
    same = rows["column"][1:] == rows["column"][:-1]
    changes = same & (rows["hmm_count"][1:] != rows["hmm_count"][:-1])
    columns = np.unique(rows["column"])
    n_changes = np.bincount(rows["column"][1:][changes], minlength=columns.max() + 1)[columns]
    sums = np.bincount(rows["column"], weights=rows["hmm_confidence"])[columns]
    best = columns[np.lexsort((sums, n_changes))[-1]]
    row = rows[rows["column"] == best][0]
    return float(row["x_px"]), float(row["y_px"])


def sheet_of(
    result: Result,
    frame: int,
    traces: list[Trace],
    *,
    image: np.ndarray | None = None,
    saliency: Sequence[Map] = (),
) -> Sheet:
    """What a result knows of one frame, with traces and, where they are at hand, the frame itself and maps."""
    return Sheet(
        frame=frame,
        depth=result.depth(frame),
        confidence=result.confidence(frame) / np.float32(255),
        scale=result.scale,
        pixel_size_pm=result.info.pixel_size_pm,
        size_px=(result.info.height_px, result.info.width_px),
        traces=traces,
        caption=caption_of(result),
        time_s=result.time_s,
        image=image,
        saliency=list(saliency),
    )


def result_sheet(result: Result, *, frame: int | None = None, pixels: tuple[tuple[float, float], ...] = ()) -> Sheet:
    """A sheet from the result alone: depth, confidence, and traces at up to two pixels."""
    t = int(np.flatnonzero(result.done)[0]) if frame is None else frame
    if not pixels:
        liveliest = liveliest_column(result.columns_table())
        centre = (result.info.width_px // 2, result.info.height_px // 2)
        pixels = (centre if liveliest is None else liveliest,)
    traces = [trace_of(result, f"pixel {x:.0f}, {y:.0f}", x, y) for x, y in pixels[:2]]
    return sheet_of(result, t, traces)


def save_figure(sheet: Sheet, paths: list[Path]) -> None:
    """The sheet as files; the ending says the format."""
    figure = draw(sheet)
    for path in paths:
        kind = path.suffix.lower().removeprefix(".")
        with written_whole(path) as temporary:
            figure.savefig(temporary, format=kind, dpi=DPI)


def draw(sheet: Sheet) -> "Figure":
    """The sheet as a matplotlib figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panes = 2 + (sheet.image is not None) + len(sheet.saliency)
    columns = 3 if panes > 2 else 2
    rows = -(-panes // columns)
    height, width = sheet.size_px
    pane = 3.9
    figure = Figure(figsize=(columns * pane + 0.9, rows * pane * height / width + 1.9 * len(sheet.traces) + 0.9))
    FigureCanvasAgg(figure)
    figure.set_layout_engine("constrained")
    ratios = [pane * height / width] * rows + [1.9] * len(sheet.traces)
    grid = figure.add_gridspec(rows + len(sheet.traces), columns, height_ratios=ratios)
    places = iter([(row, column) for row in range(rows) for column in range(columns)])

    def next_axes() -> "Axes":
        return figure.add_subplot(grid[next(places)])

    if sheet.image is not None:
        _frame_pane(next_axes(), sheet)
    _depth_pane(next_axes(), sheet)
    _confidence_pane(next_axes(), sheet)
    for saliency in sheet.saliency:
        _saliency_pane(next_axes(), sheet, saliency)
    for place in places:
        _legend_pane(figure.add_subplot(grid[place]), sheet)
        break
    for k, trace in enumerate(sheet.traces):
        _trace_pane(figure.add_subplot(grid[rows + k, :]), sheet, trace, MARKERS[k])
    figure.supxlabel(_wrapped(sheet.caption, int(14 * figure.get_figwidth())), fontsize=7, x=0.01, ha="left")
    return figure


def _wrapped(text: str, width: int) -> str:
    from textwrap import fill

    return fill(text, width)


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


def _frame_pane(axes: "Axes", sheet: Sheet) -> None:
    assert sheet.image is not None
    low, high = np.percentile(sheet.image, (0.5, 99.5))
    time = "" if sheet.time_s is None else f", {sheet.time_s[sheet.frame]:.2f} s"
    title = f"frame {sheet.frame}{time}"
    _show(axes, sheet, sheet.image, 1, title, cmap="gray", vmin=low, vmax=max(high, low + 1e-6))
    _scale_bar(axes, sheet)
    _mark(axes, sheet)


def _depth_pane(axes: "Axes", sheet: Sheet) -> None:
    title = f"atoms per column, frame {sheet.frame}"
    image = _show(axes, sheet, sheet.depth, sheet.scale, title, cmap=_class_map(), vmin=-0.5, vmax=N_CLASSES - 0.5)
    bar = axes.figure.colorbar(image, ax=axes, ticks=range(N_CLASSES), fraction=0.045, pad=0.02)
    bar.ax.tick_params(labelsize=7)
    _scale_bar(axes, sheet)
    _mark(axes, sheet)


def _confidence_pane(axes: "Axes", sheet: Sheet) -> None:
    image = _show(axes, sheet, sheet.confidence, sheet.scale, "confidence", cmap="cividis", vmin=1 / N_CLASSES, vmax=1)
    axes.figure.colorbar(image, ax=axes, fraction=0.045, pad=0.02).ax.tick_params(labelsize=7)


def _saliency_pane(axes: "Axes", sheet: Sheet, saliency: Map) -> None:
    # a few pixels are far brighter than the rest: the root shows how far the map reaches
    shown = np.sqrt(saliency.values / max(float(saliency.values.max()), 1e-30))
    image = _show(axes, sheet, shown, saliency.scale, saliency.title, cmap="magma", vmin=0, vmax=1)
    bar = axes.figure.colorbar(image, ax=axes, fraction=0.045, pad=0.02)
    bar.set_label("√ of share of largest", fontsize=7)
    bar.ax.tick_params(labelsize=7)
    axes.plot(saliency.x_px, saliency.y_px, "o", ms=9, mfc="none", mec=saliency.colour, mew=1.2)


def _legend_pane(axes: "Axes", sheet: Sheet) -> None:
    """What the lines and marks mean, where a pane is free."""
    from matplotlib.lines import Line2D

    axes.axis("off")
    entries: list[Any] = [
        Line2D([], [], ls="", marker="o", mfc="none", mec=MARKERS[k], mew=1.5, label=f"{trace.label}")
        for k, trace in enumerate(sheet.traces)
    ]
    entries.append(Line2D([], [], color="#d9480f", lw=1.4, label="count after hidden-Markov smoothing"))
    if any(trace.truth is not None for trace in sheet.traces):
        entries.append(Line2D([], [], color="#1d74d5", lw=1, ls="--", label="truth"))
    axes.legend(handles=entries, loc="center left", frameon=False, fontsize=8)


def _trace_pane(axes: "Axes", sheet: Sheet, trace: Trace, colour: str) -> None:
    """Probability of every class (rows) in every frame as grey, the smoothed count as a line."""
    n_frames = len(trace.probabilities)
    step = 1.0 if sheet.time_s is None or n_frames < 2 else float(sheet.time_s[1])
    extent = (-0.5 * step, (n_frames - 0.5) * step, -0.5, N_CLASSES - 0.5)
    shades = np.ma.masked_invalid(trace.probabilities.T)
    image = axes.imshow(
        shades, extent=extent, origin="lower", aspect="auto", cmap="Greys", vmin=0, vmax=1, interpolation="nearest"
    )
    axes.figure.colorbar(image, ax=axes, fraction=0.015, pad=0.01, label="probability").ax.tick_params(labelsize=7)
    edges = (np.arange(n_frames + 1) - 0.5) * step
    axes.stairs(trace.path, edges, baseline=None, color="#d9480f", lw=1.4)
    if trace.truth is not None:
        axes.stairs(trace.truth, edges, baseline=None, color="#1d74d5", lw=1, ls="--")
    axes.axvline(sheet.frame * step, color=colour, lw=0.8)
    axes.set_yticks(range(N_CLASSES))
    axes.tick_params(labelsize=7)
    axes.set_ylabel("atoms", fontsize=8)
    axes.set_xlabel("frame" if sheet.time_s is None else "time / s", fontsize=8)
    axes.set_title(trace.label, fontsize=9, loc="left", color=BLACK)
    for side in axes.spines.values():
        side.set_color(colour)


def _mark(axes: "Axes", sheet: Sheet) -> None:
    for trace, colour in zip(sheet.traces, MARKERS, strict=False):
        axes.plot(trace.x_px, trace.y_px, "o", ms=9, mfc="none", mec=colour, mew=1.5)


def bar_length_nm(width_nm: float) -> float:
    """The longest of 1, 2, 5 × 10ⁿ nm within a quarter of the picture."""
    decade = 10.0 ** floor(log10(width_nm / 4))
    return max(step * decade for step in (1, 2, 5) if step * decade <= width_nm / 4)


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
