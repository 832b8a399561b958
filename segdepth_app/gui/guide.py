"""The user guide in a window of its own: the pages of resources/guide with their pictures, beside what they tell of.

The program shows them itself: a system need not know what to do with Markdown.
"""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, QUrl
from PySide6.QtGui import QImage, QImageReader, QResizeEvent, QTextDocument
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from segdepth_app.gui.widgets.dialogs import fit_to_screen
from segdepth_app.paths import resources

TITLE = "SegDepth guide"
SIZE_PX = (880, 760)
MARGIN_PX = 18
SETTLE_MS = 120


def guide_file(page: str = "index.md") -> Path | None:
    """A page of the guide, the first where none is named; None where this installation has none."""
    path = resources() / "guide" / page
    return path if path.is_file() else None


class GuidePages(QTextBrowser):
    """Shows one page; pictures are never wider than it, nor larger than they are."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Page of the guide")
        self.document().setDocumentMargin(MARGIN_PX)
        # pictures are read before a bar would come up and take of their room
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._shown_px = 0
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._show_again)

    @property
    def picture_width_px(self) -> int:
        """How wide a picture may be."""
        return max(self.viewport().width() - 2 * MARGIN_PX, 1)

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # Qt's name
        """Pictures by themselves, as sharp as the screen; texts as Qt loads them."""
        if kind != QTextDocument.ResourceType.ImageResource.value:
            return super().loadResource(kind, name)
        self._shown_px = self.picture_width_px
        picture = QImageReader(self.source().resolved(QUrl(name)).toLocalFile()).read()
        return _at_most(picture, self._shown_px, self.devicePixelRatioF())

    def resizeEvent(self, event: QResizeEvent) -> None:  # Qt's name
        """Another width, other pictures, once the user lets go of the window's edge."""
        super().resizeEvent(event)
        if self.picture_width_px != self._shown_px:
            self._settle.start()

    def changeEvent(self, event: QEvent) -> None:  # Qt's name
        """Light became dark, or back: a page keeps the colour of links it was read with."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._settle.start()

    def _show_again(self) -> None:
        """The same page at the same place."""
        bar = self.verticalScrollBar()
        share = bar.value() / max(bar.maximum(), 1)
        self.reload()
        bar.setValue(round(share * bar.maximum()))


class GuideWindow(QDialog):
    """Stays open beside the main window. Escape closes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        fit_to_screen(self, *SIZE_PX)
        self.pages = GuidePages()
        self.contents = QPushButton("Contents")
        self.back = QPushButton("Back")
        self.forward = QPushButton("Forward")
        close = QPushButton("Close")
        self.contents.clicked.connect(lambda: self.show_page())
        self.back.clicked.connect(self.pages.backward)
        self.forward.clicked.connect(self.pages.forward)
        close.clicked.connect(self.close)
        self.pages.backwardAvailable.connect(self.back.setEnabled)
        self.pages.forwardAvailable.connect(self.forward.setEnabled)
        self.pages.sourceChanged.connect(lambda _: self._name())
        row = QHBoxLayout()
        for button in (self.contents, self.back, self.forward, close):
            button.setAutoDefault(False)  # Enter belongs to the links
        for button in (self.contents, self.back, self.forward):
            row.addWidget(button)
        row.addStretch()
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.pages, 1)
        self.back.setEnabled(False)
        self.forward.setEnabled(False)
        self._name()

    def show_page(self, page: str = "index.md") -> None:
        """Turns to a page, the first where none is named; a page that is missing changes nothing."""
        if (path := guide_file(page)) is not None:
            self.pages.setSource(QUrl.fromLocalFile(str(path)))
            self.pages.setFocus()

    def _name(self) -> None:
        heading = self.pages.document().firstBlock().text()
        self.setWindowTitle(f"{heading} – {TITLE}" if heading else TITLE)


def _at_most(picture: QImage, width_px: int, ratio: float) -> QImage:
    """The picture, smaller where it is wider than so many pixels of the window; `ratio` of the screen's to those."""
    wanted = round(min(picture.width(), width_px) * ratio)
    if 0 < wanted < picture.width():
        picture = picture.scaledToWidth(wanted, Qt.TransformationMode.SmoothTransformation)
    picture.setDevicePixelRatio(max(picture.width() / max(min(picture.width(), width_px), 1), 1.0))
    return picture
