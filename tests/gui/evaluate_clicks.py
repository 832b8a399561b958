"""Clicks into the confusion matrix, by what is drawn."""

from PySide6.QtCore import QPoint, Qt


def click_cell(qtbot, matrix, true, called):
    """The middle of a cell."""
    area = matrix._area()
    x, y = area.left() + area.width() * (called + 0.5) / 11, area.top() + area.height() * (true + 0.5) / 11
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
