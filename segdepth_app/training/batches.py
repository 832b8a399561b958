"""The batches of an epoch as a training takes them: made ahead of time, and cut where several share them.

Every batch is a function of (seed, epoch, step) alone, so it does not matter who makes it, when, or how many
share it: each of `n_parts` parts carries the share of the loss that makes their mean the loss of the whole.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np
import torch

from segdepth_app.config import TrainConfig
from segdepth_app.datasets.batches import Batch, CropSource
from segdepth_app.training.denoise import needs_clean, stage_of
from segdepth_app.training.place import Place
from segdepth_app.training.team import ALONE, Team

T = TypeVar("T")


class Part(NamedTuple):
    """What goes through the network at once: a whole batch, or a part of one."""

    batch: Batch  # of tensors
    share: float  # n_parts × this part's weight in the whole; 1 for a whole batch


class TrainBatches:
    """The batches of the epoch under way, from where it stands; Lightning iterates it once per epoch.

    `n_parts` is how many parts this process takes one after the other of its own share of a batch; `n_makers`
    threads make batches while the network computes. numpy lets go of the interpreter while it draws noise.
    """

    def __init__(
        self,
        source: CropSource,
        config: TrainConfig,
        place: Place,
        n_steps: int,
        *,
        team: Team = ALONE,
        n_parts: int = 1,
        n_makers: int = 1,
    ) -> None:
        self.source, self.config, self.place, self.n_steps = source, config, place, n_steps
        self.team, self.n_parts, self.n_makers = team, n_parts, n_makers

    def __iter__(self) -> Iterator[Part]:
        epoch = self.place.epoch
        steps = range(self.place.step, self.n_steps)
        for parts in ahead(lambda step: self.parts(epoch, step), steps, self.n_makers):
            yield from parts

    def parts(self, epoch: int, step: int) -> list[Part]:
        """What this process takes of batch `step`."""
        config, team = self.config, self.team
        whole = self.source.batch(
            seed=config.seed,
            epoch=epoch,
            step=step,
            size=config.batch_size,
            crop_px=config.crop_px,
            dose_range=(config.dose_low_e_per_px, config.dose_high_e_per_px),
            with_clean=needs_clean(config, epoch),
        )
        by_weight = stage_of(config, epoch) != "denoise"
        cut = cut_batch(whole, team.size * self.n_parts, by_weight=by_weight)
        return cut[team.rank * self.n_parts : (team.rank + 1) * self.n_parts]


def cut_batch(whole: Batch, n_parts: int, *, by_weight: bool) -> list[Part]:
    """The batch as tensors, in `n_parts` parts of (nearly) the same number of crops.

    `by_weight`: the loss is a mean over the weights, else one over the pixels.
    """
    n = len(whole.image)
    total = float(whole.weight.sum(dtype=np.float64))
    parts = []
    for rows in np.array_split(np.arange(n), n_parts):
        some = slice(int(rows[0]), int(rows[-1]) + 1)
        weight = float(whole.weight[some].sum(dtype=np.float64)) / total if by_weight else len(rows) / n
        tensors = (None if array is None else torch.from_numpy(array[some]) for array in whole)
        parts.append(Part(Batch(*tensors), n_parts * weight))  # type: ignore[arg-type]
    return parts


def ahead(make: Callable[[int], T], numbers: range, n_makers: int) -> Iterator[T]:
    """make(number) for every number, in order, while threads make the next ones; without makers one by one."""
    if not n_makers:
        yield from map(make, numbers)
        return
    pool = ThreadPoolExecutor(n_makers, thread_name_prefix="batches")
    waiting: deque[Future[T]] = deque()
    try:
        for number in numbers:
            waiting.append(pool.submit(make, number))
            if len(waiting) > n_makers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
