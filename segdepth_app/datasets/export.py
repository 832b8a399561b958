"""A dataset in other programs' formats: one TIFF stack per specimen, its columns, its card, and an index.

<out>/specimen_000012.tif    float32, vacuum = 1, one page per image with its optics, pixel size in nm (ImageJ)
<out>/specimen_000012.csv    element,x_px,y_px,atoms,plane,deviation; positions in pixels of the stack, from 0
<out>/specimen_000012.json   all that made the specimen and its images
<out>/index.csv              one row per image: file, page, specimen, split, kind, all optics

The folder is filled under a temporary name and moved into place; a cancelled export leaves nothing. The CSV of
columns is what specimen.readers.read_column_table reads, at the pixel size of the stack.
"""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app import __version__
from segdepth_app.config import ExportConfig
from segdepth_app.csv_file import write_table
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import InputError
from segdepth_app.paths import writable_target
from segdepth_app.reporting import Reporter
from segdepth_app.units import PM_PER_ANGSTROM, binned_from_px

COLUMN_FIELDS = ("element", "x_px", "y_px", "atoms", "plane", "deviation")
NM_PER_PM = 1e-3
BYTES_PER_PIXEL = 4


def run(config: ExportConfig, reporter: Reporter) -> None:
    """The job: writes the folder, specimen by specimen. Raises: what export_dataset does, and Cancelled."""
    folder = export_dataset(
        config.dataset, config.out, split=config.split, specimens=config.specimens, reporter=reporter
    )
    reporter.artifact(folder)


def export_dataset(
    path: str | Path,
    out: str | Path,
    *,
    split: str = "all",
    specimens: Sequence[int] | None = None,
    reporter: Reporter | None = None,
) -> Path:
    """Writes the folder `out` and returns it; all specimens of `split`, or those of them that are named.

    Raises: InputError where the folder holds something, a specimen is not there, or the disk is too small;
    Cancelled where the reporter says so, between two specimens.
    """
    reporter = reporter or Reporter()
    with Dataset(path) as dataset:
        chosen = _chosen(dataset, split, specimens)
        target = _free_folder(out)
        _check_space(dataset, chosen, target)
        reporter.started(folder=str(target))
        with _folder_written_whole(target) as folder:
            rows: list[dict[str, Any]] = []
            for done, specimen in enumerate(chosen):
                reporter.raise_if_cancelled()
                reporter.progress(done, len(chosen), "specimens")
                rows += _write_specimen(dataset, specimen, folder)
            reporter.progress(len(chosen), len(chosen), "specimens")
            reporter.raise_if_cancelled()
            write_table(folder / "index.csv", list(rows[0]), (row.values() for row in rows))
    return target


def _chosen(dataset: Dataset, split: str, specimens: Sequence[int] | None) -> list[int]:
    ids: list[int] = np.unique(dataset.index["specimen"][dataset.images_of(split)]).tolist()
    if specimens is not None:
        missing = [specimen for specimen in specimens if specimen not in ids]
        if missing:
            where = "" if split == "all" else f" in its {split} split"
            raise InputError(
                f"{dataset.path} has no specimen {', '.join(map(str, missing))}{where}.",
                f"It has {len(ids)}, from {min(ids, default=0)} to {max(ids, default=0)}.",
            )
        ids = sorted(set(specimens))
    if not ids:
        raise InputError(f"{dataset.path} has no specimens in its {split} split.", "Choose another split.")
    return ids


def _free_folder(out: str | Path) -> Path:
    folder = Path(out)
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise InputError(f"{folder} exists already and is not empty.", "Name a new folder.")
    return folder if folder.is_dir() else writable_target(folder)


def _check_space(dataset: Dataset, chosen: list[int], target: Path) -> None:
    n_images = int(np.isin(dataset.index["specimen"], chosen).sum())
    needed = n_images * int(np.prod(dataset.images.shape[1:])) * BYTES_PER_PIXEL
    free = shutil.disk_usage(target.parent).free
    if needed > free:
        raise InputError(
            f"The TIFF stacks take {needed / 1e9:.2f} GB; {target.parent} has {free / 1e9:.2f} GB free.",
            "Export fewer specimens, or to another disk.",
        )


