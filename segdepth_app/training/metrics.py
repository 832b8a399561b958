"""How good a network is on the validation images: pure functions on arrays, and their sums over images."""

from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from segdepth_app.datasets.batches import WholeImage
from segdepth_app.datasets.labels import pool_discs


@dataclass
class Tally:
    """Sums over images, from which the shares are taken."""

    loss: float = 0.0
    weight: float = 0.0
    pixels: int = 0
    pixels_right: int = 0
    centre: int = 0
    centre_right: int = 0
    columns: int = 0
    columns_right: int = 0
    columns_within_one: int = 0

    def add(self, log_probability: npt.NDArray[np.floating], truth: WholeImage) -> None:
        """Counts one image; `log_probability` is (11, h, w)."""
        depth = truth.depth.astype(np.int64)
        picked = np.take_along_axis(log_probability, depth[None], axis=0)[0]
        self.loss -= float((picked * truth.weight).sum(dtype=np.float64))
        self.weight += float(truth.weight.sum(dtype=np.float64))
        right = log_probability.argmax(axis=0) == depth
        self.pixels += right.size
        self.pixels_right += int(right.sum())
        self.centre += int(truth.centre.sum())
        self.centre_right += int(right[truth.centre].sum())
        estimate, whole = column_estimates(np.exp(log_probability), truth)
        miss = np.abs(estimate - truth.counts)[whole]
        self.columns += int(miss.size)
        self.columns_right += int((miss == 0).sum())
        self.columns_within_one += int((miss <= 1).sum())

    def sums(self) -> list[float]:
        """All sums as plain numbers; counts stay exact up to 2^53."""
        return [float(value) for value in astuple(self)]

    @classmethod
    def of_sums(cls, sums: list[float]) -> "Tally":
        """The tally with these sums."""
        loss, weight, *counts = sums
        return cls(loss, weight, *(int(count) for count in counts))

    def shares(self) -> dict[str, float]:
        """Loss and accuracies of everything counted so far."""
        return {
            "val_loss": self.loss / max(self.weight, 1e-12),
            "pixel_accuracy": self.pixels_right / max(self.pixels, 1),
            "centre_accuracy": self.centre_right / max(self.centre, 1),
            "column_accuracy": self.columns_right / max(self.columns, 1),
            "column_within_one": self.columns_within_one / max(self.columns, 1),
        }


def column_estimates(
    probability: npt.NDArray[np.floating], truth: WholeImage
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Most probable count of each column, pooled over its plateau, and which columns lie in the image.

    Vacancies are columns too: calling one empty is right.
    """
    pooled = pool_discs(probability, truth.discs, len(truth.counts))
    inside = ~np.isnan(pooled[:, 0])
    return np.where(inside, np.nan_to_num(pooled).argmax(axis=1), 0), inside
