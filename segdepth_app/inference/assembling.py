"""From the journal of an analysis to its result: maps, then sites, columns through time, events and activity.

The journal is read twice, frame by frame: once for the maps and what all frames together say of where columns
stand, once to pool every frame at these places. What it holds decides everything, so an analysis that was
interrupted gives the result that it would have given in one piece.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from segdepth_app.config import N_CLASSES
from segdepth_app.inference.columns import Evidence, Sites, find_sites, pool
from segdepth_app.inference.journal import Block, Bytes, logs_of, probability_of, windows_in
from segdepth_app.inference.journal_writer import Journal
from segdepth_app.inference.result_info import OUTSIDE
from segdepth_app.inference.result_writer import ResultWriter
from segdepth_app.inference.traces import column_prior
from segdepth_app.inference.tracking import Tracked, track
from segdepth_app.models.card import ModelCard
from segdepth_app.paths import written_whole
from segdepth_app.reporting import Reporter
from segdepth_app.series.grid import Grid

UNIT = "frames put together"

Floats = npt.NDArray[np.floating]
SMALLEST = 1e-6
"""Least probability of a class in a pixel; the journal keeps none below."""


class Kept(NamedTuple):
    """A frame of the journal."""

    frame: int
    depth: Bytes
    confidence: Bytes
    probability: Floats
    """(11, h, w), what the network said, also of pixels that the frame did not record."""

    @property
    def recorded(self) -> npt.NDArray[np.bool_]:
        """Pixels that lie in the frame."""
        return self.depth != OUTSIDE


class Added(NamedTuple):
    """A sum of frames start to stop - 1 of the journal."""

    start: int
    stop: int
    log_probability: Floats


def assemble(
    journal: Journal,
    out: Path,
    *,
    card: ModelCard,
    grid: Grid,
    stay_probability: float | None,
    shift_px: Floats | None,
    warnings: list[str],
    reporter: Reporter,
) -> None:
    """Writes the result of all frames of the journal, with the warnings so far and its own. Raises: Cancelled.

    `shift_px` (n, 2): the drift of every frame of the file, None where it was not undone.
    """
    info = journal.info
    with (
        written_whole(out) as temporary,
        ResultWriter(temporary, n_frames=info.n_frames, shape=journal.shape) as writer,
    ):
        steps = _Steps(reporter, journal.n_done)
        evidence, always = _maps(journal, writer, steps)
        sites = find_sites(evidence, card)
        frames = np.flatnonzero(writer.done)
        pooled, seen, sums = _pooled(journal, sites, card, steps)
        tracked = track(sites, frames, pooled, sums, card=card, stay_probability=stay_probability, grid=grid, seen=seen)
        _admit_unseen(tracked, seen, sites, frames, grid)
        found = [text for text in (*sites.warnings, *tracked.warnings) if text not in warnings]
        for text in found:
            reporter.warning(text)
        info = replace(
            info,
            stay_probability=float(tracked.stay_probability if stay_probability is None else stay_probability),
            stay_source=tracked.stay_source,
            warnings=[*warnings, *found],
        )
        # what comes and goes at the rim is the frame, not the specimen
        writer.finish(tracked, np.where(always, evidence.activity(), 0), shift_px, info)


class _Steps:
    """Progress of both passes; heeds a cancel."""

    def __init__(self, reporter: Reporter, n_frames: int) -> None:
        self._reporter, self._n_frames, self._done = reporter, n_frames, 0

    def one(self) -> None:
        """A frame in one of the passes."""
        self._reporter.raise_if_cancelled()
        self._done += 1
        self._reporter.progress(self._done // 2, self._n_frames, UNIT)


def _maps(journal: Journal, writer: ResultWriter, steps: _Steps) -> tuple[Evidence, npt.NDArray[np.bool_]]:
    """First pass: the maps into the file; the evidence of all frames and sums, and the pixels that all frames show."""
    evidence = Evidence(journal.shape)
    vacuum = np.zeros((N_CLASSES, 1), np.float32)
    vacuum[0] = 1
    ever, always = np.zeros(journal.shape, bool), np.ones(journal.shape, bool)
    for item in kept(journal):
        if isinstance(item, Kept):
            writer.add(item.frame, item.depth, item.confidence, item.probability)
            ever |= item.recorded
            always &= item.recorded
            # nothing is known there; it shall not look like columns
            item.probability[:, ~item.recorded] = vacuum
            evidence.add(item.probability, item.frame)
            steps.one()
        else:
            probability = np.exp(item.log_probability)
            probability[:, ~ever] = vacuum
            evidence.add_sum(item.start, item.stop, probability)
    return evidence, always


def _pooled(
    journal: Journal, sites: Sites, card: ModelCard, steps: _Steps
) -> tuple[Floats, npt.NDArray[np.bool_], dict[tuple[int, int], Floats]]:
    """Second pass: probabilities of frames (T, N, 11) and of sums (N, 11) at the sites; where a frame shows a site.

    What a frame does not show is as likely as it was in training: that says nothing either way.
    """
    discs = sites.discs(journal.shape, card)
    prior = column_prior(card.class_prior)
    pooled = np.empty((journal.n_done, len(sites), N_CLASSES), np.float32)
    seen = np.ones((journal.n_done, len(sites)), bool)
    sums: dict[tuple[int, int], Floats] = {}
    if not len(sites):
        return pooled, seen, sums
    rows, cols = _nearest(sites, journal.shape)
    frames: list[int] = []
    for item in kept(journal):
        if isinstance(item, Kept):
            at = len(frames)
            pooled[at] = pool(np.log(np.maximum(item.probability, SMALLEST)), discs, len(sites))
            seen[at] = item.recorded[rows, cols]
            pooled[at, ~seen[at]] = prior
            frames.append(item.frame)
            steps.one()
        else:
            values = pool(item.log_probability, discs, len(sites)).astype(np.float32)
            # where some of its frames show nothing, a sum is no image of the specimen
            values[~seen[bisect_left(frames, item.start) : len(frames)].all(axis=0)] = np.nan
            sums[item.start, item.stop] = values
    return pooled, seen, sums


def _nearest(sites: Sites, shape: tuple[int, int]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    rows, cols = (
        np.clip(np.rint(at).astype(np.intp), 0, n - 1) for at, n in zip((sites.y, sites.x), shape, strict=True)
    )
    return rows, cols


def _admit_unseen(
    tracked: Tracked, seen: npt.NDArray[np.bool_], sites: Sites, frames: npt.NDArray[np.intp], grid: Grid
) -> None:
    """Columns in frames that do not show them, since the specimen had drifted, get the smoothed count, confidence 0."""
    if seen.all() or not len(tracked.table):
        return
    table = tracked.table
    x, y = grid.to_source(np.asarray(sites.x, float), np.asarray(sites.y, float))
    n_columns = len(table) // len(frames)
    first = table[:n_columns]
    distance = np.hypot(first["x_px"][:, None] - x, first["y_px"][:, None] - y)
    unseen = ~seen[:, distance.argmin(axis=1)].ravel()
    table["count"][unseen] = table["hmm_count"][unseen]
    table["confidence"][unseen] = 0


def kept(journal: Journal) -> Iterator[Kept | Added]:
    """All frames that are done, in order, each followed by the sums that it completes."""
    for block in journal.blocks:
        maps = _load(journal, block, "maps")
        planes = _load(journal, block, "logs")
        windows = windows_in(block, journal.info.longest_sum_frames, journal.gaps)
        sums = _load(journal, block, "sums") if windows else None
        at = 0
        for n, frame in enumerate(range(*block)):
            if frame not in journal.gaps:
                values = probability_of(np.ascontiguousarray(planes[:, :, n]))
                depth, confidence = np.array(maps[n, 0]), np.array(maps[n, 1])
                yield Kept(frame, depth, confidence, np.ascontiguousarray(np.moveaxis(values, -1, 0)))
            while at < len(windows) and windows[at][1] == frame + 1:
                assert sums is not None
                yield Added(*windows[at], logs_of(sums[at]))
                at += 1


def _load(journal: Journal, block: Block, what: str) -> Bytes:
    loaded: Bytes = np.load(block.file(journal.folder, what), mmap_mode="r", allow_pickle=False)
    return loaded
