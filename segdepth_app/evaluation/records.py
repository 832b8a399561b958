"""Reads evaluation folders; no torch and no matplotlib, for the window.

metrics.json   {"format", "doses": {"2.5": {figures}}, "provenance", "notes"}
arrays.npz     doses_e_per_px (D,), reliability_edges (B + 1,), confusion_pixels, confusion_centres,
               confusion_columns (D, 11, 11) [true, called], reliability_pixels, reliability_columns
               (D, before/after temperature, calls/summed confidence/right calls, B), presence_pixels,
               presence_columns (D, bins of P(n > 0), empty/occupied); where those bins are not even on [0, 1]
               also presence_edges
examples.npz   columns behind the cells of the columns' confusion (EXAMPLE_ARRAYS); may be missing
worst/*.tif    the images judged worst, as View opens them; listed under `worst` of each dose
*.png          figures, one of each kind per dose

The first format had no presence, examples, worst images, intervals, `column_rps` and what is beside it: there all
of it is simply absent.
"""

import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from segdepth_app.errors import ResultError
from segdepth_app.evaluation.paper import PAPER as PAPER
from segdepth_app.evaluation.paper import PAPER_DOSE_E_PER_PX as PAPER_DOSE_E_PER_PX
from segdepth_app.evaluation.paper import PAPER_TABLE as PAPER_TABLE

FIRST_FORMAT = "segdepth-evaluation-1"
FORMAT = "segdepth-evaluation-2"
FORMATS = (FIRST_FORMAT, FORMAT)
"""What can be read; the last is what is written."""

METRICS_FILE = "metrics.json"
ARRAYS_FILE = "arrays.npz"
EXAMPLES_FILE = "examples.npz"
WORST_FOLDER = "worst"

HEADLINES = (
    "pixel_accuracy",
    "centre_accuracy",
    "detection_rate",
    "hallucination_rate",
    "column_accuracy",
    "column_within_one",
    "column_mae",
    "column_rps",
    "pixel_average_precision",
    "column_average_precision",
    "pixel_ece",
    "column_ece",
)
"""Figures of a dose that stand first, and that have intervals; the first format lacks some of them."""

EXAMPLE_ARRAYS = ("cells", "dose", "image", "called", "truth", "where", "pixels_pm")
"""Of examples.npz: E rows each, but for `pixels_pm` (2,), the pixel sizes of `image` and of `called` and `truth`."""

WHERE_DTYPE = np.dtype(
    [
        ("image", "i8"),  # row in the dataset
        ("specimen", "i8"),
        ("x_px", "f4"),  # at reference pixels of the dataset, from the centre of its first
        ("y_px", "f4"),
        ("crop_x_px", "f4"),  # the column in `image`'s own pixels, integers are centres: the middle, but for
        ("crop_y_px", "f4"),  # columns near the border, whose crop is moved inside
        ("element", "u1"),
        ("confidence", "f4"),
        ("c1_nm", "f4"),
        ("image_spread_pm", "f4"),
        ("kind", "S10"),
    ]
)


@dataclass(frozen=True)
class Example:
    """One column of a cell of the confusion, with its surroundings."""

    true: int
    called: int
    image: np.ndarray
    """float32 (h, w), what the network saw; vacuum is about 1."""
    called_map: np.ndarray
    """uint8 (h', w'), the same field."""
    true_map: np.ndarray
    image_pixel_pm: float
    map_pixel_pm: float
    image_row: int
    """Number of the image in the dataset."""
    specimen: int
    x_px: float
    """In the whole image, at reference pixels."""
    y_px: float
    crop_x_px: float
    """In `image`, integers are pixel centres."""
    crop_y_px: float
    element: int
    confidence: float
    c1_nm: float
    image_spread_pm: float
    kind: str


class WorstImage(NamedTuple):
    """An image of which fewer columns were called right than of most; the file is what was judged, noise and all."""

    path: Path
    accuracy: float
    """Of its columns."""
    n_columns: int
    image: int
    """Number of the image in the dataset."""
    specimen: int
    kind: str
    c1_nm: float
    image_spread_pm: float
    pixel_size_pm: float
    """Of the file."""
    dose_e_per_px: float
    """Expected electrons in vacuum per pixel of the file: its vacuum level, where it holds counts."""


class PrecisionRecall(NamedTuple):
    """One point for each threshold, from the highest down: recall rises. Each (n,)."""

    precision: np.ndarray
    recall: np.ndarray
    threshold: np.ndarray


