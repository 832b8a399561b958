"""What must hold in a sound dataset, check by check: settings, specimens, splits, columns, optics, images.

Lengths in Å unless the name says otherwise. Tolerances: tables hold float32, images float16. Vacuum is judged
farther than VACUUM_REACH from every column and from the edges, on specimens without support or neighbour: over
120 specimens of four presets its mean strayed by 0.0011 at most and a pixel by 0.009.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from segdepth_app.config import SimulateConfig
from segdepth_app.datasets.optics_checks import optics_faults, specimen_faults
from segdepth_app.datasets.plan import plan_dataset
from segdepth_app.datasets.store import SPLITS, Dataset
from segdepth_app.errors import DatasetError
from segdepth_app.specimen.deviations import MAX_COUNT
from segdepth_app.units import PM_PER_ANGSTROM, angstrom_from_nm

VACUUM_REACH = 3.0
FRESNEL_REACH = 0.02
"""Per Å of defocus: λ·g at g = 1 Å⁻¹, how far a beam wanders off its column."""
FAR_DEFOCUS = 100.0
"""Up to this C1 the beams stay within VACUUM_REACH."""
VACUUM_MEAN, VACUUM_PIXEL = 0.005, 0.03
MEAN_OF_IMAGE = 0.02
"""Electrons are only moved about; what leaves an image is made up for at its other edges, to 0.4 % so far."""
MOST_NEGATIVE, MOST = -0.01, 100.0
FEWEST_VACUUM_PIXELS = 50


@dataclass(frozen=True)
class Finding:
    """The outcome of one check."""

    check: str
    verdict: str
    """ok, note or wrong"""
    text: str

    def row(self) -> dict[str, str]:
        """As a row of the job's table."""
        return {"check": self.check, "verdict": self.verdict, "found": self.text}


@dataclass
class Findings:
    """All outcomes, in order."""

    all: list[Finding] = field(default_factory=list)

    @property
    def faults(self) -> list[Finding]:
        """Those that make a file unsound."""
        return [finding for finding in self.all if finding.verdict == "wrong"]

    def good(self, check: str, text: str) -> None:
        """Nothing wrong here."""
        self.all.append(Finding(check, "ok", text))

    def note(self, check: str, text: str) -> None:
        """Something to know, which is no fault of the file."""
        self.all.append(Finding(check, "note", text))

    def fault(self, check: str, text: str) -> None:
        """Something wrong."""
        self.all.append(Finding(check, "wrong", text))

    def judged(self, check: str, faults: list[str], good: str) -> None:
        """The first of the faults and how many there are, or what was good."""
        if not faults:
            self.good(check, good)
        else:
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            self.fault(check, f"{faults[0]}{more}")


@dataclass(frozen=True)
class Subject:
    """A dataset under examination, with its settings."""

    dataset: Dataset
    config: SimulateConfig
    sound_ids: frozenset[int]
    """Specimens that have one row, images and columns."""

    @classmethod
    def of(cls, dataset: Dataset, findings: Findings) -> Self | None:
        """None where the settings cannot be read, which all else depends on."""
        values: dict[str, Any] = {**dataset.config, "out": str(dataset.path)}
        try:
            config = SimulateConfig.model_validate_json(json.dumps(values))
        except ValueError as error:
            findings.fault("settings", " ".join(str(error).split()))
            return None
        findings.good("settings", f"format {dataset.format}, version {dataset.version}, preset {dataset.preset}")
        ids, times = np.unique(dataset.specimens["id"], return_counts=True)
        full = set(ids[times == 1].tolist())
        n_images = dict(zip(*np.unique(dataset.index["specimen"], return_counts=True), strict=True))
        sound = (i for i in full if n_images.get(i) == config.n_defoci and len(dataset.columns(i)))
        return cls(dataset, config, frozenset(sound))

    def images_of(self, specimen: int) -> np.ndarray:
        """Stored images of a specimen, float32 (k, H, W)."""
        rows = np.flatnonzero(self.dataset.index["specimen"] == specimen)
        return np.stack([self.dataset.image(int(i)) for i in rows])


def check_tables(subject: Subject, findings: Findings) -> None:
    """Everything but the pixels."""
    findings.judged("structure", _structure_faults(subject), _size(subject.dataset))
    findings.judged(
        "specimens", _specimen_rows_faults(subject), f"{len(subject.sound_ids)} with images and columns of their own"
    )
    findings.judged("splits", _split_faults(subject), _split_sizes(subject.dataset))
    n_columns = sum(len(subject.dataset.columns(i)) for i in subject.sound_ids)
    findings.judged("columns", _column_faults(subject), f"{n_columns} columns, counts 0 to {MAX_COUNT}")
    faults = specimen_faults(subject.dataset, subject.config) + optics_faults(subject.dataset, subject.config)
    findings.judged("optics", faults, "all within the ranges of the settings")


