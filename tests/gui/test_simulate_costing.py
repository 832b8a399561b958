"""What a new dataset will take: from which measure, in how many processes, and whether it fits on the disk."""

import pytest

from segdepth_app.config import SimulateConfig
from segdepth_app.gui.settings import Settings
from segdepth_app.gui.simulate.costing import (
    LIKE_KEY,
    PACE_KEY,
    Measured,
    Pace,
    cost,
    free_space,
    likeness,
    processes,
    remember,
    remembered,
)

GRID = {"height_px": 256, "width_px": 512, "binning": 4}


def draft(**changes):
    return SimulateConfig(**{"out": "x.h5", "n_specimens": 100, "n_defoci": 3, "grid": GRID, **changes})


@pytest.mark.parametrize(
    ("workers", "n_specimens", "device", "expected"),
    [(0, 100, "cpu", 4), (2, 100, "cpu", 2), (16, 100, "cpu", 4), (0, 3, "cpu", 3), (8, 100, "cuda:0", 1)],
)
def test_as_many_at_once_as_there_are_cores_and_one_on_a_gpu(workers, n_specimens, device, expected):
    assert processes(draft(workers=workers, n_specimens=n_specimens), device, 4) == expected


def test_the_previews_seconds_are_shared_by_the_processes():
    """100 specimens of 0.6 s on two cores: 30 s."""
    found = cost(draft(), measured=Measured(0.6, "cpu"), n_cores=2)
    assert found.seconds == pytest.approx(30)
    assert "about 30 s by the preview's measure" in found.text()


def test_a_dataset_of_the_same_settings_knows_best():
    """300 images of 256 × 512 px at 65,536 px/s: 600 s, whatever the preview says."""
    pace = Pace(65_536, likeness(draft(n_specimens=7)))
    found = cost(draft(), measured=Measured(0.6, "cpu"), pace=pace, n_cores=2)
    assert found.seconds == pytest.approx(600)
    assert "a dataset like this" in found.text()


def test_the_pace_of_another_dataset_gives_way_to_the_preview():
    pace = Pace(65_536, likeness(draft(optics={"c3_um": 1})))
    assert cost(draft(), pace=pace).seconds == pytest.approx(600)
    assert cost(draft(), measured=Measured(0.6, "cpu"), pace=pace, n_cores=2).seconds == pytest.approx(30)


def test_on_a_cluster_this_computers_preview_says_nothing():
    assert cost(draft(scheduler="tcp://host:1"), measured=Measured(0.6, "cpu"), n_cores=2).seconds is None


def test_without_any_measure_no_time_is_named():
    assert "The time is shown once" in cost(draft()).text()


def test_a_full_disk_is_told_before_the_start():
    """300 images of 64 × 128 float16: 4.9 MB, and as much again for the parts."""
    n_bytes = 300 * 64 * 128 * 2
    assert cost(draft(), free_bytes=2 * n_bytes).fits
    tight = cost(draft(), free_bytes=2 * n_bytes - 1)
    assert not tight.fits
    assert tight.text().startswith("The disk has too little room.")
    assert "9.83 MB while it is made, 9.83 MB free" in tight.text()


def test_the_disk_is_asked_where_the_folder_will_be(tmp_path):
    assert free_space(tmp_path / "not" / "yet") == pytest.approx(free_space(tmp_path), rel=0.1)


def test_a_pace_is_remembered_with_its_settings(tmp_path):
    settings = Settings(tmp_path / "s.ini")
    assert remembered(settings) is None
    remember(settings, draft(), 10, 60.0)
    assert remembered(settings) == Pace(10 * 3 * 256 * 512 / 60, likeness(draft()))


@pytest.mark.parametrize("value", ["fast", 0, -1])
def test_a_pace_that_makes_no_sense_is_none(tmp_path, value):
    settings = Settings(tmp_path / "s.ini")
    settings.set(PACE_KEY, value)
    settings.set(LIKE_KEY, "x")
    assert remembered(settings) is None
