"""The images that were judged worst at each dose, as files that View opens: the same noise, the same pixels.

Worst is the lowest share of columns called right; of equal ones the first in the dataset. Images without columns
have no such share and are none of them. Values are electron counts at the network's input pixel; where the dataset
puts a gain and offset of their own on its images they are no counts any more, and are stored as shown (float32).
"""

from heapq import heappush, heapreplace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from segdepth_app.evaluation.bench import Bench, Shot
from segdepth_app.evaluation.judge import Judged
from segdepth_app.evaluation.records import WORST_FOLDER, dose_key
from segdepth_app.microscope.image_file import save_image


class _Kept(NamedTuple):
    image: np.ndarray
    facts: dict[str, Any]
    """As metrics.json has them."""


class WorstKeeper:
    """Keeps the `n` worst images of each dose, and no others, in memory."""

    def __init__(self, bench: Bench, doses_e_per_px: list[float], n: int) -> None:
        self.bench, self.doses, self.n = bench, doses_e_per_px, n
        # heaps with the best of the kept on top: (-accuracy, -row, image)
        self._heaps: list[list[tuple[float, int, _Kept]]] = [[] for _ in doses_e_per_px]

    def add(self, shot: Shot, judged: Judged) -> None:
        """One image at one dose."""
        n_columns = len(judged.columns)
        if not self.n or not n_columns:
            return
        accuracy = judged.n_right / n_columns
        heap, place = self._heaps[shot.number], (-accuracy, -shot.row)
        if len(heap) < self.n:
            heappush(heap, (*place, self._item(shot, accuracy, n_columns)))
        elif place > heap[0][:2]:
            heapreplace(heap, (*place, self._item(shot, accuracy, n_columns)))

    def _item(self, shot: Shot, accuracy: float, n_columns: int) -> _Kept:
        facts = {
            "accuracy": accuracy,
            "n_columns": n_columns,
            "image": shot.row,
            "specimen": shot.specimen,
            "kind": shot.truth.kind,
            "c1_nm": shot.c1_nm,
            "image_spread_pm": shot.image_spread_pm,
            "pixel_size_pm": self.bench.dataset.pixel_size_pm * self.bench.grid.input_binning,
            "dose_e_per_px": self.bench.vacuum_counts(shot.dose_e_per_px),
        }
        return _Kept(shot.image, facts)

    def kept(self, number: int) -> list[_Kept]:
        """The worst at dose `number`, the worst first."""
        return [entry[2] for entry in sorted(self._heaps[number], key=lambda entry: entry[:2], reverse=True)]

    def write(self, folder: Path, record: dict[str, Any]) -> None:
        """The files of all doses, listed under `worst` of each."""
        for number, dose in enumerate(self.doses):
            listed = []
            for rank, item in enumerate(self.kept(number), start=1):
                name = f"{WORST_FOLDER}/dose-{dose_key(dose)}_{rank:02d}_image-{item.facts['image']}.tif"
                self._write(folder / name, item)
                listed.append({"file": name, **item.facts})
            record["doses"][dose_key(dose)]["worst"] = listed

    def _write(self, path: Path, item: _Kept) -> None:
        bench = self.bench
        about = {"dataset": bench.dataset.path.name, "model": bench.model.card.name, "noise_seed": bench.seed}
        path.parent.mkdir(exist_ok=True)
        save_image(path, self._pixels(item), {**item.facts, **about, "is_counts": bench.is_counts})

    def _pixels(self, item: _Kept) -> np.ndarray:
        if not self.bench.is_counts:
            return item.image
        counts = np.rint(item.image.astype(np.float64) * item.facts["dose_e_per_px"])
        return counts.astype(np.uint16 if counts.max() <= np.iinfo(np.uint16).max else np.uint32)
