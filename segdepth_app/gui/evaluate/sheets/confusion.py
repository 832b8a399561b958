"""The confusion matrix, and the examples behind the chosen cell."""

from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from segdepth_app.evaluation.records import Example
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate import wording
from segdepth_app.gui.evaluate.cards import Card, Lines, Sheet, chooser
from segdepth_app.gui.evaluate.examples import ExamplesPanel
from segdepth_app.gui.evaluate.matrix import ConfusionMatrix

MATRICES = {"columns": "confusion_columns", "pixels": "confusion_pixels", "pixels at centres": "confusion_centres"}
TEXTS = {"counts": False, "% of the row": True}


class ConfusionSheet(Sheet):
    """A click on a cell of the columns' matrix says so; the examples come by show_examples."""

    cell_chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._arrays: dict[str, np.ndarray] = {}
        self.matrix = ConfusionMatrix()
        self.matrix.setMinimumSize(330, 280)
        self.of = chooser("What is counted", MATRICES)
        self.texts = chooser("Written in the cells", TEXTS)
        self.examples = ExamplesPanel()
        self.matrix_card = Card("Confusion", self.matrix, self.texts, self.of)
        self.examples_card = Card("Examples", self.examples)
        self.matrix.cell_described.connect(self._read)
        self.matrix.cell_chosen.connect(self._choose)
        self.of.currentIndexChanged.connect(lambda _: self._show_matrix())
        self.texts.currentIndexChanged.connect(lambda _: self.matrix.show_shares(self.texts.currentData()))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACING_PX, 0, 0)
        layout.setSpacing(theme.SPACING_PX)
        layout.addWidget(self.matrix_card, 11)
        layout.addWidget(self.examples_card, 9)

    def show_arrays(self, _figures: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """The matrices of one dose."""
        self._arrays = arrays
        self._show_matrix()

    def show_examples(self, true: int, called: int, examples: list[Example], note: str) -> None:
        """What is behind a cell, or why there is nothing."""
        self.matrix.set_chosen((true, called))
        heading = wording.examples_heading(true, called, len(examples), int(self.matrix.counts[true, called]))
        if examples:
            self.examples.show_examples(heading, examples)
        else:
            self.examples.show_note(heading, note)

    def lines(self) -> Lines:
        """The matrix, in counts."""
        n = len(self.matrix.counts)
        rows = [[str(true), *(str(int(count)) for count in row)] for true, row in enumerate(self.matrix.counts)]
        return [["true \\ called", *(str(called) for called in range(n))], *rows]

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        self.matrix.update()

    def _show_matrix(self) -> None:
        if not self._arrays:
            return
        name = self.of.currentText()
        self.matrix.set_matrix(self._arrays[self.of.currentData()], "columns" if name == "columns" else "pixels")
        self._read("")
        self.examples.show_note("", wording.MATRIX_HELP if name == "columns" else wording.NO_EXAMPLES_HERE)

    def _choose(self, true: int, called: int) -> None:
        if self.of.currentData() == MATRICES["columns"]:
            self.cell_chosen.emit(true, called)

    def _read(self, text: str) -> None:
        total = f"{self.matrix.counts.sum():,} {self.matrix.unit}; colour is the share of the row."
        self.matrix_card.say(text or total)
