"""Steps through the images of a specimen: arrows, a slider, and the left and right keys."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from segdepth_app.gui.widgets.arrow_button import ArrowButton


class ImageStepper(QWidget):
    """Images 0 to n - 1. `set_…` says nothing; the user's steps do."""

    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Image of the specimen")
        self.slider.setPageStep(1)
        self.slider.setMinimumWidth(60)
        self.slider.valueChanged.connect(self._on_slider)
        self.position = QLabel()
        self.back = ArrowButton("left", "Previous image of the specimen")
        self.on = ArrowButton("right", "Next image of the specimen")
        self.back.clicked.connect(lambda: self.step(-1))
        self.on.clicked.connect(lambda: self.step(1))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.back)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.on)
        layout.addWidget(self.position)
        self.set_images(1)

    def set_images(self, n: int, image: int = 0) -> None:
        """How many there are, and which is shown."""
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(n - 1, 0))
        self.slider.setValue(image)
        self.slider.blockSignals(False)
        self._show_position()

    def step(self, by: int) -> None:
        """An image on or back, as the user's step."""
        self.slider.setValue(self.slider.value() + by)

    def take_keys_of(self, widget: QWidget) -> None:
        """The left and right keys step too while the focus is in `widget`."""
        for key, by in ((Qt.Key.Key_Left, -1), (Qt.Key.Key_Right, 1)):
            shortcut = QShortcut(QKeySequence(key), widget)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda by=by: self.step(by))

    def _on_slider(self, value: int) -> None:
        self._show_position()
        self.stepped.emit(value)

    def _show_position(self) -> None:
        value, last = self.slider.value(), self.slider.maximum()
        self.position.setText(f"image {value + 1} of {last + 1}")
        self.back.setEnabled(value > 0)
        self.on.setEnabled(value < last)
        self.slider.setEnabled(last > 0)
