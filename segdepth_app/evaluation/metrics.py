"""Streaming tallies of how well depth maps and columns are called.

Everything is a confusion matrix: rows are true classes, columns of the matrix are called classes, both
0 to 10 atoms (0: background, or an empty site). Figures of merit are read off it at the end, so memory
does not grow with the number of images. A share of nothing is None, never NaN.

The paper's four (Leibovich et al., sec. IV-A), against the ring labels the network is trained on:
pixelwise accuracy, all pixels; centre accuracy, pixels within the label radius of the column they are
nearest to (16 px for Ce and 12 px for O at 5.3 pm); detection rate, share of pixels that belong to a
column and are called so; hallucination rate, share of pixels called a column that are background.
"""

from dataclasses import dataclass, field

import numpy as np

from segdepth_app.config import N_CLASSES

Figures = dict[str, float | int | None]


def confusion(truth: np.ndarray, called: np.ndarray) -> np.ndarray:
    """Counts int64 (11, 11) of two integer arrays of the same shape: [true class, called class]."""
    pairs = truth.astype(np.int64).ravel() * N_CLASSES + called.astype(np.int64).ravel()
    return np.bincount(pairs, minlength=N_CLASSES**2).reshape(N_CLASSES, N_CLASSES)


def share(part: float, whole: float) -> float | None:
    """part / whole; None where there is nothing to divide by."""
    return float(part) / float(whole) if whole else None


def accuracy(matrix: np.ndarray) -> float | None:
    """Share on the diagonal."""
    return share(np.trace(matrix), matrix.sum())


def within_one(matrix: np.ndarray) -> float | None:
    """Share called right or one atom off."""
    return share((matrix * (_distance() <= 1)).sum(), matrix.sum())


def mean_absolute_error(matrix: np.ndarray) -> float | None:
    """Mean distance of the called class from the true one, in atoms."""
    return share((matrix * _distance()).sum(), matrix.sum())


def pixel_shares(pixels: np.ndarray, centres: np.ndarray) -> dict[str, tuple[int, int]]:
    """The paper's four, each as (part, whole) of the confusions of all pixels and of those at centres."""
    return {
        "pixel_accuracy": (np.trace(pixels), pixels.sum()),
        "centre_accuracy": (np.trace(centres), centres.sum()),
        "detection_rate": (pixels[1:, 1:].sum(), pixels[1:].sum()),
        "hallucination_rate": (pixels[0, 1:].sum(), pixels[:, 1:].sum()),
    }


def column_shares(columns: np.ndarray) -> dict[str, tuple[int, int]]:
    """Accuracy, ±1, mean absolute error in atoms, and accuracy of empty sites, each as (part, whole)."""
    n = columns.sum()
    return {
        "column_accuracy": (np.trace(columns), n),
        "column_within_one": ((columns * (_distance() <= 1)).sum(), n),
        "column_mae": ((columns * _distance()).sum(), n),
        "vacancy_accuracy": (columns[0, 0], columns[0].sum()),
    }


def summary(matrix: np.ndarray) -> Figures:
    """n, accuracy, within_one, mae of one confusion matrix."""
    return {
        "n": int(matrix.sum()),
        "accuracy": accuracy(matrix),
        "within_one": within_one(matrix),
        "mae": mean_absolute_error(matrix),
    }


def _distance() -> np.ndarray:
    classes = np.arange(N_CLASSES)
    return np.abs(classes[:, None] - classes[None, :])


def empty_confusion() -> np.ndarray:
    """int64 (11, 11) of zeros."""
    return np.zeros((N_CLASSES, N_CLASSES), np.int64)


@dataclass
class PixelTally:
    """Confusions of all pixels and of the pixels at column centres."""

    pixels: np.ndarray = field(default_factory=empty_confusion)
    centres: np.ndarray = field(default_factory=empty_confusion)

    def add(self, truth: np.ndarray, called: np.ndarray, at_centre: np.ndarray) -> None:
        """One image: true and called classes (H, W), and the mask of pixels near a column centre."""
        self.add_confusions(confusion(truth, called), confusion(truth[at_centre], called[at_centre]))

    def add_confusions(self, pixels: np.ndarray, centres: np.ndarray) -> None:
        """One image, counted already."""
        self.pixels += pixels
        self.centres += centres

    def figures(self) -> dict[str, float | None]:
        """The paper's four."""
        return {name: share(part, whole) for name, (part, whole) in pixel_shares(self.pixels, self.centres).items()}


def by_depth(matrix: np.ndarray) -> dict[str, Figures]:
    """summary() of every true class, its row alone."""
    return {str(depth): summary(_row_alone(matrix, depth)) for depth in range(N_CLASSES)}


def _row_alone(matrix: np.ndarray, row: int) -> np.ndarray:
    alone = empty_confusion()
    alone[row] = matrix[row]
    return alone


@dataclass(frozen=True)
class Bins:
    """Even bins from low to high, the last one closed."""

    edges: tuple[float, ...]

    @classmethod
    def over(cls, values: np.ndarray, *, width: float) -> "Bins":
        """Bins of `width`, edges at its multiples, that hold all values; one bin at least."""
        if not len(values):
            return cls((0.0, width))
        # a float32 hair past an edge must not open an empty bin
        low = np.floor(float(values.min()) / width + 1e-4) * width
        high = np.ceil(float(values.max()) / width - 1e-4) * width
        n = max(1, round((high - low) / width))
        return cls(tuple(float(low + i * width) for i in range(n + 1)))

    def index(self, value: float) -> int:
        """The bin a value falls in; values outside go to the nearest bin."""
        found = int(np.searchsorted(self.edges, value, side="right")) - 1
        return min(max(found, 0), len(self.edges) - 2)
