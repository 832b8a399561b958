"""The window itself: start, tabs, opening, closing, faults, settings, session."""

import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import h5py
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from segdepth_app.errors import InputError
from segdepth_app.gui import closing, theme
from segdepth_app.gui.app import create_main_window, main
from segdepth_app.gui.closing import Closing
from segdepth_app.gui.kinds import tab_for
from segdepth_app.gui.log import masked
from segdepth_app.gui.session import Session
from segdepth_app.gui.settings import Settings
from segdepth_app.gui.tabs import TABS
from segdepth_app.jobs.supervisor import State
from segdepth_app.paths import log_folder, settings_file

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


@pytest.fixture
def window(qtbot):
    made = create_main_window()
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.context.jobs.kill_all()
    made.close()
    made.deleteLater()


class FakeTab(QWidget):
    """A tab that remembers what it was told."""

    def __init__(self, context):
        super().__init__()
        self.opened, self.state = [], {}

    def open_path(self, path):
        self.opened.append(path)
        return True

    def save_state(self):
        return {"open": self.opened[-1]} if self.opened else {}

    def restore_state(self, state):
        self.state = state


@pytest.fixture
def fake_tabs(monkeypatch):
    """All four tabs are fakes: the shell is tested without its rooms."""
    for name in TABS:
        module = type(sys)(f"segdepth_app.gui.{name}.tab")
        module.create_tab = FakeTab
        monkeypatch.setitem(sys.modules, module.__name__, module)


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


def make_h5(path, kind):
    with h5py.File(path, "w") as file:
        file.attrs["format"] = kind
    return path


@pytest.fixture
def files(tmp_path):
    """One of each kind, in a folder whose name is not plain."""
    folder = tmp_path / "Größe µm" / "试样 1"
    folder.mkdir(parents=True)
    made = {
        "series.tif": folder / "series.tif",
        "result.h5": make_h5(folder / "result.h5", "segdepth-result-1"),
        "dataset.h5": make_h5(folder / "dataset.h5", "segdepth-dataset-1"),
        "broken.h5": folder / "broken.h5",
        "model.safetensors": folder / "model.safetensors",
    }
    for name in ("series.tif", "broken.h5", "model.safetensors"):
        made[name].write_bytes(b"x")
    for name, contents in {"run": ["config.json", "status.json"], "evaluation": ["metrics.json"], "frames": []}.items():
        made[name] = folder / name
        made[name].mkdir()
        for file in contents:
            (made[name] / file).write_text("{}")
    return made


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
    monkeypatch.setenv("HOME", "/home/somebody")
    logging.getLogger("segdepth_app.test").warning("reading /home/somebody/secret.dm4")
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
    assert masked("in /home/eva/data and /home/eva", Path("/home/eva")) == "in ~/data and ~"
    assert masked("/usr/lib", Path("/")) == "/usr/lib"


def test_the_log_is_a_file(window):
    window.context.report("For the log.")
    QApplication.processEvents()
    assert "For the log." in (log_folder() / "window.log").read_text(encoding="utf-8")


# --- jobs


def test_a_job_appears_in_the_dock_and_the_status_bar(qtbot, window):
    assert not window.jobs_dock.isVisible()
    job = window.context.jobs.start("fake", {"n_steps": 3}, "Analyse series.tif")
    assert window.jobs_dock.isVisible()
    row = window.jobs_dock.rows[job.id]
    qtbot.waitUntil(lambda: job.has_ended, timeout=WAIT_MS)
    assert row.state.text() == "done"
    assert window._jobs_button.text() == "No job running"
    assert window._device.text() == "Device: cpu"
    row.dismiss.click()
    assert window.jobs_dock.rows == {}
    assert window.context.jobs.jobs == []


def test_lists_are_read_again_when_a_job_ends(qtbot, window, monkeypatch):
    monkeypatch.setitem(
        __import__("segdepth_app.gui.context", fromlist=["CHANGES"]).CHANGES, "fake", "datasets_changed"
    )
    with qtbot.waitSignal(window.context.datasets_changed, timeout=WAIT_MS):
        window.context.jobs.start("fake", {"n_steps": 1}, "Fake")


