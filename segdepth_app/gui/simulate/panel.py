"""The panel for a new dataset: fields beside a live preview, above its cost and buttons. Widgets only.

Cost, reason and buttons are always in sight; in a small window or at a large scale fields and preview scroll.
"""

from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.config import SimulateConfig
from segdepth_app.gui import theme
from segdepth_app.gui.simulate.fields import FOLDED, GROUPS, LABELS
from segdepth_app.gui.simulate.preview_view import PreviewView
from segdepth_app.gui.widgets.field_rows import FieldForm
from segdepth_app.gui.widgets.lists import RoomyArea, scrolling
from segdepth_app.gui.widgets.section import Section

FIELDS_WIDTH_PX = 430
PREVIEW_WIDTH_PX = 600
SHORTEST_PX = 80
NARROW_PX = 560
"""Below this the cost stands above the buttons, not beside them."""


class NewDatasetPanel(QWidget):
    """Says what is typed; shows what it is told."""

    preset_chosen = Signal(str)
    name_changed = Signal(str)
    field_changed = Signal(str, object)
    start_requested = Signal()
    sampling_requested = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = QLineEdit()
        self.name.textEdited.connect(self.name_changed)
        self.name_reason = _reason()
        self.preset = QComboBox()
        self.preset.currentTextChanged.connect(self.preset_chosen)
        self.forms = {title: FieldForm(SimulateConfig, rows) for title, rows in GROUPS.items()}
        self.sections = {title: Section(title, form, is_open=title not in FOLDED) for title, form in self.forms.items()}
        for form in self.forms.values():
            form.changed.connect(self.field_changed)
        self.preview = PreviewView()
        self.whole_reason = _reason()
        self.cost = QLabel()
        self.cost.setWordWrap(True)
        self.cost.setAccessibleName("What it will take")
        self.start = QPushButton("Start")
        theme.set_role(self.start, "primary")
        self.start.clicked.connect(self.start_requested)
        self.cancel = QPushButton("Close")
        self.cancel.clicked.connect(self.closed)
        self.sampling = QPushButton("Check sampling…")
        self.sampling.setToolTip("The error of this sampling of the wave against a finer one, on one specimen")
        self.sampling.clicked.connect(self.sampling_requested)
        self._lay_out()

    def open(self, presets: list[str], preset: str, name: str, values: dict[str, Any]) -> None:
        """A new dataset begins."""
        self.preset.blockSignals(True)
        self.preset.clear()
        self.preset.addItems(presets)
        self.preset.setCurrentText(preset)
        self.preset.blockSignals(False)
        self.name.setText(name)
        self.fill(values)
        self.name.setFocus()
        self.name.selectAll()

    def fill(self, values: dict[str, Any]) -> None:
        """Puts values into all fields."""
        for form in self.forms.values():
            form.fill(values)

    def show_complaints(self, complaints: dict[str, str]) -> None:
        """Each reason at its field, which is brought to light; Start only without any."""
        for title, form in self.forms.items():
            form.show_complaints(complaints)
            if any(where in form.editors or form.covers(where) for where in complaints):
                self.sections[title].unfold()
        self.name_reason.setText(complaints.get("name", ""))
        self.name_reason.setVisible("name" in complaints)
        self.whole_reason.setText(summary(complaints))
        self.whole_reason.setVisible(bool(complaints))
        self.start.setEnabled(not complaints)
        self.start.setToolTip(summary(complaints))

    def show_cost(self, text: str, *, fits: bool) -> None:
        """What the dataset will take, and whether the disk has room for it."""
        self.cost.setText(text)
        self.cost.setVisible(bool(text))
        theme.set_role(self.cost, "" if fits else "bad")

    def _head(self) -> QGridLayout:
        head = QGridLayout()
        head.setHorizontalSpacing(theme.SPACING_PX)
        for row, (text, widget) in enumerate((("Name", self.name), ("Preset", self.preset))):
            label = QLabel(text)
            label.setBuddy(widget)
            head.addWidget(label, 2 * row, 0)
            head.addWidget(widget, 2 * row, 1)
        head.addWidget(self.name_reason, 1, 1)
        head.setColumnMinimumWidth(0, 130)
        head.setColumnStretch(1, 1)
        return head

    def _foot(self) -> QBoxLayout:
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (self.sampling, self.cancel, self.start):
            buttons.addWidget(button)
        self.foot = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.foot.addWidget(self.cost, 1)
        self.foot.addLayout(buttons)
        return self.foot

    def resizeEvent(self, event: QResizeEvent) -> None:  # Qt's name
        """Words beside three buttons need some width."""
        super().resizeEvent(event)
        is_narrow = self.width() < NARROW_PX
        self.foot.setDirection(QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight)

    def _lay_out(self) -> None:
        title = QLabel("New dataset")
        theme.set_role(title, "title")
        inner = QWidget()
        body = QVBoxLayout(inner)
        body.setContentsMargins(0, 0, theme.SPACING_PX, 0)
        body.setSpacing(theme.SPACING_PX)
        body.addLayout(self._head())
        for section in self.sections.values():
            body.addWidget(section)
        body.addStretch(1)
        self.fields = FieldsArea(inner)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self.fields)
        self.splitter.addWidget(PreviewArea(self.preview))
        self.splitter.setStretchFactor(0, 0)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(2 * theme.SPACING_PX)
        self.splitter.setSizes([FIELDS_WIDTH_PX, PREVIEW_WIDTH_PX])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(title)
        layout.addWidget(scrolling(self.splitter), 1)
        layout.addWidget(self.whole_reason)
        layout.addLayout(self._foot())
        QWidget.setTabOrder(self.sampling, self.cancel)
        QWidget.setTabOrder(self.cancel, self.start)


class _AsWideAsItsContents(QScrollArea):
    """Scrolls up and down only."""

    def minimumSizeHint(self) -> QSize:  # Qt's name
        """The width of the contents and of a scroll bar."""
        width = self.widget().minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(width, SHORTEST_PX)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # Qt's name
        """Rows that come up under “More…”, and wider words, need a wider area."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


class FieldsArea(_AsWideAsItsContents):
    """Never narrower than its fields."""

    def __init__(self, inner: QWidget) -> None:
        super().__init__()
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)


class PreviewArea(_AsWideAsItsContents, RoomyArea):
    """Never narrower than its pictures."""


def summary(complaints: dict[str, str]) -> str:
    """What keeps Start closed, in a line: the first reason with its field, and how many more.

    A field without words is one of several that another's words are about.
    """
    if not complaints:
        return ""
    reasons = {where: reason for where, reason in complaints.items() if reason}
    where, reason = next(iter(reasons.items()))
    name = "Name" if where == "name" else LABELS.get(where, "")
    rest = len(reasons) - 1
    more = f" (and {rest} more)" if rest else ""
    return f"{name}: {reason}{more}" if name else f"{reason}{more}"


def _reason() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    theme.set_role(label, "bad")
    label.hide()
    return label
