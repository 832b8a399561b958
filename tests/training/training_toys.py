"""A small dataset whose columns can be read off directly: bright Gaussian spots on a grid, brighter with count."""

from pathlib import Path

import numpy as np

from segdepth_app.config import GridConfig, SimulateConfig
from segdepth_app.datasets.store import IMAGE_DTYPE, SPECIMEN_DTYPE, SimulatedSpecimen, write_dataset
from segdepth_app.specimen.table import empty_table

PIXEL_PM = 5.3
CE, O = 58, 8  # noqa: E741


def spot_columns(rng: np.random.Generator, *, size_angstrom: float, spacing: float = 2.5) -> np.ndarray:
    """Columns on a square grid, counts 0 to 10 at random, elements in turn."""
    axis = np.arange(spacing / 2, size_angstrom, spacing)
    y, x = (grid.ravel() for grid in np.meshgrid(axis, axis, indexing="ij"))
    columns = empty_table(len(x))
    columns["x"], columns["y"] = x, y
    columns["element"] = np.where(np.arange(len(x)) % 2, O, CE)
    columns["count"] = rng.integers(0, 11, len(x))
    return columns


def spot_image(columns: np.ndarray, *, shape: tuple[int, int], binning: int) -> np.ndarray:
    """Vacuum 1, and a Gaussian of height 0.4 × count and sigma 0.5 Å on every column."""
    step = PIXEL_PM * binning / 100
    offset = (
        (binning - 1) / 2 * PIXEL_PM / 100
    )  # centre of the first stored pixel from that of the first reference pixel
    y, x = (np.arange(n) * step + offset for n in shape)
    image = np.ones(shape)
    for column in columns:
        squared = (y[:, None] - column["y"]) ** 2 + (x[None, :] - column["x"]) ** 2
        image += 0.4 * column["count"] * np.exp(-squared / (2 * 0.5**2))
    return image


def write_spots(
    path: Path,
    *,
    splits: tuple[str, ...] = ("train", "train", "train", "validation", "test"),
    images_per_specimen: int = 2,
    shape: tuple[int, int] = (64, 64),
    binning: int = 4,
    seed: int = 1,
) -> Path:
    """A dataset of spot images; `shape` is in stored pixels."""
    rng = np.random.default_rng(seed)

    def specimens():
        for number, split in enumerate(splits):
            columns = spot_columns(rng, size_angstrom=shape[0] * PIXEL_PM * binning / 100)
            row = np.zeros((), SPECIMEN_DTYPE)
            row["id"], row["split"], row["kind"] = number, split.encode(), b"shuffled"
            index = np.zeros(images_per_specimen, IMAGE_DTYPE)
            index["specimen"] = number
            image = spot_image(columns, shape=shape, binning=binning).astype(np.float16)
            yield SimulatedSpecimen(row[()], columns, np.repeat(image[None], images_per_specimen, axis=0), index)

    grid = GridConfig(height_px=shape[0] * binning, width_px=shape[1] * binning, binning=binning)
    config = SimulateConfig(out=path, preset="spots", grid=grid, seed=seed)
    write_dataset(path, specimens(), config=config.model_dump(mode="json"), image_shape=shape)
    return path
