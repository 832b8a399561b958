"""The window where it may not write, and where there is no screen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from segdepth_app.gui.app import create_main_window
from segdepth_app.gui.settings import Settings

ROOT = Path(__file__).parents[2]
SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def test_a_home_that_takes_no_files_is_a_card_and_the_window_works(qtbot, tmp_path, monkeypatch):
    """Root may write anywhere, so the home is a file: nothing can be made below it for anybody."""
    (tmp_path / "home").write_text("no folder")
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "home"))
    window = create_main_window()
    window.show()
    qtbot.waitUntil(lambda: bool(window.errors.cards))
    QApplication.processEvents()
    assert "settings.ini cannot be written" in window.errors.cards[0].message.text()
    window.set_theme("dark")
    assert window.context.settings.get("theme") == "dark"
    window.close()
    window.deleteLater()
    assert (tmp_path / "home").read_text() == "no folder"


def test_settings_say_whether_they_are_kept(qapp):
    assert Settings().can_be_kept


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a screen")
@pytest.mark.parametrize("arguments", [[], ["view"], ["self-test", "--window"]])
def test_without_a_screen_there_is_one_clear_line(arguments):
    """Not Qt's abort with its dozen lines."""
    environment = {name: value for name, value in os.environ.items() if name not in SCREENS}
    command = [sys.executable, "-m", "segdepth_app", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("segdepth: There is no screen to open the window on")
    assert len(done.stderr.splitlines()) == 1
