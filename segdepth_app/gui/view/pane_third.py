"""The third pane: the confidence of the frame shown, or the activity of the whole series."""

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from segdepth_app.colours import heat_table
from segdepth_app.gui.view.overlay_options import THIRD
from segdepth_app.gui.view.pane_parts import PaneHint
from segdepth_app.gui.widgets.colour_bar import ColourBar
from segdepth_app.gui.widgets.image_pane import ImagePane

TIPS = {
    "confidence": "Probability of the depth shown, in this frame",
    "activity": "How much the number of atoms changes through the whole series, in atoms",
}
RANGES = {"confidence": (0.0, 1.0, "P"), "activity": (0.0, 1.0, "atoms")}


class ThirdHint:
    """Words in the place of the confidence, as other panes have them."""

    def __init__(self, third: "ThirdPane") -> None:
        self._third = third

    def show(self, text: str) -> None:
        """Shows the words where the confidence would be; none takes them away."""
        self._third.say("confidence", text)

    def text(self) -> str:
        """The words for the confidence."""
        return self._third.words("confidence")


class ThirdPane(QWidget):
    """Keeps both pictures and shows the one chosen. A widget only to send signals; the combo is what is seen."""

    chosen = Signal(str)

    names = tuple(THIRD)

    def __init__(self, pane: ImagePane) -> None:
        super().__init__(pane)
        self.hide()
        self._pane, self._hint = pane, PaneHint(pane)
        self.hint = ThirdHint(self)
        self._images: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._words: dict[str, str] = {}
        self._now = self.names[0]
        self.combo = QComboBox()
        self.combo.setAccessibleName("What the third picture shows")
        for name, title in THIRD.items():
            self.combo.addItem(title, name)
        self.combo.currentIndexChanged.connect(lambda _: self.chosen.emit(self.combo.currentData()))
        self.bar = ColourBar(pane.view, heat_table(), pane.scale_bar)
        self.choose(self._now)

    @property
    def now(self) -> str:
        """What is chosen."""
        return self._now

    def choose(self, name: str) -> None:
        """Shows confidence or activity, without telling anybody."""
        self._now = name
        self.combo.blockSignals(True)
        self.combo.setCurrentIndex(self.names.index(name))
        self.combo.blockSignals(False)
        self.combo.setToolTip(TIPS[name])
        self._pane.set_title(THIRD[name])
        self._draw()

    def put(self, name: str, image: np.ndarray, place: np.ndarray) -> None:
        """A picture and its placing: confidence in 255ths, activity in atoms (finite)."""
        self._images[name] = (image, place)
        if name == self._now:
            self._draw()

    def take(self, name: str) -> None:
        """There is no such picture now."""
        self._images.pop(name, None)
        if name == self._now:
            self._draw()

    def say(self, name: str, text: str) -> None:
        """Words in its place."""
        self._words[name] = text
        if name == self._now:
            self._hint.show(text)

    def words(self, name: str) -> str:
        """Those that stand in its place."""
        return self._words.get(name, "")

    def clear(self) -> None:
        """Forgets both."""
        self._images.clear()
        self._words.clear()
        self._draw()

    def _draw(self) -> None:
        self._hint.show(self._words.get(self._now, ""))
        shown = self._images.get(self._now)
        self._pane.item.setVisible(shown is not None)
        self.bar.setVisible(shown is not None)
        if shown is None:
            self._pane.set_crosshair(None, None)
            return
        image, place = shown
        low, high, unit = RANGES[self._now]
        if self._now == "activity":
            high = float(image.max()) or 1.0
            self._pane.set_levels(low, high)
        else:
            self._pane.set_levels(0, 255)
        self.bar.set_range(low, high, unit)
        self._pane.set_image(image, matrix=place, fit=False)
        self._pane.item.setVisible(True)
