"""The menu over the frame: what is drawn on it. Every choice is reached by keys alone."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from segdepth_app.gui.view.overlay_options import OPACITIES, OverlayOptions

NO_INDICATOR = "QToolButton::menu-indicator { image: none; }"
"""The arrow stands in the text: the style draws its own over the last letter."""
SWITCHES = {
    "columns": "&Columns (C)",
    "numbers": "&Numbers of atoms in them",
    "smoothed": "Counts after &HMM smoothing",
    "changes": "&Rings around columns that change now",
    "region": "Re&gion (R)",
}
TIPS = {
    "columns": "A disc for each atomic column in the colour of its class",
    "smoothed": "Off: the count of each frame alone",
    "changes": "White in the frame of the change, yellow one frame before and after",
    "region": "A rectangle for mean traces, for the vacuum level or for the lattice",
}


class OverlayMenu(QToolButton):
    """Tells what was chosen; shows what it is told."""

    option_changed = Signal(str, object)
    contrast_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText("Show ▾")
        self.setStyleSheet(NO_INDICATOR)
        self.setAccessibleName("What is drawn over the frame; contrast")
        self.setToolTip("What is drawn over the frame; contrast")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        self.switches = {name: self._make_switch(menu, name, text) for name, text in SWITCHES.items()}
        menu.insertSeparator(self.switches["region"])
        self.opacities = self._make_opacities(menu)
        menu.addSeparator()
        self.contrast = menu.addAction("Con&trast and colours…")
        self.contrast.triggered.connect(lambda _: self.contrast_wanted.emit())
        self.setMenu(menu)

    def show_options(self, options: OverlayOptions) -> None:
        """Ticks, without telling anybody."""
        for name, action in self.switches.items():
            action.setChecked(getattr(options, name))
        for name in ("numbers", "smoothed"):
            self.switches[name].setEnabled(options.columns)
        self.opacities[options.depth_percent].setChecked(True)

    def _make_switch(self, menu: QMenu, name: str, text: str) -> QAction:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setToolTip(TIPS.get(name, ""))
        action.triggered.connect(lambda on: self.option_changed.emit(name, on))
        return action

    def _make_opacities(self, menu: QMenu) -> dict[int, QAction]:
        below = menu.addMenu("&Depth over the frame (D)")
        group = QActionGroup(below)
        actions = {}
        for percent in OPACITIES:
            action = below.addAction(f"{percent} %" if percent else "Off")
            action.setCheckable(True)
            action.triggered.connect(lambda _, percent=percent: self.option_changed.emit("depth_percent", percent))
            group.addAction(action)
            actions[percent] = action
        return actions
