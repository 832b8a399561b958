"""What is computed once of a specimen's truth so that judging an image is quick."""

from dataclasses import dataclass, field

import numpy as np
import torch

from segdepth_app.config import N_CLASSES
from segdepth_app.datasets.labels import NO_COLUMN
from segdepth_app.evaluation.neighbours import has_plane, mean_around, neighbours_plane
from segdepth_app.specimen.table import SYMBOLS

PLANE, NEIGHBOURS = "plane", "neighbours"


@dataclass(frozen=True)
class PreparedTruth:
    """Pixels are flattened, (h·w,); columns are those that lie in the image and have pixels of their own, (n,)."""

    depth: np.ndarray  # int64, true class of every pixel
    pixel_codes: np.ndarray  # int64, (at a centre, true class) as one number, times 11
    occupied: np.ndarray  # bool, true class > 0
    columns: np.ndarray  # rows of the column table
    elements: tuple[str, ...]
    element_codes: np.ndarray  # int64, index into `elements` of every column
    reference: str  # PLANE or NEIGHBOURS
    plane: np.ndarray  # int64, count the reference suggests for every column; NO_REFERENCE where there is none
    around: np.ndarray  # float64, what the calls are regressed on beside the true count: plane, or mean of neighbours
    n_unjudged: int  # columns in the image without a pixel of their own
    column_pixels: np.ndarray  # int64 (p,), pixels of the columns, column by column
    starts: np.ndarray  # int64 (n,), where in column_pixels each column begins
    sizes: np.ndarray  # int64 (n,)
    _on_device: dict[str, torch.Tensor] = field(default_factory=dict)

    def column_means(self, logits: torch.Tensor) -> np.ndarray:
        """Mean logits float64 (n, 11) over each column's pixels, of flattened maps (11, h·w) on any device."""
        if not len(self.starts):
            return np.zeros((0, N_CLASSES))
        device = str(logits.device)
        if device not in self._on_device:
            self._on_device[device] = torch.from_numpy(self.column_pixels).to(logits.device)
        gathered = logits.index_select(1, self._on_device[device]).cpu().numpy()
        return np.asarray((np.add.reduceat(gathered, self.starts, axis=1, dtype=np.float64) / self.sizes).T)


def prepare(
    *, kind: str, columns: np.ndarray, inside: np.ndarray, depth: np.ndarray, at_centre: np.ndarray, discs: np.ndarray
) -> PreparedTruth:
    """From the fields of a SpecimenTruth."""
    owners = np.append(np.where(inside, np.cumsum(inside) - 1, NO_COLUMN), NO_COLUMN)[discs.ravel()]
    pixels = np.flatnonzero(owners != NO_COLUMN)
    pixels = pixels[np.argsort(owners[pixels], kind="stable")]
    sizes = np.bincount(owners[pixels], minlength=len(columns))
    judged = sizes > 0
    sizes = sizes[judged]
    known = has_plane(kind, columns)
    plane = columns["plane"].astype(np.int64) if known else neighbours_plane(columns)
    around = plane.astype(np.float64) if known else mean_around(columns)
    numbers, element_codes = np.unique(columns["element"][judged], return_inverse=True)
    classes = depth.ravel().astype(np.int64)
    return PreparedTruth(
        depth=classes,
        pixel_codes=(at_centre.ravel() * N_CLASSES + classes) * N_CLASSES,
        occupied=classes > 0,
        columns=columns[judged],
        elements=tuple(SYMBOLS.get(int(z), f"Z={z}") for z in numbers),
        element_codes=element_codes,
        reference=PLANE if known else NEIGHBOURS,
        plane=plane[judged],
        around=around[judged],
        n_unjudged=int((~judged).sum()),
        column_pixels=pixels,
        starts=np.cumsum(sizes) - sizes,
        sizes=sizes,
    )
