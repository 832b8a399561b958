"""Keys of the View tab, their sheet and the command palette; the pictures without a mouse."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QWidget

from segdepth_app.gui.palette import CommandPalette, matching
from segdepth_app.gui.view.help_keys import KEYS
from segdepth_app.gui.view.help_sheet import HelpSheet, menu_actions, sheet
from segdepth_app.gui.view.overlay_options import OverlayOptions
from segdepth_app.gui.view.view import View
from segdepth_app.gui.widgets import colour_bar, scale_bar


@pytest.fixture
def view(qtbot):
    """A workspace of 20 frames, shown and active, with the region's row."""
    view = View()
    qtbot.addWidget(view)
    view.resize(1280, 720)
    view.show_workspace("tiny")
    view.show()
    view.set_series(20, 0.5, 50, 30)
    view.show_frame(np.zeros((30, 50), np.float32))
    view.show_overlay_options(OverlayOptions(region=True))
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    view.panes.setFocus()
    return view


def test_every_key_of_the_table_is_an_action(view):
    told = {action.objectName(): [key.toString() for key in action.shortcuts()] for action in view.keys}
    assert told == {key.name: list(key.keys) for key in KEYS if not key.only_told}


def test_no_key_has_two_meanings():
    keys = [text for key in KEYS if not key.only_told for text in key.keys]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("key", "name"), [("C", "columns"), ("D", "depth"), ("A", "activity"), ("R", "region")], ids=lambda value: value
)
def test_letters_switch_what_is_drawn(qtbot, view, key, name):
    with qtbot.waitSignal(view.toggled, timeout=2000) as caught:
        qtbot.keyClick(view.panes, getattr(Qt.Key, f"Key_{key}"))
    assert caught.args == [name]


@pytest.mark.parametrize(("key", "frame"), [(Qt.Key.Key_PageUp, 2), (Qt.Key.Key_PageDown, 19)])
def test_pages_are_ten_frames(qtbot, view, key, frame):
    view.set_frame(12)
    qtbot.keyClick(view.panes, key)
    assert view.play_bar.frame == frame


def test_keys_zoom_and_fit(qtbot, view):
    seen = view.panes.panes["frame"].view
    view.grab()
    view.panes.fit()
    before = seen.viewRange()
    qtbot.keyClick(view.panes, Qt.Key.Key_Plus)
    qtbot.keyClick(view.panes, Qt.Key.Key_Plus)
    (left, right), _ = seen.viewRange()
    assert right - left == pytest.approx((before[0][1] - before[0][0]) / 2.25)
    qtbot.keyClick(view.panes, Qt.Key.Key_Minus)
    qtbot.keyClick(view.panes, Qt.Key.Key_F)
    np.testing.assert_allclose(seen.viewRange(), before, atol=1e-9)


def test_a_key_enlarges_the_pane_under_the_pointer(qtbot, view):
    """The traces lend it their room, but for one, and get it back."""
    heights = view.splitter.sizes()
    view.panes.panes["saliency"].pixel_hovered.emit(3, 4)
    qtbot.keyClick(view.panes, Qt.Key.Key_E)
    assert view.panes.enlarged == "saliency"
    above, below = view.splitter.sizes()
    assert above > heights[0]
    assert 0 < below < heights[1]
    qtbot.keyClick(view.panes, Qt.Key.Key_E)
    assert view.panes.enlarged is None
    # the rows above may have got other heights meanwhile
    share = heights[0] / sum(heights)
    qtbot.waitUntil(lambda: abs(view.splitter.sizes()[0] / sum(view.splitter.sizes()) - share) < 0.01)


