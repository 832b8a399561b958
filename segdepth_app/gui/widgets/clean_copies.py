"""What is copied from the window is what stands there, without the marks that let long names break."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QClipboard
from PySide6.QtWidgets import QApplication

from segdepth_app.gui.texts import unbroken


class CleanCopies(QObject):
    """Watches the clipboard while one of our windows is in front: what other programs copy is theirs."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._clipboard = application.clipboard()
        self._clipboard.changed.connect(self._clean)

    def _clean(self, mode: QClipboard.Mode) -> None:
        if self._application.activeWindow() is None:
            return
        text = self._clipboard.text(mode)
        if unbroken(text) != text:  # a path with such a mark in it opens nothing
            self._clipboard.setText(unbroken(text), mode)
