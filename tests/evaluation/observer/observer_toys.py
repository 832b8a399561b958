"""A tiny real dataset: simulated specimens of 16 Å, wedges that are cut from both faces."""

from pathlib import Path

from segdepth_app.config import GridConfig, OpticsConfig, SimulateConfig, SpecimenConfig
from segdepth_app.datasets import generate
from segdepth_app.reporting import Reporter

GRID = GridConfig(height_px=320, width_px=320, binning=4, wave_sampling_pm=11)
OPTICS = OpticsConfig(focal_step_nm=3, image_spread_low_pm=25, image_spread_high_pm=25)


def small_dataset(path: Path, **changes) -> Path:
    """3 specimens of 2 images of 80 × 80 pixels of 21.2 pm, all in the test split."""
    specimen = {"share_wedge": 1, "share_rough": 0, "share_shuffled": 0, "surfaces": ("flat",)}
    values = {
        "out": path,
        "grid": GRID,
        "optics": OPTICS,
        "specimen": SpecimenConfig(**{**specimen, **changes.pop("specimen", {})}),
        "n_specimens": 3,
        "n_defoci": 2,
        "validation_share": 0,
        "test_share": 1,
        "workers": 1,
        "device": "cpu",
        "seed": 11,
    }
    generate.run(SimulateConfig(**{**values, **changes}), Reporter())
    return path
