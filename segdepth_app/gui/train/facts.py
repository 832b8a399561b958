"""What the wizard must know of a dataset before a training on it can be planned."""

from dataclasses import dataclass
from pathlib import Path

FAST_BINNING = 4  # the fast network reads counts summed over 4 × 4 reference pixels


@dataclass(frozen=True)
class DatasetFacts:
    """`height_px` and `width_px` are those of the stored images."""

    name: str
    n_specimens: int
    train_images: int
    validation_images: int
    test_images: int
    height_px: int
    width_px: int
    pixel_size_pm: float
    binning: int

    def sentence(self) -> str:
        """One line for the page and the review."""
        return (
            f"{self.name}: {self.n_specimens} specimens; images: {self.train_images} training, "
            f"{self.validation_images} validation, {self.test_images} test; {self.width_px} × {self.height_px} px "
            f"of {self.pixel_size_pm * self.binning:.3g} pm"
        )


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
        )
