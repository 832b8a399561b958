"""Asking before something is lost, asking for a folder, and showing one. The window stays alive meanwhile."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from segdepth_app.gui.outside import open_outside


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


def ask_folder(parent: QWidget, title: str, start: str, then: Callable[[Path], object]) -> QFileDialog:
    """Asks for a folder, which can be made in the dialog; calls `then` with it."""
    dialog = QFileDialog(parent, title, start)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda path: then(Path(path)))
    dialog.open()
    return dialog


def reveal(path: Path) -> None:
    """Opens the folder, or the folder of the file, in the file manager."""
    folder = path if path.is_dir() else path.parent
    open_outside(folder)