def precision_recall(presence: np.ndarray, edges: np.ndarray | None = None) -> PrecisionRecall:
    """The curve of calling "occupied" where P(n > 0) is at least a threshold.

    `presence` (bins, 2) counts [empty, occupied] by bins of P(n > 0) with `edges` (bins + 1,), even on [0, 1] where
    none are given; the thresholds are their lower edges. Thresholds that nothing new reaches are left out. Without
    any occupied case there is no curve: three empty arrays.
    """
    counts = np.asarray(presence)[::-1]
    lower = np.linspace(0, 1, len(counts) + 1) if edges is None else np.asarray(edges, float)
    reached = np.flatnonzero(counts.sum(axis=1) > 0)
    empty, occupied = counts.cumsum(axis=0)[reached].T
    if not len(reached) or not occupied[-1]:
        return PrecisionRecall(*(np.empty(0) for _ in range(3)))
    return PrecisionRecall(occupied / (empty + occupied), occupied / occupied[-1], lower[-2::-1][reached])


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
        """The arrays of one dose (a key of `doses`), and all `…_edges`.

        Raises: ResultError where the file is missing or damaged.
        """
        path = self.folder / ARRAYS_FILE
        with _damage_told(path), _opened(path) as file:
            keys = [dose_key(value) for value in file["doses_e_per_px"]]
            row = keys.index(dose)
            edges = {name: file[name] for name in file.files if name.endswith("_edges")}
            rest = [name for name in file.files if name not in (*edges, "doses_e_per_px")]
            return {**edges, **{name: file[name][row] for name in rest}}

    def examples(self, dose: str, true: int, called: int) -> list[Example]:
        """Columns of `true` atoms that were called `called` at a dose (a key of `doses`); none where none are kept.

        Raises: ResultError where the file is damaged.
        """
        path = self.folder / EXAMPLES_FILE
        if not path.exists():
            return []
        with _damage_told(path):
            arrays = _example_arrays(path, path.stat().st_mtime_ns)
            at_dose = np.array([dose_key(value) == dose for value in arrays["dose"]], bool)
            rows = np.flatnonzero(at_dose & (arrays["cells"] == (true, called)).all(axis=1))
            return [_example(arrays, int(row)) for row in rows]

    def worst(self, dose: str) -> list[WorstImage]:
        """The images with the lowest column accuracy at a dose, the worst first; none where none are kept.

        Raises: ResultError where the record is damaged.
        """
        listed = self.doses[dose].get("worst") or ()
        try:
            return [
                WorstImage(self.folder / item["file"], *(item[name] for name in WorstImage._fields[1:]))
                for item in listed
            ]
        except (KeyError, TypeError) as error:
            raise ResultError(f"{self.folder / METRICS_FILE} is damaged.", "Evaluate the model again.") from error


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ResultError(f"{path} is missing or damaged.", "Evaluate the model again.") from error


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    # a stream of our own: np.load leaves the file open when it fails
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        yield file


@lru_cache(maxsize=1)
def _example_arrays(path: Path, _written_ns: int) -> dict[str, np.ndarray]:
    """All of examples.npz; the last one stays at hand, for cells are looked at one after the other."""
    with _opened(path) as file:
        return {name: file[name] for name in EXAMPLE_ARRAYS}


def _example(arrays: dict[str, np.ndarray], row: int) -> Example:
    place = {name: arrays["where"][name][row].item() for name in WHERE_DTYPE.names or ()}
    image_pm, map_pm = (float(value) for value in arrays["pixels_pm"])
    true, called = (int(value) for value in arrays["cells"][row])
    return Example(
        true=true,
        called=called,
        image=arrays["image"][row].astype(np.float32),
        called_map=arrays["called"][row],
        true_map=arrays["truth"][row],
        image_pixel_pm=image_pm,
        map_pixel_pm=map_pm,
        image_row=place.pop("image"),
        kind=place.pop("kind").decode(),
        **place,
    )


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
        if record["format"] not in FORMATS:
            raise ValueError(f"format {record['format']}")
        evaluation = Evaluation(folder, record["doses"], record["provenance"], tuple(record["notes"]))
        if not evaluation.doses or not (evaluation.title and evaluation.created):
            raise ValueError("incomplete")
        return evaluation
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise ResultError(f"{path} is damaged, or of another version.", "Evaluate the model again.") from error


class Dated(Protocol):
    """What says when it was made."""

    @property
    def created(self) -> str:
        """ISO 8601, UTC."""


Record = TypeVar("Record", bound=Dated)


def list_evaluations(folder: Path) -> list[Evaluation]:
    """The evaluations in a folder, newest first; what is none is passed over."""
    return newest_first(folder, METRICS_FILE, read_evaluation)


def newest_first(folder: Path, name: str, read: Callable[[Path], Record]) -> list[Record]:
    """What `read` makes of each folder below that has a file `name`; what raises ResultError is passed over."""
    found = []
    for path in folder.glob(f"*/{name}") if folder.is_dir() else ():
        with suppress(ResultError):
            found.append(read(path.parent))
    return sorted(found, key=lambda item: item.created, reverse=True)
