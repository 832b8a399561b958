"""Studies in the Evaluate tab: the dialog of each kind, a finished study from top to bottom, and one in the middle."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.gui import studies_records

FINISHED, HALF = "noise of two widths", "paused in the middle"


def make_studies() -> None:
    """A finished and an unfinished study, where the workspace has none."""
    from segdepth_app.paths import studies_folder

    if any(studies_folder().glob("*/study.json")):
        return
    studies_records.write(studies_folder() / FINISHED)
    studies_records.write(studies_folder() / HALF, studies_records.unfinished())


def pages(tab: Any, wait: Callable[[int], None]) -> Iterator[str]:
    """Brings one page after the other up, and says what it is called."""
    from segdepth_app.evaluation.study_records import list_studies
    from segdepth_app.paths import studies_folder

    tab.studies.refresh()
    for study in reversed(list_studies(studies_folder())):
        tab.studies.select(study.folder)
        wait(400)
        yield f"study-{study.kind}-{study.state}"
        bar = tab.study_page.area.verticalScrollBar()
        if bar.maximum():
            tab.study_page.facts_section.unfold()
            wait(200)
            bar.setValue(bar.maximum() // 2)
            wait(200)
            yield f"study-{study.kind}-{study.state}-middle"
            bar.setValue(bar.maximum())
            wait(200)
            yield f"study-{study.kind}-{study.state}-end"
    yield from _dialogs(tab, wait)


def _dialogs(tab: Any, wait: Callable[[int], None]) -> Iterator[str]:
    from segdepth_app.config import STUDIES
    from segdepth_app.gui.evaluate import choices
    from segdepth_app.gui.evaluate.study_dialog import StudyDialog, ask_for_study

    for kind in STUDIES:
        ask_for_study(tab, kind, choices.models(), choices.datasets(), print)
        dialog = next(item for item in tab.findChildren(StudyDialog) if item.isVisible())
        wait(200)
        yield f"study-dialog-{kind}"
        if dialog.training is not None:
            dialog.train.setChecked(True)
            wait(200)
            yield f"study-dialog-{kind}-refused"
            dialog.training.dataset.setCurrentIndex(0)
            wait(200)
            yield f"study-dialog-{kind}-training"
        dialog.close()
        wait(100)
