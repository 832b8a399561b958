"""Figures: files that other programs take, and nothing that is clipped or drawn over."""

import io
import re
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.image import imread

from segdepth_app.evaluation import panels
from segdepth_app.evaluation.drawing import ONE_COLUMN, drawable, rendered, sheet, styled
from segdepth_app.evaluation.figures import accuracy_figure, confusion_figure, deviating_figure, reliability_figure

TITLE = (
    "E1: a-model-with-a-long-name on wedge-test-25pm (validation), image spread 15–44.4 pm, λ\u00a0=\u00a02.5\u00a0e/px"
)


def summary(n, accuracy=0.613, interval=(0.5, 0.7)):
    return {"n": n, "accuracy": accuracy, "within_one": 0.95, "mae": 0.4, "interval": interval}


def bins(count):
    return [{"low": float(i), "high": i + 1.0, **summary(12_345)} for i in range(count)]


def figures():
    depths = {str(depth): summary(123_456) for depth in range(11)}
    depths["0"] = {"n": 0, "accuracy": None, "within_one": None, "mae": None, "interval": None}
    shares = {"n": 12_345, "right": 0.5, "as_plane": 0.3, "otherwise": 0.2}
    return {
        "temperature": 1.234,
        "pixel_ece": 0.0123,
        "pixel_ece_uncalibrated": 0.1,
        "column_ece": None,
        "column_ece_uncalibrated": None,
        "by_depth": depths,
        "by_element_and_depth": {"Ce": depths, "O": depths},
        "by_kind": {kind: summary(999_999) for kind in ("wedge", "rough", "shuffled", "terraced")},
        "by_defocus_nm": bins(17),
        "by_image_spread_pm": bins(6),
        "deviating": {
            "by_deviation": {f"{delta:+d}": shares for delta in (-3, -2, -1, 1, 2, 3)},
            "all": shares,
            "straight": {"n": 1_234_567, "right": 0.7, "called_deviating": 0.3},
            "verdict_heading": "Reads columns, but leans on their neighbours",
        },
    }


def arrays():
    rng = np.random.default_rng(1)
    names = ("confusion_pixels", "confusion_columns")
    table = np.abs(rng.normal(size=(2, 3, 15))) + 1
    found = {name: rng.integers(0, 2_000_000, (11, 11)) for name in names}
    return {**found, "reliability_pixels": table, "reliability_columns": table}


@styled
def single(panel, *values):
    figure, axes = sheet(TITLE, height=2.63, margins=(0.45, 0.42, 0.1, 0.48))
    panel(axes[0, 0], *values)
    return figure


STEPS = [
    {"lower": n, "n_lower": 123_456, "n_upper": 99, "accuracy": 0.8 if n else None, "interval": (0.7, 0.9)}
    for n in range(10)
]
FIGURES = {
    "confusion": lambda: confusion_figure(arrays(), TITLE),
    "reliability": lambda: reliability_figure(arrays(), np.linspace(0, 1, 16), figures(), TITLE),
    "accuracy": lambda: accuracy_figure(figures(), TITLE),
    "deviating": lambda: deviating_figure(figures()["deviating"], TITLE),
    "steps": lambda: single(panels.steps, {"all": STEPS, "Ce": STEPS, "O": STEPS}),
    "element and defocus": lambda: single(panels.by_element_and_defocus, {"Ce": bins(8), "O": bins(8)}),
    "split": lambda: single(panels.by_group, {"train": summary(1), "validation": summary(2)}, "split"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_text_lies_inside_its_figure_and_none_on_another(name):
    """At print size; the extents are those that the renderer reports after drawing."""
    figure = FIGURES[name]()
    figure.canvas.draw()
    page = figure.bbox
    boxes = {}
    for text in _drawn_texts(figure):
        box = text.get_window_extent()
        outside = max(-box.x0, -box.y0, box.x1 - page.x1, box.y1 - page.y1)
        # half a pixel: glyphs are placed on fractions of one
        assert outside <= 0.5, f"{text.get_text()!r} is clipped by {outside:.1f} px"
        boxes[text] = box.padded(-0.5)
    texts = list(boxes)
    assert len(texts) > 5
    for number, one in enumerate(texts):
        for other in texts[number + 1 :]:
            assert not boxes[one].overlaps(boxes[other]), f"{one.get_text()!r} lies on {other.get_text()!r}"


def _drawn_texts(figure):
    """All texts but the labels of ticks beyond the limits, which matplotlib keeps without drawing them."""
    found = list(figure.texts)
    for axes in figure.axes:
        found += [axes.title, *axes.texts]
        found += axes.get_legend().get_texts() if axes.get_legend() else []
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [tick for tick in axis.get_major_ticks() if low - 1e-9 <= tick.get_loc() <= high + 1e-9]
            found += [axis.label, *(tick.label1 for tick in ticks)]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def test_a_png_has_the_size_on_paper_times_its_resolution():
    figure = FIGURES["split"]()
    pixels = imread(io.BytesIO(rendered(figure, "png", dpi=300)))

    assert pixels.shape[1] == round(ONE_COLUMN * 300)
    assert pixels[..., :3].std() > 0.05


def test_a_pdf_carries_its_font_so_that_text_stays_text():
    data = rendered(FIGURES["split"](), "pdf")

    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    # FontFile2 is an embedded TrueType program, which is what type 42 stands for; Type3 are drawn shapes
    assert re.search(rb"/FontFile2 \d+ 0 R", data)
    assert b"/Type3" not in data


def test_an_svg_needs_no_font_and_the_same_figure_gives_the_same_file():
    first, second = (rendered(FIGURES["split"](), "svg") for _ in range(2))

    root = ET.fromstring(first)
    assert root.tag.endswith("svg")
    assert not list(root.iter("{http://www.w3.org/2000/svg}text"))
    assert first == second


@pytest.mark.parametrize(
    ("text", "drawn"),
    [("Größe µm λ ±1 – Å²", "Größe µm λ ±1 – Å²"), ("试样 1", "□□ 1"), ("a\tb\nc\u202e", "a□b□c□"), ("$x_2$", "$x_2$")],
)
def test_characters_without_a_glyph_become_boxes(text, drawn):
    assert drawable(text) == drawn


def test_any_name_can_be_drawn_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = single(panels.by_group, {"试样 $a$": summary(3)}, "kind")
        assert rendered(figure, "png", dpi=50).startswith(b"\x89PNG")


def test_a_users_matplotlib_settings_do_not_change_figures():
    import matplotlib

    plain = rendered(FIGURES["split"](), "svg")
    with matplotlib.rc_context({"font.size": 20, "axes.grid": True, "text.usetex": False, "axes.facecolor": "red"}):
        assert rendered(FIGURES["split"](), "svg") == plain
