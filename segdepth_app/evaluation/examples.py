"""Columns behind the cells of the confusion: for each dose and cell a fair sample, with what the network saw there.

Of the columns of a cell those with the smallest keys are kept; a key is a random number drawn from the seed, the
image and the dose. So every column of a cell has the same chance, whatever the order or the batches in which images
come, and memory holds what is kept and no more.

Crops are about 1 nm wide and lie on the output pixel, where input pixels are finer as their means. A column near the
border has its crop moved inside; `crop_x_px`, `crop_y_px` say where in the crop it stands.
"""

from dataclasses import dataclass
from heapq import heappush, heapreplace
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.config import N_CLASSES
from segdepth_app.datasets.batches import binned_mean
from segdepth_app.datasets.labels import pixel_positions
from segdepth_app.evaluation.bench import Bench, Shot
from segdepth_app.evaluation.judge import Judged
from segdepth_app.evaluation.records import EXAMPLE_ARRAYS, EXAMPLES_FILE, WHERE_DTYPE
from segdepth_app.units import PM_PER_ANGSTROM

CROP_PM = 1018.0
"""48 pixels of 21.2 pm: the column, and two or three others to every side."""
KEY_STREAM = 1
"""Sets the keys' random numbers apart from those of the noise."""


@dataclass(frozen=True)
class _Kept:
    image: np.ndarray
    called: np.ndarray
    truth: np.ndarray
    where: tuple[Any, ...]


class ExampleKeeper:
    """Keeps up to `n` columns of each cell at each dose."""

    def __init__(self, bench: Bench, doses_e_per_px: list[float], n: int) -> None:
        self.bench, self.doses, self.n = bench, doses_e_per_px, n
        grid = bench.grid
        self.pixel_pm = bench.dataset.pixel_size_pm * grid.output_binning
        wanted = max(1, round(CROP_PM / self.pixel_pm))
        self.shape = np.minimum(wanted, grid.output_shape)
        self._ratio = grid.output_binning // grid.input_binning
        # the largest key that is kept, and a heap of (-key, example) of every cell
        self._largest = np.ones((len(doses_e_per_px), N_CLASSES, N_CLASSES))
        self._cells: dict[tuple[int, int, int], list[tuple[float, _Kept]]] = {}

    def add(self, shot: Shot, judged: Judged) -> None:
        """The columns of one image at one dose."""
        if not self.n:
            return
        true, called = judged.columns["count"], judged.called
        stream = [self.bench.seed, shot.row, round(shot.dose_e_per_px * 1e6), KEY_STREAM]
        keys = np.random.default_rng(stream).random(len(true))
        for i in np.flatnonzero(keys < self._largest[shot.number, true, called]):
            # an earlier column of this image may have taken the place
            cell = (shot.number, int(true[i]), int(called[i]))
            if keys[i] < self._largest[cell]:
                self._keep(cell, float(keys[i]), self._example(shot, judged, int(i)))

    def _keep(self, cell: tuple[int, int, int], key: float, example: _Kept) -> None:
        heap = self._cells.setdefault(cell, [])
        if len(heap) < self.n:
            heappush(heap, (-key, example))
        else:
            heapreplace(heap, (-key, example))
        if len(heap) == self.n:
            self._largest[cell] = -heap[0][0]

    def _example(self, shot: Shot, judged: Judged, i: int) -> _Kept:
        dataset, column = self.bench.dataset, judged.columns[i]
        pixel_pm, binning = dataset.pixel_size_pm, self.bench.grid.output_binning
        position = pixel_positions(judged.columns[i : i + 1], pixel_size_pm=pixel_pm, binning=binning)[0]
        start = np.clip(np.rint(position).astype(int) - self.shape // 2, 0, self.bench.grid.output_shape - self.shape)
        crop = tuple(slice(a, a + n) for a, n in zip(start, self.shape, strict=True))
        fine = tuple(slice(part.start * self._ratio, part.stop * self._ratio) for part in crop)
        place = {
            "image": shot.row,
            "specimen": shot.specimen,
            "x_px": column["x"] * PM_PER_ANGSTROM / pixel_pm,
            "y_px": column["y"] * PM_PER_ANGSTROM / pixel_pm,
            "crop_x_px": position[1] - start[1],
            "crop_y_px": position[0] - start[0],
            "element": column["element"],
            "confidence": judged.probability[i].max(),
            "c1_nm": shot.c1_nm,
            "image_spread_pm": shot.image_spread_pm,
            "kind": shot.truth.kind.encode(),
        }
        return _Kept(
            image=binned_mean(shot.image[fine], self._ratio).astype(np.float16),
            called=judged.depth[crop].copy(),  # a view would keep the whole map
            truth=shot.truth.depth[crop].copy(),
            where=tuple(place[name] for name in WHERE_DTYPE.names or ()),
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """EXAMPLE_ARRAYS, by dose, cell and key."""
        kept = [
            (cell, example)
            for cell in sorted(self._cells)
            for _, example in sorted(self._cells[cell], key=lambda pair: -pair[0])
        ]
        values = {
            "cells": np.array([cell[1:] for cell, _ in kept], np.uint8).reshape(-1, 2),
            "dose": np.array([self.doses[cell[0]] for cell, _ in kept]),
            "image": self._stacked([example.image for _, example in kept], np.float16),
            "called": self._stacked([example.called for _, example in kept], np.uint8),
            "truth": self._stacked([example.truth for _, example in kept], np.uint8),
            "where": np.array([example.where for _, example in kept], WHERE_DTYPE),
            "pixels_pm": np.array([self.pixel_pm, self.pixel_pm]),
        }
        return {name: values[name] for name in EXAMPLE_ARRAYS}

    def _stacked(self, crops: list[np.ndarray], dtype: type) -> np.ndarray:
        return np.array(crops, dtype).reshape(-1, *self.shape)

    def write(self, folder: Path, _record: dict[str, Any]) -> None:
        """examples.npz, where examples were asked for."""
        if self.n:
            np.savez_compressed(folder / EXAMPLES_FILE, allow_pickle=False, **self.arrays())
