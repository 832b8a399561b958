"""Figures of an evaluation as PNG, drawn without any display."""

from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from segdepth_app.evaluation.deviation import DEVIATIONS
from segdepth_app.evaluation.records import dose_key, short_count

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#8c8c8c"
"""Of Okabe and Ito's set, told apart with any colour vision."""


def draw_figures(folder: Path, record: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """confusion, reliability, accuracy and deviating, one of each per dose."""
    subject = _subject(record["provenance"])
    for row, dose in enumerate(arrays["doses_e_per_px"]):
        key = dose_key(dose)
        figures = record["doses"][key]
        title = f"{subject} · λ = {key} e/px"
        at_dose = {name: values[row] for name, values in arrays.items() if values.ndim > 1}
        edges = arrays["reliability_edges"]
        _save(confusion_figure(at_dose, title), folder / f"confusion_{key}.png")
        _save(reliability_figure(at_dose, edges, figures, title), folder / f"reliability_{key}.png")
        _save(accuracy_figure(figures, title), folder / f"accuracy_{key}.png")
        _save(deviating_figure(figures["deviating"], title), folder / f"deviating_{key}.png")


def _subject(provenance: dict[str, Any]) -> str:
    low, high = provenance["image_spread_range_pm"]
    name = Path(provenance["dataset"]["path"]).stem
    split = provenance["dataset"]["split"]
    return f"{provenance['model']['name']} on {name} ({split}), image spread {low:.3g}–{high:.3g} pm"


def _figure(width: float, height: float, title: str) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=9)
    return figure


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=150)


def confusion_figure(arrays: dict[str, np.ndarray], title: str) -> Figure:
    """Confusion matrices of pixels and of columns: colours by row, counts written in."""
    figure = _figure(13, 6, title)
    for axes, (name, what) in zip(
        figure.subplots(1, 2), (("confusion_pixels", "pixels"), ("confusion_columns", "columns")), strict=True
    ):
        matrix = arrays[name]
        rows = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
        image = axes.imshow(rows, cmap="Blues", vmin=0, vmax=1)
        for true, called in np.argwhere(matrix):
            colour = "white" if rows[true, called] > 0.5 else "black"
            text = short_count(matrix[true, called])
            axes.text(called, true, text, ha="center", va="center", fontsize=7, color=colour)
        axes.set(title=f"{what}, {matrix.sum():,} in all", xlabel="called, atoms", ylabel="true, atoms")
        axes.set_xticks(range(len(matrix)))
        axes.set_yticks(range(len(matrix)))
        figure.colorbar(image, ax=axes, label="share of row", shrink=0.8)
    return figure


def reliability_figure(arrays: dict[str, np.ndarray], edges: np.ndarray, figures: dict[str, Any], title: str) -> Figure:
    """Accuracy against confidence, before and after temperature, over the histogram of confidence."""
    figure = _figure(11, 6, title)
    axes = figure.subplots(2, 2, height_ratios=(3, 1), sharex=True)
    for column, what in enumerate(("pixel", "column")):
        pair = arrays[f"reliability_{what}s"]
        top, bottom = axes[0, column], axes[1, column]
        top.plot((0, 1), (0, 1), color=GREY, linewidth=1, linestyle="--", label="perfect")
        names = (f"{what}_ece_uncalibrated", f"{what}_ece")
        styles = ((ORANGE, "before"), (BLUE, "after"))
        for (n, confidence, right), (colour, when), name in zip(pair, styles, names, strict=True):
            used = n > 0
            ece = "none" if figures[name] is None else f"{figures[name]:.4f}"
            label = f"{when} temperature, ECE {ece}"
            top.plot(confidence[used] / n[used], right[used] / n[used], "o-", color=colour, markersize=4, label=label)
        bottom.stairs(pair[1, 0] / max(pair[1, 0].sum(), 1), edges, fill=True, color=BLUE, alpha=0.5)
        top.set(ylabel="accuracy", xlim=(0, 1), ylim=(0, 1), title=f"{what}s, temperature {figures['temperature']:.3g}")
        bottom.set(xlabel="confidence", ylabel=f"share of {what}s")
        top.legend(fontsize=8, loc="upper left")
    return figure


