"""What the page of an evaluation is given for one dose. No Qt."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from segdepth_app.evaluation.records import WorstImage
from segdepth_app.gui.evaluate.figures import FigureRow


@dataclass(frozen=True)
class Shown:
    """Everything of one dose of one evaluation."""

    rows: list[FigureRow]
    paper: str
    """Which network of the paper stands beside it."""
    figures: dict[str, Any]
    arrays: dict[str, np.ndarray]
    worst: list[WorstImage]
    worst_note: str
    """Why there are no worst images."""
