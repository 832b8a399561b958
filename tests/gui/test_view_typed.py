"""What is typed for a series: as settings of a job, in a session, and remembered for the next time."""

import pytest

from segdepth_app.config import SeriesOptions
from segdepth_app.gui.settings import Settings
from segdepth_app.gui.view.calibration_memory import MOST, CalibrationMemory
from segdepth_app.gui.view.typed import Typed

ALL = Typed(
    pixel_size_pm=8.83,
    dose_e_per_px=2.0,
    vacuum="1,2,3,4",
    frame_time_s=0.1,
    gain=12.0,
    offset=-3.5,
    rotation_deg=-61.9,
    align="rigid",
    sum_frames=8,
    raw="4,5,uint8",
    pixel_size_from="from the lattice",
    rotation_from="from the lattice",
)


def test_everything_typed_is_a_setting_of_a_job():
    options = SeriesOptions.model_validate({"series": ["a.tif"], **ALL.options()})
    for name in SeriesOptions.model_fields.keys() - {"series", "pixel_size_from"}:
        assert getattr(options, name) == getattr(ALL, name)
    assert options.pixel_size_from == "lattice"


def test_a_pixel_size_is_from_the_lattice_until_it_is_typed_over():
    """What a job is told of its source; without a pixel size there is nothing to have a source."""
    taken = Typed().changed(pixel_size_pm=8.83, pixel_size_from="from the lattice (frame 1, rms 0.64 %)")
    assert taken.options()["pixel_size_from"] == "lattice"
    for later in (taken.changed(pixel_size_pm=9.0), taken.changed(pixel_size_pm=None)):
        assert "pixel_size_from" not in later.options()


def test_an_untouched_series_is_read_as_it_is():
    options = SeriesOptions.model_validate({"series": ["a.tif"], **Typed().options()})
    assert options == SeriesOptions(series=options.series)


@pytest.mark.parametrize("typed", [ALL, Typed(), Typed(offset=0.0), Typed(rotation_deg=180.0)])
def test_what_is_kept_comes_back(typed):
    assert Typed.restored(typed.kept()) == typed


def test_nonsense_in_a_session_is_left_out():
    kept = {"pixel_size_pm": -3, "rotation_deg": 20, "align": "sideways", "sum_frames": "many", "path": "a", "raw": "1"}
    assert Typed.restored(kept) == Typed(rotation_deg=20.0)


@pytest.fixture
def memory(tmp_path):
    return CalibrationMemory(Settings(tmp_path / "settings.ini"))


def test_a_calibration_is_remembered_by_fingerprint(memory, tmp_path):
    memory.keep("f", ALL)
    again = CalibrationMemory(Settings(tmp_path / "settings.ini"))
    assert again.recall("f") == ALL
    assert again.recall("g") is None


def test_what_is_taken_back_is_forgotten(memory):
    memory.keep("f", ALL)
    memory.keep("f", Typed())
    assert memory.recall("f") is None


def test_the_oldest_is_forgotten_first(memory):
    for number in range(MOST):
        memory.keep(f"s{number}", Typed(gain=1.0 + number))
    memory.keep("s0", Typed(gain=99.0))  # used again
    memory.keep("new", ALL)
    assert memory.recall("s0") == Typed(gain=99.0)
    assert memory.recall("s1") is None


def test_damaged_settings_are_as_none(tmp_path):
    settings = Settings(tmp_path / "settings.ini")
    settings.set("view/calibrations", ["what?"])
    memory = CalibrationMemory(settings)
    assert memory.recall("f") is None
    memory.keep("f", ALL)
    assert memory.recall("f") == ALL


def test_a_layout_is_that_of_a_file_of_this_size(memory, tmp_path):
    path = tmp_path / "试样.raw"
    path.write_bytes(bytes(20))
    memory.keep_raw(path, "4,5,uint8")
    assert memory.raw_layout(path) == "4,5,uint8"
    path.write_bytes(bytes(21))
    assert memory.raw_layout(path) is None