@contextmanager
def _folder_written_whole(target: Path) -> Iterator[Path]:
    """A temporary folder beside `target`, moved into place when the block ends well, removed when not."""
    temporary = target.with_name(f".{target.name}.part-{os.getpid()}")
    try:
        temporary.mkdir()
    except OSError as error:
        raise InputError(
            f"Cannot write to {target.parent}: {error.strerror or error}.", "Choose a folder inside one of your own."
        ) from error
    try:
        yield temporary
        with suppress(FileNotFoundError):
            target.rmdir()  # an empty folder may stand there; some systems do not move onto it
        os.replace(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write_specimen(dataset: Dataset, specimen: int, folder: Path) -> list[dict[str, Any]]:
    """The three files of one specimen; its rows of the index."""
    name = f"specimen_{specimen:06d}"
    images = np.flatnonzero(dataset.index["specimen"] == specimen)
    optics = [plain(dataset.index[i]) for i in images]
    _write_stack(dataset, images, optics, folder / f"{name}.tif")
    write_table(folder / f"{name}.csv", COLUMN_FIELDS, _column_rows(dataset, specimen))
    facts = plain(dataset.specimen(specimen))
    card: dict[str, Any] = {
        "format": "segdepth-specimen-1",
        "exported_by": __version__,
        "dataset": dataset.path.name,
        "version": dataset.version,
        "stored_pixel_nm": dataset.stored_pixel_pm * NM_PER_PM,
        "specimen": facts,
        "images": [{key: value for key, value in row.items() if key != "specimen"} for row in optics],
        "config": {key: value for key, value in dataset.config.items() if key != "out"},
    }
    (folder / f"{name}.json").write_text(json.dumps(card, indent=1), encoding="utf-8")
    about = {key: facts[key] for key in ("split", "kind", "surface", "thickness")}
    return [
        {"file": f"{name}.tif", "page": page, "specimen": specimen, **about, **card["images"][page]}
        for page in range(len(images))
    ]


def _write_stack(dataset: Dataset, images: np.ndarray, optics: list[dict[str, Any]], path: Path) -> None:
    import tifffile

    pixel_nm = dataset.stored_pixel_pm * NM_PER_PM
    tifffile.imwrite(
        path,
        (dataset.image(int(i)) for i in images),
        shape=(len(images), *dataset.images.shape[1:]),
        dtype=np.float32,
        imagej=True,
        resolution=(1 / pixel_nm, 1 / pixel_nm),
        metadata={
            "axes": "ZYX",
            "unit": "nm",
            "Labels": [_label(row) for row in optics],
            "Info": json.dumps(optics),
        },
    )


def _label(row: dict[str, Any]) -> str:
    """What a viewer shows above a page."""
    return (
        f"C1 {row['c1_nm']:+z.3f} nm, focal spread {row['focal_spread_1e_nm']:.2f} nm, "
        f"image spread {row['image_spread_pm']:.1f} pm"
    )


def _column_rows(dataset: Dataset, specimen: int) -> Iterator[tuple[object, ...]]:
    from ase.data import chemical_symbols

    columns = dataset.columns(specimen)
    x, y = (
        binned_from_px(columns[axis].astype(float) * (PM_PER_ANGSTROM / dataset.pixel_size_pm), dataset.binning)
        for axis in "xy"
    )
    for row, x_px, y_px in zip(columns, x, y, strict=True):
        symbol = chemical_symbols[row["element"]]
        yield symbol, f"{x_px:.4f}", f"{y_px:.4f}", row["count"], row["plane"], row["deviation"]


def plain(row: np.void) -> dict[str, Any]:
    """A table's row in JSON's own types: text for bytes, None for NaN."""
    values = {name: row[name].item() for name in row.dtype.names or ()}
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float):
        # float32 holds 7 digits; more would be noise
        return None if np.isnan(value) else float(f"{value:.7g}")
    return value
