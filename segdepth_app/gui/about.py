"""What the window says of the program itself, and the way to the licences of what was installed with it."""

import sys
from html import escape
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from segdepth_app import __version__
from segdepth_app.gui.outside import open_outside
from segdepth_app.paths import is_frozen

ABOUT = (
    "<h3>SegDepth {version}</h3>"
    "<p>Atoms per atomic column, with calibrated confidence, from noisy TEM images and series.</p>"
    "<p>After Leibovich et al., “Atomic Depth Estimation From Noisy Electron Microscopy Data Via Deep Learning”.</p>"
    "<p>Copyright © the SegDepth developers. Free software: you may use it, change it and pass it on under "
    "GPL-3.0-or-later. It comes without any warranty. Its window is made with Qt, under LGPL-3.0.</p>"
)
INSTALLED = "<p>All parts of this installation, with their licences and sources, are listed in<br>{report}</p>"
REPORT = "THIRD-PARTY.txt"


def licences_folder() -> Path | None:
    """Where an installed program has the licences of its parts; None where it runs from source."""
    folder = Path(sys.executable).parent / "licences"
    return folder if is_frozen() and folder.is_dir() else None


def about_box(parent: QWidget) -> QMessageBox:
    """A box that deletes itself when it is closed; open it. Its path can be copied where no file manager answers."""
    box = QMessageBox(parent)
    box.setWindowTitle("About SegDepth")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
    text = ABOUT.format(version=__version__)
    folder = licences_folder()
    if folder is not None:
        text += INSTALLED.format(report=escape(str(folder / REPORT)))
        button = box.addButton("Open &licences", QMessageBox.ButtonRole.ActionRole)
        button.clicked.connect(lambda: open_outside(folder))
    box.setText(text)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Close))
    return box
