"""Pictures of every tab, in both looks and two sizes, to be looked at: `python -m tests.shots OUT [--home DIR]`.

With --home the window shows the datasets, runs and results of that workspace; without it a new, empty one. The
sample series is analysed in the View tab. Under a real X server the same pictures are taken of
the screen itself, which shows what `grab` cannot: fonts and menus as they come out there.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.shots import evaluate, simulate, studies, train, viewing

SIZES = ((1280, 720), (1920, 1080))
LOOKS = ("light", "dark")
SETTLE_MS = 700


def main() -> int:
    """Takes the pictures; 1 when an error card was up in one of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.shots", allow_abbrev=False)
    parser.add_argument("out", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--only", choices=("all", "view"), default="all", help="The pages of one tab are enough.")
    arguments = parser.parse_args()
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as empty:
        os.environ["SEGDEPTH_HOME"] = str(arguments.home or empty)
        return take_shots(arguments.out, only=arguments.only)


def take_shots(out: Path, only: str = "all") -> int:
    """One file for each look, size and page; the number of error cards seen, at most 1."""
    from segdepth_app.gui.app import create_application, create_main_window

    if only == "all":
        for room in (simulate.make_dataset, train.make_runs, evaluate.make_evaluations, studies.make_studies):
            room()
    out.mkdir(parents=True, exist_ok=True)
    create_application(["segdepth"])
    faults = 0
    for look in LOOKS:
        window = create_main_window()
        window.set_theme(look)
        window.show()
        faults += 0 if only == "view" else _lists_and_forms(window, out, look)
        window.select_tab("view")
        for page in viewing.pages(window, wait):
            faults += _in_both_sizes(window, out, f"{page}-{look}")
        window.context.report("The series a.tif has no pixel size.", "Type one above the image.")
        window.context.jobs.start("fake", {"n_steps": 1000, "step_s": 0.05}, "Analyse ceria-surface.tif")
        window.resize(*SIZES[0])
        wait(2 * SETTLE_MS)
        save(window, out / f"card-and-job-{look}-{SIZES[0][0]}x{SIZES[0][1]}.png")
        window.context.jobs.kill_all()
        wait(SETTLE_MS)
        window.close()
        window.deleteLater()
        wait(50)
    return min(faults, 1)


def _lists_and_forms(window: object, out: Path, look: str) -> int:
    """Every tab as it comes, and the pages of those that work with folders."""
    from segdepth_app.gui.tabs import TABS

    faults = 0
    rooms = (("simulate", simulate), ("train", train), ("evaluate", evaluate), ("evaluate", studies))
    for width, height in SIZES:
        window.resize(width, height)  # type: ignore[attr-defined]
        size = f"{width}x{height}"
        for page, name in (("welcome", "view"), *((name, name) for name in TABS if name != "view")):
            window.select_tab(name)  # type: ignore[attr-defined]
            wait(SETTLE_MS)
            faults += save(window, out / f"{page}-{look}-{size}.png")
        for name, room in rooms:
            window.select_tab(name)  # type: ignore[attr-defined]
            wait(SETTLE_MS)
            for page in room.pages(window.tabs[name].content, wait):  # type: ignore[attr-defined]
                faults += save(window, out / f"{page}-{look}-{size}.png")
    return faults


def _in_both_sizes(window: object, out: Path, name: str) -> int:
    """What takes long to bring up is brought up once."""
    faults = 0
    for width, height in SIZES:
        window.resize(width, height)  # type: ignore[attr-defined]
        wait(SETTLE_MS)
        faults += save(window, out / f"{name}-{width}x{height}.png")
    return faults


def save(window: object, path: Path) -> int:
    """The window as it is drawn, or as it is on the screen where there is a real one; its error cards."""
    from PySide6.QtGui import QGuiApplication

    if QGuiApplication.platformName() == "offscreen":
        picture = with_dialogs(window)
    else:
        frame = window.frameGeometry()  # type: ignore[attr-defined]
        screen = QGuiApplication.primaryScreen()
        picture = screen.grabWindow(0, frame.x(), frame.y(), frame.width(), frame.height())
    picture.save(str(path))
    faults = [card.fault.message for card in window.errors.cards]  # type: ignore[attr-defined]
    for message in faults:
        sys.stderr.write(f"{path.name}: {message}\n")
    return len(faults)


def with_dialogs(window: object) -> object:
    """The window with its open dialogs in its middle, which are windows of their own."""
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QDialog

    picture = window.grab()  # type: ignore[attr-defined]
    painter = QPainter(picture)
    for dialog in window.findChildren(QDialog):  # type: ignore[attr-defined]
        if dialog.isVisible():
            corner = window.rect().center() - dialog.rect().center()  # type: ignore[attr-defined]
            painter.drawPixmap(corner, dialog.grab())
            painter.drawRect(dialog.rect().translated(corner))
    painter.end()
    return picture


def wait(milliseconds: int) -> None:
    """Lets the window live for a while."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


if __name__ == "__main__":
    sys.exit(main())
