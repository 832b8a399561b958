"""Figures of a study: what is drawn is what the plot says, in every format; a pause leaves them too."""

import json
import re

import matplotlib.collections
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.container import BarContainer
from PIL import Image

from segdepth_app.evaluation.studies.draw import COLOURS, plot_figure, save_figure
from segdepth_app.evaluation.studies.parts import curve, plot, table, with_interval
from segdepth_app.evaluation.studies.run import run
from segdepth_app.evaluation.study_records import read_study
from tests.evaluation.studies.study_toys import Witness, toy_study

DOSES = [0.1, 1.0, 10.0]


def sweep() -> dict:
    """Two models, one with a hole and an interval, and the paper."""
    curves = [
        curve("one", DOSES, [0.2, 0.5, 0.9], intervals=[(0.1, 0.3), None, (0.8, 0.95)]),
        curve("two", DOSES, [0.1, None, 0.4]),
        curve("paper", DOSES, [0.3, 0.6, 0.7], role="paper"),
    ]
    return plot("sweep", "Sweep", x="Dose (e/px)", y="Accuracy", curves=curves, log=True, low=0, high=1)


def test_curves_bands_axes_and_legend_are_those_of_the_plot():
    figure = plot_figure(sweep(), "toys (test)")
    (axes,) = figure.axes

    assert (axes.get_xscale(), axes.get_ylim()) == ("log", (0, 1))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Dose (e/px)", "Accuracy")
    for line, drawn in zip(axes.lines, sweep()["curves"], strict=True):
        np.testing.assert_array_equal(line.get_xdata(), drawn["x"])
        np.testing.assert_array_equal(line.get_ydata(), np.array(drawn["y"], float))
    assert [line.get_linestyle() for line in axes.lines] == ["-", "-", "--"]
    (band,) = [item for item in axes.collections if isinstance(item, matplotlib.collections.PolyCollection)]
    # a point without an interval parts the band in two
    assert len(band.get_paths()) == 2
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["one", "two", "paper"]
    assert "toys (test)" in figure.texts[0].get_text()


def test_bars_stand_in_groups_by_word():
    words = ["right", "wrong"]
    curves = [
        curve(name, words, [0.25, share], intervals=[(0.2, 0.3), (0.7, 0.8)])
        for name, share in (("a", 0.75), ("b", 0.5))
    ]
    (axes,) = plot_figure(plot("bars", "Bars", x="", y="Share", curves=curves)).axes

    groups = [item for item in axes.containers if isinstance(item, BarContainer)]
    assert [[bar.get_height() for bar in group] for group in groups] == [[0.25, 0.75], [0.25, 0.5]]
    centres = np.array([[bar.get_x() + bar.get_width() / 2 for bar in group] for group in groups])
    np.testing.assert_allclose(centres.mean(axis=0), [0, 1], atol=1e-12)
    assert [label.get_text() for label in axes.get_xticklabels()] == words


@pytest.mark.parametrize("limits", [(1, 2.5), (0.1, 10), (2e4, 8e7)])
def test_a_log_axis_has_ticks_that_can_be_read(limits):
    drawn = plot("p", "P", x="x", y="y", curves=[curve("c", limits, [0, 1])], log=True)
    (axes,) = plot_figure(drawn).axes
    low, high = axes.get_xlim()

    shown = [
        label.get_text()
        for label, place in zip(axes.get_xticklabels(), axes.get_xticks(), strict=True)
        if low <= place <= high
    ]
    assert len(shown) >= 2
    assert all(re.fullmatch(r"[\d.]+[kMG]?", text) for text in shown)


def test_colours_are_told_apart_without_red_and_green():
    """Deuteranopia, after Viénot, Brettel and Mollon 1999: any two colours stay a tenth of the range apart."""
    lms = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
    loss = np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]])
    seen = np.array([np.linalg.inv(lms) @ loss @ lms @ (np.array(to_rgb(colour)) ** 2.2) for colour in COLOURS])
    seen = np.clip(seen, 0, 1) ** (1 / 2.2)
    apart = [np.abs(one - two).max() for i, one in enumerate(seen) for two in seen[:i]]
    assert min(apart) > 0.1


def test_every_format_is_written_whole(tmp_path):
    paths = save_figure(plot_figure(sweep()), tmp_path, "sweep")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["sweep.pdf", "sweep.png", "sweep.svg"]
    with Image.open(paths[0]) as picture:
        assert picture.size[0] > 1000
    assert b"<svg" in paths[1].read_bytes()
    assert paths[2].read_bytes().startswith(b"%PDF")


def test_a_study_leaves_a_figure_for_each_plot_and_a_file_for_each_table(tmp_path):
    """Also where it is paused half way."""
    config = toy_study(tmp_path, max_images=1)
    witness = Witness()
    run(config, witness)

    study = read_study(config.out)
    wanted = {f"{item['name']}.{form}" for item in study.plots for form in ("png", "svg", "pdf")}
    assert {path.name for path in (config.out / "figures").iterdir()} == wanted
    assert [path.name for path in (config.out / "tables").iterdir()] == ["headlines.csv"]
    assert study.picture(study.plots[0]["name"]).is_file()
    assert {path.name for path in witness.artifacts} == {"study.json", "headlines.csv", "columns_2.5.png"}


def test_missing_values_stay_out_of_tables_and_curves():
    rows = [{"a": float("nan"), "b": 1} | with_interval("c", 0.5, (0.4, 0.6)), with_interval("c", None, None)]
    made = table("t", "T", {"a": "A", "b": "B", "c": "C (nm)"}, rows)

    assert made["rows"] == [
        {"a": None, "b": 1, "c": 0.5, "c_low": 0.4, "c_high": 0.6},
        {"a": None, "b": None, "c": None},
    ]
    assert json.loads(json.dumps(curve("x", [1], [float("inf")]), allow_nan=False))["y"] == [None]
    with pytest.raises(ValueError, match="2 places and 1 values"):
        curve("x", [1, 2], [1])
