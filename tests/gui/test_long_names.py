"""Names as long as people make them, in windows of 1280 px: shortened where they are, cut nowhere, whole in a tip."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.closing import ClosingDialog
from segdepth_app.gui.process import Job, JobRunner
from segdepth_app.gui.view.analysis_state import AnalysisState, ResultEntry
from segdepth_app.gui.view.calibration_raw import RawDialog
from segdepth_app.gui.view.top_bar import TopBar
from segdepth_app.gui.welcome import WelcomePage
from segdepth_app.gui.widgets.elided import Elided
from segdepth_app.gui.widgets.job_row import JobRow
from segdepth_app.gui.widgets.table_dialog import TableDialog

LONG = "ceria-surface_试样_Größe_" + "lang_" * 24 + "end.tif"


def show(qtbot, widget, width):
    qtbot.addWidget(widget)
    widget.resize(width, widget.sizeHint().height())
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def keeps_both_ends(text):
    return text.startswith("ceria") and text.endswith("end.tif") and "…" in text


def test_a_long_name_has_dots_in_its_middle_and_grows_again(qtbot):
    """A label that once was narrow still asks for room for all of its text."""
    row = QWidget()
    layout = QHBoxLayout(row)
    label = Elided()
    layout.addWidget(label)
    layout.addStretch(1)
    label.setText(LONG)
    show(qtbot, row, 300)
    assert keeps_both_ends(label.text())
    row.resize(label.fontMetrics().horizontalAdvance(LONG) + 60, 40)
    qtbot.waitUntil(lambda: label.text() == LONG)


def test_the_name_of_the_series_is_elided_and_squeezes_nothing(qtbot):
    bar = TopBar()
    bar.show_series(LONG)
    show(qtbot, bar, 1000)
    assert keeps_both_ends(bar.series.text())
    assert bar.series.toolTip() == LONG
    assert bar.width() == 1000


def test_a_button_that_comes_back_in_another_look_gets_its_room(qtbot):
    """*Analyse* is the main button again when an analysis has ended, with more padding, and was cut by it."""
    theme.apply_theme(QApplication.instance(), "light")
    top = TopBar()
    bar = top.analysis
    bar.show_state(AnalysisState(enabled=True))
    show(qtbot, top, 1200)
    bar.show_results([ResultEntry("a.h5", "a")])
    for phase in ("running", "ready"):
        bar.show_state(AnalysisState(phase, enabled=True))
        qtbot.wait(20)  # laid out in between
    button = bar.analyse_button
    assert button.width() == button.sizeHint().width()


def test_a_job_with_a_long_name_still_says_how_far_it_is(qtbot):
    runner = JobRunner()
    row = show(qtbot, JobRow(Job(1, "infer", {}, f"Analyse {LONG}", runner), lambda job: None), 1240)
    row.text.setText("1100 of 123456 frames, about 3 h 20 min left")
    qtbot.waitUntil(lambda: row.text.width() >= row.text.sizeHint().width())
    assert any(child.toolTip() == f"Analyse {LONG}" for child in row.findChildren(Elided))


def test_the_closing_dialog_stays_in_the_window_and_enter_loses_nothing(qtbot):
    """Its one button gives up what jobs have not written yet: it is pressed, never hit."""
    dialog = ClosingDialog([LONG, "short"], None)
    show(qtbot, dialog, 10)
    assert dialog.width() < 900
    pressed = []
    dialog.now.clicked.connect(lambda: pressed.append(True))
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert pressed == []


def test_recent_files_need_no_scroll_bar(qtbot, tmp_path):
    path = tmp_path / LONG
    path.touch()
    page = WelcomePage()
    page.set_recent([str(path)])
    show(qtbot, page, 1280)
    item = page.recent.item(0)
    assert page.recent.horizontalScrollBar().maximum() == 0
    assert item.text().startswith("ceria")
    assert item.toolTip() == item.data(Qt.ItemDataRole.UserRole) == str(path)


def test_a_file_without_a_header_is_named_whole(qtbot, tmp_path):
    """The words wrap inside the name: no line is wider than the dialog."""
    path = tmp_path / LONG
    path.write_bytes(bytes(64))
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = RawDialog(path, f"{LONG} has no header.", None, lambda _: None, parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    show(qtbot, dialog, 480)
    label = next(child for child in dialog.children() if "header" in getattr(child, "text", str)())
    used = label.fontMetrics().boundingRect(label.rect(), Qt.TextFlag.TextWordWrap, label.text())
    assert used.width() <= label.width()


@pytest.mark.parametrize("name", [LONG, "a & b.tif"])
def test_the_menu_of_recent_files_is_no_wider_than_a_window(qtbot, window, tmp_path, name):
    """An ampersand is a letter there, not the mark of a key."""
    path = tmp_path / name
    path.touch()
    window.context.settings.add_recent(str(path))
    menu = next(action.menu() for action in window.menuBar().actions()[0].menu().actions() if action.menu())
    menu.aboutToShow.emit()
    action = menu.actions()[0]
    assert menu.sizeHint().width() < 900
    assert action.toolTip() == str(path)
    assert action.text().endswith("end.tif" if name == LONG else "a && b.tif")


def test_long_heads_of_a_table_are_elided_and_told_whole(qtbot):
    dialog = TableDialog("Settings", "", ("Setting", "a", LONG))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    assert dialog.table.horizontalHeader().textElideMode() is Qt.TextElideMode.ElideMiddle
    assert dialog.table.horizontalHeaderItem(2).toolTip() == LONG
