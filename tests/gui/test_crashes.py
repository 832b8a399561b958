"""Jobs that die, talk nonsense or cannot be started, with the real window: it lives on, says so once, and goes on."""

import os
import signal
import stat
import sys

import numpy as np
import pytest
import tifffile
from PySide6.QtWidgets import QApplication

from segdepth_app.gui import process
from segdepth_app.jobs.supervisor import State
from segdepth_app.models.card import DEFAULT_MODEL
from segdepth_app.paths import log_folder

WAIT_MS = 40_000
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and limits")
SAYS = "import os, sys; sys.stdin.readline(); os.write(1, {!r}); os._exit({})"
STARTED = b'{"v": 1, "event": "started"}\n'
END = b'{"v": 1, "event": "end", "reason": "done"}\n'


def run(qtbot, window, behaviour="happy", **config):
    job = window.context.jobs.start("fake", {"behaviour": behaviour, **config}, f"Fake, {behaviour}")
    qtbot.waitUntil(lambda: job.has_ended, timeout=WAIT_MS)
    return job


def log_text():
    return (log_folder() / "window.log").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("behaviour", "state", "words"),
    [
        pytest.param("segfault", State.LOST, "crashed (SIGSEGV)", marks=POSIX),
        pytest.param("abort", State.LOST, "crashed (SIGABRT)", marks=POSIX),
        ("leave", State.LOST, "ended without saying why (code 0)"),
        pytest.param("hoard", State.FAILED, "The computer ran out of memory", marks=POSIX),
    ],
)
def test_a_job_that_dies_is_named_in_dock_and_log_and_the_next_one_runs(qtbot, window, behaviour, state, words):
    job = run(qtbot, window, behaviour)
    assert job.state is state
    assert words in job.error["message"]
    assert words in window.jobs_dock.rows[job.id].text.text()
    assert words in log_text()
    assert run(qtbot, window).state is State.DONE
    assert window.isVisible()


@POSIX
def test_a_crash_in_machine_code_leaves_its_place_in_the_log(qtbot, window):
    run(qtbot, window, "segfault")
    assert "Segmentation fault" in log_text()
    assert "in _die" in log_text()


@pytest.mark.parametrize(
    ("bytes_", "code", "state"),
    [
        (STARTED + b'{"v": 1, "event": "prog', 0, State.LOST),
        (STARTED + b"\xff\xfe\x00 no text\n[1, 2]\nNaN\n" + b"[" * 5000 + b"\n" + END, 0, State.DONE),
        (STARTED + b"x" * 5_000_000 + b"\n" + END, 0, State.DONE),
        (STARTED + b"y" * 3_000_000, 1, State.LOST),
        (b"", 0, State.LOST),
        (END, 1, State.DONE),
    ],
    ids=["half a line", "no text, no JSON", "a long line", "a long line without an end", "nothing", "only an end"],
)
def test_nonsense_where_messages_belong(qtbot, window, monkeypatch, bytes_, code, state):
    """A child that is not ours, or was damaged: its lines are log, and its end is judged by what it did say."""
    script = SAYS.format(bytes_[:1000], code)
    if len(bytes_) > 1000:  # a command line has an end
        script = f"import os, sys; sys.stdin.readline(); data = {STARTED!r} + {bytes_[40:41]!r} * {len(bytes_)}; "
        script += f"sys.stdout.buffer.write(data + {bytes_[-len(END) - 1 :]!r}); sys.stdout.flush(); os._exit({code})"
    monkeypatch.setattr(process, "worker_command", lambda: (sys.executable, ["-c", script]))
    job = run(qtbot, window)
    assert job.state is state
    assert max(map(len, job.log), default=0) < 2100
    monkeypatch.undo()
    assert run(qtbot, window).state is State.DONE


