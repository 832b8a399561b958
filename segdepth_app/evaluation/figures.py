"""Figures that lie in every evaluation folder, as PNG: confusion, reliability, accuracy and deviating at each dose.

They are drawn at the end of a job that is to be fast, so they are few; the report draws the others, and every one
also as SVG and PDF.
"""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from segdepth_app.evaluation import panels
from segdepth_app.evaluation.drawing import TWO_COLUMNS, save, sheet, styled
from segdepth_app.evaluation.records import dose_key

DPI = 150


def draw_figures(folder: Path, record: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """confusion, reliability, accuracy and deviating, one of each per dose."""
    subject = subject_of(record["provenance"])
    for row, dose in enumerate(arrays["doses_e_per_px"]):
        key = dose_key(dose)
        figures = record["doses"][key]
        title = f"{subject}, λ\u00a0=\u00a0{key}\u00a0e/px"
        edges = arrays["reliability_edges"]
        at_dose = {name: values[row] for name, values in arrays.items() if values.ndim > 1}
        for name, figure in (
            ("confusion", confusion_figure(at_dose, title)),
            ("reliability", reliability_figure(at_dose, edges, figures, title)),
            ("accuracy", accuracy_figure(figures, title)),
            ("deviating", deviating_figure(figures["deviating"], title)),
        ):
            save(figure, folder / f"{name}_{key}.png", dpi=DPI)


def subject_of(provenance: dict[str, Any]) -> str:
    """What was judged on what, for the head of a figure."""
    low, high = (f"{value:.3g}" for value in provenance["image_spread_range_pm"])
    spread = low if low == high else f"{low}–{high}"
    name = Path(provenance["dataset"]["path"]).stem
    split = provenance["dataset"]["split"]
    return f"{provenance['model']['name']} on {name} ({split}), image spread {spread} pm"


@styled
def confusion_figure(arrays: dict[str, np.ndarray], title: str) -> Figure:
    """Confusion matrices of pixels and of columns."""
    figure, axes = sheet(title, width=TWO_COLUMNS, height=3.55, cols=2, margins=(0.4, 0.4, 0.1, 0.2), gaps=(0.5, 0))
    for place, what in zip(axes[0], ("pixels", "columns"), strict=True):
        panels.confusion(place, arrays[f"confusion_{what}"], what)
    return figure


@styled
def reliability_figure(arrays: dict[str, np.ndarray], edges: np.ndarray, figures: dict[str, Any], title: str) -> Figure:
    """Accuracy against confidence, before and after temperature, over the histogram of confidence."""
    figure, axes = sheet(
        title,
        width=TWO_COLUMNS,
        height=3.3,
        rows=2,
        cols=2,
        margins=(0.52, 0.4, 0.1, 0.2),
        gaps=(0.68, 0.12),
        height_ratios=(3, 1),
    )
    for column, what in enumerate(("pixel", "column")):
        panels.reliability(axes[0, column], axes[1, column], arrays[f"reliability_{what}s"], edges, figures, what)
    return figure


@styled
def accuracy_figure(figures: dict[str, Any], title: str) -> Figure:
    """Column accuracy by depth and element, by defocus, by image spread and by kind of specimen."""
    figure, axes = sheet(title, width=TWO_COLUMNS, height=4.6, rows=2, cols=2, gaps=(0.55, 0.75))
    panels.by_depth(axes[0, 0], figures)
    panels.by_bin(axes[0, 1], figures["by_defocus_nm"], "defocus C1, nm")
    panels.by_bin(axes[1, 0], figures["by_image_spread_pm"], "image spread, pm")
    panels.by_group(axes[1, 1], figures["by_kind"], "kind of specimen")
    return figure


@styled
def deviating_figure(figures: dict[str, Any], title: str) -> Figure:
    """Columns off their surroundings, under the verdict."""
    figure, axes = sheet(f"{title}. {figures['verdict_heading']}.", height=2.7, margins=(0.45, 0.42, 0.1, 0.48))
    panels.deviating(axes[0, 0], figures)
    return figure
