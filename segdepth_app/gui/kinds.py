"""Which tab a path belongs to."""

from pathlib import Path

MODEL_SUFFIX = ".safetensors"
HDF5_SUFFIXES = (".h5", ".hdf5")
PARTS_SUFFIXES = tuple(f"{suffix}.parts" for suffix in HDF5_SUFFIXES)
EVALUATION_FILES = ("metrics.json", "study.json")
RUN_FILES = ("config.json", "status.json")


def tab_for(path: Path) -> str:
    """simulate: datasets, also in the making; train: run folders; evaluate: evaluations, studies, models; else view."""
    if path.is_dir():
        if path.name.endswith(PARTS_SUFFIXES):
            return "simulate"
        if any((path / name).is_file() for name in EVALUATION_FILES):
            return "evaluate"
        return "train" if all((path / name).is_file() for name in RUN_FILES) else "view"
    suffix = path.suffix.lower()
    if suffix == MODEL_SUFFIX or path.name in EVALUATION_FILES:
        return "evaluate"
    return "simulate" if suffix in HDF5_SUFFIXES and _is_dataset(path) else "view"


def _is_dataset(path: Path) -> bool:
    from segdepth_app.datasets.store import is_dataset

    return is_dataset(path)  # False for a damaged file too: the tab that is asked to open it says what is wrong
