"""What a double click hands over, whatever it is, ends in the right tab with the thing on show, or in a card."""

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QApplication

from segdepth_app.gui.app import create_main_window
from segdepth_app.gui.model_sheet import ModelSheet
from segdepth_app.gui.opening import FirstPaint, paths_from
from segdepth_app.gui.session import Session
from segdepth_app.gui.settings import Settings
from segdepth_app.models.card import shipped_models
from tests.gui import evaluate_records
from tests.gui.lab_files import make_dataset, make_parts
from tests.gui.view_files import tiny_probability, write_model, write_result
from tests.gui.view_partial import add_block, begin_partial

ROOT = Path(__file__).parents[2]
WAIT_MS = 20_000
ODD = Path("Größe µm") / "试样 1"


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / ODD
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def ended(window, qtbot):
    """The real window; its helpers end before it goes."""
    yield window
    view = window.tabs["view"].content
    if view is not None:
        view.close_children()
    window.context.jobs.kill_all()
    qtbot.waitUntil(lambda: not window.context.jobs.live, timeout=WAIT_MS)


def cards(window):
    QApplication.processEvents()
    return [card.message.text() for card in window.errors.cards]


@pytest.mark.parametrize("name", ["a b.h5", "50%20.h5", "100%.h5", "-odd.h5", "Größe µm/试样 1.h5", "file:x.h5"])
def test_a_file_url_is_the_path_it_was_made_from(tmp_path, name):
    """Qt makes the URL as a file manager does; a name that only looks coded stays as it is."""
    path = tmp_path / name
    assert paths_from([QUrl.fromLocalFile(str(path)).toString(QUrl.ComponentFormattingOption.FullyEncoded)]) == [
        str(path)
    ]
    assert paths_from([str(path)]) == [str(path)]


def test_what_is_named_from_here_is_kept_by_its_whole_name(tmp_path, monkeypatch):
    """A recent file is opened again from another folder."""
    monkeypatch.chdir(tmp_path)
    assert paths_from(["", "./x/../a.tif", "-odd.h5"]) == [str(tmp_path / "a.tif"), str(tmp_path / "-odd.h5")]
    (tmp_path / "file:").mkdir()
    assert paths_from(["file:"]) == [str(tmp_path / "file:")]


@pytest.mark.parametrize("name", ["50%20 µ.h5", "-100%.h5", "two\nlines.h5"])
def test_a_result_of_any_name_is_shown(qtbot, ended, place, name):
    path = write_result(place / name, tiny_probability())
    ended.opener.bring(paths_from([QUrl.fromLocalFile(str(path)).toString()]))
    assert ended.current_tab == "view"
    assert ended.tabs["view"].content.presenter.scene.result.path == path
    assert ended.context.settings.recent() == [str(path)]
    assert cards(ended) == []


def test_an_unfinished_analysis_is_shown_as_what_it_is(qtbot, ended, place):
    """Its folder holds arrays that a folder of frames could hold as well: they are no frames."""
    folder = begin_partial(place / "r.h5.partial", 4, (6, 10))
    add_block(folder, 0, tiny_probability()[:2])
    ended.opener.bring([str(folder)])
    scene = ended.tabs["view"].content.presenter.scene
    assert scene.result.is_partial
    assert scene.result.n_done == 2
    assert scene.paths == ()
    broken = begin_partial(place / "broken.h5.partial", 4, (6, 10))
    (broken / "plan.json").write_text("{")
    ended.opener.bring([str(broken)])
    assert "broken.h5.partial" in cards(ended)[0]
    assert scene.result.is_partial  # what was open stays


@pytest.mark.parametrize("what", ["file", "parts"])
def test_a_dataset_from_anywhere_is_selected(qtbot, ended, place, what):
    """Not only one that lies in the datasets folder."""
    path = place / "set 1.h5"
    make_dataset(path) if what == "file" else make_parts(path, done=1, n_specimens=4)
    ended.opener.bring([str(path if what == "file" else path.with_name("set 1.h5.parts"))])
    assert ended.current_tab == "simulate"
    assert cards(ended) == ([] if what == "file" else [f"{path}.parts cannot be opened in Simulate."])
    selected = ended.tabs["simulate"].content.presenter.selected
    assert selected == (path if what == "file" else None)


