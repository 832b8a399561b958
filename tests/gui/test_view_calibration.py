"""What the calibration decides: lattice, rotation, vacuum; against an autospec of its window."""

from unittest.mock import create_autospec

import numpy as np
import pytest

from segdepth_app.gui.view.calibration_lattice import FoundLattice, Reflection, families, fit_lines, turned
from segdepth_app.gui.view.calibration_presenter import CalibrationPresenter
from segdepth_app.gui.view.calibration_view import CalibrationView
from tests.gui.calibration_bench import CalibrationBench


@pytest.fixture
def bench(qapp, tmp_path):
    bench = CalibrationBench(tmp_path)
    bench.view = create_autospec(CalibrationView, instance=True)
    bench.presenter = CalibrationPresenter(
        bench.view,
        bench.scene,
        bench.helper,
        model=lambda: None,
        type_values=bench.type_values,
        region=lambda: bench.drawn,
    )
    bench.presenter.refresh()
    yield bench
    bench.helper.close()


def lattice_page(bench):
    bench.presenter.refresh()
    return bench.view.show_lattice.call_args.args[0]


def levels_page(bench):
    bench.presenter.refresh()
    return bench.view.show_levels.call_args.args[0]


def measure(bench, of_frame=False, region=None, **answer):
    bench.presenter.measure(of_frame, region)
    bench.open_child()
    bench.answer_lattice(**answer)


def test_the_fit_is_taken_over_with_its_origin(bench):
    """Pixel size and rotation become settings of the series; where they come from stands beside them."""
    measure(bench)
    page = lattice_page(bench)
    assert (page.can_take, page.busy, page.role) == (True, False, "good")
    bench.presenter.take_over()
    typed = bench.scene.typed
    assert (typed.pixel_size_pm, typed.rotation_deg) == (8.83, -61.9)
    facts = bench.scene.facts
    assert (facts.pixel_size_pm, facts.pixel_size_source) == (
        8.83,
        "from the lattice (the mean of the series, rms 0.64 %)",
    )
    page = lattice_page(bench)
    assert page.size.source.startswith("from the lattice")
    assert page.rotation.value == "−61.9"
    assert not page.can_take  # nothing is left to take


def test_a_pixel_size_typed_over_a_found_one_is_typed(bench):
    measure(bench)
    bench.presenter.take_over()
    bench.presenter.type_value("pixel_size_pm", 9.0)
    assert bench.scene.facts.pixel_size_source == "typed"
    # the rotation is still that of the lattice
    assert lattice_page(bench).rotation.source.startswith("from the lattice")


@pytest.mark.parametrize(
    ("of_frame", "region", "asked"),
    [
        (False, None, {"frame": None, "region": None}),
        (True, None, {"frame": 7, "region": None}),
        (False, (3, 4, 50, 40), {"frame": None, "region": [3, 4, 50, 40]}),
    ],
)
def test_the_lattice_is_asked_of_what_was_chosen(bench, of_frame, region, asked):
    bench.scene.frame = 7
    bench.presenter.measure(of_frame, region)
    bench.open_child()
    (message,) = bench.sent("lattice")
    assert {name: message[name] for name in asked} == asked
    assert lattice_page(bench).busy


def test_a_refused_fit_says_why_and_cannot_be_taken(bench):
    measure(bench, fits=False, reason="Only two reflections stand out.", pixel_size_pm=None, rotation_deg=None)
    page = lattice_page(bench)
    assert "Only two reflections stand out." in page.text
    assert (page.role, page.can_take) == ("warning", False)
    bench.presenter.take_over()
    assert bench.changes == []


def test_a_lattice_that_cannot_be_measured_is_told(bench):
    bench.presenter.measure(True, None)
    bench.open_child()
    bench.answer("lattice", error="Frame 8 is damaged.", hint="Take another.")
    assert lattice_page(bench).text == "Frame 8 is damaged. Take another."


def test_a_child_that_dies_ends_the_waiting(bench):
    bench.presenter.measure(False, None)
    bench.job.end("lost")
    page = lattice_page(bench)
    assert (page.busy, page.role) == (False, "bad")


def test_settings_that_change_meanwhile_end_the_waiting(bench):
    bench.presenter.measure(False, None)
    bench.helper.use({"series": ["a.tif"], "gain": 2.0}, None)
    page = lattice_page(bench)
    assert not page.busy
    assert "measure again" in page.text


def test_another_series_forgets_the_fit(bench):
    measure(bench)
    bench.presenter.reset()
    page = lattice_page(bench)
    assert (page.fit, page.can_take) == (None, False)


