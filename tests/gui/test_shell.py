"""The window itself: a light start, tabs when they are shown, and every path in its tab."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication

from segdepth_app.gui.app import main
from segdepth_app.gui.kinds import tab_for
from segdepth_app.gui.tabs import TABS
from tests.gui.shell_tools import FakeTab

ROOT = Path(__file__).parents[2]
WAIT_MS = 20_000

LOOK = """
import sys
from segdepth_app.gui.app import create_application, create_main_window
application = create_application(["segdepth"])
window = create_main_window()
window.show()
application.processEvents()
assert window.isVisible()
print(*(name for name in sys.modules if "." not in name))
window.close()
"""


def test_the_window_holds_nothing_heavy():
    """Neither the packages of the jobs nor h5py and pyqtgraph, which come with the first picture."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK], capture_output=True, text=True, timeout=60, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    heavy = {"torch", "lightning", "scipy", "h5py", "matplotlib", "pyqtgraph", "abtem", "ase", "rsciio"}
    assert heavy.isdisjoint(done.stdout.split())
    assert "PySide6" in done.stdout.split()


def test_it_starts_with_the_view_tab_and_builds_none(window):
    assert [window.tab_bar.tabText(i) for i in range(4)] == ["Simulate", "Train", "Evaluate", "View"]
    assert window.current_tab == "view"
    assert window.welcome.isVisible()
    assert all(tab.content is None for tab in window.tabs.values())


def test_a_tab_is_built_when_it_is_shown(qtbot, window, fake_tabs):
    window.select_tab("train")
    qtbot.waitUntil(lambda: window.tabs["train"].content is not None)
    assert window.tabs["evaluate"].content is None


def test_a_tab_that_cannot_be_built_says_so_and_can_be_tried_again(qtbot, window, monkeypatch, fake_tabs):
    module = sys.modules["segdepth_app.gui.train.tab"]
    monkeypatch.setattr(module, "create_tab", lambda context: 1 / 0)
    window.select_tab("train")
    qtbot.waitUntil(lambda: bool(window.errors.cards))
    assert "ZeroDivisionError" in window.errors.cards[0].message.text()
    monkeypatch.setattr(module, "create_tab", FakeTab)
    window.tabs["train"]._failed.buttons[0].click()
    assert isinstance(window.tabs["train"].content, FakeTab)


@pytest.mark.parametrize("name", list(TABS))
def test_every_real_tab_can_be_built(qtbot, window, name):
    assert window.tabs[name].load() is not None
    window.select_tab(name)
    qtbot.wait(50)
    assert window.errors.cards == []


@pytest.mark.parametrize(
    ("name", "tab"),
    [
        ("series.tif", "view"),
        ("result.h5", "view"),
        ("broken.h5", "view"),
        ("frames", "view"),
        ("dataset.h5", "simulate"),
        ("run", "train"),
        ("evaluation", "evaluate"),
        ("model.safetensors", "evaluate"),
    ],
)
def test_a_path_opens_in_its_tab(window, fake_tabs, files, name, tab):
    assert tab_for(files[name]) == tab
    window.context.open(str(files[name]))
    assert window.current_tab == tab
    assert window.tabs[tab].content.opened == [str(files[name])]
    assert window.context.settings.recent() == [str(files[name])]


def test_a_dropped_file_opens(window, fake_tabs, files):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(files["run"]))])
    buttons, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPoint(10, 10), Qt.DropAction.CopyAction, data, buttons, modifiers))
    assert window.tabs["train"].content.opened == [str(files["run"])]


def test_a_path_that_is_gone_is_an_error_card(qtbot, window, tmp_path):
    window.context.open(str(tmp_path / "gone.tif"))
    qtbot.waitUntil(lambda: bool(window.errors.cards))
    assert "gone.tif" in window.errors.cards[0].message.text()
    assert window.context.settings.recent() == []


def test_every_action_has_a_shortcut_of_its_own(window):
    shortcuts = [action.shortcut().toString() for action in window.findChildren(type(window.actions_.quit))]
    used = [text for text in shortcuts if text]
    assert len(used) == len(set(used)) >= 8


def test_the_program_opens_the_paths_it_is_given(qtbot, monkeypatch, fake_tabs, files):
    """main() from its first line to its exit code; its event loop ends when something is opened."""
    opened = []
    monkeypatch.setattr(QApplication, "exec", lambda *_: qtbot.waitUntil(lambda: bool(opened)) or 0)
    monkeypatch.setattr(FakeTab, "open_path", lambda self, path: opened.append(path) or True)
    assert main(["segdepth", str(files["series.tif"])]) == 0
    assert opened == [str(files["series.tif"])]
    for widget in QApplication.topLevelWidgets():
        if type(widget).__name__ == "MainWindow":
            widget.close()
            widget.deleteLater()
