"""Exporting a dataset from its browser: which folder is taken, what is told, and the files of the real child."""

import pytest
import tifffile
from PySide6.QtWidgets import QFileDialog

from segdepth_app.datasets.store import Dataset
from segdepth_app.gui.context import AppContext
from segdepth_app.gui.settings import Settings
from segdepth_app.gui.simulate.exporting import Exports
from segdepth_app.gui.simulate.tab import create_tab
from segdepth_app.gui.simulate.view import SimulateView
from segdepth_app.paths import datasets_folder
from tests.gui.lab_fakes import FakeContext, spec_of
from tests.gui.lab_files import make_dataset

LONG_MS = 60_000


@pytest.fixture
def bench(qapp, tmp_path):
    view, context = spec_of(SimulateView), FakeContext()
    exports, dataset = Exports(view, context), tmp_path / "a.h5"
    exports.show(dataset)
    return view, context, exports, dataset


def told(view):
    return view.show_exported.call_args.args


def test_the_folder_is_asked_for_and_the_job_gets_it(bench, tmp_path):
    view, context, exports, dataset = bench
    view.ask_folder.side_effect = lambda title, start, then: then(tmp_path / "new")
    exports.begin(dataset)
    (job,) = context.jobs.of("export-dataset")
    assert job.config == {"dataset": str(dataset), "out": str(tmp_path / "new")}
    assert told(view) == (f"Exporting to {tmp_path / 'new'} …", "muted")
    job.end("done")
    assert told(view) == (f"Exported to {tmp_path / 'new'}.", "good")


def test_the_next_export_is_asked_for_where_the_last_one_went(bench, tmp_path):
    view, _, exports, dataset = bench
    exports.take(dataset, tmp_path / "Größe µm" / "new")
    exports.begin(dataset)
    assert view.ask_folder.call_args.args[1] == str(tmp_path / "Größe µm")


@pytest.mark.parametrize(("name", "words"), [("full", "is not empty"), ("full/kept.txt", "is a file")])
def test_a_folder_that_holds_something_is_refused(bench, tmp_path, name, words):
    view, context, exports, dataset = bench
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "kept.txt").write_text("mine")
    exports.take(dataset, tmp_path / name)
    text, role = told(view)
    assert words in text
    assert role == "bad"
    assert context.jobs.jobs == []


def test_a_fault_stays_when_the_job_has_ended(bench, tmp_path):
    view, context, exports, dataset = bench
    exports.take(dataset, tmp_path / "new")
    (job,) = context.jobs.jobs
    job.told.emit({"event": "error", "kind": "input", "message": "The disk is full.", "hint": "Make room."})
    job.end("failed")
    assert told(view) == ("The disk is full. Make room.", "bad")


def test_nothing_is_told_beside_another_dataset(bench, tmp_path):
    view, context, exports, dataset = bench
    exports.take(dataset, tmp_path / "new")
    exports.show(tmp_path / "b.h5")
    assert told(view) == ("", "")
    context.jobs.jobs[0].end("done")
    assert told(view) == ("", "")


@pytest.fixture
def real(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))
    context = AppContext(Settings())
    make_dataset(datasets_folder() / "试样 1.h5")
    tab = create_tab(context)
    qtbot.addWidget(tab)
    tab.resize(1280, 640)
    tab.show()
    yield tab, context
    context.jobs.kill_all()
    context.deleteLater()


def choose(tab, folder):
    """Presses the button and takes a folder in the dialog."""
    tab.browser.export.click()
    dialog = tab.findChild(QFileDialog)
    dialog.fileSelected.emit(str(folder))
    dialog.close()


def test_the_button_writes_the_files_of_the_dataset(real, qtbot, tmp_path):
    tab, context = real
    out = tmp_path / "Größe µm" / "试样 1"
    choose(tab, out)
    (job,) = context.jobs.jobs
    qtbot.waitUntil(lambda: job.has_ended, timeout=LONG_MS)
    assert job.progress == (4, 4, "specimens")
    assert tab.browser.exported.text() == f"Exported to {out}."
    assert tab.browser.exported.isVisible()
    assert len(list(out.iterdir())) == 4 * 3 + 1
    with Dataset(datasets_folder() / "试样 1.h5") as dataset:
        stack = tifffile.imread(out / "specimen_000002.tif")
        assert (stack == dataset.image(4)).all(axis=(1, 2)).tolist() == [True, False]


def test_an_export_that_is_cancelled_at_work_leaves_no_folder(real, qtbot, tmp_path):
    """Of 400 specimens it has written some: the last is seconds away when the first is told."""
    tab, context = real
    make_dataset(datasets_folder() / "试样 1.h5", splits=("train",) * 400)
    choose(tab, tmp_path / "out")
    (job,) = context.jobs.jobs
    job.told.connect(lambda event: job.cancel() if event["event"] == "progress" else None)
    qtbot.waitUntil(lambda: job.has_ended, timeout=LONG_MS)
    assert job.progress[0] < 400
    assert "nothing was written" in tab.browser.exported.text()
    assert [path.name for path in tmp_path.iterdir()] == ["Größe µm"]
