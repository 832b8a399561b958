"""The frames of boxes to tick can be told from what is in them and around them, in both looks."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QListWidgetItem, QRadioButton, QStyle, QStyleOptionButton, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.picker import TickList

SEEN = 3.0
"""Least contrast of parts of a control (WCAG 2.1, 1.4.11)."""


def luminance(colour):
    """Relative luminance of a colour, by the definition of WCAG 2.1."""
    parts = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    )
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def contrast(one, other):
    """Contrast ratio of two colours, 1 to 21, likewise."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def as_shown(widget):
    """The widget's part of the window that it is in."""
    return widget.window().grab(QRect(widget.mapTo(widget.window(), QPoint(0, 0)), widget.size())).toImage()


def frame_contrast(widget, box):
    """Contrast of the frame on the left of a box in `widget` to its inside, and the frame's to what is around."""
    image = as_shown(widget)
    y = box.center().y()
    inside = QColor(image.pixel(box.center()))
    row = [QColor(image.pixel(x, y)) for x in range(max(box.left() - 1, 0), box.center().x())]
    frame = max(row, key=lambda colour: contrast(colour, inside))
    return contrast(frame, inside), contrast(frame, QColor(theme.colour("window")))


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("kind", [QCheckBox, QRadioButton])
def test_boxes_have_frames_that_are_seen(qapp, qtbot, kind, look):
    """Also those that are there when the look changes."""
    theme.apply_theme(qapp, "light" if look == "dark" else "dark")
    around_it = QWidget()
    QVBoxLayout(around_it).addWidget(widget := kind("text"))
    qtbot.addWidget(around_it)
    around_it.show()
    theme.apply_theme(qapp, look)

    option = QStyleOptionButton()
    widget.initStyleOption(option)
    check = kind is QCheckBox
    part = QStyle.SubElement.SE_CheckBoxIndicator if check else QStyle.SubElement.SE_RadioButtonIndicator
    inside, around = frame_contrast(widget, widget.style().subElementRect(part, option, widget))
    assert inside >= SEEN
    assert around >= SEEN
    # the text is the look's, and the widget is not filled with the colour that the frame is made of
    assert widget.palette().windowText().color() == qapp.palette().windowText().color()
    corner = QColor(as_shown(widget).pixel(widget.width() - 1, 0))
    assert contrast(corner, QColor(theme.colour("window"))) < 1.05


@pytest.mark.parametrize("look", ["light", "dark"])
def test_boxes_in_lists_have_frames_that_are_seen(qapp, qtbot, look):
    theme.apply_theme(qapp, look)
    shown = TickList("List", "nothing")
    shown.clear()
    item = QListWidgetItem("line", shown)
    item.setCheckState(Qt.CheckState.Unchecked)
    qtbot.addWidget(shown)
    shown.show()

    row = shown.visualItemRect(item)
    image = shown.viewport().grab().toImage()
    colours = {image.pixel(x, row.center().y()) for x in range(row.left(), row.left() + row.height())}
    surface = QColor(theme.colour("surface"))
    assert max(contrast(QColor(colour), surface) for colour in colours) >= SEEN