def test_a_dataset_that_is_listed_under_another_name_is_not_listed_twice(qtbot, ended, place):
    from segdepth_app.paths import datasets_folder

    path = make_dataset(datasets_folder() / "set.h5")
    (place / "link").symlink_to(datasets_folder())
    ended.opener.bring([str(place / "link" / "set.h5")])
    presenter = ended.tabs["simulate"].content.presenter
    assert presenter.selected == datasets_folder() / "set.h5"
    assert list(presenter._entries) == [datasets_folder() / "set.h5"], path


@pytest.mark.parametrize("file", ["", "metrics.json"])
def test_an_evaluation_is_shown(qtbot, ended, place, file):
    folder = evaluate_records.write(place / "evaluation")
    ended.opener.bring([str(Path(folder) / file)])
    assert ended.current_tab == "evaluate"
    assert ended.tabs["evaluate"].content.presenter.shown == str(folder)
    assert cards(ended) == []


def test_a_model_is_chosen_and_says_what_it_is(qtbot, ended, place):
    path = write_model(place / "my model.safetensors")
    ended.opener.bring([str(path)])
    assert ended.current_tab == "view"
    assert ended.tabs["view"].content.presenter.analysis.model == str(path)
    (sheet,) = ended.findChildren(ModelSheet)
    lines = {line.name: line.value for line in sheet.facts.lines}
    assert lines["Dose"] == "0.8 to 8 e/px at 5.3 pm"
    assert lines["File"] == str(path)
    sheet.evaluate.click()
    assert ended.current_tab == "evaluate"
    assert ended.tabs["evaluate"].content.form.typed()["models"] == [str(path)]
    assert Settings().get("view/model") == str(path)


def test_a_model_that_is_called_as_the_shipped_one_does_not_pass_for_it(qtbot, ended, place):
    """Chosen, listed and found again as itself."""
    (name,) = shipped_models()
    path = write_model(place / f"{name}.safetensors")
    ended.opener.bring([str(path)])
    for sheet in ended.findChildren(ModelSheet):
        sheet.close()
    analysis = ended.tabs["view"].content.presenter.analysis
    assert analysis.model == str(path)
    assert analysis._name() == f"{name} (试样 1)"
    assert ended.context.settings.get("view/model") == str(path)
    analysis.choose_model(name)
    assert analysis.model == str(shipped_models()[name])


@pytest.mark.parametrize("kind", ["foreign model", "foreign h5", "nothing", "empty"])
def test_what_is_none_of_ours_is_a_card(qtbot, ended, place, kind):
    path = place / {"foreign model": "a.safetensors", "foreign h5": "a.h5"}.get(kind, "a.h5")
    if kind == "foreign model":
        path.write_bytes((2).to_bytes(8, "little") + b"{}")
    elif kind == "foreign h5":
        with h5py.File(path, "w") as file:
            file["table"] = np.zeros((5, 2), [("a", "f4")])
    elif kind != "nothing":
        path.write_bytes(b"" if kind == "empty" else b"this is no picture")
    ended.opener.bring([str(path)])
    qtbot.waitUntil(lambda: bool(cards(ended)), timeout=WAIT_MS)
    assert path.name in cards(ended)[0]
    assert len(cards(ended)) == 1
    assert ended.findChildren(ModelSheet) == []


def test_several_at_once_each_go_to_their_tab(qtbot, ended, place):
    files = [write_result(place / "1.h5", tiny_probability()), make_dataset(place / "set.h5") or place / "set.h5"]
    files.append(write_result(place / "2.h5", tiny_probability()))
    ended.opener.bring([str(path) for path in files])
    assert ended.current_tab == "view"
    assert ended.tabs["view"].content.presenter.scene.result.path == place / "2.h5"
    assert ended.tabs["simulate"].content.presenter.selected == place / "set.h5"
    assert ended.context.settings.recent() == [str(path) for path in reversed(files)]