def test_a_text_field_keeps_its_keys(qtbot, view):
    """Letters, digits, the space and the arrows go into the name of the region."""
    told = []
    view.toggled.connect(told.append)
    view.marker_key.connect(told.append)
    field = view.panes.overlays.region_bar.name
    field.setFocus()
    field.clear()
    qtbot.keyClicks(field, "car 1?")
    qtbot.keyClick(field, Qt.Key.Key_Left)
    qtbot.keyClick(field, Qt.Key.Key_Home)
    assert field.text() == "car 1?"
    assert field.cursorPosition() == 0
    assert (told, view.play_bar.frame, view.play_bar.playing) == ([], 0, False)
    number = view.panes.overlays.region_bar.numbers["width"]
    number.setFocus()
    number.selectAll()
    qtbot.keyClicks(number, "12")
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert number.value() == 12
    assert told == []


def test_the_sheet_lists_every_key_there_is(qtbot, window):
    """Those of the tab, and those of the window's menus."""
    groups = sheet(window)
    text = " ".join(f"{keys} {what}" for rows in groups.values() for keys, what in rows)
    assert all(key.text in text for key in KEYS)
    for action in (window.actions_.open_file, window.actions_.palette, window.actions_.keys):
        assert action.shortcut().toString() in text
    assert window.actions_.palette.shortcuts()[1].toString() == "Ctrl+Shift+P"
    window.actions_.keys.trigger()
    opened = window.findChild(HelpSheet)
    assert opened.isVisible()
    assert "Play or pause" in opened.text.toPlainText()
    opened.close()


def test_the_question_mark_opens_the_sheet(qtbot, view):
    qtbot.keyClick(view.panes, Qt.Key.Key_Question)
    opened = view.findChild(HelpSheet)
    assert opened.isVisible()
    opened.close()


@pytest.mark.parametrize(
    ("typed", "found"),
    [("", [0, 1, 2]), ("fo", [1]), ("OPEN", [0, 1]), ("sample open", []), ("quit", [2]), ("zzz", [])],
)
def test_commands_are_found_by_their_words(typed, found):
    assert matching(["Open file", "Open folder", "Quit"], typed) == found


def test_what_stands_first_is_listed_first():
    assert matching(["View: fit", "Fit the lattice"], "fit") == [1, 0]


def test_enter_runs_the_command_that_is_marked(qtbot):
    done = []
    actions = [QAction(name) for name in ("&Open file…", "Quit", "Grey")]
    actions[2].setEnabled(False)
    for action in actions:
        action.triggered.connect(lambda _=False, action=action: done.append(action.text()))
    palette = CommandPalette(actions)
    palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(palette)
    palette.show()
    assert palette.list.count() == 2  # what cannot be done is not offered
    qtbot.keyClick(palette.edit, Qt.Key.Key_Down)
    qtbot.keyClick(palette.edit, Qt.Key.Key_Up)
    qtbot.keyClicks(palette.edit, "file")
    qtbot.keyClick(palette.edit, Qt.Key.Key_Return)
    assert done == ["&Open file…"]
    assert not palette.isVisible()


def test_nothing_found_says_so(qtbot):
    palette = CommandPalette([QAction("Quit")])
    palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(palette)
    palette.show()
    palette.edit.setText("nothing of the kind")
    assert palette.nothing.isVisible()
    qtbot.keyClick(palette.edit, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_the_palette_of_the_window_has_its_menus(qtbot, window):
    window.actions_.palette.trigger()
    palette = window.findChild(CommandPalette)
    texts = [palette.list.item(i).text() for i in range(palette.list.count())]
    assert any(text.startswith("Open file") for text in texts)
    assert {"Theme: dark", "Tab: Train", "Check this installation"} <= set(texts)
    assert "Commands" not in texts  # it is open
    palette.close()


@pytest.mark.parametrize("typed", ["theme", "tab", "jobs", "calibration"])
def test_commands_are_found_by_the_words_of_their_menu(qtbot, window, view, typed):
    """Away from their menus `Dark` and `Train` say too little, and nobody finds a look by its colour."""
    palette = CommandPalette([*view.keys, *menu_actions(window)])
    palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(palette)
    palette.edit.setText(typed)
    assert palette.list.count() > 0


def dark_columns(palette, row):
    """Columns of a line of the list in which there is ink."""
    place = palette.list.visualItemRect(palette.list.item(row))
    picture = palette.list.viewport().grab(place).toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    pixels = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), picture.bytesPerLine())
    return np.flatnonzero((np.abs(np.diff(pixels[:, : picture.width()].astype(int), axis=0)) > 60).any(axis=0))


