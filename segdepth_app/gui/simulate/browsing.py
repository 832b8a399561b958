"""Decisions of the dataset browser: which specimen, which image, at which contrast. No widgets."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segdepth_app.specimen.table import SYMBOLS
from segdepth_app.units import PM_PER_ANGSTROM, binned_from_px

if TYPE_CHECKING:
    from segdepth_app.datasets.store import Dataset
    from segdepth_app.gui.simulate.browser import BrowserView

SAMPLED_IMAGES = 20
LEVEL_PERCENTILES = (0.5, 99.8)
PICK_RADIUS_PX = 6.0


@dataclass(frozen=True)
class Columns:
    """The columns of one specimen; x and y in stored pixels, integers are pixel centres."""

    x_px: np.ndarray
    y_px: np.ndarray
    table: np.ndarray  # STORED_COLUMN_DTYPE

    def __len__(self) -> int:
        return len(self.table)


class BrowserPresenter:
    """One dataset opened for looking at."""

    def __init__(self, view: "BrowserView") -> None:
        self._view = view
        self._dataset: Dataset | None = None
        self._stamp: tuple[Path, int] | None = None
        self._images = np.empty(0, int)
        self._columns: Columns | None = None
        view.specimen_chosen.connect(self.choose_specimen)
        view.image_chosen.connect(self.choose_image)
        view.pixel_picked.connect(self.pick)
        view.column_chosen.connect(self.choose_column)

    def open(self, path: Path) -> None:
        """Shows a dataset from its first specimen on; one that is shown already stays where it is.

        Raises: DatasetError or InputError where it cannot be read.
        """
        stamp = (path, path.stat().st_mtime_ns)
        if self._dataset is not None and stamp == self._stamp:
            return
        from segdepth_app.datasets.store import Dataset  # h5py only once there is something to open

        self.close()
        self._dataset, self._stamp = Dataset(path), stamp
        self._view.set_levels(*levels(self._dataset))
        self._view.set_pixel_size(self._dataset.stored_pixel_pm)
        self._view.set_specimens(len(self._dataset.specimens))
        self.choose_specimen(0)

    def close(self) -> None:
        """Lets go of the file."""
        if self._dataset is not None:
            self._dataset.close()
        self._dataset = self._stamp = self._columns = None

    def choose_specimen(self, row: int) -> None:
        """Shows specimen number `row` of the file, at its first image."""
        if self._dataset is None or not 0 <= row < len(self._dataset.specimens):
            return
        specimen = self._dataset.specimens[row]
        self._images = np.flatnonzero(self._dataset.index["specimen"] == specimen["id"])
        self._columns = placed_columns(self._dataset, int(specimen["id"]))
        self._view.show_specimen(
            f"{specimen['kind'].decode()}, {specimen['surface'].decode()} surface, mean {specimen['thickness']:.1f} "
            f"atoms, {specimen['split'].decode()} split"
        )
        self._view.show_columns(self._columns)
        self._view.set_images(len(self._images))
        self.choose_image(0)

    def choose_image(self, number: int) -> None:
        """Shows image `number` of the specimen."""
        if self._dataset is None or not 0 <= number < len(self._images):
            return
        i = int(self._images[number])
        self._view.show_image(self._dataset.image(i), optics_text(self._dataset.index[i]))

    def pick(self, x: float, y: float) -> None:
        """Marks the column nearest to a clicked pixel, if there is one close by."""
        if self._columns is None or not len(self._columns):
            return
        distance = np.hypot(self._columns.x_px - x, self._columns.y_px - y)
        nearest = int(distance.argmin())
        if distance[nearest] <= PICK_RADIUS_PX:
            self._view.mark_column(nearest)

    def choose_column(self, row: int) -> None:
        """Marks the column of a table row."""
        if self._columns is not None and 0 <= row < len(self._columns):
            self._view.mark_column(row)


def levels(dataset: "Dataset") -> tuple[float, float]:
    """Black and white for the whole dataset, from a few images spread over it."""
    chosen = np.linspace(0, len(dataset) - 1, min(SAMPLED_IMAGES, len(dataset))).round().astype(int)
    if not len(chosen):
        return (0.0, 1.0)
    low, high = np.percentile(np.stack([dataset.image(int(i)) for i in chosen]), LEVEL_PERCENTILES)
    return (float(low), float(high)) if high > low else (float(low) - 0.5, float(low) + 0.5)


def placed_columns(dataset: "Dataset", specimen: int) -> Columns:
    """A specimen's columns in pixels of its stored images."""
    table = dataset.columns(specimen)
    per_angstrom = PM_PER_ANGSTROM / dataset.pixel_size_pm
    return Columns(
        binned_from_px(table["x"] * per_angstrom, dataset.binning),
        binned_from_px(table["y"] * per_angstrom, dataset.binning),
        table,
    )


def optics_text(image: np.void) -> str:
    """What the image was made with, in one line."""
    return (
        f"defocus {image['c1_nm']:+.2f} nm, focal spread {image['focal_spread_1e_nm']:.1f} nm, image spread "
        f"{image['image_spread_pm']:.0f} pm, {image['potential'].decode()} potential"
    )


def column_texts(row: np.void) -> tuple[str, ...]:
    """One line of the column table: element, count, deviation, x and y in Å."""
    number = int(row["element"])
    return (
        SYMBOLS.get(number, str(number)),
        str(row["count"]),
        f"{row['deviation']:+d}" if row["deviation"] else "0",
        f"{row['x']:.2f}",
        f"{row['y']:.2f}",
    )