def check_images(subject: Subject, findings: Findings) -> Iterator[int]:
    """Yields the number of images looked at, then adds the findings."""
    faults: list[str] = []
    vacuum_faults: list[str] = []
    n_with_vacuum = 0
    vacuum: dict[int, np.ndarray | None] = {}
    for i, row in enumerate(subject.dataset.index[: len(subject.dataset.images)]):
        specimen = int(row["specimen"])
        try:
            image = subject.dataset.image(i)
        except DatasetError:
            faults.append(f"image {i} cannot be read")
            continue
        faults += [f"image {i} of specimen {specimen} {what}" for what in _image_faults(image)]
        if specimen not in vacuum:
            vacuum = {specimen: vacuum_of(subject, specimen)}  # images of a specimen lie together
        region = vacuum[specimen]
        if region is not None and np.isfinite(image).all():
            n_with_vacuum += 1
            values = image[region].astype(float)
            if abs(values.mean() - 1) > VACUUM_MEAN or np.abs(values - 1).max() > VACUUM_PIXEL:
                vacuum_faults.append(
                    f"image {i} of specimen {specimen} has vacuum of {values.mean():.3f} "
                    f"({values.min():.3f} to {values.max():.3f})"
                )
        yield i + 1
    findings.judged("images", faults, "finite, not negative, mean 1")
    good = f"1 within {VACUUM_MEAN:g} in the {n_with_vacuum} images that have some"
    findings.judged("vacuum", vacuum_faults, good if n_with_vacuum else "no image has enough of it to judge")


def _image_faults(image: np.ndarray) -> list[str]:
    if not np.isfinite(image).all():
        return [f"has {int((~np.isfinite(image)).sum())} pixels that are no numbers"]
    if image.min() < MOST_NEGATIVE or image.max() > MOST:
        return [f"has values from {image.min():.3g} to {image.max():.3g}"]
    if abs(image.mean(dtype=float) - 1) > MEAN_OF_IMAGE:
        return [f"has a mean of {image.mean(dtype=float):.3f}, not 1"]
    return ["has the same value everywhere"] if image.max() == image.min() else []


def vacuum_of(subject: Subject, specimen: int) -> np.ndarray | None:
    """Stored pixels (H, W) in which the specimen leaves vacuum; None where that is not known, or too few."""
    rows = subject.dataset.specimens[subject.dataset.specimens["id"] == specimen]
    if len(rows) != 1 or rows[0]["neighbour"] or rows[0]["support_thickness_nm"] > 0:
        return None
    dataset, optics = subject.dataset, subject.config.optics
    c1 = angstrom_from_nm(max(abs(optics.c1_low_nm), abs(optics.c1_high_nm)))
    reach = VACUUM_REACH + FRESNEL_REACH * max(0.0, c1 - FAR_DEFOCUS)
    step = dataset.stored_pixel_pm / PM_PER_ANGSTROM
    first = (dataset.stored_pixel_pm - dataset.pixel_size_pm) / 2 / PM_PER_ANGSTROM
    height, width = dataset.images.shape[1:]
    y, x = np.arange(height) * step + first, np.arange(width) * step + first
    free = np.ones((height, width), dtype=bool)
    for column in dataset.columns(specimen):
        rows_near, cols_near = np.abs(y - column["y"]) <= reach, np.abs(x - column["x"]) <= reach
        squared = (y[rows_near, None] - column["y"]) ** 2 + (x[None, cols_near] - column["x"]) ** 2
        free[np.ix_(rows_near, cols_near)] &= squared > reach**2
    edge = int(np.ceil(reach / step))  # columns beyond the edge are not in the table
    inner = np.zeros_like(free)
    inner[edge : height - edge, edge : width - edge] = True
    region = free & inner
    return region if region.sum() >= FEWEST_VACUUM_PIXELS else None


def _size(dataset: Dataset) -> str:
    height, width = dataset.images.shape[1:]
    return f"{len(dataset.specimens)} specimens, {len(dataset)} images of {height} × {width} px"


