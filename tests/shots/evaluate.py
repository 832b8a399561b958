"""Pages of the Evaluate tab: every sheet, examples of a cell, several models ticked, a report being planned."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.gui import evaluate_records

DOSES = ("2.5", "1", "0.5", "5")
CELL = (5, 4)


def make_evaluations() -> None:
    """Evaluations of two models and one of the first format, where the workspace has none."""
    from segdepth_app.paths import datasets_folder, evaluations_folder, runs_folder
    from tests.evaluation.evaluation_toys import save_toy_model

    if evaluations_folder().is_dir() and any(evaluations_folder().iterdir()):
        return
    evaluations_folder().mkdir(parents=True, exist_ok=True)
    dataset = next(datasets_folder().glob("*.h5"))
    toy = save_toy_model(runs_folder() / "ordinal" / "model.safetensors", name="untrained")
    evaluate_records.write(evaluations_folder() / "of an older version", model="first", old=True)
    for model, name in ((str(toy), "untrained"), ("ceria-110-fast", "ceria-110-fast")):
        out = str(evaluations_folder() / name)
        command = ["evaluate", "--model", model, "--dataset", str(dataset), "--split", "all", "--dose", *DOSES]
        subprocess.run([sys.executable, "-m", "segdepth_app", *command, "--out", out], check=True, capture_output=True)


def pages(tab: Any, wait: Callable[[int], None]) -> Iterator[str]:
    """Brings one page after the other up, and says what it is called."""
    from segdepth_app.gui.evaluate.page import TITLES

    page = tab.page
    for name in TITLES:
        page.select(name)
        wait(200)
        yield f"evaluate-{name}"
    yield from _details(page, wait)
    yield from _form(tab, wait)
    tab.report.click()
    wait(300)
    yield "evaluate-report"
    _dialog(tab).close()
    tab.notice.show_report("The report is in SegDepth/reports/ceria.", Path("nowhere"))
    page.select("overview")
    wait(200)
    yield "evaluate-report-done"
    tab.notice.hide()


def _details(page: Any, wait: Callable[[int], None]) -> Iterator[str]:
    page.select("confusion")
    page.confusion.matrix.cell_chosen.emit(*CELL)
    wait(200)
    yield "evaluate-examples"
    page.confusion.texts.setCurrentIndex(1)
    page.confusion.of.setCurrentIndex(1)
    wait(200)
    yield "evaluate-confusion-pixels"
    page.confusion.texts.setCurrentIndex(0)
    page.confusion.of.setCurrentIndex(0)
    for name in ("by_element_and_defocus_nm", "steps"):
        page.select("groups")
        page.groups.by.setCurrentIndex(page.groups.by.findData(name))
        wait(200)
        yield f"evaluate-groups-{name.replace('_', '-')}"
    page.groups.by.setCurrentIndex(0)
    page.select("sweep")
    page.sweep.figure.setCurrentIndex(page.sweep.figure.findData("centre_accuracy"))
    wait(200)
    yield "evaluate-sweep-paper"


def _form(tab: Any, wait: Callable[[int], None]) -> Iterator[str]:
    form = tab.form
    kept = form.typed()
    form.models.list.tick([choice.value for choice in _all(form.models.list)])
    form.datasets.list.tick([choice.value for choice in _all(form.datasets.list)])
    form.doses.setText("1; high")
    form.more.unfold()
    wait(200)
    yield "evaluate-form-refused"
    form.doses.setText("1; 2.5")
    wait(200)
    yield "evaluate-form-several"
    form.more.heading.setChecked(False)
    form.fill({**kept, "doses": "2.5"})


def _all(ticks: Any) -> list[Any]:
    kept = [choice.value for choice in ticks.chosen()]
    ticks.tick([item.data(0x100) for item in (ticks.item(row) for row in range(ticks.count()))])
    found = ticks.chosen()
    ticks.tick(kept)
    return found


def _dialog(tab: Any) -> Any:
    from segdepth_app.gui.evaluate.report_dialog import ReportDialog

    return tab.findChildren(ReportDialog)[-1]
