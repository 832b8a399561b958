"""The dialog that plans a study. Widgets only; study_form knows what may be studied."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

from segdepth_app.gui.evaluate.choices import Choice


class StudyDialog(QDialog):
    """Asks for what one kind of study needs."""


def ask_for_study(
    parent: QWidget,
    kind: str,
    models: list[Choice],
    datasets: list[Choice],
    start: Callable[[dict[str, Any]], object],
) -> None:
    """Opens the dialog of a kind of study (a key of config.STUDIES); the window stays alive.

    Calls `start` with the values of a valid StudyConfig once the user starts it, else never.
    """
    dialog = StudyDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
