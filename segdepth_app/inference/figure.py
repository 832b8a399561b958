"""The figure of a result: frame, depth, confidence, saliency, and probability traces on one sheet.

In the manner of Figs. 10 to 12 of Leibovich et al. Drawn by matplotlib without a display; imported late.
All panes share the source file's pixel coordinates.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segdepth_app.config import N_CLASSES
from segdepth_app.errors import InputError, SeriesError
from segdepth_app.inference.figure_panes import BLACK, PANES, saliency_pane
from segdepth_app.inference.on_frame import OnFrame, zoom_for
from segdepth_app.inference.results import OUTSIDE, Result, ResultInfo
from segdepth_app.inference.sheet import MARKER_COLOURS, Map, Sheet, Trace
from segdepth_app.inference.traces import column_prior, smooth_trace
from segdepth_app.paths import written_whole
from segdepth_app.series.opener import Series
from segdepth_app.units import dose_per_area

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LONGEST_PX = 1024
"""Maps of a turned grid are drawn on a picture of the frame of at most so many pixels a side."""
DPI = 160


def caption_of(result: Result) -> str:
    """What was analysed, with what, under which assumptions, in one line."""
    info, card = result.info, result.card
    optics = card.optics
    return (
        f"{Path(info.source[0]).name}, {info.pixel_size_pm:.4g} pm/px ({info.pixel_size_source}), "
        f"{info.dose_e_per_px:.3g} e/px = {dose_per_area(info.dose_e_per_px, info.pixel_size_pm):.0f} e/Å² per frame "
        f"({info.dose_source}){_done_to_frames(info)} · model {card.name}, trained at {optics.voltage_kv:g} kV, "
        f"C1 {optics.c1_low_nm:g} to {optics.c1_high_nm:g} nm, C3 {optics.c3_um:g} µm, image spread "
        f"{optics.image_spread_low_pm:g} to {optics.image_spread_high_pm:g} pm · SegDepth {result.version}"
    )


def _done_to_frames(info: ResultInfo) -> str:
    sums = f", each image the sum of {info.sum_frames} frames" if info.sum_frames > 1 else ""
    return sums + (", drift undone" if info.align != "none" else "")


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
    panes: Sequence[str] = ("frame", "depth", "confidence"),
) -> Sheet:
    """What a result knows of one frame, with traces and, where they are at hand, the frame itself and maps.

    Maps of a turned grid are turned back onto the frame.
    """
    info = result.info
    depth, confidence = result.depth(frame), result.confidence(frame) / np.float32(255)
    activity, scale = result.activity(), result.scale
    if result.grid.is_turned:
        zoom = min(1.0, zoom_for(info.height_px, info.width_px, LONGEST_PX))
        on_frame = OnFrame(result.grid, info.height_px, info.width_px, zoom)
        depth, confidence, scale = on_frame(depth, OUTSIDE), on_frame(confidence, 0), 1 / zoom
        activity = None if activity is None else on_frame(activity, 0)
    return Sheet(
        frame=frame,
        depth=depth,
        confidence=confidence,
        scale=scale,
        pixel_size_pm=result.info.pixel_size_pm,
        size_px=(result.info.height_px, result.info.width_px),
        traces=traces,
        caption=caption_of(result),
        time_s=result.time_s,
        image=image,
        saliency=list(saliency),
        panes=tuple(panes),
        columns=result.columns_of(frame) if "columns" in panes else None,
        reach_px=result.card.labels.light_radius_pm / info.pixel_size_pm,
        activity=activity,
    )


def result_sheet(
    result: Result,
    *,
    frame: int | None = None,
    pixels: Sequence[tuple[float, float]] = (),
    panes: Sequence[str] = ("frame", "depth", "confidence"),
    series: Series | None = None,
) -> Sheet:
    """A sheet of a result: panes, and traces at the pixels (as many as there are markers).

    Without a frame the middle one of those done is shown; without pixels, the column that changes most is traced.
    Raises: InputError where the frame was not analysed.
    """
    done = np.flatnonzero(result.done)
    if not len(done):
        raise InputError(f"{result.path} holds no frame.", "Analyse the series again.")
    t = int(done[len(done) // 2]) if frame is None else frame
    if not pixels:
        liveliest = liveliest_column(result.columns_table())
        centre = (result.info.width_px // 2, result.info.height_px // 2)
        pixels = (centre if liveliest is None else liveliest,)
    traces = [trace_of(result, f"pixel {x:.0f}, {y:.0f}", x, y) for x, y in pixels[: len(MARKER_COLOURS)]]
    return sheet_of(result, t, traces, image=_image(series, t), panes=panes)


def _image(series: Series | None, t: int) -> np.ndarray | None:
    try:
        return None if series is None else series.frame(t)
    except SeriesError:  # a frame that cannot be read has no pane
        return None


def save_figure(sheet: Sheet, paths: list[Path]) -> None:
    """The sheet as files; the ending says the format."""
    figure = draw(sheet)
    for path in paths:
        with written_whole(path) as temporary:
            save_as(figure, temporary, path.suffix)


def save_as(figure: "Figure", path: Path, kind: str) -> None:
    """A figure as a file of the kind that the ending `kind` says."""
    figure.savefig(path, format=kind.lower().removeprefix("."), dpi=DPI)


def draw(sheet: Sheet) -> "Figure":
    """The sheet as a matplotlib figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = [PANES[name][1] for name in sheet.panes if getattr(sheet, PANES[name][0]) is not None]
    panes = len(shown) + len(sheet.saliency)
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

    for draw_pane in shown:
        draw_pane(next_axes(), sheet)
    for saliency in sheet.saliency:
        saliency_pane(next_axes(), sheet, saliency)
    for place in places:
        _legend_pane(figure.add_subplot(grid[place]), sheet)
        break
    for k, trace in enumerate(sheet.traces):
        _trace_pane(figure.add_subplot(grid[rows + k, :]), sheet, trace, MARKER_COLOURS[k])
    figure.supxlabel(_wrapped(sheet.caption, int(14 * figure.get_figwidth())), fontsize=7, x=0.01, ha="left")
    return figure


def _wrapped(text: str, width: int) -> str:
    from textwrap import fill

    return fill(text, width)


def _legend_pane(axes: "Axes", sheet: Sheet) -> None:
    """What the lines and marks mean, where a pane is free."""
    from matplotlib.lines import Line2D

    axes.axis("off")
    entries: list[Any] = [
        Line2D([], [], ls="", marker="o", mfc="none", mec=MARKER_COLOURS[k], mew=1.5, label=f"{trace.label}")
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
    axes.set_xlabel("frame (from 0)" if sheet.time_s is None else "time / s", fontsize=8)
    axes.set_title(trace.label, fontsize=9, loc="left", color=BLACK)
    for side in axes.spines.values():
        side.set_color(colour)
