"""*Does this model suit this data?*: a window with one row per comparison."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.view.suits_presenter import ROLES, Finding, summary
from segdepth_app.gui.widgets.dialogs import come_up, fit_to_screen
from segdepth_app.gui.widgets.lists import make_readable

SIZE_PX = (860, 460)
AIR_PX = 8
HEADERS = ("Verdict", "What", "This series", "The model", "What it means")
WIDTHS_PX = (92, 110, 120, 120)
TITLE = "Does this model suit this data?"


class SuitsView(QDialog):
    """Setters in; nothing comes out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(TITLE)
        self.setModal(False)
        self._findings: list[Finding] = []
        heading = QLabel(TITLE)
        theme.set_role(heading, "title")
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.table = QTableWidget(0, len(HEADERS))
        make_readable(self.table)
        self.table.setAccessibleName(TITLE)
        self.table.setHorizontalHeaderLabels(list(HEADERS))
        self.table.setWordWrap(True)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, width in enumerate(WIDTHS_PX):
            self.table.setColumnWidth(column, width)
        header.setSectionResizeMode(len(HEADERS) - 1, QHeaderView.ResizeMode.Stretch)
        header.sectionResized.connect(lambda *_: self._fit_rows())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING_PX)
        layout.addWidget(heading)
        layout.addWidget(self.summary)
        layout.addWidget(self.table, 1)
        layout.addWidget(buttons)
        fit_to_screen(self, *SIZE_PX)

    def present(self) -> None:
        """Comes up, or to the front."""
        come_up(self)
        self._fit_rows()

    def show_findings(self, findings: list[Finding], text: str) -> None:
        """A row each; or the words why there are none."""
        self._findings = findings
        line, role = summary(findings)
        self.summary.setText(text or line)
        theme.set_role(self.summary, "warning" if text else role)
        self.table.setVisible(bool(findings))
        self.table.setRowCount(len(findings))
        for row, finding in enumerate(findings):
            cells = (finding.verdict_text, finding.what, finding.series, finding.model, finding.text)
            for column, value in enumerate(cells):
                self.table.setItem(row, column, self._cell(value, finding if column == 0 else None))
        self._fit_rows()

    def refresh_theme(self) -> None:
        """Takes the colours of the present look."""
        self.show_findings(self._findings, "" if self._findings else self.summary.text())

    def _fit_rows(self) -> None:
        """As high as their words, with some air: padding by a style sheet would cost words their width."""
        self.table.resizeRowsToContents()
        for row in range(self.table.rowCount()):
            self.table.setRowHeight(row, self.table.rowHeight(row) + AIR_PX)

    def _cell(self, text: str, judged: Finding | None) -> QTableWidgetItem:
        item = QTableWidgetItem(text)
        item.setToolTip(text)
        item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if judged is not None:
            item.setForeground(QColor(theme.colour(ROLES.get(judged.verdict, "muted"))))
        return item
