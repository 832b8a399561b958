"""What is true of one image of a dataset, at the pixel of a network's output.

Units: columns' x, y in Å from the centre of the first reference pixel; maps are [y, x].
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from segdepth_app.config import LabelConfig
from segdepth_app.datasets.labels import centre_mask, pixel_positions, plateau_map, ring_maps
from segdepth_app.datasets.store import Dataset
from segdepth_app.evaluation.prepared import PreparedTruth, prepare


@dataclass(frozen=True)
class SpecimenTruth:
    """Columns and maps of one specimen; all its images share them."""

    kind: str
    columns: np.ndarray  # those whose centre lies in the image
    inside: np.ndarray  # bool, rows of the specimen's table that are in `columns`
    depth: np.ndarray  # uint8 (h, w), ring labels
    at_centre: np.ndarray  # bool (h, w)
    discs: np.ndarray  # int32 (h, w), row of the *whole* table whose plateau a pixel lies on

    @cached_property
    def prepared(self) -> PreparedTruth:
        """What judging needs of it, computed once for all images and doses."""
        return prepare(
            kind=self.kind,
            columns=self.columns,
            inside=self.inside,
            depth=self.depth,
            at_centre=self.at_centre,
            discs=self.discs,
        )


def specimen_truth(
    dataset: Dataset, specimen: int, *, shape: tuple[int, int], binning: int, labels: LabelConfig
) -> SpecimenTruth:
    """The truth of one specimen on a grid of `shape` with pixels `binning` times the reference pixel."""
    columns, pixel_pm = dataset.columns(specimen), dataset.pixel_size_pm
    depth, _ = ring_maps(columns, shape=shape, pixel_size_pm=pixel_pm, binning=binning, labels=labels)
    position = pixel_positions(columns, pixel_size_pm=pixel_pm, binning=binning)
    # integers are pixel centres: the image reaches half a pixel beyond the first and the last
    inside = np.all((position >= -0.5) & (position < np.array(shape) - 0.5), axis=1)
    return SpecimenTruth(
        kind=dataset.specimen(specimen)["kind"].decode(),
        columns=columns[inside],
        inside=inside,
        depth=depth,
        at_centre=centre_mask(columns, shape=shape, pixel_size_pm=pixel_pm, binning=binning, labels=labels),
        discs=plateau_map(columns, shape=shape, pixel_size_pm=pixel_pm, binning=binning, labels=labels),
    )