def _structure_faults(subject: Subject) -> list[str]:
    dataset, grid = subject.dataset, subject.config.grid
    faults = []
    expected = (len(dataset.index), grid.height_px // grid.binning, grid.width_px // grid.binning)
    if dataset.images.shape != expected:
        faults.append(f"images are {dataset.images.shape}, {expected} were expected")
    if dataset.images.dtype != np.float16:
        faults.append(f"images are {dataset.images.dtype}, not float16")
    if (dataset.pixel_size_pm, dataset.binning) != (grid.pixel_size_pm, grid.binning):
        faults.append(f"pixel size and binning are {dataset.pixel_size_pm:g} pm and {dataset.binning}")
    return faults


def _specimen_rows_faults(subject: Subject) -> list[str]:
    dataset, config = subject.dataset, subject.config
    faults = []
    ids, times = np.unique(dataset.specimens["id"], return_counts=True)
    faults += [f"specimen {i} has {n} rows" for i, n in zip(ids, times, strict=True) if n > 1]
    if ids.tolist() != list(range(config.n_specimens)):
        faults.append(f"{len(ids)} specimens; {config.n_specimens}, from 0 on, were expected")
    for table, owners in (("images", dataset.index["specimen"]), ("columns", dataset.column_owners)):
        strangers = np.setdiff1d(owners, ids)
        faults += [f"{table} belong to specimen {i}, which is not there" for i in strangers]
    images = dict(zip(*np.unique(dataset.index["specimen"], return_counts=True), strict=True))
    for i in ids.tolist():
        if images.get(i, 0) != config.n_defoci:
            faults.append(f"specimen {i} has {images.get(i, 0)} images, not {config.n_defoci}")
        if not len(dataset.columns(i)):
            faults.append(f"specimen {i} has no columns")
    if np.count_nonzero(np.diff(dataset.column_owners)) >= max(len(ids), 1):
        faults.append("the columns of a specimen do not lie together")
    return faults + _twins(dataset)


def _twins(dataset: Dataset) -> list[str]:
    """The same columns under two numbers would stand in two splits."""
    seen: dict[bytes, int] = {}
    faults = []
    for i in np.unique(dataset.specimens["id"]).tolist():
        columns = dataset.columns(i)
        content = np.stack([columns[name].astype("f4") for name in ("x", "y", "element", "count")]).tobytes()
        if content and content in seen:
            faults.append(f"specimens {seen[content]} and {i} are the same")
        seen[content] = i
    return faults


def _split_sizes(dataset: Dataset) -> str:
    return ", ".join(f"{split} {(dataset.specimens['split'] == split.encode()).sum()}" for split in SPLITS)


def _split_faults(subject: Subject) -> list[str]:
    stored = subject.dataset.specimens["split"]
    planned = [item.split.encode() for item in plan_dataset(subject.config)]
    faults = [f"a split is called {name.decode(errors='replace')!r}" for name in set(stored.tolist()) - _known_splits()]
    for split in SPLITS:
        there, wanted = int((stored == split.encode()).sum()), planned.count(split.encode())
        if there != wanted:
            faults.append(f"{split} has {there} specimens, {wanted} were to be there")
    return faults


def _known_splits() -> set[bytes]:
    return {split.encode() for split in SPLITS}


def _column_faults(subject: Subject) -> list[str]:
    return [
        f"specimen {specimen}: {what}"
        for specimen in sorted(subject.sound_ids)
        for what in _table_faults(subject, specimen)
    ]


def _table_faults(subject: Subject, specimen: int) -> list[str]:
    dataset, columns = subject.dataset, subject.dataset.columns(specimen)
    count = columns["count"].astype(int)
    faults = []
    if count.min() < 0 or count.max() > MAX_COUNT:
        faults.append(f"counts from {count.min()} to {count.max()}")
    wrong = count - columns["plane"] != columns["deviation"]
    if wrong.any():
        faults.append(f"{int(wrong.sum())} deviations are not count less plane")
    if dataset.specimen(specimen)["kind"] == b"wedge" and columns["deviation"].any():
        faults.append("a wedge whose columns deviate")
    sites = dataset.crystal.sites
    known = columns["site"] < len(sites)
    elements = np.array([site.element for site in sites])[np.where(known, columns["site"], 0)]
    if not known.all() or (elements != columns["element"]).any():
        faults.append(
            f"{int((~known | (elements != columns['element'])).sum())} columns do not fit the crystal's sites"
        )
    px = PM_PER_ANGSTROM / dataset.pixel_size_pm
    limits = zip("xy", dataset.images.shape[:0:-1], strict=True)
    # positions are float32: 1e-3 px at the far edge
    outside = [
        ~((columns[axis] * px >= -0.501) & (columns[axis] * px <= n * dataset.binning - 0.499)) for axis, n in limits
    ]
    if (outside[0] | outside[1]).any():
        faults.append(f"{int((outside[0] | outside[1]).sum())} columns lie outside the image")
    return faults
