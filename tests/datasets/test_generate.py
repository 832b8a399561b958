"""Datasets: the same whatever the workers, resumable, whole or not there at all."""

import os
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from segdepth_app.config import GridConfig, SimulateConfig, SpecimenConfig
from segdepth_app.datasets.generate import run
from segdepth_app.datasets.parts import estimated_bytes, parts_folder
from segdepth_app.datasets.plan import plan_dataset
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import Cancelled, DatasetError, InputError
from segdepth_app.reporting import Command, Reporter

SMALL = GridConfig(height_px=160, width_px=192, binning=4, wave_sampling_pm=11)


class After(Reporter):
    """Gives a command once n specimens are done."""

    def __init__(self, n, command):
        self.n, self.then, self.done = n, command, 0

    def progress(self, done, total, unit):
        self.done = done

    def command(self):
        return self.then if self.done >= self.n else None


def config(tmp_path, name="d.h5", **changes):
    values = {"out": tmp_path / name, "grid": SMALL, "n_specimens": 4, "n_defoci": 2, "workers": 1, "seed": 5}
    return SimulateConfig(**{**values, **changes})


def contents(path):
    with h5py.File(path) as file:
        return {name: file[name][:] for name in ("images", "columns", "specimens", "images_index")}


def assert_same(a, b):
    """To the last bit; unset values (NaN) too."""
    for name in a:
        assert (a[name].shape, a[name].dtype) == (b[name].shape, b[name].dtype)
        assert a[name].tobytes() == b[name].tobytes(), name


def test_a_paused_dataset_ends_like_an_unbroken_one(tmp_path):
    """And the splits hold every specimen once, images have vacuum 1, columns lie in the image."""
    whole, broken = config(tmp_path, "whole.h5"), config(tmp_path, "broken.h5")
    run(whole, Reporter())
    run(broken, After(2, Command.PAUSE))
    assert not broken.out.exists()
    assert len(list(parts_folder(broken.out).glob("*.npz"))) == 2
    run(broken, Reporter())
    assert not parts_folder(broken.out).exists()
    assert_same(contents(whole.out), contents(broken.out))
    with Dataset(whole.out) as dataset:
        assert len(dataset) == 8
        assert sorted(np.concatenate([dataset.images_of(s) for s in ("train", "validation", "test")])) == list(range(8))
        for i in range(len(dataset)):
            columns = dataset.columns(int(dataset.index[i]["specimen"]))
            above = int(columns["y"].min() / 0.212) - 12
            if above > 3:
                assert dataset.image(i)[:above].mean() == pytest.approx(1, abs=0.01)
            assert -0.03 < columns["x"].min()
            assert columns["x"].max() < 0.053 * 192


@pytest.mark.slow
def test_two_workers_make_the_same_dataset_as_one(tmp_path):
    one, two = config(tmp_path, "one.h5"), config(tmp_path, "two.h5", workers=2)
    run(one, Reporter())
    run(two, Reporter())
    assert_same(contents(one.out), contents(two.out))


@pytest.mark.slow
def test_kill_9_loses_only_what_was_in_flight(tmp_path):
    """A child is killed after its first specimens; the same job then goes on and ends whole."""
    settings = config(tmp_path, n_specimens=12)
    code = (
        "import sys; from segdepth_app.config import SimulateConfig; from segdepth_app.datasets.generate import run;"
        "from segdepth_app.reporting import Reporter; run(SimulateConfig.model_validate_json(sys.argv[1]), Reporter())"
    )
    child = subprocess.Popen([sys.executable, "-c", code, settings.model_dump_json()])
    parts = parts_folder(settings.out)
    deadline = time.monotonic() + 120
    while len(list(parts.glob("0*.npz"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert not settings.out.exists()
    done = {path.name: path.stat().st_mtime_ns for path in parts.glob("0*.npz")}
    assert len(done) >= 2
    seen = After(10**9, None)
    run(settings, seen)
    assert seen.done == 12
    with Dataset(settings.out) as dataset:
        assert len(dataset.specimens) == 12


def test_cancel_leaves_nothing(tmp_path):
    with pytest.raises(Cancelled):
        run(config(tmp_path), After(1, Command.CANCEL))
    assert list(tmp_path.iterdir()) == []


def test_other_settings_are_not_mixed_into_a_begun_dataset(tmp_path):
    run(config(tmp_path), After(1, Command.PAUSE))
    with pytest.raises(InputError, match="other settings"):
        run(config(tmp_path, seed=6), Reporter())


def test_an_existing_file_is_not_overwritten(tmp_path):
    (tmp_path / "d.h5").write_bytes(b"precious")
    with pytest.raises(InputError, match="exists already"):
        run(config(tmp_path), Reporter())
    assert (tmp_path / "d.h5").read_bytes() == b"precious"


@pytest.mark.parametrize("content", [b"", b"no HDF5 at all"])
def test_something_else_is_no_dataset(tmp_path, content):
    path = tmp_path / "x.h5"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.h5"):
        Dataset(path)


def test_hdf5_of_another_kind_is_refused(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["images"] = np.zeros(3)
    with pytest.raises(DatasetError, match="not a SegDepth dataset"):
        Dataset(tmp_path / "x.h5")


def test_plan_keeps_the_shares_exactly(tmp_path):
    plan = plan_dataset(
        config(
            tmp_path,
            n_specimens=40,
            specimen=SpecimenConfig(share_wedge=0.5, share_rough=0.3, share_shuffled=0.2),
            validation_share=0.25,
            test_share=0.1,
        )
    )
    kinds = [item.plan.kind for item in plan]
    splits = [item.split for item in plan]
    assert [kinds.count(kind) for kind in ("wedge", "rough", "shuffled")] == [20, 12, 8]
    assert [splits.count(split) for split in ("train", "validation", "test")] == [26, 10, 4]


def test_estimated_size_is_that_of_the_images(tmp_path):
    settings = config(tmp_path)
    run(settings, Reporter())
    with h5py.File(settings.out) as file:
        assert file["images"].size * 2 == estimated_bytes(settings)
