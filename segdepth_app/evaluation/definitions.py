"""What each figure of merit is called, in which unit it is and how it is defined; for results, tables and window.

Pure Python without imports of ours: the window reads it too.
"""

from typing import NamedTuple

PAPERS = "As in Leibovich et al., sec. IV-A."


class Definition(NamedTuple):
    """One figure of merit of metrics.json."""

    name: str
    """Key in metrics.json."""
    label: str
    text: str
    """One short sentence."""
    details: str = ""
    """What the sentence leaves open."""
    digits: int = 3
    unit: str = ""
    """Empty for shares and errors without a unit."""
    lower_is_better: bool = False

    @property
    def heading(self) -> str:
        """The label with its unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def whole_text(self) -> str:
        """The sentence and its details."""
        return f"{self.text} {self.details}".rstrip()


_ALL = (
    Definition("pixel_accuracy", "Pixel accuracy", "Share of all pixels whose class (0 to 10 atoms) is right.", PAPERS),
    Definition(
        "centre_accuracy",
        "Centre accuracy",
        "Share of pixels near a column's centre (Ce 85 pm, O 64 pm) called right.",
        f"Near is within the label radius, 16 px for Ce and 12 px for O at 5.3 pm, of the nearest column. {PAPERS}",
    ),
    Definition(
        "detection_rate",
        "Detection rate",
        "Share of columns' pixels that are called a column of any depth.",
        PAPERS,
    ),
    Definition(
        "hallucination_rate",
        "Hallucination rate",
        "Share of pixels called a column that are background.",
        PAPERS,
        digits=4,
        lower_is_better=True,
    ),
    Definition(
        "column_accuracy",
        "Column accuracy",
        "Share of columns whose number of atoms is right; empty sites count.",
        "A column is called by the largest of its mean logits over the plateau of its label; empty sites are columns "
        "of 0 atoms.",
    ),
    Definition(
        "column_within_one",
        "Column accuracy within ±1",
        "Share of columns called right or one atom off; empty sites count.",
    ),
    Definition(
        "column_mae",
        "Column error",
        "Mean distance of the called from the true number of atoms of a column.",
        unit="atoms",
        lower_is_better=True,
    ),
    Definition(
        "column_rps",
        "Column probability score",
        "Ranked probability score of the eleven probabilities, 0 (certain and right) to 1: near misses cost less.",
        "Mean over columns of Σ (F(n) − [true ≤ n])² over n = 0 … 9, divided by 10, F being the calibrated cumulative "
        "probability (RPS).",
        digits=4,
        lower_is_better=True,
    ),
    Definition("vacancy_accuracy", "Accuracy on empty sites", "Share of empty column sites that are called empty."),
    Definition(
        "pixel_average_precision",
        "Pixel average precision",
        "Area under precision against recall of P(n > 0), pixels of columns against background.",
        "A pixel is called occupied where P(n > 0) exceeds a threshold.",
    ),
    Definition(
        "column_average_precision",
        "Column average precision",
        "Area under precision against recall of P(n > 0), occupied against empty sites.",
        "A site is called occupied where P(n > 0) exceeds a threshold.",
    ),
    Definition(
        "pixel_ece",
        "Pixel calibration error",
        "Mean gap between confidence and accuracy of pixels (ECE).",
        "In 15 even bins of confidence, weighted by the pixels in each, after temperature scaling.",
        digits=4,
        lower_is_better=True,
    ),
    Definition(
        "column_ece",
        "Column calibration error",
        "Mean gap between confidence and accuracy of columns (ECE).",
        "In 15 even bins of confidence, weighted by the columns in each, after temperature scaling.",
        digits=4,
        lower_is_better=True,
    ),
    Definition(
        "pixel_ece_uncalibrated",
        "Pixel calibration error, unscaled",
        "Mean gap between confidence and accuracy of pixels (ECE) at temperature 1.",
        digits=4,
        lower_is_better=True,
    ),
    Definition(
        "column_ece_uncalibrated",
        "Column calibration error, unscaled",
        "Mean gap between confidence and accuracy of columns (ECE) at temperature 1.",
        digits=4,
        lower_is_better=True,
    ),
)

DEFINITIONS = {item.name: item for item in _ALL}
"""By the key in metrics.json, in the order in which they are shown."""

PULL = "deviating.pull"
"""A figure of a group that notes speak of: key of the group and in it."""
_LABELS = {name: item.label for name, item in DEFINITIONS.items()} | {PULL: "Pull of deviating columns"}


def not_given(name: str, why: str = "") -> str:
    """The sentence that says why a figure is null; without `why` its beginning. Unknown names stay as they are."""
    beginning = f"{_LABELS.get(name, name)} is not given: "
    return f"{beginning}{why}." if why else beginning


def in_words(note: str) -> str:
    """A note in the words of `not_given`; older evaluations hold the key ("column_mae is null: no columns.")."""
    for name in _LABELS:
        note = note.replace(f"{name} is null: ", not_given(name))
    return note
