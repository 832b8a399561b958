"""The Evaluate tab without a mouse: Tab alone reaches every control of every sheet."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QTabBar,
)

from segdepth_app.gui.context import AppContext
from segdepth_app.gui.evaluate.matrix import ConfusionMatrix
from segdepth_app.gui.evaluate.page import TITLES
from segdepth_app.gui.evaluate.tab import create_tab
from segdepth_app.gui.settings import Settings
from segdepth_app.paths import evaluations_folder
from tests.gui import evaluate_records

CONTROLS = (QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QTabBar, ConfusionMatrix)
INSIDES = (QAbstractSpinBox, QComboBox, QAbstractItemView, QTabBar)
MOST_STEPS = 200


@pytest.fixture
def tab(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))
    evaluate_records.write(evaluations_folder() / "a")
    made = create_tab(AppContext(Settings()))
    qtbot.addWidget(made)
    made.resize(1264, 600)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.form.more.unfold()
    return made


def controls(tab):
    """What can be used now; not the parts that Qt makes controls of."""
    return {
        item
        for kind in CONTROLS
        for item in tab.findChildren(kind)
        if item.isVisible()
        and item.isEnabled()
        and not isinstance(item, QScrollBar)
        and not isinstance(item.parent(), INSIDES)
        and not isinstance(item.parent().parent(), INSIDES)
    }


def reached_by_tab(tab):
    first = tab.form.models.list
    first.setFocus()
    reached = {first}
    for _ in range(MOST_STEPS):
        tab.focusNextPrevChild(True)
        if QApplication.focusWidget() is first:
            break
        reached.add(QApplication.focusWidget())
    return reached


def test_every_control_is_reached_by_tab(tab):
    def missed(name):
        tab.page.select(name)
        found = controls(tab)
        assert len(found) > 12
        assert [item for item in found if item.focusPolicy() == Qt.FocusPolicy.NoFocus] == []
        return [item.accessibleName() or item for item in found - reached_by_tab(tab)]

    assert {name: missed(name) for name in TITLES} == {name: [] for name in TITLES}


def test_tab_goes_down_the_form_then_to_the_list_then_to_the_page(tab):
    order = []
    tab.form.models.list.setFocus()
    for _ in range(MOST_STEPS):
        order.append(QApplication.focusWidget())
        tab.focusNextPrevChild(True)
        if QApplication.focusWidget() is tab.form.models.list:
            break
    wanted = [tab.form.models.list, tab.form.doses, tab.form.start, tab.library, tab.page.dose, tab.page.tabs.tabBar()]
    places = [order.index(item) for item in wanted]
    assert places == sorted(places)