def test_closing_pauses_a_job_and_waits_for_it(qtbot, window):
    job = window.context.jobs.start("fake", {"n_steps": 5000, "step_s": 0.01}, "Train run 1")
    qtbot.waitUntil(lambda: job.state is State.RUNNING, timeout=WAIT_MS)
    with qtbot.waitSignal(window.closed, timeout=WAIT_MS):
        assert not window.close()
        assert job.state is State.PAUSING
    assert job.state is State.PAUSED
    assert not window.isVisible()


def test_closing_says_what_it_waits_for_and_does_not_wait_for_ever(qtbot, window, monkeypatch):
    monkeypatch.setattr(closing, "SHOW_AFTER_MS", 10)
    monkeypatch.setattr(closing, "WAIT_MS", 300)
    job = window.context.jobs.start("fake", {"behaviour": "hang"}, "Analyse series.tif")
    qtbot.waitUntil(lambda: job.state is State.RUNNING, timeout=WAIT_MS)
    window.close()
    dialog = window._closing.dialog
    qtbot.waitUntil(dialog.isVisible)
    assert any("Analyse series.tif" in label.text() for label in dialog.findChildren(QLabel))
    with qtbot.waitSignal(window.closed, timeout=WAIT_MS):
        pass
    assert job.has_ended


def test_a_training_that_still_writes_its_pause_is_left_to_finish(qtbot, window, monkeypatch):
    """It outlives the window: closing does not kill it."""
    monkeypatch.setattr(closing, "WAIT_MS", 200)
    job = window.context.jobs.start("fake", {"behaviour": "hang"}, "Train run 1")
    monkeypatch.setattr(type(job), "outlives_window", True)
    qtbot.waitUntil(lambda: job.state is State.RUNNING, timeout=WAIT_MS)
    finished = []
    Closing(window.context.jobs, lambda: finished.append(True), window)
    qtbot.waitUntil(lambda: bool(finished), timeout=WAIT_MS)
    assert window.context.jobs.left_alone == [job]
    assert not job.has_ended
    monkeypatch.undo()


