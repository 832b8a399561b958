"""The columns of one specimen in pixels of its image, and what is said of them. No widgets."""

from dataclasses import dataclass

import numpy as np

from segdepth_app.gui.texts import signed
from segdepth_app.specimen.table import SYMBOLS
from segdepth_app.units import PM_PER_ANGSTROM, binned_from_px

PICK_RADIUS_PX = 6.0


@dataclass(frozen=True)
class Columns:
    """The columns of one specimen; x and y in stored pixels, integers are pixel centres."""

    x_px: np.ndarray
    y_px: np.ndarray
    table: np.ndarray  # fields of specimen.table.COLUMN_DTYPE

    def __len__(self) -> int:
        return len(self.table)

    def nearest(self, x: float, y: float, within_px: float = PICK_RADIUS_PX) -> int | None:
        """Row of the column nearest to a pixel; None where none is close by."""
        if not len(self):
            return None
        distance = np.hypot(self.x_px - x, self.y_px - y)
        nearest = int(distance.argmin())
        return nearest if distance[nearest] <= within_px else None


def placed(table: np.ndarray, *, pixel_size_pm: float, binning: int) -> Columns:
    """A column table (x and y in Å) in pixels of an image of binning × binning means."""
    per_angstrom = PM_PER_ANGSTROM / pixel_size_pm
    return Columns(
        binned_from_px(table["x"] * per_angstrom, binning), binned_from_px(table["y"] * per_angstrom, binning), table
    )


def column_texts(row: np.void) -> tuple[str, ...]:
    """One line of the column table: element, count, deviation, x and y in Å."""
    return (
        symbol(int(row["element"])),
        str(row["count"]),
        f"{row['deviation']:+d}" if row["deviation"] else "0",
        f"{row['x']:z.2f}",
        f"{row['y']:z.2f}",
    )


def column_text(row: np.void) -> str:
    """A column in one line."""
    count, off = int(row["count"]), int(row["deviation"])
    atoms = "vacancy" if not count else "1 atom" if count == 1 else f"{count} atoms"
    plane = f"{signed(off, '+.0f')} off its plane" if off else "on its plane"
    x, y = (signed(row[axis], ".2f") for axis in "xy")
    return f"{symbol(int(row['element']))} column at x {x} Å, y {y} Å: {atoms}, {plane}"


def symbol(number: int) -> str:
    """An element's symbol, or its number where the tables do not name it."""
    return SYMBOLS.get(number, str(number))


SORT_FIELDS = ("element", "count", "deviation", "x", "y")


def order(table: np.ndarray, column: int, *, descending: bool) -> np.ndarray:
    """Rows of a column table in the order of one of SORT_FIELDS; equal ones keep their order. (n,) indices."""
    values = table[SORT_FIELDS[column]].astype(float)
    return np.argsort(-values if descending else values, kind="stable")
