"""The View tab: a series that is open, analysed and looked at; its calibration; a file without a header.

Everything is real: the sample series, the shipped model, the children that serve both. The lattice is that of the
project's real image where the shared data are there, else of the sample.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

REAL_IMAGE = Path("../shared/data/real/ceo2_110_particle_8.86pm.png")
PATIENCE_S = 120
COLUMNS = ((347, 143), (260, 300))
"""Pixels of the sample near its surface and in its middle."""
Wait = Callable[[int], None]


def pages(window: Any, wait: Wait) -> Iterator[str]:
    """Brings one state after the other up, and says what it is called."""
    if not window.welcome.sample.isEnabled():
        return
    window.open_sample()
    tab = window.tabs["view"].content
    presenter = tab.presenter
    until(wait, lambda: presenter.scene.image is not None)
    wait(1500)
    yield "view-open"
    if window.context.settings.get("view/model") is not None:
        yield from _analysis(tab, wait)
    yield from _calibration(window, tab, wait)
    yield from _without_header(window, tab, wait)


def until(wait: Wait, condition: Callable[[], object]) -> bool:
    """Waits until something is so; whether it is."""
    end = monotonic() + PATIENCE_S
    while not condition() and monotonic() < end:
        wait(50)
    return bool(condition())


def _analysis(tab: Any, wait: Wait) -> Iterator[str]:
    presenter, view = tab.presenter, tab.view
    for x, y in COLUMNS:
        presenter.marking.click(x, y)
    presenter.analysis.ask("analyse")
    until(wait, lambda: presenter.scene.result is not None and presenter.scene.result.n_done > 4)
    wait(500)
    yield "view-running"
    until(wait, lambda: not presenter.analysis.running)
    view.go_to(12)
    wait(4000)
    yield "view-result"
    for name in ("columns", "region"):
        view.toggled.emit(name)
    wait(500)
    yield "view-overlay"
    for number in range(1, view.side.count()):
        view.side.setCurrentIndex(number)
        wait(500)
        yield f"view-{view.side.name()}"
    view.side.setCurrentIndex(0)
    for name in ("columns", "region"):
        view.toggled.emit(name)
    tab.calibration.suits_view.present()
    until(wait, lambda: tab.calibration.suits_view.table.rowCount())
    wait(300)
    yield "view-suits"
    tab.calibration.suits_view.close()


def _calibration(window: Any, tab: Any, wait: Wait) -> Iterator[str]:
    calibration = tab.calibration
    calibration.view.drift.measure_button.click()
    until(wait, lambda: calibration.view.drift.measure_button.isEnabled())
    calibration.view.pages.setCurrentIndex(2)
    calibration.present()
    wait(300)
    yield "view-calibration-time"
    if REAL_IMAGE.is_file():
        calibration.view.close()
        window.open_path(str(REAL_IMAGE))
        until(wait, lambda: tab.presenter.scene.image is not None)
    calibration.present()
    calibration.view.pages.setCurrentIndex(1)
    wait(500)
    yield "view-calibration-levels"
    calibration.view.pages.setCurrentIndex(0)
    calibration.view.lattice.measure_button.click()
    until(wait, lambda: calibration.view.lattice.measure_button.isEnabled())
    wait(300)
    yield "view-calibration-lattice"
    if calibration.view.lattice.take_button.isEnabled():
        calibration.view.lattice.take_button.click()
        wait(3000)
        yield "view-calibration-taken"
    calibration.view.close()


def _without_header(window: Any, tab: Any, wait: Wait) -> Iterator[str]:
    from segdepth_app.gui.view.calibration_raw import RawDialog
    from segdepth_app.paths import workspace

    path = workspace() / "camera_512x256_uint16.raw"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(512 * 256 * 2 * 6))
    window.open_path(str(path))
    until(wait, lambda: tab.findChildren(RawDialog))
    for dialog in tab.findChildren(RawDialog):
        dialog.suggestions.setCurrentIndex(1)
        dialog.suggestions.activated.emit(1)
        wait(200)
        yield "view-raw"
        dialog.close()
