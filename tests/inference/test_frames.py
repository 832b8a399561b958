"""Sums of frames on the way through a series, against sums taken directly."""

import numpy as np
import pytest
import torch

from segdepth_app.inference.frames import Adder, _batches
from segdepth_app.inference.windows import windows


@pytest.mark.parametrize("longest", [1, 2, 8, 11])
@pytest.mark.parametrize("gaps", [(), (0,), (5,), (4, 5), (0, 1, 2, 3, 6)])
def test_sums_are_the_means_of_the_frames_that_could_be_read(longest, gaps):
    """Every window with anything in it, once, in the order in which it is complete."""
    frames = torch.from_numpy(np.random.default_rng(1).random((21, 3, 2), np.float32))
    adder, found = Adder(longest), []
    for number, frame in enumerate(frames):
        found += adder.add(number, None if number in gaps else frame)

    expected = [(start, stop) for start, stop in windows(21, longest) if any(n not in gaps for n in range(start, stop))]
    assert [(item.start, item.stop) for item in found] == expected
    for item in found:
        there = [n for n in range(item.start, item.stop) if n not in gaps]
        assert item.n_frames == len(there)
        # float32, added up in pairs
        torch.testing.assert_close(item.mean, frames[there].double().mean(dim=0).float(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("longest", [1, 3, 4, 64])
def test_whoever_begins_at_a_multiple_of_the_span_misses_nothing(longest):
    frames = torch.rand((40, 2, 2), generator=torch.Generator().manual_seed(1))
    whole, late = Adder(longest), Adder(longest)
    first = 37 // whole.span * whole.span
    for number in range(40):
        sums = whole.add(number, frames[number])
        again = late.add(number, frames[number]) if number >= first else []
        if number >= 37:
            assert [item[:3] for item in again] == [item[:3] for item in sums]
            assert all(torch.equal(a.mean, b.mean) for a, b in zip(again, sums, strict=True))


def test_an_analysis_that_goes_on_takes_the_batches_of_one_in_one_piece():
    assert list(_batches(0, 20, 8)) == [range(8), range(8, 16), range(16, 20)]
    assert list(_batches(10, 20, 8)) == [range(10, 16), range(16, 20)]
