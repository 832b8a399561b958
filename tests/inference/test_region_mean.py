"""The mean of a rectangle through time, read in steps, against a plain mean over the same pixels."""

import numpy as np
import pytest

from segdepth_app.inference.journal import planes_of, probability_of
from segdepth_app.inference.results import Result
from tests.gui.view_files import write_result

N_FRAMES, HEIGHT, WIDTH = 7, 40, 70


@pytest.fixture
def opened(tmp_path):
    probability = np.random.default_rng(3).dirichlet([0.3] * 11, (N_FRAMES, HEIGHT, WIDTH)).transpose(0, 3, 1, 2)
    done = np.array([True] * 5 + [False] * 2)
    path = write_result(
        tmp_path / "r.h5", probability, done=done, height_px=2 * HEIGHT, width_px=2 * WIDTH, source=["gone.tif"]
    )
    with Result(path) as result:
        yield result, probability


@pytest.mark.parametrize("region", [(0, 0, 2 * WIDTH, 2 * HEIGHT), (20, 8, 90, 70), (64, 30, 2, 2)])
def test_the_steps_of_a_rectangle_add_up_to_its_mean(opened, region):
    """Map pixels are two source pixels wide; 255ths round to 0.002 at most, and their sums are set to 1."""
    result, probability = opened
    x, y, width, height = (n // 2 for n in region)
    plain = probability[:, :, y : y + height, x : x + width].mean(axis=(2, 3))
    found = result.roi_trace(*region)
    np.testing.assert_allclose(found[:5], plain[:5], atol=0.012)
    assert np.isnan(found[5:]).all()


def test_no_step_of_a_rectangle_reads_everything(opened):
    """A window that shows the rectangle is drawn between the steps."""
    result, _ = opened
    assert sum(1 for _ in result.roi_steps(0, 0, 2 * WIDTH, 2 * HEIGHT)) >= 6  # 40 × 70 pixels in tiles of 32


def test_planes_of_an_unfinished_analysis_hold_probabilities():
    """What the mean of an unfinished analysis is made of: to 1 % of the class that is likeliest."""
    shares = np.random.default_rng(4).dirichlet([0.5] * 11, (5, 6)).transpose(2, 0, 1)
    confidence = np.rint(shares.max(axis=0) * 255).astype(np.uint8)
    found = probability_of(planes_of(np.log(np.maximum(shares, 1e-9)), confidence))
    np.testing.assert_allclose(found.transpose(2, 0, 1), shares, atol=0.02)
