"""Draws the plots of study_records with matplotlib: curves with bands, bars, log axes.

Curves differ in colour (told apart with any colour vision) and in marker, those of the paper are black and dashed,
bounds grey and dotted.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from segdepth_app.evaluation.drawing import GREY, MARKERS, SERIES, TWO_COLUMNS, drawable, rendered, sheet, styled
from segdepth_app.evaluation.records import short_count
from segdepth_app.paths import written_whole

FORMATS = ("png", "svg", "pdf")
LINES = {"model": "-", "paper": "--", "bound": ":"}
OWN_COLOURS = {"paper": ("black", "#6a6a6a", "#b4b4b4"), "bound": (GREY, "#c8c8c8")}
COLOURS = tuple(colour for colour in SERIES if colour != "black")
DASHES = ("-", (0, (4, 1)), (0, (4, 1, 1, 1)))
"""Of models' curves: another once the colours begin anew."""
INCHES, LEGEND_LINE, LETTER = 2.9, 0.14, 0.055
SHOWN_LETTERS = 60
LETTERS_ACROSS = 100
FEW_DECADES = 1e3


@styled
def plot_figure(plot: dict[str, Any], caption: str = "") -> Figure:
    """The figure of one plot under its title; `caption` says what made it."""
    curves = plot["curves"]
    labels = [_cut(curve["label"]) for curve in curves]
    cols = max(1, min(4, int((TWO_COLUMNS - 0.6) / (0.45 + LETTER * max(map(len, labels), default=1)))))
    below = LEGEND_LINE * -(-len(curves) // cols)
    figure, ((axes,),) = sheet(
        ". ".join(filter(None, (plot["title"], caption))),
        width=TWO_COLUMNS,
        height=INCHES + below,
        margins=(0.6, 0.5 + below, 0.15, 0.12),
    )
    words = list(dict.fromkeys(x for curve in curves for x in curve["x"] if isinstance(x, str)))
    if words:
        _bars(axes, curves, words)
    else:
        _curves(axes, curves)
        if plot["x"]["log"]:
            _log_axis(axes)
    axes.set(xlabel=drawable(plot["x"]["label"]), ylabel=drawable(plot["y"]["label"]))
    axes.set_ylim(bottom=plot["y"]["low"], top=plot["y"]["high"])
    axes.grid(axis="y", color="#e0e0e0", linewidth=0.5)
    axes.set_axisbelow(True)
    if curves:
        handles, _ = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower left", bbox_to_anchor=(0.05 / TWO_COLUMNS, 0.02), ncols=cols)
    return figure


def save_figure(figure: Figure, folder: Path, name: str, formats: Sequence[str] = FORMATS) -> list[Path]:
    """folder/name.FORMAT for each format, whole."""
    paths = [folder / f"{name}.{form}" for form in formats]
    for path in paths:
        with written_whole(path) as temporary:
            temporary.write_bytes(rendered(figure, path.suffix[1:]))
    return paths


def colours(curves: Sequence[dict[str, Any]]) -> list[str]:
    """A colour for each curve: those of models in turn, greys for the paper's and for bounds."""
    found, n_of_role = [], dict.fromkeys(LINES, 0)
    for curve in curves:
        choice = OWN_COLOURS.get(curve["role"], COLOURS)
        found.append(choice[n_of_role[curve["role"]] % len(choice)])
        n_of_role[curve["role"]] += 1
    return found


def _curves(axes: Axes, curves: Sequence[dict[str, Any]]) -> None:
    for number, (curve, colour) in enumerate(zip(curves, colours(curves), strict=True)):
        x, y = _numbers(curve["x"]), _numbers(curve["y"])
        round_ = number // len(COLOURS) % len(DASHES)
        line = DASHES[round_] if curve["role"] == "model" else LINES[curve["role"]]
        marker = MARKERS[number % len(MARKERS)]
        axes.plot(x, y, linestyle=line, color=colour, marker=marker, label=f"{number}", gid=f"curve-{number}")
        if curve["low"] is not None:
            low, high = _numbers(curve["low"]), _numbers(curve["high"])
            axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)


def _bars(axes: Axes, curves: Sequence[dict[str, Any]], words: Sequence[str]) -> None:
    width = 0.8 / len(curves)
    for number, (curve, colour) in enumerate(zip(curves, colours(curves), strict=True)):
        middle = (number - (len(curves) - 1) / 2) * width
        x = np.array([words.index(word) for word in curve["x"]], dtype=float) + middle
        y = _numbers(curve["y"])
        axes.bar(x, y, 0.92 * width, color=colour, label=f"{number}")
        if curve["low"] is not None:
            low, high = _numbers(curve["low"]), _numbers(curve["high"])
            axes.vlines(x, low, high, color="black", linewidth=0.7)
    shown = [_cut(word, 28) for word in words]
    axes.set_xticks(range(len(words)), shown)
    if len("".join(shown)) > LETTERS_ACROSS:
        axes.tick_params("x", labelrotation=15)


def _log_axis(axes: Axes) -> None:
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    # over few decades the powers of ten alone would leave one tick or none
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if high > FEW_DECADES * low else (1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _short(value: float) -> str:
    return f"{value:g}" if value < 1000 else short_count(round(value))


def _cut(text: str, letters: int = SHOWN_LETTERS) -> str:
    text = drawable(text)
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def _numbers(values: Sequence[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=float)
