"""The table of events: what changed when, with filters and what it adds up to."""

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.config import N_CLASSES
from segdepth_app.gui import theme
from segdepth_app.gui.view.events_logic import EventFilter, StateCounts
from segdepth_app.gui.view.record_table import Field, RecordTable
from segdepth_app.gui.widgets.lists import make_readable, set_cell
from segdepth_app.gui.widgets.play_bar import FROM_0
from segdepth_app.gui.widgets.section import Section

ROWS = (
    ("now", "Columns that have this count in the frame shown, after smoothing."),
    ("to", "Changes to this count, of the events shown."),
    ("from", "Changes away from this count, of the events shown."),
)
STEP = 0.05


class EventsPanel(QWidget):
    """Shows what it is told; says what is chosen."""

    chosen = Signal(object)
    """An event (numpy.void) was clicked, or reached with the arrows."""
    opened = Signal(object)
    """An event was double-clicked, or Enter was pressed."""
    filter_changed = Signal(object)
    """EventFilter."""
    export_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._frame_time_s: float | None = None
        self.table = RecordTable("Events", self._fields())
        self.table.chosen.connect(self.chosen)
        self.table.opened.connect(self.opened)
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        theme.set_role(self.hint, "muted")
        self.only_marked = QCheckBox("Only the selected marker's")
        self.only_marked.toggled.connect(self._tell_filter)
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.export_button = QPushButton("Export…")
        self.export_button.setAccessibleName("Export the events of the table as CSV")
        self.export_button.clicked.connect(self.export_wanted)
        self.counts = Section("Counts per state", self._make_counts(), is_open=False)
        below = QHBoxLayout()
        below.addWidget(self.summary, 1)
        below.addWidget(self.export_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._make_slider())
        layout.addWidget(self.only_marked)
        layout.addWidget(self.hint, 1)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.counts)
        layout.addLayout(below)
        self.show_events(np.zeros(0), None, "", "")

    def _fields(self) -> tuple[Field, ...]:
        return (
            Field("Frame", lambda e: str(int(e["frame"])), lambda e: e["frame"], f"First with the new count. {FROM_0}"),
            Field("s", self._time, lambda e: e["frame"], "Time of that frame.", "0000.00"),
            Field("Col.", lambda e: str(int(e["column"])), lambda e: e["column"], "Number of the column.", "0000"),
            Field("El.", lambda e: e["element"].decode(), lambda e: e["element"], "Element.", "Ce"),
            Field(
                "Atoms",
                lambda e: f"{int(e['from'])} → {int(e['to'])}",
                lambda e: e["to"].astype(int) - e["from"],
                "Count before and after; sorted by the change.",
                "10 → 10",
            ),
            Field(
                "P",
                lambda e: f"{e['probability']:.2f}",
                lambda e: e["probability"],
                "Probability of the event.",
                "0.00",
            ),
        )

    def _time(self, event: np.void) -> str:
        return "" if self._frame_time_s is None else f"{int(event['frame']) * self._frame_time_s:.2f}"

    def _make_slider(self) -> QHBoxLayout:
        label = QLabel("Probability at least")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, round(1 / STEP))
        self.slider.setPageStep(2)
        self.slider.setAccessibleName("Lowest probability of the events shown")
        label.setBuddy(self.slider)
        self.lowest = QLabel("0.00")
        self.slider.valueChanged.connect(lambda value: self.lowest.setText(f"{value * STEP:.2f}"))
        self.slider.valueChanged.connect(self._tell_filter)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.lowest)
        return row

    def _make_counts(self) -> QTableWidget:
        table = QTableWidget(len(ROWS), N_CLASSES + 1)
        make_readable(table)
        table.setAccessibleName("Counts per state")
        table.setHorizontalHeaderLabels(["", *(str(n) for n in range(N_CLASSES))])
        table.horizontalHeader().setMinimumSectionSize(16)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        table.verticalHeader().setDefaultSectionSize(20)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        table.setFixedHeight(table.horizontalHeader().sizeHint().height() + 20 * len(ROWS) + 4)
        for row, (name, tip) in enumerate(ROWS):
            set_cell(table, row, 0, name, is_number=False)
            table.item(row, 0).setToolTip(tip)
        self.counts_table = table
        return table

    def show_events(self, events: np.ndarray, frame_time_s: float | None, summary: str, hint: str) -> None:
        """The events that pass the filter, or the hint why there are none to show."""
        self._frame_time_s = frame_time_s
        self.table.setColumnHidden(1, frame_time_s is None)
        self.table.show_records(events)
        self.table.setVisible(not hint)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.summary.setText(summary)
        self.export_button.setEnabled(bool(len(events)))

    def show_counts(self, counts: StateCounts) -> None:
        """Columns now, and changes to and from each count."""
        for row, values in enumerate((counts.now, counts.reached, counts.left)):
            for column, value in enumerate(values, 1):
                set_cell(self.counts_table, row, column, str(value) if value else "·", is_number=True)

    def show_filter(self, chosen: EventFilter) -> None:
        """Sets slider and box without saying so."""
        for widget in (self.slider, self.only_marked):
            widget.blockSignals(True)
        self.slider.setValue(round(chosen.lowest / STEP))
        self.lowest.setText(f"{chosen.lowest:.2f}")
        self.only_marked.setChecked(chosen.only_marked)
        for widget in (self.slider, self.only_marked):
            widget.blockSignals(False)

    def _tell_filter(self) -> None:
        self.filter_changed.emit(EventFilter(self.slider.value() * STEP, self.only_marked.isChecked()))
