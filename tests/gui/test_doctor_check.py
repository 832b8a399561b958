"""Check this installation: the doctor's report in the window, from a child process."""

import pytest
from PySide6.QtGui import QGuiApplication

from segdepth_app import __version__
from segdepth_app.gui.doctor_check import DoctorCheck, verdict
from segdepth_app.gui.doctor_dialog import DoctorDialog
from segdepth_app.gui.view.help_sheet import menu_actions
from tests.gui.lab_fakes import FakeRunner, last, spec_of

WAIT_MS = 60_000
FAULT = {"message": "Shipped, but missing: a.json.", "advice": "Install SegDepth again."}


class Bench:
    def __init__(self):
        self.view, self.jobs, self.cards = spec_of(DoctorDialog), FakeRunner(), []
        self.check = DoctorCheck(self.view, self.jobs, lambda message, hint: self.cards.append((message, hint)))
        self.job = self.jobs.jobs[0]

    def answer(self, faults=(), warnings=()):
        self.job.told.emit({"event": "answer", "id": 0, "faults": faults, "warnings": warnings, "lines": ["x"]})

    def leave(self):
        self.view.left.connect.call_args.args[0]()


@pytest.fixture
def bench(qapp):
    return Bench()


def test_the_real_check_comes_into_the_dialog_and_can_be_copied(qtbot, window, monkeypatch):
    """From the menu, through a real child, to the clipboard; the home folder's name does not come along."""
    monkeypatch.setattr("pathlib.Path.home", lambda: window.context.settings.path.parent)
    assert window.actions_.doctor in menu_actions(window)  # so the palette has it as well
    window.actions_.doctor.trigger()
    dialog = window.findChild(DoctorDialog)
    qtbot.waitUntil(lambda: not dialog.progress.isVisible(), timeout=WAIT_MS)
    assert dialog.verdict.text() in [verdict(faults, notes)[0] for faults in range(3) for notes in range(4)]
    dialog.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert f"SegDepth {__version__} (from source)" in copied
    assert "Shipped files: " in copied
    assert "Window: offscreen" in copied or "Window: xcb" in copied
    assert "Last log lines:" in copied
    assert str(window.context.settings.path.parent) not in copied
    assert "workspace: ~ (writable)" in copied
    assert window.errors.cards == []
    assert not window.jobs_dock.isVisible()  # it is no work of the user's
    dialog.close()
    qtbot.waitUntil(lambda: not window.context.jobs.live)


def test_faults_are_shown_before_the_report(qtbot, qapp):
    dialog = DoctorDialog()
    qtbot.addWidget(dialog)
    dialog.show_findings([FAULT], [{"message": "Only 1 GB.", "advice": "Free some."}])
    dialog.show_report(["SegDepth 1", "numpy 2"])
    dialog.show_verdict(*verdict(1, 1))
    names = [
        card.accessibleName() for card in dialog.findChildren(object) if card.property("role") in ("fault", "notice")
    ]
    assert names == ["Shipped, but missing: a.json. Install SegDepth again.", "Only 1 GB. Free some."]
    assert dialog.report.toPlainText().splitlines()[0] == "SegDepth 1"
    assert dialog.report.toPlainText().splitlines()[-1] == "numpy 2"
    assert dialog.copy.isEnabled()


@pytest.mark.parametrize(
    ("n_faults", "n_warnings", "text", "role"),
    [
        (0, 0, "Everything is in place.", "good"),
        (0, 1, "Everything is in place. One thing to know:", "warning"),
        (1, 2, "One fault was found.", "bad"),
        (3, 0, "3 faults were found.", "bad"),
    ],
)
def test_the_outcome_is_one_sentence(bench, n_faults, n_warnings, text, role):
    bench.answer([FAULT] * n_faults, [FAULT] * n_warnings)
    assert bench.view.show_verdict.call_args.args == (text, role)
    assert last(bench.view.show_report) == ["x"]


def test_a_check_that_fails_is_a_card_and_told_in_the_dialog(bench):
    bench.job.told.emit({"event": "error", "message": "The home folder is not known.", "hint": "Set HOME."})
    bench.job.end("failed")
    assert bench.cards == [("The home folder is not known.", "Set HOME.")]
    assert last(bench.view.show_findings) == [{"message": "The home folder is not known.", "advice": "Set HOME."}]
    assert bench.view.show_verdict.call_args.args[1] == "bad"


def test_a_check_that_dies_without_a_word_is_told(bench):
    bench.job.end("lost")
    assert len(bench.cards) == 1
    assert "without a word" in bench.cards[0][0]


def test_a_check_that_has_answered_is_not_told_of_again(bench):
    bench.answer()
    bench.job.end("lost")
    assert bench.cards == []


def test_closing_the_dialog_ends_the_check_and_nothing_is_shown_any_more(bench):
    bench.leave()
    assert bench.job.asked == ["terminate"]
    bench.answer()
    bench.job.end("cancelled")
    assert not bench.view.show_report.called
    assert bench.cards == []
