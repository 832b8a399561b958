"""Pages of the Simulate tab that only show after a few clicks: the browser's pictures, the new dataset, a bad value."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

PREVIEW_MS = 30_000
PICTURES = ("clean", "depth")


def make_dataset() -> None:
    """A small dataset, where the workspace has none."""
    from segdepth_app.paths import datasets_folder

    if any(datasets_folder().glob("*.h5")):
        return
    datasets_folder().mkdir(parents=True, exist_ok=True)
    target = str(datasets_folder() / "a few specimens.h5")
    command = ["simulate", "--preset", "quick", "--set", "n_specimens=5", "--out", target]
    subprocess.run([sys.executable, "-m", "segdepth_app", *command], check=True, capture_output=True)


def pages(tab: Any, wait: Callable[[int], None]) -> Iterator[str]:
    """Brings one page after the other up, and says what it is called."""
    browser = tab.browser
    for name in PICTURES:
        browser.picture.setCurrentIndex(browser.picture.findData(name))
        wait_for(lambda name=name: browser._shown == name, wait)
        browser.table.selectRow(3)
        wait(200)
        yield f"simulate-browser-{name}"
    browser.picture.setCurrentIndex(0)
    tab.action_buttons["verify"].click()
    yield from _dialog(tab, wait, "simulate-verify")
    yield from _panel(tab, wait)


def _panel(tab: Any, wait: Callable[[int], None]) -> Iterator[str]:
    panel = tab.panel
    tab.new.click()
    wait_for(lambda: bool(panel.preview.facts.text()), wait)
    wait(200)
    yield "simulate-new"
    panel.sampling.click()
    yield from _dialog(tab, wait, "simulate-sampling")
    for form in panel.forms.values():
        form.show_more(True)
    for section in panel.sections.values():
        section.unfold()
    bar = panel.fields.verticalScrollBar()
    wait(300)
    for part, share in (("more", 0.3), ("more-2", 0.62), ("more-3", 1.0)):
        bar.setValue(round(share * bar.maximum()))
        wait(300)
        yield f"simulate-new-{part}"
    field = panel.forms["Microscope"].editors["optics.c1_low_nm"]
    field.setText("20")
    field.textEdited.emit("20")
    panel.fields.ensureWidgetVisible(panel.forms["Microscope"].reasons[""])
    wait(300)
    yield "simulate-new-refused"
    for form in panel.forms.values():
        form.show_more(False)
    bar.setValue(0)
    panel.closed.emit()
    wait(200)


def _dialog(tab: Any, wait: Callable[[int], None], name: str) -> Iterator[str]:
    from segdepth_app.gui.widgets.table_dialog import TableDialog

    dialog = tab.findChild(TableDialog)
    wait_for(lambda: dialog.button.text() == "Close", wait)
    wait(200)
    yield name
    dialog.close()
    wait(200)


def wait_for(is_there: Callable[[], bool], wait: Callable[[int], None]) -> None:
    """Waits until it is there, or for so long that the picture will show what is wrong."""
    waited = 0
    while not is_there() and waited < PREVIEW_MS:
        wait(100)
        waited += 100
