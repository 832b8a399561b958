"""Specimens made again with single columns changed: the same images, the atoms in the right place, no cross-talk."""

import h5py
import numpy as np
import pytest
import torch

from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError
from segdepth_app.evaluation.observer.specimens import (
    APART,
    changed,
    chosen_columns,
    first_period_rule,
    images_of,
    input_images,
    scenes,
    settings_of,
    windows,
)
from tests.evaluation.observer.observer_toys import small_dataset

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return small_dataset(tmp_path_factory.mktemp("observed") / "small.h5")


@pytest.fixture(scope="module")
def scene_and_config(path):
    with Dataset(path) as dataset:
        config = settings_of(dataset)
        return next(iter(scenes(dataset, config, [1])))[1], config


def test_unchanged_specimens_give_the_images_in_the_file(path, scene_and_config):
    """The file holds float16: half a unit in the last place below 4 is 0.001."""
    scene, config = scene_and_config
    rows = chosen_columns(scene, reach=2.5, rng=np.random.default_rng(1))
    same = changed(scene, rows, scene.specimen.table["count"][rows])

    again = images_of(scene, config, [same], CPU)[0]

    with Dataset(path) as dataset:
        stored = np.stack([dataset.image(int(i)) for i in np.flatnonzero(dataset.index["specimen"] == 1)])
    np.testing.assert_allclose(again, stored, atol=1e-3)


@pytest.mark.parametrize("faces", ["both", "exit", "mixed"])
def test_columns_begin_where_the_generator_lets_them_begin(tmp_path, faces):
    """Set to a count that another column of the specimen has, a column begins in the period in which that one does."""
    with Dataset(small_dataset(tmp_path / "faces.h5", specimen={"wedge_faces": faces})) as dataset:
        for _, scene in scenes(dataset, settings_of(dataset), [0, 1, 2]):
            table = scene.specimen.table
            first_of = dict(zip(table["count"].tolist(), table["first"].tolist(), strict=True))
            assert len(first_of) > 2
            for count, first in first_of.items():
                made = changed(scene, np.array([0, 5]), count).table
                assert made["count"][[0, 5]].tolist() == [count, count]
                assert made["first"][[0, 5]].tolist() == [first, first]
            rest = np.delete(np.arange(len(table)), [0, 5])
            assert np.array_equal(made[rest], table[rest])


def test_a_rule_that_no_generator_has_is_an_error(scene_and_config):
    scene, _ = scene_and_config
    scene.specimen.table["first"][3] += 7
    try:
        with pytest.raises(ValueError, match="no rule"):
            first_period_rule(scene.specimen)
    finally:
        scene.specimen.table["first"][3] -= 7


def test_changed_columns_lie_apart_and_inside(scene_and_config):
    scene, _ = scene_and_config

    rows = chosen_columns(scene, reach=2.5, rng=np.random.default_rng(2))

    x, y = (scene.specimen.table[axis][rows].astype(float) for axis in "xy")
    between = np.hypot(x[:, None] - x, y[:, None] - y) + 1e9 * np.eye(len(rows))
    assert len(rows) >= 3
    assert between.min() >= APART
    # 320 px of 5.3 pm, positions from the centre of the first
    assert min(x.min(), y.min()) >= 2.5 - 0.0265
    assert max(x.max(), y.max()) <= 320 * 0.053 - 2.5 - 0.0265
    assert set(scene.specimen.table["element"][rows]) == {8, 58}


def test_columns_changed_together_leave_each_others_windows_alone(scene_and_config):
    """A window holds 0.1 % of the change of columns 6 Å away at most; without distance it would hold all of it."""
    scene, config = scene_and_config
    rows = chosen_columns(scene, reach=3.0, rng=np.random.default_rng(2))
    counts = scene.specimen.table["count"][rows].astype(int)
    first_only = counts + np.where(np.arange(len(rows)) == 0, -1, 0)
    others = counts - np.where(np.arange(len(rows)) == 0, 0, 1)

    base, one, rest = images_of(
        scene, config, [changed(scene, rows, values) for values in (counts, first_only, others)], CPU
    ).reshape(3, 2, -1)

    pixels = windows(scene, rows, factor=1, reach=2.5).pixels[0]
    own = ((one - base) ** 2 / base)[:, pixels].sum(axis=1)
    foreign = ((rest - base) ** 2 / base)[:, pixels].sum(axis=1)
    assert (foreign < 1e-3 * own).all()
    assert own.min() > 1e-3


@pytest.mark.parametrize("factor", [1, 2])
def test_windows_hold_the_pixels_within_reach_nearest_first(scene_and_config, factor):
    """Against a loop over pixels; a pixel of b reference pixels has its centre (b - 1)/2 of them from its first."""
    scene, _ = scene_and_config
    row = chosen_columns(scene, reach=2.5, rng=np.random.default_rng(2))[:1]
    column = scene.specimen.table[row[0]]

    found = windows(scene, row, factor=factor, reach=1.1)

    width, binning = 80 // factor, 4 * factor
    expected = []
    for i in range(width * width):
        y, x = ((part * binning + (binning - 1) / 2) * 0.053 for part in divmod(i, width))
        if (distance := np.hypot(x - column["x"], y - column["y"])) <= 1.1:
            expected.append((distance, i))
    assert sorted(found.pixels[0]) == sorted(i for _, i in expected)
    np.testing.assert_allclose(found.distances[0], sorted(d for d, _ in expected), atol=1e-5)


def test_images_at_the_input_pixel_are_means():
    image = np.arange(30.0).reshape(1, 5, 6)

    assert input_images(image, 2)[0].tolist() == [[3.5, 5.5, 7.5], [15.5, 17.5, 19.5]]


@pytest.mark.parametrize("seed", [12, None])
def test_a_dataset_that_was_made_otherwise_is_refused(path, tmp_path, seed):
    """Its settings name another seed, or cannot be read at all."""
    import json
    import shutil

    other = shutil.copy(path, tmp_path / "other.h5")
    with h5py.File(other, "r+") as file:
        config = json.loads(file.attrs["config"])
        config["seed"] = seed
        file.attrs["config"] = json.dumps(config)

    with Dataset(other) as dataset, pytest.raises(DatasetError, match="cannot be made again"):
        list(scenes(dataset, settings_of(dataset), [0]))
