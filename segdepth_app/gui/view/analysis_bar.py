"""The controls of the analysis: results to choose from, model, options, and the buttons of its phase."""

from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QProgressBar, QPushButton, QToolButton, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.view.analysis_options import OptionsPopover
from segdepth_app.gui.view.analysis_state import AnalysisState, ResultEntry, Verb

OTHER_MODEL = "Other model file…"
WORDS: dict[Verb, tuple[str, str]] = {
    "analyse": ("Analyse", "Estimates the atoms per column in every frame."),
    "pause": ("Pause", "Ends the analysis for now; what is done is kept, and it goes on where it was."),
    "resume": ("Resume", "Goes on where the analysis was, with the settings it was begun with."),
    "keep": ("Stop and keep", "Ends the analysis and makes a result of the frames that are done."),
    "discard": ("Discard…", "Throws away what this analysis has done, after asking."),
}


class AnalysisBar(QWidget):
    """A row of controls; shows what it is told."""

    asked = Signal(str)
    """A Verb."""
    model_chosen = Signal(str)
    other_model = Signal()
    result_chosen = Signal(str)
    """Path of an earlier result."""

    def __init__(self) -> None:
        super().__init__()
        self.state_text = QLabel()
        theme.set_role(self.state_text, "muted")
        self.progress = QProgressBar()
        self.progress.setFixedWidth(110)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the analysis")
        self.results_button = self._make_menu_button("Results", "Earlier results of this series")
        self.results_button.setStyleSheet("QToolButton::menu-indicator { image: none; }")  # it stands in the text
        self.model_label = QLabel("Model")
        self.model = QComboBox()
        self.model.setAccessibleName("Model")
        self.model.setMinimumContentsLength(14)
        self.model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.model.activated.connect(self._on_model)
        self.model_label.setBuddy(self.model)
        self.options = OptionsPopover(self)
        self.options_button = self._make_menu_button("Options", "Options of the analysis")
        self.options_button.clicked.connect(lambda: self.options.open_below(self.options_button))
        self.buttons = {verb: self._make_button(verb) for verb in WORDS}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING_PX)
        for widget in (self.state_text, self.progress, self.results_button, self.model_label, self.model):
            layout.addWidget(widget)
        layout.addWidget(self.options_button)
        for verb in ("resume", "analyse", "pause", "keep", "discard"):
            layout.addWidget(self.buttons[cast(Verb, verb)])
        self.show_results([])
        self.show_state(AnalysisState())

    def _make_menu_button(self, text: str, name: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _make_button(self, verb: Verb) -> QPushButton:
        text, tip = WORDS[verb]
        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(lambda: self.asked.emit(verb))
        return button

    @property
    def analyse_button(self) -> QPushButton:
        """*Analyse*."""
        return self.buttons["analyse"]

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

    def show_results(self, entries: list[ResultEntry]) -> None:
        """The results of this series, newest first; none hides the button."""
        menu = QMenu(self.results_button)
        group = QActionGroup(menu)
        for entry in entries:
            action = QAction(entry.text, menu, checkable=True, checked=entry.chosen)
            action.triggered.connect(lambda _=False, path=entry.path: self.result_chosen.emit(path))
            group.addAction(action)
            menu.addAction(action)
        old = self.results_button.menu()
        self.results_button.setMenu(menu)
        if old:
            old.deleteLater()
        self.results_button.setText(f"Results ({len(entries)}) ▾")
        self._has_results = bool(entries)
        self.results_button.setVisible(self._has_results)

    def show_state(self, state: AnalysisState) -> None:
        """The buttons of its phase, and what stands beside them."""
        for verb, button in self.buttons.items():
            button.setVisible(verb in state.verbs)
            button.setEnabled(state.enabled or verb in ("pause", "discard") or (verb == "keep" and state.running))
            button.setToolTip(WORDS[verb][1] if button.isEnabled() else state.reason)
            theme.set_role(button, "primary" if verb in ("analyse", "resume") and state.verbs[:1] == (verb,) else "")
        self.buttons["resume"].setText(f"Resume ({state.done} of {state.total} frames)")
        self.buttons["analyse"].setText("Analyse anew" if state.phase == "paused" else "Analyse")
        for widget in (self.model_label, self.model, self.options_button):
            widget.setVisible(not state.running)  # they would change nothing now
        self.results_button.setVisible(self._has_results and not state.running)
        self.progress.setVisible(state.running)
        self.progress.setRange(0, 0 if state.share is None else 1000)
        self.progress.setValue(round(1000 * (state.share or 0)))
        self.state_text.setText(state.text or ("" if state.enabled else state.reason))