def accuracy_figure(figures: dict[str, Any], title: str) -> Figure:
    """Column accuracy by depth and element, by defocus, by image spread and by kind of specimen."""
    figure = _figure(12, 7, title)
    (depth, defocus), (spread, kind) = figure.subplots(2, 2)
    _depth_bars(depth, figures)
    for axes, name, unit in ((defocus, "by_defocus_nm", "defocus, nm"), (spread, "by_image_spread_pm", "spread, pm")):
        bins = figures[name]
        _bars(axes, [f"{item['low']:g}–{item['high']:g}" for item in bins], bins)
        axes.set_xlabel(unit)
    kinds = {**figures["by_kind"], **figures["by_element"]}
    _bars(kind, list(kinds), list(kinds.values()))
    kind.set_xlabel("specimen kind, element")
    return figure


def _depth_bars(axes: Any, figures: dict[str, Any]) -> None:
    by_element = figures["by_element_and_depth"]
    width = 0.8 / max(len(by_element), 1)
    for number, (element, depths) in enumerate(by_element.items()):
        positions = np.arange(len(depths)) - 0.4 + width * (number + 0.5)
        heights = [item["accuracy"] or 0 for item in depths.values()]
        axes.bar(positions, heights, width, label=element, color=(BLUE, ORANGE, GREY)[number % 3])
    axes.set(xlabel="true depth, atoms (0: empty site)", ylabel="column accuracy", ylim=(0, 1), xticks=range(11))
    if by_element:
        _legend_above(axes)


def _bars(axes: Any, labels: list[str], figures: list[dict[str, Any]]) -> None:
    """Accuracy, with ±1 accuracy as a line over it, and the number of columns below each label."""
    positions = np.arange(len(labels))
    axes.bar(positions, [item["accuracy"] or 0 for item in figures], 0.7, color=BLUE, label="exact")
    loose = [item["within_one"] or 0 for item in figures]
    axes.plot(positions, loose, "_", color=ORANGE, markersize=18, markeredgewidth=2, label="±1")
    axes.set_xticks(positions, [f"{name}\nn {item['n']}" for name, item in zip(labels, figures, strict=True)])
    axes.tick_params(axis="x", labelsize=7)
    axes.set(ylabel="column accuracy", ylim=(0, 1.02))
    _legend_above(axes)


def _legend_above(axes: Any) -> None:
    """Outside, so that it hides no bar."""
    axes.legend(fontsize=8, ncols=2, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.1, frameon=False)


def deviating_figure(figures: dict[str, Any], title: str) -> Figure:
    """Columns off their surroundings: called right, called as the surroundings say, called otherwise."""
    figure = _figure(10, 5.5, title)
    axes = figure.subplots()
    names = [*(f"{delta:+d}" for delta in DEVIATIONS), "all"]
    shares = [*(figures["by_deviation"][name] for name in names[:-1]), figures["all"]]
    positions, bottom = np.arange(len(names)), np.zeros(len(names))
    parts = (("right", BLUE, "called right"), ("as_plane", ORANGE, "called as the surroundings say"))
    for part, colour, label in (*parts, ("otherwise", GREY, "called otherwise")):
        heights = np.array([item[part] or 0 for item in shares])
        axes.bar(positions, heights, 0.7, bottom=bottom, color=colour, label=label)
        bottom += heights
    straight = figures["straight"]
    if straight["n"]:
        label = f"straight columns called right ({straight['right']:.0%} of {straight['n']})"
        axes.axhline(straight["right"], color="black", linewidth=1, linestyle=":", label=label)
    axes.set_xticks(positions, [f"{name}\nn {item['n']}" for name, item in zip(names, shares, strict=True)])
    axes.set(xlabel="atoms off the local plane", ylabel="share of columns", ylim=(0, 1))
    axes.set_title("\n".join(wrap(f"{figures['verdict_heading']}. {figures['verdict_text']}", 110)), fontsize=9)
    figure.legend(loc="outside lower center", ncols=4, fontsize=8)
    return figure
