"""Pictures of every tab, in both looks and two sizes, to be looked at: `python -m tests.shots OUT [--home DIR]`.

With --home the window shows the datasets, runs and results of that workspace; without it a new, empty one. The
sample series, where there is one, is opened in the View tab. Under a real X server the same pictures are taken of
the screen itself, which shows what `grab` cannot: fonts and menus as they come out there.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.shots import evaluate, simulate, studies, train

SIZES = ((1280, 720), (1920, 1080))
LOOKS = ("light", "dark")
SETTLE_MS = 700
SERIES_MS = 6000


def main() -> int:
    """Takes the pictures; 1 when an error card was up in one of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.shots", allow_abbrev=False)
    parser.add_argument("out", type=Path)
    parser.add_argument("--home", type=Path)
    arguments = parser.parse_args()
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as empty:
        os.environ["SEGDEPTH_HOME"] = str(arguments.home or empty)
        return take_shots(arguments.out)


def take_shots(out: Path) -> int:
    """One file for each look, size and page; the number of error cards seen, at most 1."""
    from segdepth_app.gui.app import create_application, create_main_window
    from segdepth_app.gui.tabs import TABS

    simulate.make_dataset()
    train.make_runs()
    evaluate.make_evaluations()
    studies.make_studies()
    out.mkdir(parents=True, exist_ok=True)
    create_application(["segdepth"])
    faults = 0
    for look in LOOKS:
        window = create_main_window()
        window.set_theme(look)
        window.show()
        pages = [("welcome", "view"), *((name, name) for name in TABS if name != "view")]
        for width, height in SIZES:
            window.resize(width, height)
            for page, name in pages:
                window.select_tab(name)
                wait(SETTLE_MS)
                faults += save(window, out / f"{page}-{look}-{width}x{height}.png")
            window.select_tab("simulate")
            wait(SETTLE_MS)
            for page in simulate.pages(window.tabs["simulate"].content, wait):
                faults += save(window, out / f"{page}-{look}-{width}x{height}.png")
            window.select_tab("train")
            wait(SETTLE_MS)
            for page in train.pages(window.tabs["train"].content, wait):
                faults += save(window, out / f"{page}-{look}-{width}x{height}.png")
            window.select_tab("evaluate")
            wait(SETTLE_MS)
            for page in evaluate.pages(window.tabs["evaluate"].content, wait):
                faults += save(window, out / f"{page}-{look}-{width}x{height}.png")
            for page in studies.pages(window.tabs["evaluate"].content, wait):
                faults += save(window, out / f"{page}-{look}-{width}x{height}.png")
        if window.welcome.sample.isEnabled():
            window.open_sample()
            wait(SERIES_MS)
            for width, height in SIZES:
                window.resize(width, height)
                wait(SETTLE_MS)
                faults += save(window, out / f"view-{look}-{width}x{height}.png")
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
