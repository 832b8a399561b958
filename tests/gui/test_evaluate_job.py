"""The whole way: the tab starts a real child process, and shows what it wrote."""

import numpy as np
import pytest

from segdepth_app.config import SeriesOptions
from segdepth_app.evaluation.records import list_evaluations
from segdepth_app.gui.context import AppContext
from segdepth_app.gui.evaluate.tab import create_tab
from segdepth_app.gui.evaluate.wording import example_caption
from segdepth_app.gui.settings import Settings
from segdepth_app.paths import datasets_folder, evaluations_folder, runs_folder
from segdepth_app.series.opener import open_series
from tests.evaluation.evaluation_toys import save_toy_model, specimen, wedge_with_deviations, write_toy

CHILD_MS = 120_000
"""A child imports torch first; on a busy machine that takes a while."""


@pytest.fixture
def tab(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))
    for folder in (datasets_folder(), runs_folder() / "run 1"):
        folder.mkdir(parents=True)
    save_toy_model(runs_folder() / "run 1" / "model.safetensors")
    write_toy(
        datasets_folder() / "Versuch 1.h5", [specimen(0, wedge_with_deviations(6, np.random.default_rng(1)), n=6)]
    )
    context = AppContext(Settings())
    reported = []
    context.fault_reported.connect(lambda error, _hint: reported.append(str(error)))
    widget = create_tab(context)
    widget.context, widget.reported = context, reported
    qtbot.addWidget(widget)
    widget.form.models.list.tick([str(runs_folder() / "run 1" / "model.safetensors")])
    return widget


def test_evaluate_runs_a_child_and_shows_its_figures(tab, qtbot):
    tab.form.doses.setText("2.5; 1")
    with qtbot.waitSignal(tab.context.jobs.job_ended, timeout=CHILD_MS):
        tab.form.start.click()
        assert not tab.form.start.isEnabled()

    assert tab.reported == []
    (evaluation,) = list_evaluations(evaluations_folder())
    page = tab.page
    assert page.title.toolTip() == "toy · Versuch 1"
    shown = page.overview.table.item(4, 1).text()
    assert shown == f"{evaluation.doses['2.5']['column_accuracy']:.3f}"
    assert tab.form.start.isEnabled()
    _examples_of_a_cell_are_its_own(page, evaluation)
    _worst_image_is_there(page, evaluation)


def _examples_of_a_cell_are_its_own(page, evaluation):
    counts = page.confusion.matrix.counts
    true, called = np.unravel_index(counts.argmax(), counts.shape)
    page.confusion.matrix.cell_chosen.emit(int(true), int(called))

    kept = evaluation.examples("2.5", int(true), int(called))
    captions = [row.caption.text() for row in page.confusion.examples.rows]
    assert len(kept) > 0
    assert captions == [example_caption(example) for example in kept]


def _worst_image_is_there(page, evaluation):
    """As the View tab finds it: readable, with the pixel size the list says."""
    image = evaluation.worst("2.5")[0]
    assert page.worst.table.item(0, 1).text() == f"{image.accuracy:.3f}"
    with open_series(SeriesOptions(series=(image.path,))) as series:
        assert series.pixel_size_pm == pytest.approx(image.pixel_size_pm)


def test_what_the_child_refuses_is_reported_and_leaves_nothing(tab, qtbot):
    tab.form.split.setCurrentIndex(tab.form.split.findData("train"))
    with qtbot.waitSignal(tab.context.jobs.job_ended, timeout=CHILD_MS):
        tab.form.start.click()

    assert len(tab.reported) == 1
    assert "no images in its train split" in tab.reported[0]
    assert list_evaluations(evaluations_folder()) == []
    assert tab.form.start.isEnabled()
