"""A list of models or datasets, each with a box to tick; files from elsewhere can be added."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.choices import Choice

LIST_HEIGHT_PX = 112


class CheckList(QWidget):
    """Says which values are ticked; shows why they are refused."""

    changed = Signal(list)

    def __init__(self, title: str, choices: list[Choice], files: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = title.replace("&", "")
        self._files = files
        self.list = QListWidget()
        self.list.setAccessibleName(self._name)
        self.list.setFixedHeight(LIST_HEIGHT_PX)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.itemChanged.connect(lambda _: self.changed.emit(self.checked()))
        label = QLabel(title)
        label.setBuddy(self.list)
        theme.set_role(label, "heading")
        self.browse = QPushButton("Add file…")
        self.browse.setAccessibleName(f"{self._name}: add a file")
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self._browse)
        self.reason = QLabel()
        self.reason.setWordWrap(True)
        theme.set_role(self.reason, "bad")
        head = QHBoxLayout()
        head.addWidget(label, 1)
        head.addWidget(self.browse)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addLayout(head)
        self._column.addWidget(self.list)
        self._column.addWidget(self.reason)
        self._column.addStretch(1)
        for choice in choices:
            self.add(choice)
        self.show_complaint("")

    def add(self, choice: Choice, *, checked: bool = False) -> None:
        """One line more; one that is there already is only ticked."""
        for row in range(self.list.count()):
            item = self.list.item(row)
            if item.data(Qt.ItemDataRole.UserRole) == choice.value:
                item.setCheckState(Qt.CheckState.Checked)
                return
        item = QListWidgetItem(choice.label)
        item.setData(Qt.ItemDataRole.UserRole, choice.value)
        item.setToolTip(choice.value)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked)
        self.list.addItem(item)
        if checked:
            self.changed.emit(self.checked())

    def check_first(self) -> None:
        """Ticks the first line, without saying so."""
        if self.list.count():
            self.list.blockSignals(True)
            self.list.item(0).setCheckState(Qt.CheckState.Checked)
            self.list.blockSignals(False)

    def checked(self) -> list[str]:
        """The values that are ticked, in the list's order."""
        items = (self.list.item(row) for row in range(self.list.count()))
        return [item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() is Qt.CheckState.Checked]

    def show_complaint(self, text: str) -> None:
        """Why the choice is refused; no text takes it away."""
        self.reason.setText(text)
        self.reason.setVisible(bool(text))
        self.list.setAccessibleDescription(text)

    def add_below(self, widget: QWidget) -> None:
        """Something to know about the choice."""
        self._column.insertWidget(self._column.count() - 1, widget)

    def _browse(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self, self._name, "", self._files)
        for path in paths:
            self.add(Choice(Path(path).name, path), checked=True)
