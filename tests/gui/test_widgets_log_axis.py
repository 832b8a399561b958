"""Which numbers stand on a logarithmic axis, against lists made by hand."""

import math

import numpy as np
import pytest

from segdepth_app.gui.widgets.log_axis import LogAxis, round_numbers


@pytest.mark.parametrize(
    ("low", "high", "fewest", "expected"),
    [
        (0.5, 20, 3, [0.5, 1, 2, 5, 10, 20]),
        (0.001, 10, 3, [0.001, 0.01, 0.1, 1, 10]),
        (0.31, 0.62, 3, [0.35, 0.4, 0.45, 0.5, 0.55, 0.6]),
        (1, 3.1, 3, [1, 1.5, 2, 3]),
        (0.1, 10, 3, [0.1, 1, 10]),
        (0.1, 10, 4, [0.1, 0.2, 0.5, 1, 2, 5, 10]),
        (0.01, 100, 4, [0.01, 0.1, 1, 10, 100]),
        (1, 5, 4, [1, 1.5, 2, 3, 5]),
        (2.005, 2.055, 3, [2.02, 2.04]),
    ],
)
def test_numbers_are_round_and_few(low, high, fewest, expected):
    """Powers over many decades, 1, 2, 5 over two, more within one; of a narrow range what the finest choice has."""
    # 1e-9: rounding of 10^log10(x), far below the spacing of the numbers; a hair wider so that both ends count
    found = round_numbers(math.log10(low) - 1e-12, math.log10(high) + 1e-12, fewest)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_an_axis_writes_the_numbers_at_their_logarithms(qapp):
    axis = LogAxis("left")
    ((_, places),) = axis.tickValues(-1, 1, 100)

    np.testing.assert_allclose(places, [-1, 0, 1], atol=1e-12)
    assert axis.tickStrings(places, 1, 1) == ["0.1", "1", "10"]