@pytest.mark.parametrize("fault", ["gone", "not executable", "no program"])
def test_a_worker_that_cannot_be_started_is_said_and_the_next_one_runs(qtbot, window, monkeypatch, tmp_path, fault):
    """As after an update or an uninstall while the window is open."""
    program = tmp_path / "Größe µm" / "segdepth-worker"
    program.parent.mkdir()
    if fault != "gone":
        program.write_bytes(b"\x7fELF nothing")
    if fault == "no program":
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(process, "worker_command", lambda: (str(program), ["--worker"]))
    job = run(qtbot, window)
    assert job.state is State.FAILED
    assert job.error["kind"] == "start"
    assert "close it and start it again" in job.error["hint"]
    assert not job._watch.isActive()
    monkeypatch.undo()
    assert run(qtbot, window).state is State.DONE


@pytest.fixture
def view(qtbot, window, tmp_path):
    """The View tab on a small series of 8 frames, with its pixel size typed; its helpers end with the test."""
    path = tmp_path / "Größe µm" / "试样 1.tif"
    path.parent.mkdir()
    tifffile.imwrite(path, np.random.default_rng(1).poisson(3.0, (8, 96, 96)).astype(np.uint8))
    window.open_path(str(path))
    tab = window.tabs["view"].content
    qtbot.waitUntil(lambda: tab.presenter.scene.image is not None, timeout=WAIT_MS)
    tab.presenter.analysis.choose_model(DEFAULT_MODEL)
    tab.presenter.analysis.type_value("pixel_size_pm", 5.3)
    qtbot.waitUntil(lambda: tab.view.top_bar.analysis.analyse_button.isEnabled(), timeout=WAIT_MS)
    yield tab
    tab.close_children()
    window.context.jobs.kill_all()
    qtbot.waitUntil(lambda: not window.context.jobs.live, timeout=WAIT_MS)


def kill(qtbot, job, number):
    """A signal from outside, once the job has said its process id."""
    said = []
    job.told.connect(lambda event: said.append(event["pid"]) if event["event"] == "started" else None)
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT_MS)
    os.kill(said[0], number)
    qtbot.waitUntil(lambda: job.has_ended, timeout=WAIT_MS)


def cards(window):
    QApplication.processEvents()
    return [card.message.text() for card in window.errors.cards]


@POSIX
@pytest.mark.parametrize("left", [False, True], ids=["series open", "another series opened"])
def test_an_analysis_that_crashes_is_one_card_and_can_be_made_again(qtbot, window, view, left, tmp_path):
    view.view.top_bar.analysis.analyse_button.click()
    (job,) = [job for job in window.context.jobs.live if job.name == "infer"]
    if left:
        other = tmp_path / "other.tif"
        tifffile.imwrite(other, np.ones((2, 64, 64), np.uint8))
        window.open_path(str(other))
    kill(qtbot, job, signal.SIGSEGV)
    assert cards(window) == [
        "The job's process crashed (SIGSEGV)."
        if not left
        else "Analyse 试样 1.tif: The job's process crashed (SIGSEGV)."
    ]
    if not left:
        view.presenter.analysis.ask("analyse")
        qtbot.waitUntil(lambda: bool(view.presenter.results.entries) or len(cards(window)) > 1, timeout=WAIT_MS)
        assert view.presenter.scene.result.n_done == 8
    assert len(cards(window)) == 1


@POSIX
def test_the_reader_of_a_series_that_crashes_is_one_card_and_opens_again(qtbot, window, view):
    """While its frames are clicked through; the frames that are at hand stay."""
    job = [job for job in window.context.jobs.live if job.title == "试样 1.tif"][-1]  # opened anew for the pixel size
    os.kill(job._process.processId(), signal.SIGSEGV)
    for frame in (6, 3, 7):
        view.view.set_frame(frame)
        view.presenter.marking.click(20, 10)
    qtbot.waitUntil(lambda: job.has_ended and bool(cards(window)), timeout=WAIT_MS)
    assert len(cards(window)) == 1
    assert "SIGSEGV" in cards(window)[0]
    view.presenter.scene.image = None
    window.open_path(view.presenter.scene.paths[0])
    qtbot.waitUntil(lambda: view.presenter.scene.image is not None, timeout=WAIT_MS)
    assert len(cards(window)) == 1
