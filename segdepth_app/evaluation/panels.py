"""What the figures of an evaluation are made of: one function draws one kind of figure into given axes.

Every share runs from 0 to 1. Vertical bars on a value are its 95 % interval, where the evaluation has one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from segdepth_app.evaluation.deviation import DEVIATIONS
from segdepth_app.evaluation.drawing import (
    BLUE,
    GREY,
    MARKERS,
    ORANGE,
    SERIES,
    count_row,
    drawable,
    legend_above,
)
from segdepth_app.evaluation.records import short_count

Summary = Mapping[str, Any]


def confusion(axes: Axes, matrix: np.ndarray, what: str) -> None:
    """Counts (11, 11) [true, called] written in, coloured by their share of the row."""
    n = len(matrix)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    # cells, not an image: some programs blur the pixels of an image in a PDF file
    axes.pcolormesh(np.arange(n + 1) - 0.5, np.arange(n + 1) - 0.5, shares, cmap="Blues", vmin=0, vmax=1)
    for true, called in np.argwhere(matrix):
        colour = "white" if shares[true, called] > 0.5 else "black"
        text = short_count(int(matrix[true, called]))
        axes.text(called, true, text, ha="center", va="center", fontsize=5, color=colour)
    axes.set(xlabel="called, atoms", ylabel="true, atoms", xticks=range(n), yticks=range(n))
    axes.set_ylim(n - 0.5, -0.5)
    axes.set_title(f"{what}, n = {int(matrix.sum()):,}; colour: share of the row")
    axes.set_aspect("equal")


def reliability(top: Axes, bottom: Axes, pair: np.ndarray, edges: np.ndarray, figures: Summary, what: str) -> None:
    """Accuracy against confidence before and after temperature; below, the histogram of confidence after it.

    `pair` is (before/after, calls/summed confidence/right calls, bins); `what` is pixel or column.
    """
    top.plot((0, 1), (0, 1), color=GREY, linestyle="--", label="perfect")
    names = (f"{what}_ece_uncalibrated", f"{what}_ece")
    for (n, confidence, right), colour, marker, when, name in zip(
        pair, (ORANGE, BLUE), "os", ("before", "after"), names, strict=True
    ):
        used = n > 0
        ece = "none" if figures.get(name) is None else f"{figures[name]:.4f}"
        temperature = 1 if when == "before" else figures["temperature"]
        label = f"{when}: T = {temperature:.3g}, ECE {ece}"
        # hollow below full: they often coincide
        face: dict[str, Any] = {"markerfacecolor": "white", "markersize": 5} if when == "before" else {}
        top.plot(confidence[used] / n[used], right[used] / n[used], f"{marker}-", color=colour, label=label, **face)
    total = pair[1, 0].sum()
    bottom.stairs(pair[1, 0] / max(total, 1), edges, fill=True, color=BLUE, alpha=0.5)
    top.set(ylabel="accuracy", xlim=(0, 1), ylim=(0, 1), xticklabels=[])
    top.set_title(f"{what}s, n = {int(total):,}")
    bottom.set(xlabel="confidence (largest probability)", ylabel="share", xlim=(0, 1))
    bottom.yaxis.set_major_locator(MaxNLocator(2))
    top.legend(loc="upper left")


def precision_recall(axes: Axes, curves: Mapping[str, tuple[np.ndarray, np.ndarray, str]]) -> None:
    """Curves {name: (recall, precision, label)} of calling a site occupied above each threshold of P(n > 0)."""
    for (recall, precision, label), colour, style in zip(curves.values(), SERIES, ("-", "--"), strict=False):
        axes.plot(recall, precision, style, color=colour, label=label)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.01))
    axes.legend(loc="lower left")


def by_depth(axes: Axes, figures: Summary) -> None:
    """Column accuracy by true depth, a bar for each element; marks: right or one atom off."""
    by_element = figures["by_element_and_depth"]
    width = 0.8 / max(len(by_element), 1)
    for number, (element, depths) in enumerate(by_element.items()):
        positions = np.arange(len(depths)) - 0.4 + width * (number + 0.5)
        n = sum(item["n"] for item in depths.values())
        label = f"{element}, n = {n:,}"
        _bars(axes, positions, list(depths.values()), width, SERIES[number % len(SERIES)], label)
    depths = figures["by_depth"]
    count_row(axes, range(len(depths)), [short_count(item["n"]) for item in depths.values()])
    axes.set(xlabel="true depth, atoms (0: empty site)", ylabel="column accuracy", ylim=(0, 1), xticks=range(11))
    _with_legend(axes)


def by_group(axes: Axes, groups: Mapping[str, Summary], xlabel: str) -> None:
    """Column accuracy by named group."""
    _grouped(axes, list(groups), list(groups.values()), xlabel)


def by_bin(axes: Axes, bins: Sequence[Summary], xlabel: str) -> None:
    """Column accuracy by bin of a number."""
    # bins stand side by side: the edges say more than a name for each
    _grouped(axes, ["" for _ in bins], bins, xlabel)
    edges = [item["low"] for item in bins] + [item["high"] for item in bins[-1:]]
    step = -(-len(edges) // 12)
    ticks = np.arange(len(edges))[::step] - 0.5
    axes.set_xticks(ticks, [f"{value:g}" for value in edges[::step]])


def _grouped(axes: Axes, labels: Sequence[str], items: Sequence[Summary], xlabel: str) -> None:
    positions = np.arange(len(items))
    label = f"exact, n = {sum(item['n'] for item in items):,}"
    _bars(axes, positions, items, 0.8, BLUE, label, mark="within ±1")
    count_row(axes, positions, [short_count(item["n"]) for item in items])
    axes.set_xticks(positions, [drawable(name) for name in labels])
    axes.set(xlabel=xlabel, ylabel="column accuracy", ylim=(0, 1), xlim=(-0.6, max(len(items), 1) - 0.4))
    _with_legend(axes)


def _bars(
    axes: Axes,
    positions: Any,
    items: Sequence[Summary],
    width: float,
    colour: str,
    label: str,
    *,
    mark: str = "",
) -> None:
    """Bars of accuracy, marks of the accuracy within one atom; nothing stands where there is no column."""
    known = [(x, item) for x, item in zip(positions, items, strict=True) if item["accuracy"] is not None]
    x = [x for x, _ in known]
    axes.bar(x, [item["accuracy"] for _, item in known], width * 0.94, color=colour, label=label)
    for place, item in known:
        if item.get("interval"):
            axes.plot((place, place), item["interval"], color="black", linewidth=0.8)
    loose = [item["within_one"] for _, item in known]
    half = width * 0.47
    axes.hlines(loose, [at - half for at in x], [at + half for at in x], color=ORANGE if mark else colour, label=mark)


def _with_legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        legend_above(axes, cols=3, above=0.12)


def by_element_and_defocus(axes: Axes, groups: Mapping[str, Sequence[Summary]]) -> None:
    """Column accuracy against defocus, a curve for each element."""
    for number, (element, bins) in enumerate(groups.items()):
        known = [item for item in bins if item["accuracy"] is not None]
        x = [(item["low"] + item["high"]) / 2 for item in known]
        label = f"{element}, n = {sum(item['n'] for item in bins):,}"
        _curve(axes, number, x, known, label)
    axes.set(xlabel="defocus C1, nm", ylabel="column accuracy", ylim=(0, 1))
    _with_legend(axes)


def _curve(axes: Axes, number: int, x: Sequence[float], items: Sequence[Summary], label: str) -> None:
    colour, marker = SERIES[number % len(SERIES)], MARKERS[number % len(MARKERS)]
    axes.plot(x, [item["accuracy"] for item in items], f"{marker}-", color=colour, label=label)
    for place, item in zip(x, items, strict=True):
        if item.get("interval"):
            axes.plot((place, place), item["interval"], color=colour, linewidth=0.8)


def steps(axes: Axes, by_element: Mapping[str, Sequence[Summary]]) -> None:
    """How often n and n + 1 atoms are told apart, a curve for each element; 0.5 is guessing."""
    axes.axhline(0.5, color=GREY, linestyle="--", linewidth=0.8)
    for number, (element, items) in enumerate(by_element.items()):
        known = [item for item in items if item["accuracy"] is not None]
        n = sum(item["n_lower"] for item in items) + sum(item["n_upper"] for item in items[-1:])
        label = f"{element}, n = {n:,}"
        _curve(axes, number, [item["lower"] for item in known], known, label)
    axes.set_xticks(range(10), [f"{n}|{n + 1}" for n in range(10)])
    axes.set(xlabel="step n | n + 1, atoms", ylabel="step accuracy", ylim=(0, 1.02), xlim=(-0.4, 9.4))
    _with_legend(axes)


def deviating(axes: Axes, figures: Summary) -> None:
    """Columns off their surroundings: called right, called as the surroundings say, called otherwise."""
    names = [f"{delta:+d}" for delta in DEVIATIONS]
    groups = [*(figures["by_deviation"][name] for name in names), figures["all"]]
    positions, bottom = np.arange(len(groups)), np.zeros(len(groups))
    for part, colour, label in (
        ("right", BLUE, "called right"),
        ("as_plane", ORANGE, "called as the surroundings"),
        ("otherwise", GREY, "called otherwise"),
    ):
        heights = np.array([item[part] or 0 for item in groups])
        axes.bar(positions, heights, 0.7, bottom=bottom, color=colour, label=label)
        bottom += heights
    straight = figures["straight"]
    if straight["n"]:
        label = f"straight ones right, n = {straight['n']:,}"
        axes.axhline(straight["right"], color="black", linewidth=0.9, linestyle=":", label=label)
    count_row(axes, positions, [short_count(item["n"]) for item in groups])
    axes.set_xticks(positions, [*(name.replace("-", "−") for name in names), "all"])
    xlabel = f"deviation δ from the local plane, atoms (n = {figures['all']['n']:,})"
    axes.set(xlabel=xlabel, ylabel="share of columns", ylim=(0, 1))
    legend_above(axes, cols=2, above=0.12)


def sweep(axes: Axes, curves: Mapping[str, Sequence[tuple[float, float, Any]]], ylabel: str) -> None:
    """A figure against dose: curves {label: [(λ in e/px, value, [low, high] or None)]}."""
    for number, (label, points) in enumerate(curves.items()):
        colour, marker = SERIES[number % len(SERIES)], MARKERS[number % len(MARKERS)]
        ordered = sorted(points, key=lambda point: point[0])
        x, y = [point[0] for point in ordered], [point[1] for point in ordered]
        axes.plot(x, y, f"{marker}-", color=colour, label=drawable(label))
        for dose, _, interval in ordered:
            if interval:
                axes.plot((dose, dose), interval, color=colour, linewidth=0.8)
    axes.set_xscale("log")
    doses = sorted({point[0] for points in curves.values() for point in points})
    if len(doses) <= 9:
        axes.set_xticks(doses, [f"{dose:g}" for dose in doses])
        axes.set_xticks([], minor=True)
    axes.set(xlabel="dose λ, electrons per pixel", ylabel=ylabel)
