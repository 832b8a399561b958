"""The calibration's widgets: what is typed is told, what is drawn lies where it should, nothing is clipped."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLabel, QLineEdit, QProgressBar

from segdepth_app.gui.view.calibration_lattice import FoundLattice, Reflection
from segdepth_app.gui.view.calibration_raw import RawDialog, judge, wants_layout
from segdepth_app.gui.view.calibration_state import DriftPage, LatticePage, LevelsPage, Shown
from segdepth_app.gui.view.calibration_view import CalibrationView
from segdepth_app.gui.view.top_bar import TopBar

SPOT = Reflection("1-11", 0.1, -0.05, 0.101, -0.051, 20.0)


@pytest.fixture
def view(qtbot):
    view = CalibrationView()
    qtbot.addWidget(view)
    view.show()
    return view


def a_fit(**changes):
    """A spectrum of 65 × 65 points, 0.01 cycles per pixel apart, with one lit point at u = 0.1, v = −0.05."""
    power = np.zeros((65, 65), np.uint8)
    power[32 - 5, 32 + 10] = 255
    values = {"pixel_size_pm": 8.83, "rotation_deg": 90.0, "spots": (SPOT,), "power": power, "power_step": 0.01}
    return FoundLattice(True, "fits", **{**values, **changes})


def test_a_reflection_lies_on_its_point_of_the_spectrum(view):
    """The lit point is seen where the ring is, with v down, in a spectrum of odd size."""
    view.show_lattice(LatticePage(fit=a_fit()))
    spectrum = view.lattice.spectrum
    view.grab()
    place = spectrum.plot.mapFromScene(spectrum.view.mapViewToScene(QPointF(0.1, -0.05)))
    for item in (spectrum.found, spectrum.fitted, spectrum.labels[0]):
        item.setVisible(False)
    picture = spectrum.plot.viewport().grab().toImage()
    assert picture.pixelColor(place).lightness() > 200
    assert picture.pixelColor(place.x() + 40, place.y()).lightness() < 50


def test_both_reflections_of_a_pair_are_marked_and_one_is_labelled(view):
    view.show_lattice(LatticePage(fit=a_fit()))
    spectrum = view.lattice.spectrum
    found = sorted((point.pos().x(), point.pos().y()) for point in spectrum.found.points())
    np.testing.assert_allclose(found, [(-0.1, 0.05), (0.1, -0.05)])
    assert [label.toPlainText() for label in spectrum.labels] == ["111"]


def test_the_line_of_the_crystal_points_up_for_90_degrees(view):
    """Counterclockwise as seen: +90° is up, where v is negative."""
    view.show_lattice(LatticePage(fit=a_fit()))
    u, v = view.lattice.spectrum.axis.getData()
    np.testing.assert_allclose(u, 0, atol=1e-9)
    assert v[-1] < 0


def test_another_fit_takes_the_place_of_the_one_before(view):
    view.show_lattice(LatticePage(fit=a_fit()))
    view.show_lattice(LatticePage(fit=FoundLattice(False, "no reflections")))
    spectrum = view.lattice.spectrum
    assert len(spectrum.found.points()) == len(spectrum.labels) == 0
    assert not spectrum.image.isVisible()
    assert "no reflections" in spectrum.plot.accessibleDescription()


def type_into(qtbot, edit, text):
    edit.setText(text)  # QTest's keys have no minus sign and no degree
    qtbot.keyClick(edit, Qt.Key.Key_Return)


@pytest.mark.parametrize(("text", "value"), [("-61.9", -61.9), ("−30°", -30.0), ("", 0.0), ("180", 180.0)])
def test_a_typed_rotation_is_told(qtbot, view, text, value):
    told = []
    view.value_typed.connect(lambda *change: told.append(change))
    view.show_lattice(LatticePage(rotation=Shown("5", "typed")))
    type_into(qtbot, view.lattice.rotation_field.edit, text)
    assert told == [("rotation_deg", value)]


@pytest.mark.parametrize("text", ["181", "-200", "north"])
def test_a_rotation_that_is_none_is_refused(qtbot, view, text):
    told = []
    view.value_typed.connect(lambda *change: told.append(change))
    view.show_lattice(LatticePage(rotation=Shown("5", "typed")))
    type_into(qtbot, view.lattice.rotation_field.edit, text)
    assert told == []


@pytest.mark.parametrize(
    ("name", "text", "change"),
    [
        ("gain", "12.5", ("gain", 12.5)),
        ("offset", "-3", ("offset", -3.0)),
        ("offset", "", ("offset", None)),
        ("dose_e_per_px", "1,9", ("dose_e_per_px", 1.9)),
    ],
)
def test_gain_offset_and_dose_are_told(qtbot, view, name, text, change):
    told = []
    view.value_typed.connect(lambda *typed: told.append(typed))
    shown = Shown("7", "estimated")
    view.show_levels(LevelsPage(gain=shown, offset=shown, dose=shown))
    view.pages.setCurrentIndex(1)
    type_into(qtbot, view.levels.fields[name].edit, text)
    assert told == [change]


def test_measure_asks_for_the_chosen_image_and_rectangle(qtbot, view):
    asked = []
    view.lattice.measure.connect(lambda *what: asked.append(what))
    view.lattice.measure_button.click()
    view.lattice.image.setCurrentIndex(1)
    view.lattice.region.edit.setText("1, 2, 30, 40")
    view.lattice.measure_button.click()
    view.lattice.region.edit.setText("1,2,0,40")
    view.lattice.measure_button.click()  # no rectangle: it says so, and nothing is asked
    assert asked == [(False, None), (True, (1, 2, 30, 40))]
    assert "rectangle" in view.lattice.region.reason.text()


def test_a_drawn_region_is_taken_for_the_vacuum(view):
    told = []
    view.value_typed.connect(lambda *change: told.append(change))
    view.show_levels(LevelsPage(mode="rectangle"))
    view.levels.rectangle.take = lambda: None
    view.levels.rectangle.drawn.click()
    assert "no region" in view.levels.rectangle.reason.text()
    view.levels.rectangle.take = lambda: (5, 6, 7, 8)
    view.levels.rectangle.drawn.click()
    assert told == [("vacuum", "5,6,7,8")]


def test_the_curves_of_the_drift_are_dy_and_dx_over_frames(view):
    shifts = np.array([[0.0, 0.0], [1.0, -2.0], [3.0, -1.0]])
    view.show_shifts(shifts, np.array([1.0, 0.5, 0.0]))
    plot = view.drift.plot
    frames, dy = plot.curves["dy"].getOriginalDataset()
    np.testing.assert_array_equal(frames, [0, 1, 2])
    np.testing.assert_array_equal(dy, shifts[:, 0])
    np.testing.assert_array_equal(plot.curves["dx"].getOriginalDataset()[1], shifts[:, 1])
    assert "3 px down or up, 2 px sideways" in plot.shifts.accessibleDescription()
    view.show_shifts(None, None)
    assert plot.isHidden()


def test_the_tick_tells_only_what_the_user_does(qtbot, view):
    told = []
    view.drift.align_chosen.connect(told.append)
    view.show_drift(DriftPage(aligned=True, can_align=True))
    assert told == []
    view.drift.align.click()
    assert told == [False]


@pytest.mark.parametrize("page", [0, 1, 2])
def test_nothing_is_clipped_on_a_small_screen(view, page):
    """At 1280 × 720 the window has its own size; at 200 % of a font it scrolls, but no page is cut off sideways."""
    view.show_lattice(LatticePage(fit=a_fit(), lines=(("Pixel size", "8.83 pm"),), text="11 pairs fit."))
    view.show_shifts(np.zeros((3, 2)), np.ones(3))
    view.pages.setCurrentIndex(page)
    assert view.height() <= 720
    assert view.pages.widget(page).verticalScrollBar().maximum() == 0
    assert view.pages.widget(page).horizontalScrollBar().maximum() == 0


def test_every_control_has_a_name(view):
    nameless = [
        child
        for kind in (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QProgressBar)
        for child in view.findChildren(kind)
        if not (child.accessibleName() or getattr(child, "text", str)() or is_inner(child))
    ]
    assert nameless == []


def is_inner(child):
    """Parts that Qt makes itself: the line of a spin box, arrows of a row of tabs."""
    return isinstance(child.parent(), QAbstractSpinBox) or child.objectName().startswith(("qt_", "Scroll"))


# --- files without a header


@pytest.mark.parametrize(
    ("text", "fits", "words"),
    [
        ("4,5,uint8", True, "3 frames"),
        ("2,5,uint16be", True, "3 frames of 20 bytes"),
        ("4,5,uint8,20", True, "2 frames"),
        ("4,5,uint8,60", False, "20 bytes; the file has 60"),
        ("7,8,uint8", False, "4 bytes are left over"),
        ("4,,uint8", False, "whole numbers"),
    ],
)
def test_a_layout_is_judged_by_the_size_of_the_file(text, fits, words):
    """60 bytes: three frames of 4 × 5."""
    layout, said = judge(text, 60)
    assert (layout is not None, words in said) == (fits, True)


def test_the_layout_that_is_typed_opens_the_file(qtbot, view, tmp_path):
    path = tmp_path / "试样.raw"
    path.write_bytes(bytes(60))
    opened = []
    dialog = RawDialog(path, "It has no header.", None, opened.append, view)
    qtbot.addWidget(dialog)
    button = dialog.buttons.button(dialog.buttons.StandardButton.Open)
    assert not button.isEnabled()
    qtbot.keyClicks(dialog.height_edit, "4")
    qtbot.keyClicks(dialog.width_edit, "6")
    assert not button.isEnabled()
    dialog.width_edit.setText("5")
    assert button.isEnabled()
    button.click()
    assert opened == ["4,5,uint8"]


def test_what_would_fit_can_be_chosen(qtbot, view, tmp_path):
    path = tmp_path / "run_512x256_uint16.raw"
    path.write_bytes(bytes(512 * 256 * 2 * 3))
    dialog = RawDialog(path, "It has no header.", None, lambda _: None, view)
    qtbot.addWidget(dialog)
    assert "(3 frames)" in dialog.suggestions.itemText(1)
    dialog.suggestions.setCurrentIndex(1)
    dialog.suggestions.activated.emit(1)
    assert dialog.layout_text() == "256,512,uint16"


def test_the_layout_of_last_time_is_filled_in(qtbot, view, tmp_path):
    path = tmp_path / "a.raw"
    path.write_bytes(bytes(60))
    dialog = RawDialog(path, "It has no header.", "2,5,uint16be,20", lambda _: None, view)
    qtbot.addWidget(dialog)
    assert dialog.layout_text() == "2,5,uint16be,20"


def test_other_refusals_are_no_questions():
    assert wants_layout("Give it with --raw height,width,type[,offset in bytes], for example --raw 4092,5760,uint8.")
    assert not wants_layout("Copy it again from where it was recorded.")


# --- the top bar


def test_the_strip_shows_the_first_warnings_and_the_rest_on_demand(qtbot):
    bar = TopBar()
    qtbot.addWidget(bar)
    bar.show()
    bar.show_warnings(["one", "two", "three", "four"])
    assert bar.warnings.text() == "⚠ one\n⚠ two"
    assert bar.more_warnings.text() == "2 more"
    bar.more_warnings.click()
    assert bar.warnings.text().count("⚠") == 4
    bar.show_warnings(["one"])
    assert not bar.more_warnings.isVisible()


def test_a_missing_value_keeps_its_words_where_room_is_short(qtbot):
    """A source that is only long gives way first."""
    from segdepth_app.gui.view.analysis import FieldText

    bar = TopBar()
    qtbot.addWidget(bar)
    long = FieldText("8.83", "from the lattice of a very long story indeed, told twice over and over again")
    missing = FieldText("", "not in the file: type it", True)
    bar.show_facts({"pixel_size": long, "dose": missing, "vacuum": long})
    bar.resize(900, 120)
    bar.show()
    sources = [bar.fields[name].findChildren(QLabel)[-1] for name in ("pixel_size", "dose")]
    assert QLabel.text(sources[1]) == "not in the file: type it"
    assert QLabel.text(sources[0]).endswith("…")
    assert bar.width() == 900
