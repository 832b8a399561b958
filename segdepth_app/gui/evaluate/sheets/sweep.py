"""A figure against the dose: the ticked evaluations, and the paper's networks where they have it."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QWidget

from segdepth_app.evaluation.records import Evaluation
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate import sweep
from segdepth_app.gui.evaluate.cards import Card, Lines, Sheet, chooser
from segdepth_app.gui.evaluate.picker import TickDelegate
from segdepth_app.gui.evaluate.sweep_plot import MOST_CURVES, SweepPlot, curve_icon
from segdepth_app.gui.evaluate.wording import label, when

FOLDER = Qt.ItemDataRole.UserRole
PAPER_WORDS = "★ the networks of the paper's Table I, on its own test set."
REMARK = "Bars: 95 % intervals over specimens."


class SweepSheet(Sheet):
    """Plot on the left, what is drawn on the right; the list is the legend too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evaluations: dict[Path, Evaluation] = {}
        self._shown: Path | None = None
        self.plot = SweepPlot()
        self.figure = chooser("Figure", {label: name for name, label in sweep.METRICS.items()})
        self.figure.setCurrentIndex(self.figure.findData(sweep.FIRST))
        self.figure.currentIndexChanged.connect(lambda _: self._draw())
        self.list = QListWidget()
        self.list.setAccessibleName("Evaluations in the plot")
        self.list.setItemDelegate(TickDelegate(self.list))
        self.list.setMinimumWidth(220)
        self.list.setWordWrap(True)
        self.list.itemChanged.connect(self._on_tick)
        self.card = Card("Figure against dose", self.plot, self.figure)
        self.list_card = Card(f"Evaluations, up to {MOST_CURVES}", self.list)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACING_PX, 0, 0)
        layout.setSpacing(theme.SPACING_PX)
        layout.addWidget(self.card, 14)
        layout.addWidget(self.list_card, 6)

    def show_evaluations(self, evaluations: list[Evaluation], shown: Evaluation) -> None:
        """What can be drawn. What is ticked stays so for the evaluation on show; another one comes with its own."""
        known = {item.folder: item for item in evaluations}
        if known == self._evaluations and shown.folder == self._shown:
            return
        ticked = self.ticked() if shown.folder == self._shown else []
        ticked = ticked or sweep.companions(evaluations, shown, MOST_CURVES)
        self._evaluations, self._shown = known, shown.folder
        self.list.blockSignals(True)
        self.list.clear()
        for item in sorted(evaluations, key=lambda item: item.folder != shown.folder):
            line = QListWidgetItem(f"{label(item)}\n{when(item)}", self.list)
            line.setData(FOLDER, str(item.folder))
            line.setToolTip(f"{label(item)}\n{item.folder}")
            line.setFlags(line.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            line.setCheckState(Qt.CheckState.Checked if item.folder in ticked else Qt.CheckState.Unchecked)
        self.list.blockSignals(False)
        self._draw()

    def ticked(self) -> list[Path]:
        """Folders of what is drawn, in the order of the list."""
        lines = [self.list.item(row) for row in range(self.list.count())]
        return [Path(line.data(FOLDER)) for line in lines if line.checkState() == Qt.CheckState.Checked]

    def lines(self) -> Lines:
        """The curves in numbers."""
        return sweep.table(self._curves(), self.figure.currentData())

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        self.plot.restyle()
        self._draw()

    def _on_tick(self, item: QListWidgetItem) -> None:
        lines = [self.list.item(row) for row in range(self.list.count())]
        if sum(line.checkState() == Qt.CheckState.Checked for line in lines) > MOST_CURVES:
            self.list.blockSignals(True)
            item.setCheckState(Qt.CheckState.Unchecked)
            self.list.blockSignals(False)
        self._draw()

    def _curves(self) -> list[sweep.Curve]:
        return [sweep.curve(self._evaluations[folder], self.figure.currentData()) for folder in self.ticked()]

    def _draw(self) -> None:
        metric = self.figure.currentData()
        points = sweep.paper_points(metric)
        self.plot.show_curves(self._curves(), points, self.figure.currentText())
        self.card.say(f"{PAPER_WORDS} {REMARK}" if points else REMARK)
        self._show_colours()

    def _show_colours(self) -> None:
        slots = {folder: slot for slot, folder in enumerate(self.ticked())}
        self.list.blockSignals(True)
        for row in range(self.list.count()):
            line = self.list.item(row)
            slot = slots.get(Path(line.data(FOLDER)))
            line.setIcon(QIcon() if slot is None else curve_icon(slot))
        self.list.blockSignals(False)
