"""The rows above the pictures: series, model, Analyse; then the facts of the series; then its warnings."""

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.view.analysis import FieldText
from segdepth_app.gui.view.analysis_bar import AnalysisBar
from segdepth_app.gui.view.fields import Source, SourcedField, vacuum_setting
from segdepth_app.gui.view.help_keys import SUITS
from segdepth_app.gui.widgets.elided import Elided

MOST_WARNINGS = 2
SUITS_WIDTH_PX = 230


def menu_button(text: str, items: Iterable[tuple[str, SignalInstance]]) -> QPushButton:
    """A button with a menu; each entry emits a signal."""
    button = QPushButton(text)
    menu = QMenu(button)
    for label, signal in items:
        action = QAction(label, menu)
        action.triggered.connect(lambda _checked=False, signal=signal: signal.emit())
        menu.addAction(action)
    button.setMenu(menu)
    return button


def brief(source: str) -> str:
    """A source without what stands in brackets: `from the lattice`."""
    return source.partition(" (")[0]


class TopBar(QWidget):
    """Three rows; the last only where there is something to warn of."""

    open_file = Signal()
    open_folder = Signal()
    export_result = Signal()
    export_traces = Signal()
    export_events = Signal()
    calibration_wanted = Signal()
    suits_wanted = Signal()
    value_typed = Signal(str, object)
    """Name of the field in SeriesOptions, and the value or None."""

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._make_first_row())
        layout.addLayout(self._make_facts_row())
        self.warnings = QLabel()
        self.warnings.setWordWrap(True)
        self.warnings.setTextFormat(Qt.TextFormat.PlainText)
        self._all_warnings: list[str] = []
        self.more_warnings = QToolButton()
        self.more_warnings.setCheckable(True)
        self.more_warnings.setAutoRaise(True)
        self.more_warnings.setAccessibleName("All warnings about this series")
        theme.set_role(self.more_warnings, "link")
        self.more_warnings.toggled.connect(lambda _: self._show_strip())
        self.notice = QFrame()
        theme.set_role(self.notice, "notice")
        inner = QHBoxLayout(self.notice)
        inner.setContentsMargins(8, 4, 8, 4)
        inner.addWidget(self.warnings, 1)
        inner.addWidget(self.more_warnings, 0, Qt.AlignmentFlag.AlignBottom)
        self.notice.hide()
        layout.addWidget(self.notice)

    def _make_first_row(self) -> QHBoxLayout:
        self.open_button = menu_button("Open", [("File…", self.open_file), ("Folder of frames…", self.open_folder)])
        self.series = Elided()
        theme.set_role(self.series, "heading")
        self.series.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.analysis = AnalysisBar()
        self.export_button = menu_button(
            "Export",
            [
                ("Result as TIFF, CSV, HDF5, figure, movie…", self.export_result),
                ("Traces of the markers (CSV)…", self.export_traces),
                ("Events of the table (CSV)…", self.export_events),
            ],
        )
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING_PX)
        row.addWidget(self.open_button)
        row.addWidget(self.series, 1)
        row.addWidget(self.analysis)
        row.addWidget(self.export_button)
        return row

    def _make_facts_row(self) -> QHBoxLayout:
        self.fields = {
            "pixel_size": SourcedField("Pixel size", "pm", "Width of a pixel of the file. Empty: the file's own."),
            "dose": SourcedField("Dose λ", "e/px", "Electrons per pixel of the file in vacuum. Empty: the file's own."),
            "vacuum": SourcedField(
                "Vacuum", "", "Mean value in vacuum: a number, a rectangle x,y,width,height, or auto.", vacuum_setting
            ),
        }
        row = QHBoxLayout()
        row.setSpacing(2 * theme.SPACING_PX)
        keys = {"pixel_size": "pixel_size_pm", "dose": "dose_e_per_px", "vacuum": "vacuum"}
        for name, field in self.fields.items():
            field.typed.connect(lambda value, key=keys[name]: self.value_typed.emit(key, value))
            row.addWidget(field)
        self.more = Source()
        theme.set_role(self.more, "muted")
        self.suits = QToolButton()
        self.suits.setAutoRaise(True)
        self.suits.setMaximumWidth(SUITS_WIDTH_PX)
        self.suits.clicked.connect(self.suits_wanted)
        self.calibration = QPushButton("Cali&bration…")
        self.calibration.setToolTip("Pixel size and rotation from the lattice; vacuum, gain and dose; drift and sums.")
        self.calibration.clicked.connect(self.calibration_wanted)
        row.addWidget(self.more)
        row.addStretch(1)
        row.addWidget(self.suits)
        row.addWidget(self.calibration)
        self.show_suits("", "muted")
        return row

    def show_suits(self, text: str, role: str) -> None:
        """Whether the model suits the data, in one line; none hides it."""
        self.suits.setText(self.suits.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, SUITS_WIDTH_PX - 16))
        self.suits.setToolTip(f"{SUITS} {text}")
        self.suits.setAccessibleName(f"{SUITS} {text}")
        self.suits.setVisible(bool(text))
        theme.set_role(self.suits, role)

    def show_more(self, text: str) -> None:
        """What else was done to the series: turned, aligned, added up."""
        self.more.setText(text)
        self.more.setVisible(bool(text))

    def show_series(self, name: str) -> None:
        """Name of the series."""
        self.series.setText(name)
        self.series.setToolTip(name)

    def show_facts(self, facts: dict[str, FieldText]) -> None:
        """Values of the fields with their sources."""
        for name, text in facts.items():
            self.fields[name].show_value(text.value, text.source, missing=text.missing)
            self.fields[name].show_short(brief(text.source))

    def show_warnings(self, warnings: list[str]) -> None:
        """The strip; none hides it."""
        self._all_warnings = warnings
        self.notice.setVisible(bool(warnings))
        self._show_strip()

    def _show_strip(self) -> None:
        """The first two; the pictures need the room of the others."""
        all_of_them = self.more_warnings.isChecked()
        n_hidden = len(self._all_warnings) - MOST_WARNINGS
        shown = self._all_warnings if all_of_them else self._all_warnings[:MOST_WARNINGS]
        self.warnings.setText("\n".join(f"⚠ {text}" for text in shown))
        self.more_warnings.setVisible(n_hidden > 0)
        self.more_warnings.setText("Fewer" if all_of_them else f"{n_hidden} more")
        self.more_warnings.setToolTip("\n".join(self._all_warnings[MOST_WARNINGS:]))

    def set_can_export(self, *, result: bool) -> None:
        """Nothing can be exported before there is a result."""
        self.export_button.setEnabled(result)
