"""What the wizard must know of a dataset before a training on it can be planned."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from segdepth_app.datasets.store import Dataset

FAST_BINNING = 4  # the fast network reads counts summed over 4 × 4 reference pixels
WEDGES_ALONE = (
    "All specimens are wedges. A model trained on wedges alone reads the neighbourhood, not the column; see the guide."
)
Range = tuple[float, float]


@dataclass(frozen=True)
class DatasetFacts:
    """`height_px` and `width_px` are those of the stored images. Ranges are what was drawn, lowest and highest."""

    name: str
    n_specimens: int
    train_images: int
    validation_images: int
    test_images: int
    height_px: int
    width_px: int
    pixel_size_pm: float
    binning: int
    kinds: tuple[tuple[str, int], ...] = ()
    """Kinds of specimens and how many there are of each."""
    thickness_atoms: Range = (0.0, 0.0)
    c1_nm: Range = (0.0, 0.0)
    focal_spread_1e_nm: Range = (0.0, 0.0)
    image_spread_pm: Range = (0.0, 0.0)
    voltage_kv: Range = (0.0, 0.0)

    def sentence(self) -> str:
        """One line for the review."""
        return (
            f"{self.name}: {self.n_specimens} specimens; images: {self.train_images} training, "
            f"{self.validation_images} validation, {self.test_images} test; {self.width_px} × {self.height_px} px "
            f"of {self.pixel_size_pm * self.binning:.3g} pm"
        )

    def lines(self) -> list[tuple[str, str]]:
        """What the page shows: (what, value)."""
        total = self.train_images + self.validation_images + self.test_images
        kinds = ", ".join(f"{number} {kind}" for kind, number in self.kinds)
        stored = f"{self.pixel_size_pm * self.binning:.4g} pm"
        if self.binning > 1:
            stored += f" ({self.binning} × {self.binning} of {self.pixel_size_pm:.4g} pm)"
        optics = (
            f"defocus {span(self.c1_nm, 'nm')}, focal spread {span(self.focal_spread_1e_nm, 'nm')}, "
            f"{span(self.voltage_kv, 'kV')}"
        )
        return [
            ("Specimens", f"{self.n_specimens}: {kinds}; {span(self.thickness_atoms, 'atoms')} thick on average"),
            (
                "Images",
                f"{total}: {self.train_images} training, {self.validation_images} validation, {self.test_images} test",
            ),
            ("Size", f"{self.width_px} × {self.height_px} px of {stored}"),
            ("Optics", optics),
            ("Image spread", span(self.image_spread_pm, "pm")),
        ]

    @property
    def warning(self) -> str:
        """What a training on it cannot teach; empty where nothing speaks against it."""
        return WEDGES_ALONE if self.kinds and {kind for kind, _ in self.kinds} == {"wedge"} else ""


def span(values: Range, unit: str) -> str:
    """A range with its unit; one value where both ends are the same."""
    low, high = (f"{value:.3g}" for value in values)
    return f"{low} {unit}" if low == high else f"{low} to {high} {unit}"


def read_facts(path: Path) -> DatasetFacts:
    """Reads them. Raises: DatasetError or InputError where the file cannot be used."""
    from segdepth_app.datasets.store import Dataset  # h5py only once a dataset is chosen

    with Dataset(path) as dataset:
        return DatasetFacts(
            name=path.stem,
            n_specimens=len(dataset.specimens),
            train_images=len(dataset.images_of("train")),
            validation_images=len(dataset.images_of("validation")),
            test_images=len(dataset.images_of("test")),
            height_px=int(dataset.images.shape[1]),
            width_px=int(dataset.images.shape[2]),
            pixel_size_pm=dataset.pixel_size_pm,
            binning=dataset.binning,
            kinds=_kinds(dataset),
            thickness_atoms=_range(dataset.specimens["thickness"]),
            **{name: _range(dataset.index[name]) for name in OPTICS},
        )


OPTICS = ("c1_nm", "focal_spread_1e_nm", "image_spread_pm", "voltage_kv")


def _kinds(dataset: "Dataset") -> tuple[tuple[str, int], ...]:
    counted = Counter(kind.decode() for kind in dataset.specimens["kind"].tolist())
    return tuple(counted.most_common())


def _range(values: np.ndarray) -> Range:
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
