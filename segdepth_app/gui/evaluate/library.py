"""The list of evaluations and studies, in two groups with a heading each. Widgets only."""

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from segdepth_app.gui import theme

FOLDER = Qt.ItemDataRole.UserRole
GROUP = Qt.ItemDataRole.UserRole + 1
GROUPS = {"evaluations": "Evaluations", "studies": "Studies"}
LEAST_PX = 96


class Library(QListWidget):
    """Lines of one group stay when the other is listed anew."""

    evaluation_selected = Signal(object)
    study_selected = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[str, dict[Path, str]] = {name: {} for name in GROUPS}
        self.setAccessibleName("Evaluations and studies")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.currentItemChanged.connect(self._on_current)

    def minimumSizeHint(self) -> QSize:  # Qt's name
        """Three lines."""
        return QSize(120, LEAST_PX)

    def set_group(self, group: str, entries: dict[Path, str]) -> None:
        """The lines of a group (a key of GROUPS) anew, without saying that anything was chosen."""
        if entries == self._entries[group] and self.count():
            return
        self._entries[group] = dict(entries)
        marked = self.marked
        self.blockSignals(True)
        self.clear()
        for name, lines in self._entries.items():
            if lines:
                self._add_heading(name)
            for folder, text in lines.items():
                item = QListWidgetItem(text, self)
                item.setData(FOLDER, str(folder))
                item.setData(GROUP, name)
                item.setToolTip(f"{text}\n{folder}")
        self.blockSignals(False)
        self.mark(marked)

    @property
    def marked(self) -> Path | None:
        """The folder of the line that is marked."""
        item = self.currentItem()
        return Path(item.data(FOLDER)) if item is not None and item.data(FOLDER) else None

    def mark(self, folder: Path | None) -> None:
        """Marks a line without saying so; None: none."""
        self.blockSignals(True)
        rows = [row for row in range(self.count()) if folder and self.item(row).data(FOLDER) == str(folder)]
        self.setCurrentRow(rows[0] if rows else -1)
        self.blockSignals(False)

    def restyle(self) -> None:
        """Headings in the colour of the present look."""
        for row in range(self.count()):
            if not self.item(row).data(FOLDER):
                self.item(row).setForeground(QColor(theme.colour("muted")))

    def _add_heading(self, name: str) -> None:
        item = QListWidgetItem(GROUPS[name], self)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        item.setForeground(QColor(theme.colour("muted")))
        font = item.font()
        font.setBold(True)
        item.setFont(font)

    def _on_current(self, item: QListWidgetItem | None, _previous: object) -> None:
        if item is not None and item.data(FOLDER):
            signal = self.evaluation_selected if item.data(GROUP) == "evaluations" else self.study_selected
            signal.emit(Path(item.data(FOLDER)))
