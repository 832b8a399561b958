"""The pictures of README and guide, made anew: `python -m tests.shots.readme [--home DIR] [--only NAME …]`.

Everything in them is real: the shipped sample and model, and a dataset, a run and evaluations of the presets *quick*,
which are made first where the workspace --home has none (some ten minutes on two cores).
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from PIL import Image

from tests.shots.__main__ import SETTLE_MS, wait

OUT = Path(__file__).parents[2] / "resources" / "guide" / "pictures"
SIZE_PX, SMALL_PX = (1280, 800), (800, 420)
SPLIT_PX = (272, 318)
"""Of the View tab: heights of the pictures and of the traces."""
MOST_BYTES = 150_000
COLOURS = (256, 192, 128, 96, 64)
PATIENCE_S = 900
MARKED = ((270, 323), (321, 287), (347, 179))
"""A column of the sample that stands still, by its truth, and two that switch."""
FRAME_SHOWN = 20
CELL = (5, 4)
PROBABILITY = 5
"""Column of the table of events."""
Pages = Iterator[tuple[str, Any]]


def main() -> int:
    """Takes the pictures; 1 where an error card was up."""
    parser = argparse.ArgumentParser(prog="python -m tests.shots.readme", allow_abbrev=False)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--only", nargs="+", choices=tuple(ROOMS), default=list(ROOMS))
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as empty:
        # a run's page names its folder
        os.environ["SEGDEPTH_HOME"] = str(arguments.home or Path(empty) / "SegDepth")
        make_quick()
        return take(arguments.out, arguments.only)


def make_quick() -> None:
    """Dataset, run and evaluations, where the workspace has none."""
    from segdepth_app.paths import datasets_folder, evaluations_folder, runs_folder

    dataset, run = datasets_folder() / "quick.h5", runs_folder() / "quick"
    model = run / "model.safetensors"
    _make(dataset, "simulate", "--preset", "quick", "--out", dataset)
    _make(model, "train", "--preset", "quick", "--dataset", dataset, "--out", run)
    for name, judged in (("ceria-110-fast", "ceria-110-fast"), ("quick", model)):
        out = evaluations_folder() / name
        _make(out, "evaluate", "--model", judged, "--dataset", dataset, "--dose", "1", "2.5", "--out", out)


def _make(there: Path, *command: object) -> None:
    if not there.exists():
        there.parent.mkdir(parents=True, exist_ok=True)
        sys.stderr.write(f"{command[0]} …\n")
        subprocess.run([sys.executable, "-m", "segdepth_app", *map(str, command)], check=True, capture_output=True)


def take(out: Path, rooms: list[str]) -> int:
    """Every picture of these rooms, in the light look."""
    from segdepth_app.gui.app import create_application, create_main_window

    out.mkdir(parents=True, exist_ok=True)
    create_application(["segdepth"])
    window = create_main_window()
    window.set_theme("light")
    window.show()
    faults = 0
    for room in rooms:
        window.resize(*SIZE_PX)
        for name, widget in ROOMS[room](window):
            wait(SETTLE_MS)
            write(widget.grab(), out / f"{name}.png")
            faults += len(window.errors.cards)
    window.context.jobs.kill_all()
    window.close()
    return min(faults, 1)


def write(picture: Any, path: Path) -> None:
    """As PNG, with as many colours as its size in the repository allows. Raises: ValueError where none do."""
    from PySide6.QtCore import QBuffer, QIODevice

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    whole = Image.open(io.BytesIO(buffer.data().data())).convert("RGB")
    for colours in COLOURS:
        small = io.BytesIO()
        with_fewer_colours(whole, colours).save(small, "PNG", optimize=True)
        if small.tell() <= MOST_BYTES:
            path.write_bytes(small.getvalue())
            sys.stderr.write(f"{path.name}: {whole.width} × {whole.height}, {colours} colours, {small.tell()} bytes\n")
            return
    raise ValueError(f"{path.name} takes more than {MOST_BYTES} bytes with {COLOURS[-1]} colours, too.")


def with_fewer_colours(picture: Image.Image, colours: int) -> Image.Image:
    """Those of the window and of the classes stay exactly what they are: else a legend would lie."""
    from segdepth_app.gui import theme

    kept = {*theme.CLASS_COLOURS, *(tuple(bytes.fromhex(value[1:])) for value in theme.LIGHT.values())}
    others = picture.quantize(colours - len(kept), dither=Image.Dither.NONE).getpalette() or []
    table = Image.new("P", (1, 1))
    table.putpalette([value for colour in sorted(kept) for value in colour] + others)
    small = picture.quantize(palette=table, dither=Image.Dither.NONE)
    indices, rgb = np.array(small), np.asarray(picture)
    for index, colour in enumerate(sorted(kept)):  # Pillow looks for the nearest with less than 8 bits
        indices[(rgb == colour).all(axis=-1)] = index
    exact = Image.fromarray(indices, "P")
    exact.putpalette(small.getpalette() or [])
    return exact


def until(condition: Callable[[], object], what: str) -> None:
    """Waits until something is so. Raises: TimeoutError."""
    end = monotonic() + PATIENCE_S
    while not condition():
        if monotonic() > end:
            raise TimeoutError(f"{what} did not come.")
        wait(100)


def _welcome(window: Any) -> Pages:
    window.select_tab("view")
    window.resize(*SMALL_PX)
    yield "welcome", window


def _view(window: Any) -> Pages:
    from PySide6.QtCore import Qt

    window.open_sample()
    tab = window.tabs["view"].content
    presenter, view = tab.presenter, tab.view
    until(lambda: presenter.scene.image is not None, "The first frame")
    wait(3 * SETTLE_MS)
    if presenter.scene.result is None:
        presenter.analysis.ask("analyse")
        until(lambda: presenter.analysis.running, "The analysis")
        until(lambda: not presenter.analysis.running, "The end of the analysis")
    window.jobs_dock.hide()
    view.splitter.setSizes(list(SPLIT_PX))
    for x, y in MARKED:
        presenter.marking.click(x, y)
    view.go_to(FRAME_SHOWN)
    until(lambda: view.panes.panes["saliency"].item.isVisible(), "The saliency")
    wait(3 * SETTLE_MS)
    yield "view", window
    view.toggled.emit("columns")
    view.panes.overlays.option_changed.emit("numbers", True)
    view.panes.enlarge("frame")
    view.side.setCurrentIndex(1)
    view.side.events.table.sortByColumn(PROBABILITY, Qt.SortOrder.DescendingOrder)
    wait(3 * SETTLE_MS)
    yield "events", window
    yield from _dialogs(tab)


def _dialogs(tab: Any) -> Pages:
    suits, calibration = tab.calibration.suits_view, tab.calibration
    suits.present()
    until(lambda: suits.table.rowCount(), "What suits")
    yield "suits", suits
    suits.close()
    calibration.present()
    calibration.view.pages.setCurrentIndex(0)
    calibration.view.lattice.measure_button.click()
    wait(SETTLE_MS)
    until(lambda: calibration.view.lattice.measure_button.isEnabled(), "The lattice")
    yield "calibration", calibration.view
    calibration.view.close()


def _simulate(window: Any) -> Pages:
    window.select_tab("simulate")
    until(lambda: window.tabs["simulate"].content is not None, "The tab Simulate")
    browser = window.tabs["simulate"].content.browser
    wait(3 * SETTLE_MS)
    browser.picture.setCurrentIndex(browser.picture.findData("noisy"))
    until(lambda: browser._shown == "noisy", "The noisy image")
    browser.table.selectRow(3)
    yield "simulate", window


def _train(window: Any) -> Pages:
    window.select_tab("train")
    until(lambda: window.tabs["train"].content is not None, "The tab Train")
    tab = window.tabs["train"].content
    until(lambda: tab.device.text() and "Looking" not in tab.device.text(), "The device")
    yield "train", window


def _evaluate(window: Any) -> Pages:
    from segdepth_app.paths import evaluations_folder

    window.open_path(str(evaluations_folder() / "quick"))
    page = window.tabs["evaluate"].content.page
    page.select("confusion")
    page.dose.setCurrentIndex(1)
    page.confusion.matrix.cell_chosen.emit(*CELL)
    wait(3 * SETTLE_MS)
    yield "evaluate", window


ROOMS: dict[str, Callable[[Any], Pages]] = {
    "welcome": _welcome,
    "view": _view,
    "simulate": _simulate,
    "train": _train,
    "evaluate": _evaluate,
}

if __name__ == "__main__":
    sys.exit(main())
