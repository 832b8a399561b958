"""Faults: whatever goes wrong, in whatever thread, is one card, and the window lives on."""

import logging
import sys
import threading
from pathlib import Path

from PySide6.QtWidgets import QApplication

from segdepth_app.errors import InputError
from segdepth_app.gui.log import masked
from segdepth_app.paths import log_folder

ROOT = Path(__file__).parents[2]
WAIT_MS = 20_000


def test_an_exception_nobody_caught_becomes_a_card(qtbot, window):
    """From the main thread and from another one; the window lives on."""
    sys.excepthook(ValueError, ValueError("first"), None)
    thread = threading.Thread(target=lambda: [][1])
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(window.errors.cards) == 2)
    messages = {card.message.text() for card in window.errors.cards}
    assert messages == {"ValueError: first", "IndexError: list index out of range"}


def test_an_error_card_copies_what_a_report_needs(qtbot, window, monkeypatch):
    home = Path("/", "Users", "somebody")
    monkeypatch.setattr(Path, "home", lambda: home)
    logging.getLogger("segdepth_app.test").warning("reading %s", home / "secret.dm4")
    window.context.report(InputError("The file is empty.", "Copy it again."))
    window.context.report(InputError("The file is empty.", "Copy it again."))
    qtbot.waitUntil(lambda: bool(window.errors.cards))
    qtbot.wait(10)
    (card,) = window.errors.cards
    assert card.message.text() == "The file is empty. (2 times)"
    card.copy.click()
    text = QApplication.clipboard().text()
    for part in ("The file is empty.", "Copy it again.", "SegDepth 0", "PySide6", "reading ~/secret.dm4", "InputError"):
        assert part in text
    assert "somebody" not in text
    card.dismissed.emit()
    assert not window.errors.isVisible()


def test_only_the_last_few_cards_stay(qtbot, window):
    for number in range(5):
        window.context.report(f"Fault {number}.")
    qtbot.waitUntil(lambda: len(window.errors.cards) == 3)
    assert [card.message.text() for card in window.errors.cards] == ["Fault 4.", "Fault 3.", "Fault 2."]


def test_home_is_masked():
    home = Path("/", "Users", "eva")
    assert masked(f"in {home}/data and {home}", home) == "in ~/data and ~"
    assert masked("/usr/lib", Path("/")) == "/usr/lib"


def test_the_log_is_a_file(window):
    window.context.report("For the log.")
    QApplication.processEvents()
    assert "For the log." in (log_folder() / "window.log").read_text(encoding="utf-8")
