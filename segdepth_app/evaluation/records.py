"""Reads evaluation folders; no torch and no matplotlib, for the window.

metrics.json   {"format", "doses": {"2.5": {figures}}, "provenance", "notes"}
arrays.npz     doses_e_per_px (D,), reliability_edges (B + 1,), confusion_pixels, confusion_centres,
               confusion_columns (D, 11, 11) [true, called], reliability_pixels, reliability_columns
               (D, before/after temperature, calls/summed confidence/right calls, B)
*.png          figures, one of each kind per dose
"""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.errors import ResultError

FORMAT = "segdepth-evaluation-1"
METRICS_FILE = "metrics.json"
ARRAYS_FILE = "arrays.npz"

HEADLINES = (
    "pixel_accuracy",
    "centre_accuracy",
    "detection_rate",
    "hallucination_rate",
    "column_accuracy",
    "column_within_one",
    "column_mae",
    "pixel_ece",
    "column_ece",
)

PAPER = {
    "pixel_accuracy": 0.939,
    "centre_accuracy": 0.847,
    "detection_rate": 0.956,
    "hallucination_rate": 0.0233,
}
"""Leibovich et al., Table I, 64 base channels, λ = 2.5 electrons per 5.3 pm pixel, on the paper's own test set."""

PAPER_DOSE_E_PER_PX = 2.5


def dose_key(dose_e_per_px: float) -> str:
    """A dose as it is named in metrics.json."""
    return f"{dose_e_per_px:g}"


def short_count(count: int) -> str:
    """A count in at most four characters: 999, 1.2k, 12k, 3.4M."""
    if count < 1000:
        return str(int(count))
    scaled = float(count)
    for unit in "kMG":
        scaled /= 1000
        if scaled < 9.95:
            return f"{scaled:.1f}{unit}"
        if scaled < 999.5:
            return f"{scaled:.0f}{unit}"
    return f"{scaled:.0f}G"


@dataclass(frozen=True)
class Evaluation:
    """One evaluation folder."""

    folder: Path
    doses: dict[str, dict[str, Any]]
    provenance: dict[str, Any]
    notes: tuple[str, ...]

    @property
    def title(self) -> str:
        """Model and dataset by name."""
        return f"{self.model_name} · {self.dataset_name}"

    @property
    def model_name(self) -> str:
        """Name on the model's card."""
        return str(self.provenance["model"]["name"])

    @property
    def dataset_name(self) -> str:
        """Name of the dataset file, without its suffix."""
        return Path(self.provenance["dataset"]["path"]).stem

    @property
    def created(self) -> str:
        """When, ISO 8601, UTC."""
        return str(self.provenance["created"])

    def arrays(self, dose: str) -> dict[str, np.ndarray]:
        """The arrays of one dose (a key of `doses`), and `reliability_edges`.

        Raises: ResultError where the file is missing or damaged.
        """
        path = self.folder / ARRAYS_FILE
        try:
            # a stream of our own: np.load leaves the file open when it fails
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                keys = [dose_key(value) for value in file["doses_e_per_px"]]
                row = keys.index(dose)
                skipped = ("doses_e_per_px", "reliability_edges")
                picked = {name: file[name][row] for name in file.files if name not in skipped}
                return {"reliability_edges": file["reliability_edges"], **picked}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ResultError(f"{path} is missing or damaged.", "Evaluate the model again.") from error


def read_evaluation(folder: str | Path) -> Evaluation:
    """An evaluation folder (or its metrics.json). Raises: ResultError where it is none."""
    folder = Path(folder)
    if folder.name == METRICS_FILE:
        folder = folder.parent
    path = folder / METRICS_FILE
    if not path.is_file():
        raise ResultError(f"{folder} is not an evaluation: it has no {METRICS_FILE}.", "Name an evaluation folder.")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["format"] != FORMAT:
            raise ValueError(f"format {record['format']}")
        evaluation = Evaluation(folder, record["doses"], record["provenance"], tuple(record["notes"]))
        if not evaluation.doses or not (evaluation.title and evaluation.created):
            raise ValueError("incomplete")
        return evaluation
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise ResultError(f"{path} is damaged, or of another version.", "Evaluate the model again.") from error


def list_evaluations(folder: Path) -> list[Evaluation]:
    """The evaluations in a folder, newest first; what is none is passed over."""
    found = []
    if folder.is_dir():
        for path in folder.glob(f"*/{METRICS_FILE}"):
            try:
                found.append(read_evaluation(path.parent))
            except ResultError:
                continue
    return sorted(found, key=lambda item: item.created, reverse=True)
