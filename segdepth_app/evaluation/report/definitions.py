"""What each figure of merit is called, in which unit it is, and how it is defined."""

from typing import NamedTuple

from segdepth_app.evaluation.intervals import FEWEST_SPECIMENS
from segdepth_app.evaluation.records import HEADLINES, PAPER


class Definition(NamedTuple):
    """One figure of merit."""

    label: str
    unit: str
    """Empty for shares and errors without a unit."""
    digits: int
    text: str


PAPERS = "as in Leibovich et al., sec. IV-A"

DEFINITIONS: dict[str, Definition] = {
    "pixel_accuracy": Definition(
        "Pixel accuracy", "", 3, f"Share of all pixels whose class (0 to 10 atoms) is right, {PAPERS}."
    ),
    "centre_accuracy": Definition(
        "Centre accuracy",
        "",
        3,
        "Share right of the pixels within the label radius of the column they are nearest to (16 px for Ce and "
        f"12 px for O at 5.3 pm), {PAPERS}.",
    ),
    "detection_rate": Definition(
        "Detection rate", "", 3, f"Share of the pixels of columns that are called a column of any depth, {PAPERS}."
    ),
    "hallucination_rate": Definition(
        "Hallucination rate", "", 4, f"Share of the pixels called a column that are background, {PAPERS}."
    ),
    "column_accuracy": Definition(
        "Column accuracy",
        "",
        3,
        "Share of columns whose number of atoms is right. A column is called by the largest of its mean logits over "
        "the plateau of its label; empty sites count as columns of 0 atoms.",
    ),
    "column_within_one": Definition("Columns within ±1", "", 3, "Share of columns called right or one atom off."),
    "column_mae": Definition(
        "Column error", "atoms", 3, "Mean distance between the called and the true number of atoms of a column."
    ),
    "column_rps": Definition(
        "Column RPS",
        "",
        4,
        "Ranked probability score: mean over columns of Σ (F(n) − [true ≤ n])² over n = 0 … 9, divided by 10, F being "
        "the calibrated cumulative probability. 0 is perfect.",
    ),
    "pixel_average_precision": Definition(
        "Pixel average precision",
        "",
        3,
        "Area below precision against recall of calling a pixel occupied where P(n > 0) exceeds a threshold.",
    ),
    "column_average_precision": Definition(
        "Column average precision", "", 3, "The same of column sites: occupied against empty ones."
    ),
    "pixel_ece": Definition(
        "Pixel ECE",
        "",
        4,
        "Expected calibration error: mean gap between accuracy and mean confidence in 15 even bins of confidence, "
        "weighted by the pixels in each, after temperature scaling.",
    ),
    "column_ece": Definition("Column ECE", "", 4, "The same of columns."),
    "vacancy_accuracy": Definition("Empty sites seen", "", 3, "Share of empty column sites that are called empty."),
    "pixel_ece_uncalibrated": Definition(
        "Pixel ECE, before", "", 4, "Expected calibration error of pixels at temperature 1."
    ),
    "column_ece_uncalibrated": Definition("Column ECE, before", "", 4, "The same of columns."),
}

GROUPS = {
    "intervals": "95 % intervals",
    "by_split": "accuracy by split",
    "by_element_and_defocus_nm": "accuracy by element and defocus",
    "deviating_by_kind": "deviating columns by kind of specimen",
}

SHOWN = tuple(dict.fromkeys((*HEADLINES, "vacancy_accuracy", "pixel_ece_uncalibrated", "column_ece_uncalibrated")))
"""The figures of a dose, in the order in which they are shown."""

TERMS: tuple[tuple[str, str], ...] = (
    ("λ", "Dose: expected electrons in one reference pixel where the specimen is vacuum. Counts are Poisson."),
    (
        "95 % interval",
        "Between the 2.5th and 97.5th percentile of a bootstrap that draws whole specimens, since the images and "
        f"columns of one specimen are not independent; none with fewer than {FEWEST_SPECIMENS} specimens. Errors of "
        "calibration, which resampling makes larger, are shifted back to the measured one.",
    ),
    (
        "Deviation δ",
        "Atoms by which a column stands off the smooth wedge around it (off the plane through its neighbours where a "
        "specimen is shuffled and has no wedge).",
    ),
    (
        "Pull",
        "Share of δ that the calls take back, Σ (count − called) δ / Σ δ²: about 0 for a network that reads the column "
        "itself, 1 for one that fills it in from its neighbours.",
    ),
    (
        "Weights",
        "The called number of a column, fitted as a weighted sum of its true number and of what its neighbours "
        "suggest: 1 and 0 for a network that reads the column itself.",
    ),
    (
        "Missing atoms filled in",
        "Over vacancies, the called atoms as a share of those that the surroundings suggest, Σ called · plane / "
        "Σ plane².",
    ),
    (
        "Step n | n + 1",
        "Of the columns with n or n + 1 atoms, how often the larger of P(n) and P(n + 1) is the true one; the mean of "
        "both classes. 0.5 is guessing.",
    ),
    ("Confidence", "The largest of a call's 11 calibrated probabilities."),
    ("Image spread", "Standard deviation of the Gaussian by which vibration and the like blur the image."),
)


def definition(name: str) -> Definition:
    """What is known of a figure; of one that is new, its name alone."""
    return DEFINITIONS.get(name) or Definition(GROUPS.get(name, name.replace("_", " ")), "", 4, "")


def in_words(note: str) -> str:
    """A note of an evaluation with the names that tables use."""
    for name, item in DEFINITIONS.items():
        note = note.replace(f"{name} is null", f"{item.label} is not given")
    return note


def paper_value(name: str) -> float | None:
    """What the paper prints for its 64-channel network; None where it gives none."""
    return PAPER.get(name)
