"""Colours and look: Fusion in a light and a dark palette, the same class colours in both."""

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox, QRadioButton, QWidget

from segdepth_app import colours
from segdepth_app.colours import rgb

SPACING_PX = 8
GREYED_ALPHA = 150
"""Of what is not to be used."""

LIGHT = {
    "window": "#f3f4f5",
    "surface": "#ffffff",
    "raised": "#e8eaec",
    "border": "#c3c8cc",
    "box": "#a4abb0",
    "light": "#ffffff",
    "text": "#1b1f23",
    "muted": "#565e66",
    "accent": "#1a6091",
    "on_accent": "#ffffff",
    "good": "#1d6b3a",
    "warning": "#8a5300",
    "warning_surface": "#fdf3dd",
    "bad": "#a3241c",
    "bad_surface": "#fbe9e7",
    "image": "#d5d9dc",
    "plot": "#ffffff",
    "grid": "#dfe2e5",
    "crosshair": "#d9480f",
}
DARK = {
    "window": "#2a2e32",
    "surface": "#1b1e21",
    "raised": "#373d42",
    "border": "#565e65",
    "box": "#c8d0d6",
    "light": "#464d53",
    "text": "#e6e8ea",
    "muted": "#aeb6bd",
    "accent": "#5ea9dd",
    "on_accent": "#0c1216",
    "good": "#6ac28a",
    "warning": "#e5ab50",
    "warning_surface": "#403722",
    "bad": "#f59a93",
    "bad_surface": "#442a28",
    "image": "#101214",
    "plot": "#1b1e21",
    "grid": "#30363a",
    "crosshair": "#ffa94d",
}

CLASS_COLOURS = tuple(rgb(colour) for colour in colours.CLASS_COLOURS)
"""Colour of each class, 0 to 10, as numbers from 0 to 255."""

_dark = False


def apply_theme(app: QCoreApplication | None, choice: str = "system") -> bool:
    """Dresses the application; `choice` is system, light or dark. Whether the look is dark now."""
    global _dark
    if not isinstance(app, QApplication):
        raise TypeError("There is no application with widgets to dress")
    _dark = choice == "dark" or (choice == "system" and app.styleHints().colorScheme() is Qt.ColorScheme.Dark)
    if app.style().objectName().lower() != "fusion":
        app.setStyle("Fusion")
    app.setPalette(_palette())
    # after the palette of all, which takes the place of these too
    for kind in (QCheckBox, QRadioButton):
        # Qt's stubs ask for bytes, Qt itself for a str
        app.setPalette(with_visible_boxes(app.palette()), kind.__name__)  # type: ignore[arg-type]
    app.setStyleSheet(_style_sheet())
    return _dark


def is_dark() -> bool:
    """Whether the dark look is on."""
    return _dark


def colour(name: str) -> str:
    """A colour of the present look, as #rrggbb; the names are those of LIGHT."""
    return (DARK if _dark else LIGHT)[name]


def class_colours() -> list[tuple[int, int, int, int]]:
    """RGBA of the 11 classes, the same in both looks."""
    return [(*parts, 255) for parts in CLASS_COLOURS]


def with_visible_boxes(palette: QPalette) -> QPalette:
    """The palette for something with boxes to tick: their frames are seen in both looks.

    Fusion draws the frames in a darker shade of the window's colour, in the dark look as dark as what is around them.
    For widgets and lines of a list that do not fill their background with that colour.
    """
    changed = QPalette(palette)
    box = QColor(colour("box"))
    changed.setColor(QPalette.ColorRole.Window, box)
    box.setAlpha(GREYED_ALPHA)
    changed.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Window, box)
    return changed


def set_role(widget: QWidget, role: str) -> None:
    """Gives a widget one of the looks of the style sheet (title, muted, card, primary, …), at any time."""
    widget.setProperty("role", role)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.updateGeometry()  # another look may have other padding: a button that became primary was cut


