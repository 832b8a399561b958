"""The table of the columns of the frame shown."""

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from segdepth_app.config import N_CLASSES
from segdepth_app.gui import theme
from segdepth_app.gui.view.record_table import Field, RecordTable


class ColumnsPanel(QWidget):
    """Shows what it is told; says what is chosen."""

    chosen = Signal(object)
    """A column (numpy.void of COLUMN_DTYPE)."""
    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._pixel_size_pm: float | None = None
        self.table = RecordTable("Columns of the frame", self._fields())
        self.table.chosen.connect(self.chosen)
        self.table.opened.connect(self.opened)
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        theme.set_role(self.hint, "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.hint, 1)
        layout.addWidget(self.summary)
        self.show_columns(np.zeros(0), None, "", "")

    def _fields(self) -> tuple[Field, ...]:
        def number(header: str, name: str, form: str, tip: str, widest: str) -> Field:
            return Field(header, lambda row: format(row[name], form), lambda rows: rows[name], tip, widest)

        return (
            number("Col.", "column", "d", "Number of the column, the same in every frame.", "0000"),
            Field("El.", lambda row: row["element"].decode(), lambda rows: rows["element"], "Element.", "Ce"),
            number("Atoms", "count", "d", "Count of this frame alone.", "00"),
            number("HMM", "hmm_count", "d", "Count of this frame given the whole series.", "00"),
            number("Conf.", "confidence", ".2f", "Probability of the count of this frame alone.", "0.00"),
            number("x (px)", "x_px", ".1f", "Pixels of the file, to the right, from 0.", "0000.0"),
            number("y (px)", "y_px", ".1f", "Pixels of the file, down, from 0.", "0000.0"),
            Field("x (nm)", lambda row: self._nm(row["x_px"]), lambda rows: rows["x_px"], "", "00.00"),
            Field("y (nm)", lambda row: self._nm(row["y_px"]), lambda rows: rows["y_px"], "", "00.00"),
            *(
                number(f"P({n})", f"p{n}", ".2f", f"Probability of {n} atoms, of this frame alone.", "0.00")
                for n in range(N_CLASSES)
            ),
        )

    def _nm(self, place_px: float) -> str:
        return "" if self._pixel_size_pm is None else f"{place_px * self._pixel_size_pm / 1000:.2f}"

    def show_columns(self, columns: np.ndarray, pixel_size_pm: float | None, summary: str, hint: str) -> None:
        """The columns of a frame, or the hint why there are none to show."""
        self._pixel_size_pm = pixel_size_pm
        self.table.show_records(columns)
        self.table.setVisible(not hint)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.summary.setText(summary)
