"""The dialog before an export: which files, where, which panes, which frames. The job does the rest."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.config import ExportResultConfig
from segdepth_app.config.analysis import PANES
from segdepth_app.gui import drafts, theme
from segdepth_app.gui.view.export_draft import TARGETS, ExportDraft
from segdepth_app.gui.widgets.field_editors import text_of

NUMBERS = (
    ("frame", "Figure: frame (from 0)"),
    ("first", "Movie: first frame (from 0)"),
    ("last", "Movie: last frame (from 0)"),
    ("frames_per_second", "Movie: frames per second"),
)

WHERE_EMPTY = {"frame": "middle", "last": "last"}
"""What an empty field means."""


class ExportDialog(QDialog):
    """Collects a draft; `then` gets it when it is complete and its files may be written."""

    def __init__(self, draft: ExportDraft, then: Callable[[ExportDraft], object], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export the result")
        self._draft, self._then = draft, then
        self.files: dict[str, QCheckBox] = {}
        self.endings: dict[str, QComboBox] = {}
        self.panes: dict[str, QCheckBox] = {}
        self.numbers: dict[str, QLineEdit] = {}
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        theme.set_role(self.problem, "bad")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.write = self.buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self._make_files())
        layout.addLayout(self._make_place())
        layout.addWidget(self._make_pictures())
        layout.addWidget(self.problem)
        layout.addWidget(self.buttons)
        self._fill()
        self._look()

    def _make_files(self) -> QGroupBox:
        box = QGroupBox("Files")
        grid = QGridLayout(box)
        for row, target in enumerate(TARGETS):
            file = QCheckBox(target.title)
            file.setToolTip(drafts.info(ExportResultConfig, target.field).description or "")
            file.toggled.connect(self._look)
            ending = QComboBox()
            ending.addItems(target.endings)
            ending.setAccessibleName(f"Kind of file: {target.title}")
            ending.setEnabled(len(target.endings) > 1)
            ending.currentIndexChanged.connect(self._look)
            grid.addWidget(file, row, 0)
            grid.addWidget(ending, row, 1)
            self.files[target.field], self.endings[target.field] = file, ending
        return box

    def _make_place(self) -> QGridLayout:
        grid = QGridLayout()
        self.folder, self.stem = QLineEdit(), QLineEdit()
        browse = QPushButton("Browse…")
        browse.setAccessibleName("Folder to write to: browse")
        browse.clicked.connect(self._browse)
        for row, (text, line) in enumerate((("&Folder", self.folder), ("&Name", self.stem))):
            label = QLabel(text)
            label.setBuddy(line)
            line.textChanged.connect(self._look)
            grid.addWidget(label, row, 0)
            grid.addWidget(line, row, 1)
        grid.addWidget(browse, 0, 2)
        return grid

    def _make_pictures(self) -> QGroupBox:
        box = QGroupBox("Figure and movie")
        column = QVBoxLayout(box)
        row = QHBoxLayout()
        row.addWidget(QLabel("Panes"))
        for name in PANES:
            pane = QCheckBox(name)
            pane.setAccessibleName(f"Pane: {name}")
            pane.toggled.connect(self._look)
            row.addWidget(pane)
            self.panes[name] = pane
        row.addStretch(1)
        column.addLayout(row)
        grid = QGridLayout()
        for number, (name, text) in enumerate(NUMBERS):
            label, line = QLabel(text), QLineEdit()
            line.setFixedWidth(72)
            line.setToolTip(drafts.info(ExportResultConfig, name).description or "")
            line.setPlaceholderText(WHERE_EMPTY.get(name, ""))
            label.setBuddy(line)
            line.textChanged.connect(self._look)
            grid.addWidget(label, number // 2, number % 2 * 2)
            grid.addWidget(line, number // 2, number % 2 * 2 + 1)
            self.numbers[name] = line
        grid.setColumnStretch(4, 1)
        column.addLayout(grid)
        return box

    def _fill(self) -> None:
        draft = self._draft
        self.folder.setText(draft.folder)
        self.stem.setText(draft.stem)
        for name, ending in draft.targets.items():
            self.files[name].setChecked(True)
            self.endings[name].setCurrentText(ending)
        for name in draft.values.get("panes", drafts.default(ExportResultConfig, "panes")):
            self.panes[name].setChecked(True)
        for name, line in self.numbers.items():
            line.setText(text_of(draft.values.get(name, drafts.default(ExportResultConfig, name))))

    def draft(self) -> ExportDraft:
        """What stands in the dialog."""
        values: dict[str, Any] = {name: line.text().strip() or None for name, line in self.numbers.items()}
        for name in ("first", "frames_per_second"):  # not optional: an empty field is the default
            values[name] = values[name] if values[name] is not None else drafts.default(ExportResultConfig, name)
        values["panes"] = [name for name, pane in self.panes.items() if pane.isChecked()]
        targets = {name: self.endings[name].currentText() for name, file in self.files.items() if file.isChecked()}
        return replace(
            self._draft,
            folder=self.folder.text().strip(),
            stem=self.stem.text().strip(),
            targets=targets,
            values={**self._draft.values, **values},
        )

    def _look(self) -> None:
        """Says what is missing while it is typed."""
        draft = self.draft()
        complaint = draft.complaint()
        existing = draft.existing()
        written_over = (
            f"Already there, will be replaced: {', '.join(path.name for path in existing)}" if existing else ""
        )
        self.problem.setText(complaint or written_over)
        theme.set_role(self.problem, "bad" if complaint else "warning")
        self.write.setEnabled(not complaint)

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder to write to", self.folder.text())
        if folder:
            self.folder.setText(folder)

    def _accept(self) -> None:
        self._then(self.draft())
        self.accept()
