"""Curves of runs over each other: colours that everybody can tell apart, and what of the epochs is shown."""

from itertools import combinations

import numpy as np
import pytest

from segdepth_app.gui import theme
from segdepth_app.gui.train.curves import RECENT_EPOCHS, RUN_COLOURS, Curves
from segdepth_app.gui.train.roster import Curve

# Machado, Oliveira, Fernandes (2009), severity 1, on linear RGB
SIGHT = {
    "usual": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = XYZ.sum(axis=1)


def linear(colour):
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE 1976 L*a*b* of linear RGB."""
    t = XYZ @ np.clip(rgb, 0, 1) / WHITE
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(a, b):
    bright, dark = sorted((float(XYZ[1] @ linear(c)) + 0.05 for c in (a, b)), reverse=True)
    return bright / dark


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("sight", SIGHT)
def test_runs_can_be_told_apart_with_every_kind_of_sight(is_dark, sight):
    """2.3 is just noticeable side by side; thin lines apart from each other need several times that."""
    strong = [linear(pair[0]) for pair in RUN_COLOURS[is_dark]]
    seen = [lab(np.array(SIGHT[sight]) @ colour) for colour in strong]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 15


@pytest.mark.parametrize(("is_dark", "look"), [(False, theme.LIGHT), (True, theme.DARK)])
def test_lines_stand_out_from_their_background(is_dark, look):
    """3 is what WCAG asks of graphics."""
    assert min(contrast(pair[0], look["plot"]) for pair in RUN_COLOURS[is_dark]) >= 3


@pytest.fixture
def curves(qtbot):
    widget = Curves()
    qtbot.addWidget(widget)
    widget.resize(700, 500)
    widget.show()
    return widget


def run_of(epochs, name="a"):
    x = np.arange(1.0, epochs + 1)
    series = {"val_loss": 100.0 / x, "train_loss": 90.0 / x, "centre_accuracy": np.full(epochs, 0.5)}
    return Curve(None, name, x, series)


def shown(curves):
    """Lowest and highest epoch, and highest loss, that the loss plot shows."""
    (left, right), (_, top) = curves._plots["loss"].viewRange()
    return left, right, 10**top


def test_recent_epochs_fill_the_plot_and_all_come_back(curves, qtbot):
    curves.show_runs([run_of(200), run_of(120, "b")])
    qtbot.waitUntil(lambda: shown(curves)[1] >= 200 and shown(curves)[2] >= 100)
    curves.span.setCurrentIndex(curves.span.findData(RECENT_EPOCHS))
    # the last 30 of 200 epochs have losses of 0.5 to 0.6
    qtbot.waitUntil(lambda: shown(curves)[2] < 1)
    left, right, _ = shown(curves)
    assert 165 < left <= 171
    assert 200 <= right < 205
    curves.span.setCurrentIndex(0)
    qtbot.waitUntil(lambda: shown(curves)[0] <= 1 and shown(curves)[2] >= 100)


def test_recent_epochs_move_on_with_a_live_run(curves, qtbot):
    curves.span.setCurrentIndex(curves.span.findData(RECENT_EPOCHS))
    curves.show_runs([run_of(60)])
    qtbot.waitUntil(lambda: 60 <= shown(curves)[1] < 65)
    curves.show_runs([run_of(90)])
    qtbot.waitUntil(lambda: 90 <= shown(curves)[1] < 95)
    assert shown(curves)[0] > 55


@pytest.mark.parametrize("epochs", [0, 1])
def test_a_run_that_has_hardly_begun_is_no_trouble(curves, qtbot, epochs):
    curves.span.setCurrentIndex(1)
    curves.show_runs([run_of(epochs)])
    qtbot.waitUntil(lambda: "<b>a</b>" in curves.legend.text())
    left, right, _ = shown(curves)
    assert np.isfinite([left, right]).all()
    assert right > left


@pytest.mark.parametrize(("epochs", "rate"), [(1, 2e-3), (1, 0.0), (7, 1e-4), (40, 3e-3)])
def test_a_constant_learning_rate_has_an_axis_from_zero_to_just_above_it(curves, qtbot, epochs, rate):
    run = run_of(epochs)
    run.series["learning_rate"] = np.full(epochs, rate)
    curves.show_runs([run])
    qtbot.waitUntil(lambda: "<b>a</b>" in curves.legend.text())
    for name in ("loss", "accuracy", "learning_rate"):
        (left, right), (bottom, top) = curves._plots[name].viewRange()
        assert left == 0, name  # no epoch is below it
        assert max(epochs, 2) <= right < 1.2 * max(epochs, 2)
    assert bottom == 0
    assert rate < top <= (1.2 * rate or 1.2)


def test_epochs_of_an_axis_are_whole_numbers(curves, qtbot):
    curves.show_runs([run_of(1)])
    qtbot.waitUntil(lambda: "<b>a</b>" in curves.legend.text())
    axis = curves._plots["learning_rate"].getAxis("bottom")
    levels = axis.tickValues(*axis.range, 600)
    ticks = [tick for _, values in levels for tick in values]
    assert {0, 1, 2} <= set(ticks)
    assert all(tick == round(tick) for tick in ticks)
