"""What windows beside the main one have in common."""

from PySide6.QtWidgets import QDialog

FRAME_PX = 40
"""What the window's frame and a task bar may take of the screen's height."""


def fit_to_screen(dialog: QDialog, width: int, height: int) -> None:
    """The size wished for, or as much of it as the screen has."""
    room = dialog.screen().availableSize()
    dialog.resize(min(width, room.width()), min(height, room.height() - FRAME_PX))


def come_up(dialog: QDialog) -> None:
    """Shows it, or brings it to the front."""
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