def _palette() -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: "window",
        QPalette.ColorRole.Base: "surface",
        QPalette.ColorRole.AlternateBase: "raised",
        QPalette.ColorRole.Button: "raised",
        QPalette.ColorRole.ToolTipBase: "raised",
        QPalette.ColorRole.WindowText: "text",
        QPalette.ColorRole.Text: "text",
        QPalette.ColorRole.ButtonText: "text",
        QPalette.ColorRole.ToolTipText: "text",
        QPalette.ColorRole.PlaceholderText: "muted",
        QPalette.ColorRole.Highlight: "accent",
        QPalette.ColorRole.HighlightedText: "on_accent",
        QPalette.ColorRole.Link: "accent",
        QPalette.ColorRole.LinkVisited: "accent",
        QPalette.ColorRole.Accent: "accent",
        QPalette.ColorRole.BrightText: "bad",
        QPalette.ColorRole.Light: "light",
        QPalette.ColorRole.Midlight: "raised",
        QPalette.ColorRole.Mid: "border",
        QPalette.ColorRole.Dark: "border",
    }
    for role, name in roles.items():
        palette.setColor(role, QColor(colour(name)))
    greyed = QColor(colour("muted"))
    greyed.setAlpha(GREYED_ALPHA)
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, greyed)
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Highlight, QColor(colour("border")))
    return palette


def _style_sheet() -> str:
    colours = DARK if _dark else LIGHT
    return STYLE_SHEET % colours


STYLE_SHEET = """
*[role="title"] { font-size: 15pt; font-weight: 600; }
*[role="heading"] { font-weight: 600; }
*[role="muted"] { color: %(muted)s; }
*[role="good"] { color: %(good)s; }
*[role="warning"] { color: %(warning)s; }
*[role="bad"] { color: %(bad)s; }
QFrame[role="card"] { background: %(surface)s; border: 1px solid %(border)s; border-radius: 4px; }
QFrame[role="fault"] { background: %(bad_surface)s; border: 1px solid %(bad)s; border-radius: 4px; }
QFrame[role="notice"] { background: %(warning_surface)s; border: 1px solid %(warning)s; border-radius: 4px; }
QPushButton { padding: 4px 12px; }
QPushButton[role="primary"] {
    background: %(accent)s; color: %(on_accent)s; border: 1px solid %(accent)s; border-radius: 3px; padding: 5px 14px;
}
QPushButton[role="primary"]:disabled { background: %(raised)s; color: %(muted)s; border-color: %(border)s; }
QPushButton[role="primary"]:focus { border: 2px solid %(text)s; padding: 4px 13px; }
QLineEdit[invalid="true"], QComboBox[invalid="true"], QSpinBox[invalid="true"] { border: 1px solid %(bad)s; }
QToolButton[role="heading"] { border: none; padding: 2px; background: transparent; }
QToolButton[role="link"] { border: none; padding: 2px; background: transparent; color: %(accent)s; }
QToolButton[role="link"]:focus { border: 1px solid %(accent)s; padding: 1px; }
QToolButton[role="heading"]:focus { border: 1px solid %(accent)s; padding: 1px; }
QSpinBox { min-width: 88px; min-height: 20px; }
QToolTip { color: %(text)s; background: %(raised)s; border: 1px solid %(border)s; padding: 4px; }
QStatusBar::item { border: none; }
QTabWidget#rooms::pane { border: none; border-top: 1px solid %(border)s; }
QTabWidget#rooms > QTabBar::tab {
    padding: 7px 18px 5px 18px; color: %(muted)s; background: transparent; border: none;
    border-bottom: 3px solid transparent;
}
QTabWidget#rooms > QTabBar::tab:hover { color: %(text)s; }
QTabWidget#rooms > QTabBar::tab:selected { color: %(text)s; border-bottom: 3px solid %(accent)s; }
QTabWidget#rooms > QTabBar::tab:focus { color: %(text)s; background: %(raised)s; }
"""
