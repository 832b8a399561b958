"""Column accuracy by group: bars to draw and the table beside them. No Qt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from segdepth_app.gui.evaluate.figures import number

BREAKDOWNS = {
    "by_depth": "true depth and element",
    "by_element": "element",
    "by_element_and_defocus_nm": "element and defocus, nm",
    "by_defocus_nm": "defocus, nm",
    "by_image_spread_pm": "image spread, pm",
    "by_kind": "kind of specimen",
    "by_split": "split",
    "steps": "steps between n and n + 1 atoms",
}
NOT_THERE = "This evaluation is of an older version and does not hold it. Evaluate again to get it."
STEPS_HELP = (
    "Of columns with n or n + 1 atoms: how often the larger of P(n) and P(n + 1) is the true one. "
    "0.5 is guessing; an ideal observer's figures are directly comparable (New study, Ideal observer)."
)
DEVIATING_HELP = (
    "Columns 1 to 3 atoms off their surroundings: called right, called as the surroundings would have it there, or "
    "called otherwise. The dotted line is the share of straight columns that are called right."
)
ALL_KINDS = "all kinds"


@dataclass(frozen=True)
class Bars:
    """Shares by group: a series of heights (None: nothing to count) for each name, over the same labels."""

    labels: tuple[str, ...]
    series: dict[str, tuple[float | None, ...]]
    counts: tuple[int, ...]
    axis: str


@dataclass(frozen=True)
class Grouping:
    """What one choice of group shows."""

    bars: Bars
    headers: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()
    remark: str = ""


EMPTY = Bars((), {}, (), "")


def grouping(figures: dict[str, Any], name: str) -> Grouping:
    """Bars and table of one of BREAKDOWNS; empty, with the reason, where the evaluation lacks it."""
    if not figures.get(name):
        return Grouping(EMPTY, remark=NOT_THERE)
    if name == "by_depth":
        return _by_depth(figures)
    if name == "by_element_and_defocus_nm":
        return _by_element_and_bins(figures[name])
    if name == "steps":
        return _steps(figures)
    groups = figures[name]
    if isinstance(groups, list):
        groups = _named_bins(groups)
    bars = Bars(
        tuple(groups),
        {
            "exact": tuple(item["accuracy"] for item in groups.values()),
            "±1": tuple(item["within_one"] for item in groups.values()),
        },
        tuple(item["n"] for item in groups.values()),
        BREAKDOWNS[name],
    )
    rows = [(label, *_summary(item)) for label, item in groups.items()]
    return Grouping(bars, (BREAKDOWNS[name].capitalize(), *SUMMARY_HEADERS), rows)


SUMMARY_HEADERS = ("Columns", "Exact", "95 %", "±1", "Error")


def _summary(item: dict[str, Any]) -> tuple[str, ...]:
    interval = item.get("interval")
    between = f"{interval[0]:.3f} … {interval[1]:.3f}" if interval else number(None, 3)
    shares = (number(item["accuracy"], 3), between, number(item["within_one"], 3), number(item["mae"], 3))
    return (f"{item['n']:,}", *shares)


def _named_bins(bins: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {f"{item['low']:g}–{item['high']:g}": item for item in bins}


def _by_depth(figures: dict[str, Any]) -> Grouping:
    elements = figures.get("by_element_and_depth") or {}
    labels = tuple(figures["by_depth"])
    series = {element: tuple(depths[label]["accuracy"] for label in labels) for element, depths in elements.items()}
    counts = tuple(figures["by_depth"][label]["n"] for label in labels)
    rows = [
        (label, element, *_summary(depths[label])) for label in labels for element, depths in sorted(elements.items())
    ]
    return Grouping(Bars(labels, series, counts, "true depth, atoms"), ("Depth", "Element", *SUMMARY_HEADERS), rows)


def _by_element_and_bins(elements: dict[str, list[dict[str, Any]]]) -> Grouping:
    named = {element: _named_bins(bins) for element, bins in elements.items()}
    labels = tuple(dict.fromkeys(label for bins in named.values() for label in bins))
    nothing = {"n": 0, "accuracy": None, "within_one": None, "mae": None}
    filled = {element: [bins.get(label, nothing) for label in labels] for element, bins in named.items()}
    series = {element: tuple(item["accuracy"] for item in items) for element, items in filled.items()}
    counts = tuple(sum(items[place]["n"] for items in filled.values()) for place in range(len(labels)))
    rows = [
        (label, element, *_summary(items[place]))
        for place, label in enumerate(labels)
        for element, items in filled.items()
    ]
    return Grouping(Bars(labels, series, counts, "defocus, nm"), ("Defocus, nm", "Element", *SUMMARY_HEADERS), rows)


def _steps(figures: dict[str, Any]) -> Grouping:
    # elements first: they keep the colours they have by depth
    kinds = {**(figures.get("steps_by_element") or {}), "all": figures["steps"]}
    by_lower = {kind: {item["lower"]: item for item in steps} for kind, steps in kinds.items()}
    lowers = sorted({lower for steps in by_lower.values() for lower in steps})
    labels = tuple(f"{lower}↔{lower + 1}" for lower in lowers)
    series = {
        kind: tuple(steps[lower]["accuracy"] if lower in steps else None for lower in lowers)
        for kind, steps in by_lower.items()
    }
    everything = by_lower["all"]
    counts = tuple(_n_step(everything[lower]) if lower in everything else 0 for lower in lowers)
    rows = [
        (label, kind, f"{item['n_lower']:,}", f"{item['n_upper']:,}", number(item["accuracy"], 3))
        for label, lower in zip(labels, lowers, strict=True)
        for kind, steps in by_lower.items()
        if (item := steps.get(lower))
    ]
    headers = ("Step", "Element", "With n", "With n + 1", "Right")
    return Grouping(Bars(labels, series, counts, "atoms"), headers, rows, STEPS_HELP)


def _n_step(item: dict[str, Any]) -> int:
    return int(item["n_lower"] + item["n_upper"])


def deviating_kinds(figures: dict[str, Any]) -> list[str]:
    """Which specimens can be looked at: all, and each kind."""
    return [ALL_KINDS, *(figures.get("deviating_by_kind") or {})]


def deviating_of(figures: dict[str, Any], kind: str) -> dict[str, Any]:
    """The figures of deviating columns of all specimens or of one kind."""
    return (figures.get("deviating_by_kind") or {}).get(kind, figures["deviating"])


def deviating(figures: dict[str, Any]) -> Grouping:
    """Called right, as the surroundings say, and otherwise, by deviation; with straight columns and vacancies."""
    groups = {**figures["by_deviation"], "all": figures["all"]}
    labels = tuple(name.replace("-", "−") for name in groups)
    bars = Bars(
        labels,
        {
            "right": tuple(item["right"] for item in groups.values()),
            "as the surroundings": tuple(item["as_plane"] for item in groups.values()),
            "otherwise": tuple(item["otherwise"] for item in groups.values()),
        },
        tuple(item["n"] for item in groups.values()),
        "atoms off the surroundings",
    )
    rows = [
        (label, f"{item['n']:,}", *(number(item[key], 3) for key in ("right", "as_plane", "otherwise")))
        for label, item in zip(labels, groups.values(), strict=True)
    ]
    straight, vacancies = figures["straight"], figures.get("vacancies")
    rows.append(("straight", f"{straight['n']:,}", number(straight["right"], 3), number(None, 3), _off(straight)))
    if vacancies:
        shares = (number(vacancies[key], 3) for key in ("right", "filled_in", "otherwise"))
        rows.append(("vacancies", f"{vacancies['n']:,}", *shares))
    return Grouping(bars, ("Atoms off", "Columns", "Right", "As around", "Otherwise"), rows, _reference(figures))


def _off(straight: dict[str, Any]) -> str:
    return number(straight["called_deviating"], 3)


def _reference(figures: dict[str, Any]) -> str:
    if figures.get("reference") == "neighbours":
        words = "Shuffled specimens have no plane: the surroundings are a plane fitted to the neighbours."
    else:
        words = "The surroundings are the smooth wedge the specimen was cut as."
        if figures.get("pull") is not None:
            words += f" The calls take back {figures['pull']:.0%} of the difference."
    own, around = figures.get("own_weight"), figures.get("neighbour_weight")
    if own is None or around is None:
        return words
    return f"{words} Weight in the calls: the column itself {own:.2f}, its surroundings {around:.2f}."
