"""The Train tab with a real child: a run is started in the dialog, watched, and stopped with its best model."""

import pytest

from segdepth_app.gui.context import AppContext
from segdepth_app.gui.settings import Settings
from segdepth_app.gui.train.tab import create_tab
from segdepth_app.gui.train.wizard_view import WizardView
from segdepth_app.models.card import read_card
from segdepth_app.paths import datasets_folder, runs_folder
from tests.gui.lab_files import make_dataset

LONG_MS = 120_000


@pytest.fixture
def bench(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    make_dataset(datasets_folder() / "wedges.h5")
    context = AppContext(Settings())
    faults = []
    context.fault_reported.connect(lambda error, hint: faults.append(f"{error} {hint}"))
    tab = create_tab(context)
    qtbot.addWidget(tab)
    tab.show()
    yield tab, context
    context.jobs.kill_all()
    context.deleteLater()
    assert faults == []


def type_into(form, **values):
    for field, text in values.items():
        editor = form.editors[field.replace("__", ".")]
        editor.setText(text)
        editor.textEdited.emit(text)


def test_a_run_is_started_watched_and_stopped_with_its_best_model(bench, qtbot):
    tab, context = bench
    tab.new.click()
    dialog = tab.findChild(WizardView)
    dialog.next.click()
    type_into(dialog.network.form, network__width="4", network__scales="2")
    dialog.next.click()
    type_into(dialog.schedule, max_epochs="10000", patience_epochs="1000", crop_px="32", steps_per_epoch="1")
    dialog.next.click()
    type_into(dialog.where.form, threads="1")
    dialog.next.click()
    dialog.next.click()
    (job,) = [job for job in context.jobs.jobs if job.name == "train"]

    def epochs():
        return tab.curves._items[0, "val_loss"].getOriginalDataset()[0]

    qtbot.waitUntil(lambda: job.has_ended or (epochs() is not None and len(epochs()) >= 2), timeout=LONG_MS)
    assert not job.has_ended, job.error
    assert tab.action_buttons["stop"].isEnabled()
    tab.action_buttons["stop"].click()
    qtbot.waitUntil(lambda: job.has_ended, timeout=LONG_MS)

    assert str(job.state) == "stopped", job.error
    card = read_card(runs_folder() / "run 1" / "model.safetensors")
    assert card.network.width == 4
    assert tab.table.item(0, 1).text() == "stopped"
    assert tab.action_buttons["evaluate"].isEnabled()
    assert not tab.action_buttons["stop"].isEnabled()


def test_the_review_measures_with_the_real_job_and_a_cluster_gets_its_folder(bench, qtbot, monkeypatch):
    """Device and size by the child that knows torch, time and memory by a few real steps, then the real export."""
    tab, context = bench
    revealed = []
    monkeypatch.setattr("segdepth_app.gui.widgets.asking.reveal", revealed.append)
    tab.new.click()
    dialog = tab.findChild(WizardView)
    qtbot.waitUntil(
        lambda: "CPU" in dialog.where.device.text() or "GPU:" in dialog.where.device.text(), timeout=LONG_MS
    )
    dialog.next.click()
    type_into(dialog.network.form, network__width="4", network__scales="2")
    dialog.next.click()
    dialog.next.click()
    dialog.where.cluster.setChecked(True)
    type_into(dialog.where.queue, nodes="2", hours="1.5")
    dialog.next.click()
    qtbot.waitUntil(lambda: "Measuring" not in dialog.review.estimate.text(), timeout=LONG_MS)
    assert "60 epochs of 1 step, " in dialog.review.estimate.text()
    assert "of memory at most. Measured on" in dialog.review.estimate.text()
    assert not (runs_folder() / "run 1").exists()

    dialog.next.click()

    (job,) = [job for job in context.jobs.jobs if job.name == "export-cluster"]
    qtbot.waitUntil(lambda: job.has_ended, timeout=LONG_MS)
    assert str(job.state) == "done", job.error
    (folder,) = revealed
    script = (folder / "train.sbatch").read_text(encoding="utf-8")
    assert "#SBATCH --nodes=2" in script
    assert "#SBATCH --time=01:30:00" in script


def test_leaving_the_review_ends_the_child_that_measures(bench, qtbot):
    tab, context = bench
    tab.new.click()
    dialog = tab.findChild(WizardView)
    for _ in range(4):
        dialog.next.click()
    (job,) = [job for job in context.jobs.jobs if job.name == "estimate"]
    dialog.back.click()
    qtbot.waitUntil(lambda: job.has_ended, timeout=LONG_MS)
    dialog.reject()
    qtbot.waitUntil(lambda: not context.jobs.live, timeout=LONG_MS)
