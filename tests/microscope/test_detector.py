"""Counts and responses against the Poisson distribution and arithmetic."""

import numpy as np
import pytest

from segdepth_app.microscope.detector import count_electrons


@pytest.mark.parametrize(
    ("dose", "expected"), [(2.5, np.uint8), (2_000, np.uint16), (1e6, np.uint32)], ids=["8", "16", "32"]
)
def test_counts_have_the_mean_and_variance_of_the_dose(dose, expected):
    """Whatever it takes to hold them: a count above 65,535 does not begin again at 0."""
    image = np.full((200, 200), 1.7, np.float32)
    counts = count_electrons(image, dose_e_per_px=dose, rng=np.random.default_rng(2))
    assert counts.dtype == expected
    # 40,000 pixels: the mean is known to 0.5 % of a standard deviation, the variance to 0.7 %
    mean = float(image[0, 0]) * dose
    assert counts.mean() == pytest.approx(mean, abs=5 * np.sqrt(mean) / 200)
    assert counts.var() == pytest.approx(mean, rel=0.04)


def test_negative_ripple_counts_as_nothing():
    counts = count_electrons(np.full((4, 4), -0.01), dose_e_per_px=100, rng=np.random.default_rng(0))
    assert not counts.any()