def test_keys_stand_under_each_other_at_the_right_and_cover_no_name(qtbot):
    """A long name makes room for its keys."""
    actions = [QAction("Quit"), QAction("Open"), QAction("A name that is longer than the list is wide " * 4)]
    for action, keys in zip(actions, ("Ctrl+Q", "Ctrl+Shift+O", "Ctrl+Shift+L"), strict=True):
        action.setShortcut(keys)
    palette = CommandPalette(actions)
    palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(palette)
    palette.show()
    qtbot.waitExposed(palette)
    lines = [dark_columns(palette, row) for row in (1, 2)]
    right = palette.list.viewport().width()
    assert all(right - 20 < ink[-1] < right for ink in lines)
    keys_px = palette.list.fontMetrics().horizontalAdvance("Ctrl+Shift+L")
    gap = lines[1][(lines[1] > right - keys_px - 30) & (lines[1] < right - keys_px - 10)]
    assert len(gap) == 0
    assert palette.list.item(1).data(Qt.ItemDataRole.AccessibleTextRole) == "Open, Ctrl+Shift+O"


def test_the_calibration_opens_by_its_key_where_there_is_a_series(qtbot, view):
    with qtbot.waitSignal(view.top_bar.calibration_wanted, timeout=2000):
        qtbot.keyClick(view.panes, Qt.Key.Key_L)
    view.show_welcome([])
    told = []
    view.top_bar.calibration_wanted.connect(lambda: told.append("calibration"))
    view.top_bar.suits_wanted.connect(lambda: told.append("suits"))
    for key in (Qt.Key.Key_L, Qt.Key.Key_M):
        qtbot.keyClick(view, key)
    assert told == []


def test_the_sheet_fits_its_window(qtbot, window):
    """All keys are seen at once, in the window's default size."""
    window.actions_.keys.trigger()
    opened = window.findChild(HelpSheet)
    qtbot.waitExposed(opened)
    assert opened.text.verticalScrollBar().maximum() == 0
    assert opened.text.horizontalScrollBar().maximum() == 0
    assert "lattice" in opened.text.toPlainText()
    opened.close()


def controls(widget):
    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit)
    return [
        item
        for item in widget.findChildren(QWidget)
        if isinstance(item, kinds)
        and item.isVisible()
        and item.isEnabled()
        and not isinstance(item.parent(), QAbstractSpinBox | QComboBox)
    ]


def test_every_control_of_the_pictures_has_a_name_and_is_reached_by_tab(view):
    found = controls(view.panes)
    assert len(found) >= 15
    words = [item.text() if isinstance(item, QAbstractButton) else "" for item in found]
    assert [item for item, text in zip(found, words, strict=True) if not (item.accessibleName() or text)] == []
    view.panes.setFocus()
    reached = set()
    for _ in range(80):
        view.focusNextPrevChild(True)
        reached.add(QApplication.focusWidget())
    without_focus = [item.accessibleName() for item in found if item not in reached]
    assert without_focus == []


@pytest.mark.parametrize("ground", [scale_bar.GROUND, colour_bar.GROUND], ids=["scale", "colours"])
def test_words_over_pictures_can_be_read(ground):
    """White (WCAG 2: luminance 1) on the ground over the brightest picture there can be, in either look."""
    assert ground.getRgb()[:3] == (0, 0, 0)
    value = 1 - ground.alphaF()
    assert 1.05 / (((value + 0.055) / 1.055) ** 2.4 + 0.05) >= 4.5
