"""The live preview with its real child: from a keystroke to the pictures, and what is left behind."""

import numpy as np
import pytest

from segdepth_app.gui.context import AppContext
from segdepth_app.gui.settings import Settings
from segdepth_app.gui.simulate.tab import create_tab
from segdepth_app.gui.widgets.table_dialog import TableDialog
from segdepth_app.paths import datasets_folder
from tests.gui.lab_files import make_dataset

LONG_MS = 60_000
SMALL = {"grid.height_px": "128", "grid.width_px": "192", "n_defoci": "3"}


@pytest.fixture
def bench(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    context = AppContext(Settings())
    make_dataset(datasets_folder() / "试样 1.h5")
    tab = create_tab(context)
    qtbot.addWidget(tab)
    tab.resize(1280, 640)
    tab.show()
    yield tab, context
    context.jobs.kill_all()
    context.deleteLater()


def type_in(tab, field, text):
    form = next(form for form in tab.panel.forms.values() if field in form.editors)
    form.editors[field].setText(text)
    form.editors[field].textEdited.emit(text)


def pictures(tab):
    return {name: pane.item.image for name, pane in tab.panel.preview.panes.items()}


def open_small(tab, qtbot):
    tab.new.click()
    for field, text in SMALL.items():
        type_in(tab, field, text)
    preview = tab.panel.preview
    qtbot.waitUntil(
        lambda: pictures(tab)["clean"] is not None and pictures(tab)["clean"].shape == (32, 48), timeout=LONG_MS
    )
    return preview


def test_the_pictures_follow_what_is_typed(bench, qtbot):
    tab, context = bench
    preview = open_small(tab, qtbot)
    first = {name: picture.copy() for name, picture in pictures(tab).items()}
    assert {picture.shape for picture in first.values()} == {(32, 48)}
    assert first["depth"].dtype == np.uint8
    assert "about" in tab.panel.cost.text()

    preview.stepper.step(1)
    qtbot.waitUntil(lambda: not np.array_equal(pictures(tab)["clean"], first["clean"]), timeout=LONG_MS)
    np.testing.assert_array_equal(pictures(tab)["depth"], first["depth"])
    assert preview.stepper.position.text() == "image 2 of 3"

    preview.kind.setCurrentIndex(preview.kind.findData("shuffled"))
    qtbot.waitUntil(lambda: preview.facts.text().startswith("shuffled"), timeout=LONG_MS)

    assert len([job for job in context.jobs.jobs if job.name == "preview"]) == 1


def test_the_child_ends_with_the_panel(bench, qtbot):
    tab, context = bench
    open_small(tab, qtbot)
    (job,) = context.jobs.live
    tab.panel.cancel.click()
    qtbot.waitUntil(lambda: job.has_ended, timeout=LONG_MS)
    assert str(job.state) == "cancelled"


def test_rings_weights_and_noise_of_a_dataset_come_from_a_child(bench, qtbot):
    tab, context = bench
    browser = tab.browser
    clean = browser.pane.item.image
    for name in ("depth", "weight", "noisy"):
        browser.picture.setCurrentIndex(browser.picture.findData(name))
        qtbot.waitUntil(lambda name=name: browser._shown == name, timeout=LONG_MS)
        assert browser.pane.item.image.shape == clean.shape
    assert browser.dose.isVisible()
    assert "e/Å²" in browser.dose.per_area.text()
    (job,) = context.jobs.live
    tab.browsing.close()
    qtbot.waitUntil(lambda: job.has_ended, timeout=LONG_MS)


def test_a_dataset_is_verified_in_a_dialog(bench, qtbot):
    """The tiny file claims settings it was not made with: it is told, and no error card comes up besides."""
    tab, context = bench
    faults = []
    context.fault_reported.connect(lambda error, hint: faults.append(error))
    tab.action_buttons["verify"].click()
    (job,) = [job for job in context.jobs.jobs if job.name == "verify"]
    dialog = tab.findChild(TableDialog)
    qtbot.waitUntil(lambda: job.has_ended, timeout=LONG_MS)
    assert dialog.table.rowCount() > 0
    assert "not sound" in dialog.problem.text()
    assert dialog.button.text() == "Close"
    assert faults == []
    dialog.close()