def test_something_is_seen_before_anything_is_opened(qtbot, window):
    """A tab takes seconds on a cold disk; the window must not wait for it."""
    window.hide()
    order = []
    FirstPaint(window, lambda: order.append("opened"))
    paint = window.paintEvent
    window.paintEvent = lambda event: (order.append("painted"), paint(event))
    window.show()
    qtbot.waitUntil(lambda: "opened" in order, timeout=WAIT_MS)
    assert order[0] == "painted"


def test_a_window_that_is_never_painted_opens_all_the_same(qtbot, window, monkeypatch):
    monkeypatch.setattr("segdepth_app.gui.opening.PATIENCE_MS", 20)
    window.hide()
    opened = []
    FirstPaint(window, lambda: opened.append(True))
    qtbot.waitUntil(lambda: bool(opened), timeout=WAIT_MS)


def test_two_windows_share_a_home(qtbot, window, fake_tabs, files):
    """The second offers nothing that the first has open, and takes nothing of it away."""
    window.open_path(str(files["series.tif"]))
    window._autosave.timeout.emit()
    second = create_main_window()
    second.show()
    assert not second.welcome.notice.isVisible()
    second.open_path(str(files["result.h5"]))
    assert second.context.settings.recent() == [str(files["result.h5"]), str(files["series.tif"])]
    assert window.context.settings.recent() == second.context.settings.recent()
    second._autosave.timeout.emit()
    second.close()
    second.deleteLater()
    kept = Session().read()
    assert kept["clean"] is False
    assert kept["tabs"]["view"] == {"open": str(files["series.tif"])}


def test_the_window_that_is_left_keeps_the_session(qtbot, window, fake_tabs, files):
    window.open_path(str(files["series.tif"]))
    second = create_main_window()
    second.open_path(str(files["result.h5"]))
    window.close()
    second.close()
    second.deleteLater()
    assert Session().read()["tabs"]["view"] == {"open": str(files["result.h5"])}


TWICE = """
import sys
from PySide6.QtCore import QTimer
from segdepth_app import cli
from segdepth_app.gui import app

def look(window):
    view = window.tabs["view"].content
    if view is None or view.presenter.scene.result is None:
        return
    print(window.current_tab, ascii(view.presenter.scene.result.path.name), len(window.errors.cards), flush=True)
    sys.stdin.readline()  # the other one is open as well
    window.close()

make = app.create_main_window
def made():
    window = make()
    timer = QTimer(window, interval=20)
    timer.timeout.connect(lambda: look(window))
    timer.start()
    return window
app.create_main_window = made
sys.exit(cli.main(sys.argv[1:]))
"""


def test_two_real_programs_open_two_double_clicked_files(place, workspace):
    """One home, both open at the same time, both close well."""
    paths = [write_result(place / name, tiny_probability()) for name in ("50%20 µ.h5", "2.h5")]
    urls = [QUrl.fromLocalFile(str(path)).toString(QUrl.ComponentFormattingOption.FullyEncoded) for path in paths]
    programs, said = [], []
    for url in urls:  # the second while the first is open: to the millisecond at once nobody double-clicks twice
        program = [sys.executable, "-c", TWICE, "view", url]
        programs.append(subprocess.Popen(program, stdin=-1, stdout=-1, stderr=-1, text=True, cwd=ROOT))
        said.append(programs[-1].stdout.readline())
    ends = [program.communicate("\n", timeout=60) for program in programs]
    assert said == ["view '50%20 \\xb5.h5' 0\n", "view '2.h5' 0\n"], ends
    assert [program.returncode for program in programs] == [0, 0], ends
    assert set(Settings().recent()) == {str(path) for path in paths}
    assert Session().read()["clean"] is True


def test_a_window_that_was_killed_does_not_keep_the_session_for_ever(workspace):
    """Its lock is left behind; the next window sees that nobody holds it."""
    killed = "import os; from segdepth_app.gui.session import Session; s = Session(); assert s.claim(); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", killed], cwd=ROOT, check=False).returncode == 9
    assert (workspace / "session.lock").exists()
    assert Session().claim()
