"""Opens series for the tests and closes them again."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from segdepth_app.config import SeriesOptions
from segdepth_app.series.opener import Series, open_series


@pytest.fixture
def opened() -> Iterator[Callable[..., Series]]:
    """opened(path, …, pixel_size_pm=…): the series, closed after the test."""
    all_opened: list[Series] = []

    def open_one(*paths: Path, **options: object) -> Series:
        series = open_series(SeriesOptions(series=tuple(paths), **options))
        all_opened.append(series)
        return series

    yield open_one
    for series in all_opened:
        series.close()


@pytest.fixture
def movie() -> np.ndarray:
    """12 frames of 40 × 24 px whose every number is another: frame, row and column cannot be mixed up."""
    return np.arange(12 * 40 * 24, dtype=np.uint16).reshape(12, 40, 24)
