"""Says in words whether a network reads columns, from the figures of evaluation.deviation."""

from typing import Any

FEWEST_COLUMNS = 30
PULL_OF_A_READER = 0.2
PULL_OF_A_COPY = 0.5
RIGHT_TO_JUDGE = 0.3

HEADINGS = {
    "columns": "Reads columns",
    "leaning": "Reads columns, but leans on their neighbours",
    "neighbourhoods": "Reads neighbourhoods: fills columns in",
    "unclear": "Cannot tell whether it reads columns",
}
FILLS_VACANCIES = "Fills vacancies in from their neighbours"


def verdict(figures: dict[str, Any], shuffled_accuracy: float | None = None) -> dict[str, str]:
    """`verdict`, a key of HEADINGS, `verdict_heading`, and `verdict_text`, the reason in words with its numbers."""
    kind, text = _by_columns(figures, shuffled_accuracy)
    heading = HEADINGS[kind]
    vacancies = figures["vacancies"]
    if vacancies["n"] < FEWEST_COLUMNS:
        return {"verdict": kind, "verdict_heading": heading, "verdict_text": text}
    pull = vacancies["pull"]
    text += (
        f" Of {vacancies['n']} empty sites {vacancies['right']:.0%} are called empty and "
        f"{vacancies['filled_in']:.0%} as their surroundings suggest; {pull:.0%} of the missing atoms are filled in."
    )
    # Few columns or a moderate pull must not hide that empty sites are not seen. In shuffled specimens an unsure
    # reader's calls for them lean towards the mean without any copying.
    if figures["reference"] == "plane" and kind != "neighbourhoods":
        if pull >= PULL_OF_A_COPY:
            kind, heading = "leaning", FILLS_VACANCIES
        elif pull >= PULL_OF_A_READER and kind == "columns":
            kind, heading = "leaning", HEADINGS["leaning"]
    return {"verdict": kind, "verdict_heading": heading, "verdict_text": text}


def _by_columns(figures: dict[str, Any], shuffled_accuracy: float | None) -> tuple[str, str]:
    deviating, straight = figures["all"], figures["straight"]
    if deviating["n"] < FEWEST_COLUMNS:
        return "unclear", (
            f"This needs {FEWEST_COLUMNS} columns that stand 1 to 3 atoms off their surroundings; the dataset has "
            f"{deviating['n']}. Judge on one with rough specimens."
        )
    fitted = figures["reference"] != "plane"
    # on shuffled columns an unsure reader leans towards the mean as the fitted planes do: see evaluation.deviation
    pull = figures["neighbour_weight"] if fitted else figures["pull"]
    around, they = ("the fit to their neighbours", "the neighbours") if fitted else ("their surroundings",) * 2
    text = (
        f"Of {deviating['n']} columns 1 to 3 atoms off {around} {deviating['right']:.0%} are called right and "
        f"{deviating['as_plane']:.0%} as {they} suggest; "
    )
    if pull is None:
        return "unclear", f"{text}counts and fit vary together, so what the calls follow cannot be told."
    text += (
        f"in the calls the column itself has a weight of {figures['own_weight']:.0%}, its neighbours {pull:.0%}."
        if fitted
        else f"the calls take back {pull:.0%} of the difference."
    )
    if straight["n"]:
        text += f" Of straight columns {straight['called_deviating']:.0%} are called deviating."
    if shuffled_accuracy is not None:
        text += f" On shuffled depths {shuffled_accuracy:.0%} are called right."
    if not fitted and straight["n"] and straight["right"] < RIGHT_TO_JUDGE:
        return "unclear", f"Even columns in line with their surroundings are mostly called wrong. {text}"
    if fitted and pull < PULL_OF_A_READER and figures["own_weight"] < PULL_OF_A_READER:
        return "unclear", f"The calls follow neither the columns nor their neighbours. {text}"
    if pull < PULL_OF_A_READER:
        return "columns", text
    return ("leaning" if pull < PULL_OF_A_COPY else "neighbourhoods"), text
