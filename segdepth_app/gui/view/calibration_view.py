"""The calibration: a window of three pages beside the pictures, so that a rectangle can be drawn meanwhile."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.view.calibration_pages import LatticeWidget, LevelsWidget
from segdepth_app.gui.view.calibration_state import DriftPage, LatticePage, LevelsPage
from segdepth_app.gui.view.drift_page import DriftWidget
from segdepth_app.gui.widgets.dialogs import come_up, fit_to_screen

SIZE_PX = (820, 600)
"""Room for the title bar that the desktop puts above a dialog."""


class CalibrationView(QDialog):
    """Signals out, setters in."""

    value_typed = Signal(str, object)
    """Name of a field of Typed, and the value or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Calibration")
        self.setModal(False)
        self.lattice, self.levels, self.drift = LatticeWidget(), LevelsWidget(), DriftWidget()
        self.pages = QTabWidget()
        self.pages.setDocumentMode(True)
        for name, page in (
            ("Pixel size and rotation", self.lattice),
            ("Vacuum, gain and dose", self.levels),
            ("Time, drift and sums", self.drift),
        ):
            self.pages.addTab(_scrolled(page), name)
            page.value_typed.connect(self.value_typed)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING_PX)
        layout.addWidget(self.pages, 1)
        layout.addWidget(buttons)
        fit_to_screen(self, *SIZE_PX)

    def present(self) -> None:
        """Comes up, or to the front."""
        come_up(self)

    def show_region(self, region: tuple[int, int, int, int]) -> None:
        """Comes up with the page of the lattice and this rectangle."""
        self.pages.setCurrentIndex(0)
        self.lattice.region.show_rectangle(",".join(str(number) for number in region))

    def show_lattice(self, page: LatticePage) -> None:
        """The page of pixel size and rotation."""
        self.lattice.show_page(page)

    def show_levels(self, page: LevelsPage) -> None:
        """The page of vacuum, gain and dose."""
        self.levels.show_page(page)

    def show_drift(self, page: DriftPage) -> None:
        """The page of time."""
        self.drift.show_page(page)

    def show_shifts(self, shift_px: object, quality: object) -> None:
        """The curves of the drift: (T, 2) and (T,), or None."""
        self.drift.plot.show_drift(shift_px, quality)  # type: ignore[arg-type]

    def show_sum(self, text: str, *, changed: bool) -> None:
        """What the number of frames in the box would do."""
        self.drift.show_sum(text, changed=changed)

    def changeEvent(self, event: QEvent) -> None:  # Qt's name
        """Light became dark, or back."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.drift.plot.refresh_theme()


def _scrolled(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
    area.setWidget(page)
    return area
