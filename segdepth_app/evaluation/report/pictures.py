"""The figures of one evaluation at one dose, each with its caption; drawn only when asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from matplotlib.figure import Figure

from segdepth_app.errors import ResultError
from segdepth_app.evaluation import panels
from segdepth_app.evaluation.drawing import ONE_COLUMN, TWO_COLUMNS, sheet, styled
from segdepth_app.evaluation.figures import subject_of
from segdepth_app.evaluation.records import Example
from segdepth_app.evaluation.report.rows import MATRICES, presence_curves
from segdepth_app.evaluation.report.sources import JudgedSource

CELLS, PER_CELL = 4, 3
"""Cells of the confusion whose examples are shown, and examples of each."""
WORST = 4
SCALE_BAR_A = 10.0


@dataclass(frozen=True)
class Drawing:
    """A figure to be: file name without suffix, what stands below it, and how it is drawn."""

    name: str
    caption: str
    draw: Callable[[], Figure]


def drawings(source: JudgedSource, dose: str) -> list[Drawing]:
    """All figures that this evaluation has the numbers for."""
    figures = source.evaluation.doses[dose]
    title = f"{source.key}: {subject_of(source.evaluation.provenance)}, λ\u00a0=\u00a0{dose}\u00a0e/px"
    made = [*_of_arrays(source, dose, title), *_of_figures(figures, title), *_of_images(source, dose, title)]
    return [Drawing(f"{source.key}_{item.name}_{dose}", item.caption, item.draw) for item in made]


def _of_arrays(source: JudgedSource, dose: str, title: str) -> list[Drawing]:
    try:
        arrays, curves = source.evaluation.arrays(dose), presence_curves(source, dose)
    except ResultError:
        return []  # the tables say so
    figures = source.evaluation.doses[dose]
    made = [
        Drawing(
            f"confusion-{what}",
            f"Confusion matrix of {what}: counts; the colour is the share of the row.",
            partial(_confusion, arrays[f"confusion_{what}"], what, title),
        )
        for what in MATRICES
    ]
    made += [
        Drawing(
            f"reliability-{what}s",
            f"Reliability of {what}s before and after temperature scaling; below, the histogram of confidence after.",
            partial(_reliability, arrays, figures, what, title),
        )
        for what in ("pixel", "column")
    ]
    if curves:
        caption = "Precision and recall of calling a pixel, or a column site, occupied by P(n > 0)."
        made.append(Drawing("precision-recall", caption, partial(_precision_recall, curves, arrays, figures, title)))
    return made


def _of_figures(figures: Mapping[str, Any], title: str) -> list[Drawing]:
    split, kind = figures.get("by_split"), figures["by_kind"]
    defocus, both = figures["by_defocus_nm"], figures.get("by_element_and_defocus_nm")
    spread = figures["by_image_spread_pm"]
    steps = {"all": figures["steps"], **figures.get("steps_by_element", {})} if figures.get("steps") else None
    marks = "Bars: exact; marks: within one atom; above: number of columns."
    by = "Column accuracy by"
    groups: list[tuple[str, str, Callable[..., None], tuple[Any, ...]]] = [
        ("depth", f"{by} true depth and element. {marks}", panels.by_depth, (figures,)),
        ("defocus", f"{by} defocus. {marks}", panels.by_bin, (defocus, "defocus C1, nm")),
        ("element-defocus", f"{by} element and defocus.", panels.by_element_and_defocus, (both,)),
        ("spread", f"{by} image spread. {marks}", panels.by_bin, (spread, "image spread, pm")),
        ("kind", f"{by} kind of specimen. {marks}", panels.by_group, (kind, "kind of specimen")),
        ("split", f"{by} split of the dataset. {marks}", panels.by_group, (split, "split")),
        ("steps", "How often n and n + 1 atoms are told apart; 0.5 is guessing.", panels.steps, (steps,)),
        (
            "deviating",
            "Columns off their surroundings: called right, as the surroundings suggest, or otherwise.",
            panels.deviating,
            (figures["deviating"],),
        ),
    ]
    return [
        Drawing(name, caption, partial(_single, panel, values, title))
        for name, caption, panel, values in groups
        if values[0]
    ]


def _of_images(source: JudgedSource, dose: str, title: str) -> list[Drawing]:
    made = []
    try:
        cells, worst = _example_cells(source, dose), source.evaluation.worst(dose)[:WORST]
    except ResultError:
        return []
    if cells:
        caption = (
            "Examples of the most frequent confusions: the noisy input, the depth called and the true depth around the "
            "column in the middle (circle)."
        )
        made.append(Drawing("examples", caption, partial(_examples, cells, title)))
    pictures = [image for image in worst if image.path.is_file()]
    if pictures:
        caption = f"The images of which the fewest columns are called right; bar: {SCALE_BAR_A / 10:g} nm."
        made.append(Drawing("worst", caption, partial(_worst, pictures, title)))
    return made


@styled
def _confusion(matrix: np.ndarray, what: str, title: str) -> Figure:
    figure, axes = sheet(title, height=3.5, margins=(0.38, 0.38, 0.05, 0.2))
    panels.confusion(axes[0, 0], matrix, what)
    return figure


@styled
def _reliability(arrays: dict[str, np.ndarray], figures: Mapping[str, Any], what: str, title: str) -> Figure:
    margins = (0.52, 0.4, 0.12, 0.2)
    figure, axes = sheet(title, height=3.3, rows=2, margins=margins, gaps=(0, 0.12), height_ratios=(3, 1))
    panels.reliability(
        axes[0, 0], axes[1, 0], arrays[f"reliability_{what}s"], arrays["reliability_edges"], figures, what
    )
    return figure


@styled
def _precision_recall(
    curves: Mapping[str, Any], arrays: dict[str, np.ndarray], figures: Mapping[str, Any], title: str
) -> Figure:
    figure, axes = sheet(title, height=2.6, margins=(0.45, 0.42, 0.12, 0.1))
    lines = {}
    for what, curve in curves.items():
        average = figures.get(f"{what[:-1]}_average_precision")
        label = f"{what}, n = {int(arrays[f'presence_{what}'].sum()):,}"
        label += "" if average is None else f", average precision {average:.3f}"
        lines[what] = (curve.recall, curve.precision, label)
    panels.precision_recall(axes[0, 0], lines)
    return figure


@styled
def _single(panel: Callable[..., None], values: tuple[Any, ...], title: str) -> Figure:
    # the legend of deviating columns has two lines
    top = 0.48 if panel is panels.deviating else 0.36
    figure, axes = sheet(title, height=2.15 + top, margins=(0.45, 0.42, 0.1, top))
    panel(axes[0, 0], *values)
    return figure


def _example_cells(source: JudgedSource, dose: str) -> list[list[Example]]:
    matrix = source.evaluation.arrays(dose)["confusion_columns"].copy()
    np.fill_diagonal(matrix, 0)
    largest = np.argsort(-matrix, axis=None, kind="stable")[:CELLS]
    pairs = [divmod(int(cell), len(matrix)) for cell in largest if matrix.flat[cell]]
    found = [source.evaluation.examples(dose, true, called)[:PER_CELL] for true, called in pairs]
    return [examples for examples in found if examples]


@styled
def _examples(cells: list[list[Example]], title: str) -> Figure:
    field = cells[0][0].image.shape[1] * cells[0][0].image_pixel_pm / 1000
    figure, axes = sheet(
        f"{title}. Each field is {field:.2g} nm wide; depth from 0 (dark) to 10 atoms (yellow).",
        width=TWO_COLUMNS,
        height=0.3 + 0.93 * len(cells),
        rows=len(cells),
        cols=3 * PER_CELL,
        margins=(0.55, 0.05, 0.05, 0.3),
        gaps=(0.06, 0.25),
    )
    for place in axes.flat:
        place.axis("off")
    for row, examples in zip(axes, cells, strict=True):
        for number, example in enumerate(examples):
            _example(row[3 * number : 3 * number + 3], example)
        label = f"{examples[0].true} called\n{examples[0].called}"
        row[0].text(-0.1, 0.5, label, transform=row[0].transAxes, ha="right", va="center", fontsize=7)
    for number in range(min(PER_CELL, max(map(len, cells)))):
        for place, word in zip(axes[0, 3 * number : 3 * number + 3], ("input", "called", "true"), strict=True):
            place.text(0.5, 1.17, word, transform=place.transAxes, ha="center", va="bottom", fontsize=6.5)
    return figure


def _example(places: Any, example: Example) -> None:
    height, width = example.image.shape
    size = np.array((width, height)) * example.image_pixel_pm
    extent = (0, size[0], size[1], 0)
    at = [(value + 0.5) * example.image_pixel_pm for value in (example.crop_x_px, example.crop_y_px)]
    shown = (example.image, example.called_map, example.true_map)
    for place, values, (cmap, low, high) in zip(
        places, shown, (("gray", None, None), ("viridis", 0, 10), ("viridis", 0, 10)), strict=True
    ):
        place.imshow(values, cmap=cmap, vmin=low, vmax=high, extent=extent, interpolation="nearest")
        place.plot(*at, "o", markersize=5, markerfacecolor="none", markeredgecolor="#ff3b30", markeredgewidth=0.8)
    text = f"image {example.image_row}, ({example.x_px:.0f}, {example.y_px:.0f}) px, P = {example.confidence:.2f}"
    places[1].text(0.5, 1.03, text, transform=places[1].transAxes, ha="center", va="bottom", fontsize=5)


@styled
def _worst(images: Any, title: str) -> Figure:
    cols = len(images)
    each = (TWO_COLUMNS - 0.1 - 0.1 * (WORST - 1)) / WORST
    width = max(ONE_COLUMN, 0.1 + each * cols + 0.1 * (cols - 1))
    figure, axes = sheet(
        title, width=width, height=each + 0.45, cols=cols, margins=(0.05, 0.05, 0.05, 0.4), gaps=(0.1, 0)
    )
    for place, image in zip(axes[0], images, strict=True):
        counts = tifffile.imread(Path(image.path))
        extent = (0, counts.shape[1], counts.shape[0], 0)
        place.imshow(counts, cmap="gray", extent=extent, interpolation="antialiased")
        place.axis("off")
        bar = SCALE_BAR_A * 100 / image.pixel_size_pm
        top = counts.shape[0] * 0.95
        place.plot((counts.shape[1] * 0.05, counts.shape[1] * 0.05 + bar), (top, top), color="white", linewidth=2)
        text = (
            f"image {image.image}, {image.kind}: {image.accuracy:.0%} of {image.n_columns}\n"
            f"C1 {image.c1_nm:z.1f} nm, spread {image.image_spread_pm:.0f} pm"
        )
        place.set_title(text, fontsize=6)
    return figure
