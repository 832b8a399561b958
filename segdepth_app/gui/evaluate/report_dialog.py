"""Asks what goes into a report and where it is written. Widgets only."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.choices import Choice
from segdepth_app.gui.evaluate.picker import TickList
from segdepth_app.gui.widgets import asking

FORMATS = ("png", "svg", "pdf")
WIDTH_PX = 520
EXPLANATION = "One HTML page with everything the Evaluate tab shows; beside it each figure, and each table as CSV."


class ReportDialog(QDialog):
    """What to report, formats of the figures, the folder."""

    def __init__(self, sources: Sequence[Choice], ticked: str, out: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Report")
        self.resize(WIDTH_PX, self.sizeHint().height())
        words = QLabel(EXPLANATION)
        words.setWordWrap(True)
        theme.set_role(words, "muted")
        self.sources = TickList("Evaluations and studies in the report")
        self.sources.set_choices(sources)
        self.sources.tick([ticked])
        self.sources.changed.connect(self._check)
        self.formats = {name: QCheckBox(name.upper()) for name in FORMATS}
        for box in self.formats.values():
            box.setChecked(True)
            box.toggled.connect(self._check)
        self.out = QLineEdit(str(out))
        self.out.setMinimumWidth(240)
        self.out.textChanged.connect(self._check)
        self.browse = QPushButton("Browse…")
        self.browse.setAccessibleName("Choose the folder of the report")
        self.browse.clicked.connect(self._ask_folder)
        self.reason = QLabel()
        self.reason.setWordWrap(True)
        theme.set_role(self.reason, "bad")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.write = self.buttons.addButton("Write report", QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._lay_out(words)
        self._check()

    def values(self) -> dict[str, Any]:
        """Those of a ReportConfig."""
        return {
            "sources": [choice.value for choice in self.sources.chosen()],
            "out": self.out.text().strip(),
            "formats": [name for name, box in self.formats.items() if box.isChecked()],
        }

    def _check(self) -> None:
        values = self.values()
        reason = ""
        if not values["sources"]:
            reason = "Tick what the report is about."
        elif not values["formats"]:
            reason = "Tick a format for the figures."
        elif not values["out"]:
            reason = "Name a folder for the report."
        self.reason.setText(reason)
        self.write.setEnabled(not reason)

    def _ask_folder(self) -> None:
        asking.ask_folder(self, "Folder of the report", self.out.text(), lambda path: self.out.setText(str(path)))

    def _lay_out(self, words: QLabel) -> None:
        about, into, figures = QLabel("&About"), QLabel("&Folder"), QLabel("Figures")
        about.setBuddy(self.sources)
        into.setBuddy(self.out)
        folder, formats = QHBoxLayout(), QHBoxLayout()
        folder.addWidget(into)
        folder.addWidget(self.out, 1)
        folder.addWidget(self.browse)
        formats.addWidget(figures)
        for box in self.formats.values():
            formats.addWidget(box)
        formats.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING_PX)
        for widget in (words, about):
            layout.addWidget(widget)
        layout.addWidget(self.sources, 1)
        layout.addLayout(formats)
        layout.addLayout(folder)
        layout.addWidget(self.reason)
        layout.addWidget(self.buttons)


def ask_for_report(
    parent: QWidget, sources: Sequence[Choice], ticked: str, out: Path, start: Callable[[dict[str, Any]], object]
) -> None:
    """Opens the dialog; calls `start` with the values of a ReportConfig once the user says so. Does not wait."""
    dialog = ReportDialog(sources, ticked, out, parent)
    dialog.accepted.connect(lambda: start(dialog.values()))
    dialog.open()
