"""The Simulate tab without a mouse and without good eyes: names, tab order, and the contrast of its words."""

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollBar,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.simulate.tab import create_tab
from segdepth_app.paths import datasets_folder
from tests.gui.lab_fakes import FakeContext
from tests.gui.lab_files import make_dataset

CONTROLS = (QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
LEAST_CONTRAST = 4.5
MOST_STEPS = 300


@pytest.fixture
def tab(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))
    make_dataset(datasets_folder() / "a.h5")
    made = create_tab(FakeContext())
    qtbot.addWidget(made)
    made.resize(1280, 640)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made


@pytest.fixture(params=["browser", "noise", "panel"])
def page(request, tab):
    """The tab with all that a page of it can show."""
    if request.param == "noise":
        tab.browser.picture.setCurrentIndex(tab.browser.picture.findData("noisy"))
    elif request.param == "panel":
        tab.new.click()
        for section in tab.panel.sections.values():
            section.unfold()
        for form in tab.panel.forms.values():
            form.show_more(True)
    return tab


def controls(tab):
    """What can be used now; not the parts that Qt makes controls of."""
    parts = (QAbstractSpinBox, QComboBox, QAbstractItemView)
    return [
        item
        for item in tab.findChildren(QWidget)
        if isinstance(item, CONTROLS)
        and not isinstance(item, QScrollBar)
        and not isinstance(item.parent(), parts)
        and not any(isinstance(above, QComboBox) for above in ancestors(item))
        and item.isVisible()
        and item.isEnabled()
    ]


def ancestors(item: QObject):
    while (item := item.parent()) is not None:
        yield item


def told(item):
    kind = type(item).__name__
    return f"{kind} {item.accessibleName() or getattr(item, 'text', lambda: '')()}".strip()


def test_every_control_has_a_name(page):
    buddies = {label.buddy() for label in page.findChildren(QLabel) if label.text()}
    found = controls(page)
    assert len(found) > 10
    nameless = [
        told(item)
        for item in found
        if not item.accessibleName()
        and item not in buddies
        and not (isinstance(item, QAbstractButton) and any(letter.isalpha() for letter in item.text()))
    ]
    assert nameless == []


def test_every_control_is_reached_by_tab(page):
    """From the first control on, Tab alone; a control that hands its focus on counts where that lies."""
    wanted = {item for item in controls(page) if item.focusPolicy() is not Qt.FocusPolicy.NoFocus}
    without = {item for item in controls(page) if item.focusPolicy() is Qt.FocusPolicy.NoFocus}
    assert {told(item) for item in without} == set()
    page.new.setFocus()
    reached = set()
    for _ in range(MOST_STEPS):
        reached.add(QApplication.focusWidget())
        page.focusNextPrevChild(True)
        if QApplication.focusWidget() is page.new:
            break
    assert {told(item) for item in wanted - reached} == set()


def luminance(colour):
    """Relative luminance of #rrggbb. WCAG 2.1, https://www.w3.org/TR/WCAG21/#dfn-relative-luminance."""
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first, second):
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


PAIRS = {
    "": [("text", "window"), ("text", "surface"), ("text", "raised"), ("on_accent", "accent"), ("muted", "surface")],
    "title": [("text", "window")],
    "heading": [("text", "window")],
    "muted": [("muted", "window")],
    "good": [("good", "window")],
    "warning": [("warning", "window")],
    "bad": [("bad", "window")],
    "primary": [("on_accent", "accent"), ("muted", "raised")],
    "link": [("accent", "window")],
}
"""Words and what they stand on, by role; none is lists (also with alternating lines), fields and placeholders."""


def test_black_on_white_has_the_contrast_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the grey that just misses 4.5


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", PAIRS)
def test_words_stand_out_from_what_they_stand_on(look, role):
    too_weak = {
        (words, ground): round(contrast(look[words], look[ground]), 2)
        for words, ground in PAIRS[role]
        if contrast(look[words], look[ground]) < LEAST_CONTRAST
    }
    assert too_weak == {}


def test_no_other_roles_are_used(page):
    assert {str(item.property("role") or "") for item in page.findChildren(QWidget)} <= set(PAIRS)
