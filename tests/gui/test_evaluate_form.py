"""The form, the list of evaluations and studies, and the report's dialog, with real widgets."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt

from segdepth_app.gui.evaluate.choices import Choice
from segdepth_app.gui.evaluate.form import EvaluateForm
from segdepth_app.gui.evaluate.library import Library
from segdepth_app.gui.evaluate.notice import ReportNotice
from segdepth_app.gui.evaluate.picker import TickList
from segdepth_app.gui.evaluate.report_dialog import ask_for_report


@pytest.fixture
def form(qtbot):
    widget = EvaluateForm()
    qtbot.addWidget(widget)
    return widget


def test_the_form_keeps_its_choice_when_the_lists_change(form):
    form.set_choices([Choice("a", "/a"), Choice("b", "/b")], [Choice("d", "/d")])
    form.models.list.tick(["/b"])
    form.set_choices([Choice("c", "/c"), Choice("b", "/b")], [])

    assert form.typed()["models"] == ["/b"]
    assert form.typed()["datasets"] == ["/d"]


def test_what_is_alone_is_ticked(form):
    form.set_choices([Choice("a", "/a")], [Choice("d", "/d"), Choice("e", "/e")])

    assert (form.typed()["models"], form.typed()["datasets"]) == (["/a"], [])


def test_a_model_from_elsewhere_is_chosen_alone_and_kept(form):
    form.set_choices([Choice("a", "/a")], [])
    form.choose_model(Choice("far", "/usb/far.safetensors"))
    form.set_choices([Choice("a", "/a"), Choice("b", "/b")], [])

    assert form.typed()["models"] == ["/usb/far.safetensors"]
    assert form.typed()["labels"] == {"/usb/far.safetensors": "far"}


def test_files_from_elsewhere_are_added_to_what_is_ticked(form):
    form.set_choices([Choice("a", "/a")], [])
    form.models._take(["/usb/x.safetensors", "/usb/y.safetensors"])

    assert form.typed()["models"] == ["/a", "/usb/x.safetensors", "/usb/y.safetensors"]


def test_a_click_on_a_name_or_on_its_box_and_the_space_key_tick_once(qtbot):
    ticks = TickList("things")
    qtbot.addWidget(ticks)
    ticks.set_choices([Choice("one", "/1"), Choice("two", "/2")])
    ticks.resize(200, 80)
    ticks.show()
    place = ticks.visualItemRect(ticks.item(0))
    for x, expected in ((place.right() - 20, ["/1"]), (place.left() + 8, []), (place.left() + 8, ["/1"])):
        qtbot.mouseClick(ticks.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, place.center().y()))
        assert [choice.value for choice in ticks.chosen()] == expected
    ticks.setCurrentRow(1)
    qtbot.keyClick(ticks, Qt.Key.Key_Space)
    assert [choice.value for choice in ticks.chosen()] == ["/1", "/2"]


def test_start_says_what_was_typed(form, qtbot):
    form.set_choices([Choice("a", "/a")], [Choice("d", "/d")])
    form.doses.setText("1; 2.5")
    with qtbot.waitSignal(form.start_requested) as said:
        form.start.click()

    assert said.args[0] == {
        "models": ["/a"],
        "datasets": ["/d"],
        "labels": {"/a": "a", "/d": "d"},
        "split": "test",
        "doses": "1; 2.5",
        "max_images": 0,
        "n_bootstrap": 1000,
    }
    form.show_job("running", 1, 2, True)
    assert not form.start.isEnabled()
    form.show_idle()
    assert form.start.isEnabled()


def test_every_change_is_told(form, qtbot):
    form.set_choices([Choice("a", "/a"), Choice("b", "/b")], [])
    for act in (lambda: form.models.list.tick(["/b"]), lambda: form.doses.setText("3")):
        with qtbot.waitSignal(form.changed):
            act()


def test_reasons_stand_at_their_fields(form):
    form.show_problems({"doses": "No dose: x."})
    assert form.reasons["doses"].isVisibleTo(form)
    assert not form.reasons["models"].isVisibleTo(form)
    assert form.doses.property("invalid")
    assert form.doses.accessibleDescription() == "No dose: x."

    form.show_problems({})
    assert not form.reasons["doses"].isVisibleTo(form)
    assert not form.doses.property("invalid")


def test_a_form_of_an_older_session_is_filled_as_far_as_it_goes(form):
    form.set_choices([Choice("a", "/a")], [])
    form.fill({"model": "/a", "dataset": "/gone", "doses": "4", "split": "all"})

    assert (form.doses.text(), form.split.currentData(), form.typed()["n_bootstrap"]) == ("4", "all", 1000)


# the list


@pytest.fixture
def library(qtbot):
    widget = Library()
    qtbot.addWidget(widget)
    widget.set_group("studies", {Path("/s/1"): "study\ndone"})
    widget.set_group("evaluations", {Path("/e/1"): "first", Path("/e/2"): "second"})
    return widget


def test_two_groups_stand_under_their_headings(library):
    assert [library.item(row).text() for row in range(library.count())] == [
        "Evaluations",
        "first",
        "second",
        "Studies",
        "study\ndone",
    ]


def test_a_line_says_of_which_group_it_is(library, qtbot):
    with qtbot.waitSignal(library.study_selected) as study:
        library.setCurrentRow(4)
    with qtbot.waitSignal(library.evaluation_selected) as evaluation:
        library.setCurrentRow(2)

    assert (study.args, evaluation.args) == ([Path("/s/1")], [Path("/e/2")])


def test_listing_one_group_anew_keeps_the_mark_and_says_nothing(library, qtbot):
    library.mark(Path("/e/2"))
    with qtbot.assertNotEmitted(library.evaluation_selected), qtbot.assertNotEmitted(library.study_selected):
        library.set_group("studies", {})
        library.set_group("evaluations", {Path("/e/0"): "zero", Path("/e/2"): "second"})

    assert library.marked == Path("/e/2")
    assert library.count() == 3


def test_the_down_key_passes_over_headings(library, qtbot):
    library.mark(Path("/e/2"))
    qtbot.keyClick(library, Qt.Key.Key_Down)

    assert library.marked == Path("/s/1")


# reports


def open_dialog(qtbot, tmp_path, started):
    parent = EvaluateForm()
    qtbot.addWidget(parent)
    sources = [Choice("a · d", "/e/a"), Choice("Study: s", "/s/s")]
    ask_for_report(parent, sources, "/e/a", tmp_path / "report", started.append)
    return parent, parent.children()[-1]


def test_the_report_dialog_gives_what_is_ticked(qtbot, tmp_path):
    started = []
    _parent, dialog = open_dialog(qtbot, tmp_path, started)
    dialog.formats["pdf"].setChecked(False)
    dialog.sources.tick(["/e/a", "/s/s"])
    dialog.write.click()

    assert started == [{"sources": ["/e/a", "/s/s"], "out": str(tmp_path / "report"), "formats": ["png", "svg"]}]


def test_the_report_dialog_says_what_is_missing(qtbot, tmp_path):
    started = []
    _parent, dialog = open_dialog(qtbot, tmp_path, started)
    assert dialog.write.isEnabled()
    dialog.sources.tick([])
    assert "Tick what" in dialog.reason.text()
    dialog.sources.tick(["/s/s"])
    dialog.out.setText(" ")
    assert "folder" in dialog.reason.text()
    assert not dialog.write.isEnabled()

    dialog.reject()
    assert started == []


def test_a_written_report_can_be_opened(qtbot, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(
        "segdepth_app.gui.outside.QDesktopServices.openUrl", lambda url: opened.append(url.toLocalFile())
    )
    notice = ReportNotice()
    qtbot.addWidget(notice)
    notice.show_text("Writing…")
    assert not notice.open.isVisibleTo(notice)
    notice.show_report("There it is.", tmp_path / "report.html")
    notice.open.click()

    assert opened == [str(tmp_path / "report.html")]
    notice.dismiss.click()
    assert notice.isHidden()
