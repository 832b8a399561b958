"""What each pane has besides its picture: a header, words in its middle, a line in its corner."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.widgets.image_pane import ImagePane
from segdepth_app.gui.widgets.media_icons import media_icon

HEADER_HEIGHT = 26
NO_BREAK = "\N{NO-BREAK SPACE}"


class PaneHeader(QWidget):
    """One row of the same height above every picture: its title, what belongs to it, and a button to enlarge it.

    A double click on it does the same as the button.
    """

    enlarge = Signal()

    def __init__(self, title: QWidget, name: str) -> None:
        super().__init__()
        self._name = name
        self._enlarged = False
        self.setFixedHeight(HEADER_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.button = QToolButton()
        self.button.setAutoRaise(True)
        self.button.setIconSize(QSize(14, 14))
        self.button.clicked.connect(self.enlarge)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)
        self._row.addWidget(title)
        self._row.addStretch(1)
        self._row.addWidget(self.button)
        self.show_enlarged(False)

    def add(self, widget: QWidget) -> None:
        """Puts something before the button."""
        self._row.insertWidget(self._row.count() - 1, widget)

    def show_enlarged(self, enlarged: bool) -> None:
        """The button says what it would do."""
        self._enlarged = enlarged
        self.button.setAccessibleName("Show all four pictures" if enlarged else f"Enlarge: {self._name}")
        self.button.setToolTip("All four pictures (E)" if enlarged else "Enlarge this picture (E)")
        icon = "shrink" if enlarged else "enlarge"
        self.button.setIcon(media_icon(icon, theme.colour("text"), theme.colour("border")))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # Qt's name
        """Fills the place, or comes back."""
        event.accept()
        self.enlarge.emit()

    def changeEvent(self, event: QEvent) -> None:  # Qt's name
        """Another look: the icon in its colour."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.show_enlarged(self._enlarged)


class PaneHint(QObject):
    """Words in the middle of a pane that has nothing to show."""

    def __init__(self, pane: ImagePane) -> None:
        super().__init__(pane)
        self._label = QLabel(pane.plot)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._label.setWordWrap(True)
        self._label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.set_role(self._label, "muted")
        pane.plot.installEventFilter(self)
        self._plot = pane.plot
        self._label.hide()

    def show(self, text: str) -> None:
        """Shows the words; none hides them."""
        self._label.setText(text)
        self._label.setVisible(bool(text))
        self._place()

    def text(self) -> str:
        """The words shown now."""
        return self._label.text()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keeps its place when the pane is resized."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        self._label.setGeometry(self._plot.rect().adjusted(8, 8, -8, -8))


class PaneCaption(QLabel):
    """A line over the upper left corner of a picture; no mouse, no room of its own."""

    def __init__(self, pane: ImagePane) -> None:
        super().__init__(pane.plot)
        self._plot = pane.plot
        pane.plot.installEventFilter(self)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setStyleSheet("background: rgba(0, 0, 0, 150); color: white;")
        self.setContentsMargins(6, 2, 6, 2)  # padding of a style sheet is left out of heightForWidth
        self.move(4, 4)
        self.hide()

    def say(self, text: str) -> None:
        """Shows the words, parted by ` · `: a narrow pane breaks the line between parts; none hides the line."""
        self.setText(" · ".join(part.replace(" ", NO_BREAK) for part in text.split(" · ")))
        self._place()
        self.setVisible(bool(text))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # Qt's name
        """Two lines where the pane is narrow."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        self.ensurePolished()  # else it is measured in another font before it is first shown
        room = max(self._plot.width() - 8, 60)
        self.setWordWrap(False)
        wide = self.sizeHint().width()
        self.setWordWrap(wide > room)
        width = min(wide, room)
        self.resize(width, self.heightForWidth(width) if wide > room else self.sizeHint().height())