SLOW_PAUSE = """
import sys
from dataclasses import replace
from PySide6.QtCore import QTimer
from segdepth_app.gui import app, closing
from segdepth_app.jobs import registry

registry.JOBS["fake"] = replace(registry.JOBS["fake"], when_alone=None)
closing.WAIT_MS = 100
make = app.create_main_window

def make_with_job():
    window = make()
    job = window.context.jobs.start("fake", {"n_steps": 1, "step_s": 1.5}, "Train run 1")
    job.event.connect(lambda event: print(event.get("pid", ""), flush=True))
    job.event.connect(lambda event: QTimer.singleShot(0, window.close))
    return window

app.create_main_window = make_with_job
sys.exit(app.main(["segdepth"]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_program_leaves_without_killing_a_training_that_pauses(qtbot):
    """Qt kills the children of what it destroys; here the child must outlive the program and end by itself."""
    done = subprocess.run(
        [sys.executable, "-c", SLOW_PAUSE], capture_output=True, text=True, timeout=60, cwd=ROOT, check=False
    )
    child = int(done.stdout.split()[0])
    assert done.returncode == 0
    assert is_alive(child)
    qtbot.waitUntil(lambda: not is_alive(child), timeout=WAIT_MS)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
        # ended, but nobody asked for its exit code: so it is in a container without an init
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


# --- settings, session, look


def test_bad_settings_are_reset_one_by_one_and_the_file_is_kept(qapp):
    good = Settings()
    good.set("theme", "dark")
    good.set("view/mirror", True)
    good.save()
    text = settings_file().read_text(encoding="utf-8")
    settings_file().write_text(text.replace("dark", "pink") + "recent=[3, 4]\n", encoding="utf-8")
    mended = Settings()
    assert "theme" in mended.reset_keys
    assert mended.get("theme") == "system"
    assert mended.recent() == []
    assert mended.get("view/mirror") is True
    kept = settings_file().with_name("settings.ini.bak").read_text(encoding="utf-8")
    assert "pink" in kept


@pytest.mark.parametrize(("key", "value"), [("theme", "pink"), ("recent", "a.tif"), ("geometry", 3)])
def test_a_setting_that_makes_no_sense_is_refused(qapp, key, value):
    with pytest.raises(ValueError, match=key):
        Settings().set(key, value)


def test_settings_survive_a_restart(qapp):
    first = Settings()
    first.set("view/model", "Größe, µm; “x”")
    for number in range(12):
        first.add_recent(f"{number}.tif")
    first.add_recent("5.tif")
    first.save()
    again = Settings()
    assert again.get("view/model") == "Größe, µm; “x”"
    assert again.recent()[:3] == ["5.tif", "11.tif", "10.tif"]
    assert len(again.recent()) == 10


def test_reset_settings_keeps_a_copy(qapp):
    settings = Settings()
    settings.set("theme", "dark")
    settings.save()
    settings.reset()
    assert Settings().get("theme") == "system"
    assert settings_file().with_name("settings.ini.bak").exists()


def test_the_session_is_kept_and_offered(qtbot, fake_tabs, files):
    first = create_main_window()
    first.show()
    first.open_path(str(files["series.tif"]))
    first.select_tab("train")
    first.close()
    first.deleteLater()
    assert Session().read()["clean"] is True
    again = create_main_window()
    again.show()
    assert again.current_tab == "view"  # the welcome page offers it, it does not force it
    assert again.welcome.notice.isVisible()
    again.welcome.restore.click()
    assert again.tabs["view"].content.state == {"open": str(files["series.tif"])}
    assert again.current_tab == "train"
    again.close()
    again.deleteLater()


def test_an_unclean_end_is_said(qtbot, window):
    window._autosave.timeout.emit()
    assert Session().read()["clean"] is False
    window.welcome.offer_session({"clean": False, "tabs": {"view": {"open": "a.tif"}}})
    assert "did not close properly" in window.welcome.notice_text.text()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"version": 99}', '{"version": 1, "tabs": 3}'])
def test_a_session_that_makes_no_sense_is_none(tmp_path, text):
    (tmp_path / "session.json").write_text(text)
    assert Session(tmp_path / "session.json").read() == {}


def test_the_geometry_returns_but_only_onto_a_screen(qtbot, window):
    window.resize(900, 600)
    window.move(40, 30)
    saved = window.saveGeometry()
    assert window._is_on_a_screen()
    window.move(-5000, -5000)
    assert not window._is_on_a_screen()
    window.restoreGeometry(saved)
    assert window._is_on_a_screen()


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_the_theme_can_be_chosen_and_is_kept(qtbot, window, choice):
    with qtbot.waitSignal(window.context.theme_changed):
        window.actions_.themes[choice].trigger()
    assert theme.is_dark() is (choice == "dark")
    assert QApplication.palette().window().color().name() == getattr(theme, choice.upper())["window"]
    assert json.loads(window.context.settings._store.value("theme")) == choice


def test_every_action_has_a_shortcut_of_its_own(window):
    shortcuts = [action.shortcut().toString() for action in window.findChildren(type(window.actions_.quit))]
    used = [text for text in shortcuts if text]
    assert len(used) == len(set(used)) >= 8


def test_the_program_opens_the_paths_it_is_given(qtbot, monkeypatch, fake_tabs, files):
    """main() from its first line to its exit code, without an event loop of its own."""
    opened = []
    monkeypatch.setattr(QApplication, "exec", lambda *_: 0)
    monkeypatch.setattr(FakeTab, "open_path", lambda self, path: opened.append(path) or True)
    assert main(["segdepth", str(files["series.tif"])]) == 0
    assert opened == [str(files["series.tif"])]
    for widget in QApplication.topLevelWidgets():
        if type(widget).__name__ == "MainWindow":
            widget.close()
            widget.deleteLater()
