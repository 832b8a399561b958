"""What may be typed into the fields of the View tab."""

import pytest
from PySide6.QtCore import Qt

from segdepth_app.gui.view.fields import SourcedField, positive_number, vacuum_setting


@pytest.mark.parametrize(("text", "value"), [("5.3", 5.3), (" 5,3 ", 5.3), ("", None), ("1e2", 100.0)])
def test_numbers_are_read_with_point_or_comma(text, value):
    assert positive_number(text) == value


@pytest.mark.parametrize("text", ["0", "-1", "five", "inf", "nan"])
def test_what_is_no_positive_number_is_refused(text):
    with pytest.raises(ValueError, match="Type a number"):
        positive_number(text)


@pytest.mark.parametrize(
    ("text", "value"), [("auto", None), ("", None), ("1.830", "1.83"), ("0, 10, 40,20", "0,10,40,20")]
)
def test_vacuum_is_a_level_a_rectangle_or_automatic(text, value):
    assert vacuum_setting(text) == value


@pytest.mark.parametrize("text", ["0,0,0,5", "1,2,3", "left"])
def test_an_unusable_vacuum_is_refused(text):
    with pytest.raises(ValueError, match="rectangle"):
        vacuum_setting(text)


@pytest.fixture
def field(qtbot):
    field = SourcedField("Pixel size", "pm", "Width of a pixel.")
    qtbot.addWidget(field)
    field.values = []
    field.typed.connect(field.values.append)
    field.show_value("5.3", "from file")
    return field


def type_into(qtbot, field, text):
    field.edit.clear()
    qtbot.keyClicks(field.edit, text)
    qtbot.keyClick(field.edit, Qt.Key.Key_Return)


def test_a_typed_value_is_told_once(qtbot, field):
    type_into(qtbot, field, "6.1")
    qtbot.keyClick(field.edit, Qt.Key.Key_Return)
    assert field.values == [6.1]


def test_an_unusable_value_is_not_told_and_says_why(qtbot, field):
    type_into(qtbot, field, "-3")
    assert field.values == []
    assert "above 0" in field.source()


def test_an_emptied_field_goes_back_to_the_file(qtbot, field):
    type_into(qtbot, field, "")
    assert field.values == [None]
