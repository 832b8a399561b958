"""Which figures of merit a report shows, and what its other terms mean."""

from segdepth_app.evaluation.definitions import DEFINITIONS, Definition
from segdepth_app.evaluation.intervals import FEWEST_SPECIMENS
from segdepth_app.evaluation.records import HEADLINES, PAPER

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
    return DEFINITIONS.get(name) or Definition(name, GROUPS.get(name, name.replace("_", " ")), "", digits=4)


def paper_value(name: str) -> float | None:
    """What the paper prints for its 64-channel network; None where it gives none."""
    return PAPER.get(name)
