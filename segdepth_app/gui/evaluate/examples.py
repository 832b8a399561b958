"""Examples of a cell of the confusion: what the network saw, what it called, what is true, and where. Widgets only."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from segdepth_app.evaluation.records import Example
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.crops import LARGEST_PX, SMALLEST_PX, Crop
from segdepth_app.gui.evaluate.wording import example_caption
from segdepth_app.gui.widgets.class_legend import ClassLegend

TITLES = ("noisy image", "called", "true")
GAP_PX = 6
LEAST_PX = (3 * SMALLEST_PX + 4 * GAP_PX + 20, 150)


class ExamplesPanel(QWidget):
    """A heading, the legend, and a row of three pictures for each example; more rows scroll."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = QLabel()
        self.heading.setWordWrap(True)
        theme.set_role(self.heading, "heading")
        self.note = QLabel()
        self.note.setWordWrap(True)
        theme.set_role(self.note, "muted")
        self.legend = ClassLegend(vertical=False)
        self.rows: list[ExampleRow] = []
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.SPACING_PX)
        self._column.addStretch(1)
        self.area = _Area()
        self.area.setWidget(self._body)
        # the card shows through
        for widget in (self._body, self.area.viewport()):
            widget.setAutoFillBackground(False)
        self.area.resized.connect(self._fit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.heading, self.note, self.legend):
            layout.addWidget(widget)
        layout.addWidget(self.area, 1)
        # takes the room while there are no examples
        layout.addStretch(0)
        self.setMinimumWidth(max(LEAST_PX[0], self.legend.sizeHint().width()))
        self.show_note("", "")

    def show_note(self, heading: str, text: str) -> None:
        """No examples, and why."""
        self._say(heading, text)
        self._show_rows(0)

    def show_examples(self, heading: str, examples: Sequence[Example]) -> None:
        """These and no others, all with the same contrast."""
        self._say(heading, "")
        while len(self.rows) < len(examples):
            row = ExampleRow()
            self.rows.append(row)
            self._column.insertWidget(len(self.rows) - 1, row)
        low, high = contrast(examples)
        for row, example in zip(self.rows, examples, strict=False):
            row.show_example(example, low, high)
        self._show_rows(len(examples))
        self._fit()

    def _say(self, heading: str, text: str) -> None:
        for label, words in ((self.heading, heading), (self.note, text)):
            label.setText(words)
            label.setVisible(bool(words))

    def _show_rows(self, n: int) -> None:
        self.area.setVisible(n > 0)
        self.legend.setVisible(n > 0)
        for number, row in enumerate(self.rows):
            row.setVisible(number < n)

    def _fit(self) -> None:
        room = (self.area.maximumViewportSize().width() - 20 - 2 * GAP_PX) // 3
        for row in self.rows:
            row.set_edge(min(max(room, SMALLEST_PX), LARGEST_PX))


class ExampleRow(QWidget):
    """Three pictures side by side over their caption."""

    def __init__(self) -> None:
        super().__init__()
        self.crops = [Crop() for _ in TITLES]
        self.caption = QLabel()
        self.caption.setWordWrap(True)
        self.caption.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        theme.set_role(self.caption, "muted")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP_PX)
        grid.setVerticalSpacing(1)
        for column, (crop, title) in enumerate(zip(self.crops, TITLES, strict=True)):
            crop.setAccessibleName(f"Example: {title}")
            crop.setToolTip(title)
            label = QLabel(title)
            theme.set_role(label, "muted")
            grid.addWidget(label, 0, column)
            grid.addWidget(crop, 1, column)
        grid.setColumnStretch(len(TITLES), 1)
        grid.addWidget(self.caption, 2, 0, 1, len(TITLES) + 1)

    def set_edge(self, edge_px: int) -> None:
        """Size of the pictures."""
        for crop in self.crops:
            crop.setFixedSize(edge_px, edge_px)

    def show_example(self, example: Example, low: float, high: float) -> None:
        """Pictures with a ring at the column, and where it is."""
        noisy, called, truth = self.crops
        noisy.show_grey(example.image, low, high)
        noisy.set_ring(example.crop_x_px, example.crop_y_px)
        scale = example.image_pixel_pm / example.map_pixel_pm
        for crop, classes in ((called, example.called_map), (truth, example.true_map)):
            crop.show_classes(classes)
            crop.set_ring((example.crop_x_px + 0.5) * scale - 0.5, (example.crop_y_px + 0.5) * scale - 0.5)
        self.caption.setText(example_caption(example))


class _Area(QScrollArea):
    """As wide as there is room; says when that changes."""

    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Examples")
        self.setMinimumHeight(LEAST_PX[1])

    def resizeEvent(self, event: QResizeEvent) -> None:  # Qt's name
        """The pictures take the room there is."""
        super().resizeEvent(event)
        self.resized.emit()


def contrast(examples: Sequence[Example]) -> tuple[float, float]:
    """Black and white of all of them together: single noisy pixels outside 0.5 to 99.5 % are cut off."""
    values = np.concatenate([example.image.ravel() for example in examples]) if examples else np.array([0.0, 1.0])
    low, high = np.percentile(values, [0.5, 99.5])
    return float(low), float(max(high, low + 1e-6))
