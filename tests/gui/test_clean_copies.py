"""What is copied from the window can be used elsewhere."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from segdepth_app.gui.texts import breakable
from segdepth_app.gui.widgets.clean_copies import CleanCopies

PATH = "/data/a_long_name_of_a_series.dm4"


@pytest.fixture
def clean(qapp):
    """As long as the window is there."""
    copies = CleanCopies(qapp)
    yield copies
    copies.deleteLater()


def test_a_path_copied_from_a_label_opens(qtbot, clean):
    """The label may break it behind each `_`; with the keys that everybody uses the path itself is copied."""
    label = QLabel(breakable(PATH))
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    qtbot.addWidget(label)
    label.show()
    label.activateWindow()
    qtbot.waitUntil(label.isActiveWindow)
    label.setSelection(0, len(label.text()))
    assert label.selectedText() != PATH
    qtbot.keyClick(label, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: QApplication.clipboard().text() == PATH, timeout=2000)


def test_other_text_is_left_alone(qtbot, clean):
    """The mark itself may stand in other text: in Thai it parts words."""
    text = "คำ\N{ZERO WIDTH SPACE}อื่น"
    QApplication.clipboard().setText(text)
    QApplication.processEvents()
    assert QApplication.clipboard().text() == text
