"""The rows above the pictures: series, model, Analyse; then the facts of the series; then its warnings."""

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.view.analysis import AnalysisState, FieldText
from segdepth_app.gui.view.fields import SourcedField, vacuum_setting

OTHER_MODEL = "Other model file…"


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


class TopBar(QWidget):
    """Three rows; the last only where there is something to warn of."""

    open_file = Signal()
    open_folder = Signal()
    export_columns = Signal()
    export_traces = Signal()
    export_depth = Signal()
    analyse = Signal()
    model_chosen = Signal(str)
    other_model = Signal()
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
        self.notice = QFrame()
        theme.set_role(self.notice, "notice")
        inner = QHBoxLayout(self.notice)
        inner.setContentsMargins(8, 4, 8, 4)
        inner.addWidget(self.warnings)
        self.notice.hide()
        layout.addWidget(self.notice)

    def _make_first_row(self) -> QHBoxLayout:
        self.open_button = menu_button("Open", [("File…", self.open_file), ("Folder of frames…", self.open_folder)])
        self.series = QLabel()
        theme.set_role(self.series, "heading")
        self.series.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.model = QComboBox()
        self.model.setAccessibleName("Model")
        self.model.setMinimumContentsLength(16)
        self.model.activated.connect(self._on_model)
        model_label = QLabel("Model")
        model_label.setBuddy(self.model)
        self.analyse_button = QPushButton("Analyse")
        theme.set_role(self.analyse_button, "primary")
        self.analyse_button.setMinimumWidth(96)
        self.analyse_button.clicked.connect(self.analyse)
        self.progress = QProgressBar()
        self.progress.setFixedWidth(110)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the analysis")
        self.state_text = QLabel()
        theme.set_role(self.state_text, "muted")
        self.export_button = menu_button(
            "Export",
            [
                ("Columns (CSV)…", self.export_columns),
                ("Traces of the markers (CSV)…", self.export_traces),
                ("Depth (TIFF)…", self.export_depth),
            ],
        )
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING_PX)
        row.addWidget(self.open_button)
        row.addWidget(self.series, 1)
        for widget in (self.state_text, self.progress, model_label, self.model, self.analyse_button):
            row.addWidget(widget)
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
        row.addStretch(1)
        return row

    def show_series(self, name: str) -> None:
        """Name of the series."""
        self.series.setText(name)
        self.series.setToolTip(name)

    def show_models(self, names: list[str], chosen: str | None) -> None:
        """Entries of the chooser."""
        self.model.clear()
        self.model.addItems(names)
        if not names:
            self.model.addItem("No model installed")
        self.model.insertSeparator(self.model.count())
        self.model.addItem(OTHER_MODEL)
        self.model.setCurrentIndex(names.index(chosen) if chosen in names else 0)

    def _on_model(self, index: int) -> None:
        text = self.model.itemText(index)
        if text == OTHER_MODEL:
            self.other_model.emit()
        else:
            self.model_chosen.emit(text)

    def show_facts(self, facts: dict[str, FieldText]) -> None:
        """Values of the fields with their sources."""
        for name, text in facts.items():
            self.fields[name].show_value(text.value, text.source, missing=text.missing)

    def show_warnings(self, warnings: list[str]) -> None:
        """The strip; none hides it."""
        self.warnings.setText("\n".join(f"⚠ {text}" for text in warnings))
        self.notice.setVisible(bool(warnings))

    def show_analysis(self, state: AnalysisState) -> None:
        """The button and what stands beside it."""
        self.analyse_button.setText("Stop" if state.running else "Analyse")
        self.analyse_button.setEnabled(state.enabled)
        self.analyse_button.setToolTip(state.reason or ("Ends the analysis; what is done is kept." * state.running))
        self.progress.setVisible(state.running)
        self.progress.setRange(0, 0 if state.share is None else 1000)
        self.progress.setValue(round(1000 * (state.share or 0)))
        self.state_text.setText(state.text or ("" if state.enabled else state.reason))

    def set_can_export(self, *, result: bool) -> None:
        """Nothing can be exported before there is a result."""
        self.export_button.setEnabled(result)
