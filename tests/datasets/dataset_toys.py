"""Settings of datasets that are made within a second, and how two files are compared."""

import h5py

from segdepth_app.config import GridConfig, SimulateConfig
from segdepth_app.reporting import Reporter

SMALL = GridConfig(height_px=160, width_px=192, binning=4, wave_sampling_pm=11)


class After(Reporter):
    """Gives a command once n specimens are done."""

    def __init__(self, n, command):
        self.n, self.then, self.done = n, command, 0

    def progress(self, done, total, unit):
        self.done = done

    def command(self):
        return self.then if self.done >= self.n else None


def small_config(tmp_path, name="d.h5", **changes):
    """4 specimens of 2 images of 40 × 48 stored pixels, in one process."""
    values = {"out": tmp_path / name, "grid": SMALL, "n_specimens": 4, "n_defoci": 2, "workers": 1, "seed": 5}
    return SimulateConfig(**{**values, "device": "cpu", **changes})


def contents(path):
    """All tables of a dataset file."""
    with h5py.File(path) as file:
        return {name: file[name][:] for name in ("images", "columns", "specimens", "images_index")}


def assert_same(a, b):
    """To the last bit; unset values (NaN) too."""
    for name in a:
        assert (a[name].shape, a[name].dtype) == (b[name].shape, b[name].dtype)
        assert a[name].tobytes() == b[name].tobytes(), name
