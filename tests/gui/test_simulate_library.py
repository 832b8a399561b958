"""The list of datasets as the folder shows it, and what a new one will take."""

import json
import os

import pytest

from segdepth_app.config import SimulateConfig
from segdepth_app.gui.simulate.library import Library, estimate
from segdepth_app.gui.texts import duration, size
from tests.gui.lab_files import make_dataset, make_parts


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "Größe µm" / "datasets"


def test_a_folder_that_is_not_there_has_no_datasets(folder):
    assert Library(folder).scan() == []


def test_a_finished_dataset_says_what_it_holds(folder):
    path = make_dataset(folder / "试样 1.h5")
    (entry,) = Library(folder).scan()
    assert (entry.name, entry.state, entry.preset) == ("试样 1", "complete", "tiny")
    assert (entry.n_specimens, entry.n_images) == (4, 8)
    assert entry.size_bytes == path.stat().st_size


def test_a_dataset_in_the_making_counts_its_parts_and_keeps_its_settings(folder):
    make_parts(folder / "begun.h5", done=3, n_specimens=10)
    (entry,) = Library(folder).scan()
    assert (entry.name, entry.state, entry.n_parts, entry.n_specimens) == ("begun", "unfinished", 3, 10)
    assert SimulateConfig.model_validate(entry.config).out == folder / "begun.h5"


@pytest.mark.parametrize("settings", ["", "[]", "{", '{"n_specimens": 0}'])
def test_parts_with_unreadable_settings_cannot_be_resumed(folder, settings):
    parts = make_parts(folder / "begun.h5", done=1, n_specimens=10)
    (parts / "config.json").write_text(settings)
    (entry,) = Library(folder).scan()
    assert entry.config is None
    assert entry.n_parts == 1


def test_parts_beside_a_finished_file_are_its_last_moment_not_a_second_dataset(folder):
    make_dataset(folder / "a.h5")
    make_parts(folder / "a.h5", done=1, n_specimens=2)
    assert [entry.state for entry in Library(folder).scan()] == ["complete"]


@pytest.mark.parametrize("content", [b"", b"no dataset at all"])
def test_a_damaged_file_is_listed_with_its_problem(folder, content):
    folder.mkdir(parents=True)
    (folder / "broken.h5").write_bytes(content)
    (entry,) = Library(folder).scan()
    assert entry.state == "unreadable"
    assert "broken.h5" in entry.problem


def test_a_file_that_lacks_a_table_is_unreadable(folder):
    import h5py

    with h5py.File(make_dataset(folder / "a.h5"), "a") as file:
        del file["columns"]
    assert Library(folder).scan()[0].state == "unreadable"


def test_unchanged_files_are_not_read_again(folder):
    path = make_dataset(folder / "a.h5")
    library = Library(folder)
    first = library.scan()[0]
    assert library.scan()[0] is first
    os.utime(path, ns=(1, 1))
    assert library.scan()[0] is not first


def test_the_newest_comes_first(folder):
    for name, time in (("old", 1), ("new", 2)):
        os.utime(make_dataset(folder / f"{name}.h5"), (time, time))
    assert [entry.name for entry in Library(folder).scan()] == ["new", "old"]


def test_the_estimate_follows_from_the_settings():
    """10 × 3 images of 64 × 128 stored pixels, two bytes each."""
    config = SimulateConfig(
        out="x.h5", n_specimens=10, n_defoci=3, grid={"height_px": 256, "width_px": 512, "binning": 4}
    )
    cost = estimate(config)
    assert (cost.n_images, cost.image_bytes, cost.minutes) == (30, 30 * 64 * 128 * 2, None)


def test_minutes_come_from_a_measured_pace_only():
    """30 images of 256 × 512 px at 65,536 px/s: one minute."""
    config = SimulateConfig(out="x.h5", n_specimens=10, n_defoci=3, grid={"height_px": 256, "width_px": 512})
    assert estimate(config, 65_536).minutes == pytest.approx(1)


def test_the_estimated_size_is_that_of_the_file(folder):
    """The images of a dataset take what its settings say: 8 of 64 × 64."""
    path = make_dataset(folder / "a.h5")
    import h5py

    with h5py.File(path) as file:
        config = SimulateConfig.model_validate({**json.loads(file.attrs["config"]), "n_specimens": 4, "n_defoci": 2})
        assert file["images"].size * file["images"].dtype.itemsize == estimate(config).image_bytes


@pytest.mark.parametrize(
    ("n_bytes", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (3_140_000, "3.14 MB"), (24e9, "24 GB")]
)
def test_sizes_are_short(n_bytes, text):
    assert size(n_bytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"),
        (59, "59 s"),
        (59.7, "1 min"),
        (90, "2 min"),
        (3600, "1 h 0 min"),
        (12_000, "3 h 20 min"),
        (187_000, "2 d 4 h"),
    ],
)
def test_durations_do_not_pretend_to_be_exact(seconds, text):
    assert duration(seconds) == text
