"""How far confidence can be trusted, and how well occupied sites are told from empty ones."""

from itertools import pairwise
from typing import Any

import numpy as np
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate import wording
from segdepth_app.gui.evaluate.cards import Card, Lines, Sheet, chooser
from segdepth_app.gui.evaluate.groups import NOT_THERE
from segdepth_app.gui.evaluate.plots import PrecisionRecallPlot, ReliabilityPlot, patch

WHAT = {"columns": "column", "pixels": "pixel"}
CURVES = ("before", "after")
TITLES = {"before": "before temperature", "after": "after"}


class ReliabilitySheet(Sheet):
    """Two plots of columns or pixels."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figures: dict[str, Any] = {}
        self._arrays: dict[str, np.ndarray] = {}
        self.plot = ReliabilityPlot()
        self.precision = PrecisionRecallPlot()
        self.what = chooser("What is judged", WHAT)
        self.what.currentIndexChanged.connect(lambda _: self._show())
        self.curves = {name: QCheckBox(TITLES[name]) for name in CURVES}
        for box in self.curves.values():
            box.setChecked(True)
            box.toggled.connect(lambda _: self._show())
        self.card = Card("Reliability", self.plot, *self.curves.values(), self.what)
        self.precision_card = Card("Precision and recall", self.precision)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACING_PX, 0, 0)
        layout.setSpacing(theme.SPACING_PX)
        layout.addWidget(self.card, 1)
        layout.addWidget(self.precision_card, 1)

    def show_arrays(self, figures: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Both plots of one dose."""
        self._figures, self._arrays = figures, arrays
        self._show()

    def lines(self) -> Lines:
        """The bins of the reliability diagram, before and after."""
        head = ["from", "to"]
        head += [f"{name}: {what}" for name in CURVES for what in ("calls", "mean confidence", "accuracy")]
        rows = []
        edges, tables = self._arrays["reliability_edges"], self._table()
        for place, (low, high) in enumerate(pairwise(edges)):
            row = [f"{low:.4g}", f"{high:.4g}"]
            for n, confidence, right in tables[:, :, place]:
                row += [f"{n:.0f}", *(f"{value / n:.6g}" if n else "" for value in (confidence, right))]
            rows.append(row)
        return [head, *rows]

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        self.plot.restyle()
        self.precision.restyle()
        self._show()

    def _table(self) -> np.ndarray:
        return self._arrays[f"reliability_{self.what.currentData()}s"]

    def _show(self) -> None:
        if not self._arrays:
            return
        what = self.what.currentData()
        shown = {name: box.isChecked() for name, box in self.curves.items()}
        self.plot.show_table(self._table(), self._arrays["reliability_edges"], **shown)
        before, after = (patch(theme.colour(name)) for name in ("crosshair", "accent"))
        self.card.say(wording.reliability_remark(self._figures, what, before, after))
        presence = self._arrays.get(f"presence_{what}s")
        self.precision.show_presence(presence, self._arrays.get("presence_edges"))
        self.precision_card.say(NOT_THERE if presence is None else wording.precision_remark(self._figures, what))
