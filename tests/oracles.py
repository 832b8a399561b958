"""Answers we did not compute with the code under test. Never imports segdepth_app."""

import csv
import json
from pathlib import Path

import numpy as np

SHARED_DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
"""Files nobody on the project wrote; not part of it, so tests that need them skip where they are absent."""

# Expected intensity over vacuum at column centres of bulk ceria [110]: 300 kV, C1 +6 nm, C3 -9 µm, C5 +5 mm,
# 1/e focal spread 4 nm, 0.2 mrad, B 0.3 / 0.5 Å². Computed with abTEM 1.0.11.
CONTRAST = {
    ("Ce", 0): (1.47, 2.07, 2.73, 3.34, 3.83, 4.11, 4.17, 4.00, 3.62, 3.08),
    ("O", 0): (1.07, 1.16, 1.28, 1.41, 1.55, 1.70, 1.84, 1.96, 2.06, 2.13),
    ("Ce", 25): (1.26, 1.52, 1.74, 1.88, 1.93, 1.88, 1.74, 1.53, 1.30, 1.09),
    ("O", 25): (1.03, 1.08, 1.13, 1.20, 1.28, 1.37, 1.46, 1.54, 1.61, 1.67),
}


def dr_probe(defocus_nm: int) -> tuple[np.ndarray, dict, Path]:
    """Dr. Probe's image of the wedge, its parameters, and the path of its column table."""
    folder = SHARED_DATA / "drprobe"
    image = np.load(folder / f"A_wedge_df{defocus_nm}.npz")["image"].astype(float)
    parameters = json.loads((folder / f"A_wedge_df{defocus_nm}.json").read_text())
    return image, parameters, folder / "A_wedge_columns.csv"


def read_rows(path: Path) -> list[dict[str, str]]:
    """A CSV file as dictionaries."""
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def direct_structure_factor(x: np.ndarray, y: np.ndarray, gx: np.ndarray, gy: np.ndarray) -> np.ndarray:
    """Σ e^{-2πi(gx x + gy y)} by a plain sum, (len(gy), len(gx))."""
    total = np.zeros((len(gy), len(gx)), complex)
    for xi, yi in zip(x, y, strict=True):
        total += np.exp(-2j * np.pi * (gy[:, None] * yi + gx[None, :] * xi))
    return total