@pytest.mark.parametrize(
    ("start", "by", "end"), [(0, 180, 180), (180, 180, 0), (37.2, 180, -142.8), (-61.9, 180, 118.1), (10, 0, 10)]
)
def test_angles_are_turned_within_half_a_turn(start, by, end):
    assert turned(start, by) == pytest.approx(end, abs=1e-9)


def test_the_crystal_is_turned_over_and_back(bench):
    measure(bench)
    bench.presenter.take_over()
    bench.presenter.turn()
    assert bench.scene.typed.rotation_deg == pytest.approx(118.1)
    assert bench.scene.typed.rotation_from.endswith(", +180°")
    bench.presenter.turn()
    assert bench.scene.typed.rotation_deg == pytest.approx(-61.9)
    assert "180" not in bench.scene.typed.rotation_from
    bench.presenter.turn_back()
    assert bench.scene.typed.rotation_deg == 0
    assert lattice_page(bench).rotation.source == "as in the frame"


def test_the_lines_compare_with_the_pixel_size_in_use():
    """8.83 of 9.00 is −1.9 %, within the 2 % that files are off; of 8.00 it is +10 %."""
    fit = FoundLattice(True, "", 8.83, 10.0)
    assert "−1.9 %: they agree" in dict(fit_lines(fit, 9.0, "from file"))["Pixel size"]
    assert "+10 %: they do not agree" in dict(fit_lines(fit, 8.0, "typed"))["Pixel size"]
    # a value that came from the lattice proves nothing about it
    assert dict(fit_lines(fit, 8.83, "from the lattice (…)"))["Pixel size"] == "8.83 pm/px"


def test_reflections_are_counted_by_family():
    spots = tuple(Reflection(hkl, 0, 0, 0, 0) for hkl in ("1-11", "-111", "002", "2-20", "1-13"))
    assert families(FoundLattice(True, "", spots=spots)) == "111 ×2, 200 ×1, 220 ×1, 311 ×1"


def test_a_drawn_region_becomes_the_vacuum(bench):
    bench.drawn = (10, 20, 30, 40)
    bench.presenter.choose_mode("rectangle")
    assert bench.scene.typed.vacuum == "10,20,30,40"
    page = levels_page(bench)
    assert (page.mode, page.rectangle) == ("rectangle", "10,20,30,40")


def test_without_a_region_a_rectangle_is_waited_for_and_nothing_changes_yet(bench):
    bench.presenter.choose_mode("rectangle")
    assert levels_page(bench).mode == "rectangle"
    assert bench.changes == []
    bench.presenter.type_value("vacuum", "1,2,3,4")
    assert bench.scene.typed.vacuum == "1,2,3,4"
    bench.presenter.choose_mode("auto")
    assert bench.scene.typed.vacuum is None


def test_a_typed_level_begins_with_the_level_that_was_found(bench):
    bench.presenter.choose_mode("level")
    assert bench.scene.typed.vacuum == "1.83"
    assert levels_page(bench).mode == "level"


@pytest.mark.parametrize(
    ("is_counts", "role", "word"), [(True, "muted", "are electron counts"), (False, "warning", "the depth depends on")]
)
def test_data_that_are_no_counts_are_warned_of(bench, is_counts, role, word):
    bench.scene.file_facts = type(bench.scene.file_facts)(**{**vars(bench.scene.file_facts), "is_counts": is_counts})
    page = levels_page(bench)
    assert page.counts_role == role
    assert word in page.counts


def test_gain_and_offset_have_their_source_and_an_unknown_one_its_reason(bench):
    changed = {"gain": 12.4, "gain_source": "estimated", "offset": None, "offset_source": "missing: too few frames"}
    bench.scene.file_facts = type(bench.scene.file_facts)(**{**vars(bench.scene.file_facts), **changed})
    page = levels_page(bench)
    assert (page.gain.value, page.gain.source, page.gain.missing) == ("12.4", "estimated", False)
    assert (page.offset.value, page.offset.source, page.offset.missing) == ("", "missing: too few frames", True)


def test_the_map_of_the_answer_is_shown_and_its_file_goes(bench, tmp_path):
    measure(bench)
    fit = lattice_page(bench).fit
    np.testing.assert_array_equal(fit.power, np.zeros((8, 8)))
    assert fit.power_step == 0.002
    assert (fit.spots[0].hkl, fit.spots[0].u_fit) == ("111", 0.0201)
