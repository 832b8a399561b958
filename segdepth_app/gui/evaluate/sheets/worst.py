"""The images judged worst: what they are, a look at one, and opening it in the View tab."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from segdepth_app.evaluation.records import WorstImage
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.cards import Card, Lines, Sheet, ValueTable
from segdepth_app.gui.evaluate.crops import Crop
from segdepth_app.gui.evaluate.thumbnails import Thumbnail, read_thumbnail

HEADERS = ("Kind", "Accuracy", "Columns", "Image", "Specimen", "Defocus, nm", "Spread, pm")
EXPLANATION = (
    "The noisy counts the network saw, the worst of all images first. In View, Analyse shows what it made of them."
)


class WorstSheet(Sheet):
    """The worst first."""

    open_requested = Signal(object)
    """Path of the image."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: list[WorstImage] = []
        self._thumbnails: dict[object, Thumbnail | None] = {}
        self.table = ValueTable("Images judged worst")
        self.table.setMinimumWidth(360)
        self.table.currentCellChanged.connect(lambda *_: self._show_current())
        self.table.itemActivated.connect(lambda _: self._open())
        self.picture = Crop()
        self.picture.setAccessibleName("The image")
        self.picture.setMinimumSize(200, 200)
        self.note = QLabel()
        self.note.setWordWrap(True)
        theme.set_role(self.note, "muted")
        self.open = QPushButton("Open in View")
        self.open.clicked.connect(self._open)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.picture, 1)
        column.addWidget(self.note)
        column.addWidget(self.open, 0, Qt.AlignmentFlag.AlignLeft)
        self.card = Card("Images judged worst", self.table)
        self.picture_card = Card("Image", right)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACING_PX, 0, 0)
        layout.setSpacing(theme.SPACING_PX)
        layout.addWidget(self.card, 12)
        layout.addWidget(self.picture_card, 8)

    def show_images(self, images: list[WorstImage], note: str) -> None:
        """Those of one dose; `note` says why there are none."""
        self._images = images
        rows = [
            [
                item.kind,
                f"{item.accuracy:.3f}",
                f"{item.n_columns:,}",
                str(item.image),
                str(item.specimen),
                f"{item.c1_nm:+z.2g}",
                f"{item.image_spread_pm:.0f}",
            ]
            for item in images
        ]
        self.table.show_lines(HEADERS, rows, words=1)
        self.card.say(EXPLANATION if images else note)
        for widget in (self.table, self.picture_card):
            widget.setVisible(bool(images))
        self.table.setCurrentCell(0 if images else -1, 0)
        self._show_current()

    def lines(self) -> Lines:
        """The list, with what is said of the file below its picture."""
        head, *rows = self.table.lines()
        files = [[item.path.name, f"{item.pixel_size_pm:.4g}", f"{item.dose_e_per_px:.4g}"] for item in self._images]
        head += ["File", "Pixel, pm", "λ per pixel of the file"]
        return [head, *([*row, *file] for row, file in zip(rows, files, strict=True))]

    def showEvent(self, event: object) -> None:  # Qt's name
        """Pictures are read when they are first seen."""
        super().showEvent(event)  # type: ignore[arg-type]
        self._show_current()

    def current(self) -> WorstImage | None:
        """The image of the marked line."""
        row = self.table.currentRow()
        return self._images[row] if 0 <= row < len(self._images) else None

    def _show_current(self) -> None:
        item = self.current()
        self.open.setEnabled(item is not None)
        if item is None or not self.isVisible():
            return
        if item.path not in self._thumbnails:
            self._thumbnails = {item.path: read_thumbnail(item.path)}
        thumbnail = self._thumbnails[item.path]
        self.picture.setVisible(thumbnail is not None)
        self.open.setEnabled(thumbnail is not None)
        known = f"{item.path.name}: {item.pixel_size_pm:.4g} pm per pixel, λ {item.dose_e_per_px:.4g} e per pixel"
        self.note.setText(known if thumbnail else f"{item.path.name} is missing or damaged.")
        if thumbnail is not None:
            self.picture.show_grey(thumbnail.pixels, thumbnail.low, thumbnail.high)

    def _open(self) -> None:
        item = self.current()
        if item is not None and self.open.isEnabled():
            self.open_requested.emit(item.path)
