"""Asking before something is lost, and showing where a file lies. The window stays alive meanwhile."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget


def ask(parent: QWidget, question: str, explanation: str, verb: str, then: Callable[[], object]) -> QMessageBox:
    """A question with the buttons `verb` and Keep (the default); calls `then` for the first."""
    box = QMessageBox(QMessageBox.Icon.Question, "SegDepth", question, parent=parent)
    box.setInformativeText(explanation)
    yes = box.addButton(verb, QMessageBox.ButtonRole.AcceptRole)
    keep = box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.buttonClicked.connect(lambda button: then() if button is yes else None)
    box.open()
    return box


def reveal(path: Path) -> None:
    """Opens the folder, or the folder of the file, in the file manager."""
    folder = path if path.is_dir() else path.parent
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
