"""A line over the page about the report that is being written, or has been. Widgets only."""

from pathlib import Path

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.outside import open_outside
from segdepth_app.gui.widgets import asking


class ReportNotice(QFrame):
    """Hidden while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.set_role(self, "card")
        self._report: Path | None = None
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.open = QPushButton("Open report")
        self.open.clicked.connect(self._open)
        self.reveal = QPushButton("Show in folder")
        self.reveal.setAccessibleName("Show the report in its folder")
        self.reveal.clicked.connect(self._reveal)
        self.dismiss = QPushButton("Dismiss")
        self.dismiss.setAccessibleName("Dismiss the message about the report")
        self.dismiss.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.SPACING_PX, 4, theme.SPACING_PX, 4)
        layout.addWidget(self.text, 1)
        for button in (self.open, self.reveal, self.dismiss):
            layout.addWidget(button)
        self.hide()

    def show_text(self, text: str) -> None:
        """Words only; none: hidden."""
        self._report = None
        self._show(text)

    def show_report(self, text: str, report: Path) -> None:
        """A report that is there."""
        self._report = report
        self._show(text)

    def _show(self, text: str) -> None:
        self.text.setText(text)
        for button in (self.open, self.reveal, self.dismiss):
            button.setVisible(self._report is not None)
        self.setVisible(bool(text))

    def _open(self) -> None:
        if self._report is not None:
            open_outside(self._report)

    def _reveal(self) -> None:
        if self._report is not None:
            asking.reveal(self._report)
