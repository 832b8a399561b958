"""A study in words and numbers, as its page shows it. No Qt."""

from collections.abc import Sequence
from datetime import datetime
from math import floor, log10
from typing import Any

from segdepth_app.config import STUDIES
from segdepth_app.evaluation.study_records import Study
from segdepth_app.gui.texts import duration

NONE = "–"
STEP_WORDS = {"waiting": "waiting", "running": "running", "done": "✓ done", "failed": "✗ failed"}
WHAT_WORDS = {
    "simulate": "Simulate",
    "train": "Train",
    "evaluate": "Evaluate",
    "gradient": "Gradients",
    "observe": "Ideal observer",
}
SETTINGS, ORIGIN = "Settings", "Origin"
INNER_FACTS = ("files", "pid", "doses_e_per_px")
"""What a record keeps for itself, or says among the settings."""
SWEPT = ("widths", "train_doses_e_per_px", "denoisers")
SETTING_WORDS = {
    "n_bootstrap": "Resamplings",
    "max_images": "Images of each (0: all)",
    "test_specimens": "Specimens of each own test set",
    "train_dataset": "Trained on",
    "train_preset": "Training settings",
    "train_set": "Changes to them",
    "train_doses_e_per_px": "Trained at doses, e/px",
    "widths": "Channels trained",
    "denoisers": "Variants trained",
}
HASH_DIGITS = 12
PAPER_STARTS = ("paper,", "the paper")
"""How a row of the paper's figures begins one of its cells."""


def kind_title(kind: str) -> str:
    """What a kind of study is called; a kind of another version by its own name."""
    facts = STUDIES.get(kind)  # type: ignore[call-overload]
    return facts.title if facts else kind


def question(kind: str) -> str:
    """What it asks, and where the paper has it."""
    facts = STUDIES.get(kind)  # type: ignore[call-overload]
    if facts is None:
        return ""
    return facts.question + (f" ({facts.paper} of the paper)" if facts.paper else "")


def list_entry(study: Study, state: str = "") -> str:
    """Two lines for the list; `state` where a job of this window knows better."""
    return f"{kind_title(study.kind)}: {study.folder.name}\n{state or state_word(study)} · {when(study.created)}"


def state_word(study: Study, *, is_live: bool = False) -> str:
    """The state for people: a running study without a job here was killed, or another program works on it."""
    if is_live:
        return study.state
    return "running in another program" if study.state_now == "running" else study.state_now


def state_sentence(study: Study, *, is_live: bool = False) -> str:
    """State (unless a job tells it), steps, and the time that they took."""
    parts = [] if is_live else [state_word(study).capitalize()]
    parts.append(f"{study.n_done} of {len(study.steps)} steps done")
    n_failed = sum(step["state"] == "failed" for step in study.steps)
    if n_failed:
        parts.append(f"{n_failed} failed")
    seconds = sum(step.get("seconds") or 0 for step in study.steps)
    if seconds:
        parts.append(f"worked for {duration(seconds)}")
    return ", ".join(parts)


def step_cells(step: dict[str, Any]) -> tuple[str, str, str, str]:
    """What, which, state and time of a step."""
    seconds = step.get("seconds")
    return (
        WHAT_WORDS.get(step["what"], step["what"]),
        step["label"],
        STEP_WORDS.get(step["state"], step["state"]),
        duration(seconds) if seconds else NONE,
    )


def can_be_opened(step: dict[str, Any]) -> bool:
    """Whether the step left an evaluation to look at."""
    return bool(step["what"] == "evaluate" and step["state"] == "done")


def number(value: float) -> str:
    """A number with about three digits: 0.882, 0.0233, 2.5, 890, 1,234."""
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}" if abs(value) >= 1 or isinstance(value, int) else "0"
    digits = 2 - floor(log10(abs(value)))
    text = f"{value:,.{min(max(digits, 0), 6)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shares_column(values: Sequence[Any]) -> bool:
    """Whether a column's numbers are measured ones, all to be written with three digits or more."""
    numbers = [value for value in values if isinstance(value, float)]
    return any(float(f"{value:.3g}") != value for value in numbers)


def cells(table: dict[str, Any], *, below: bool | None = None) -> list[list[str]]:
    """The text of every cell; an interval stands in brackets, beneath the number where the table is wide."""
    columns = [column["key"] for column in table["columns"]]
    wide = len(columns) > 6 if below is None else below
    measured = {key: shares_column([row.get(key) for row in table["rows"]]) for key in columns}
    return [[cell(row, key, measured=measured[key], wide=wide) for key in columns] for row in table["rows"]]


def cell(row: dict[str, Any], key: str, *, measured: bool, wide: bool = False) -> str:
    """One cell: text, number, number with interval, or a dash."""
    value = row.get(key)
    if value is None:
        return NONE
    if isinstance(value, str):
        return value
    digits = _digits(value) if measured and isinstance(value, float) else None
    text = number(value) if digits is None else f"{value:,.{digits}f}"
    low, high = row.get(f"{key}_low"), row.get(f"{key}_high")
    if low is None or high is None:
        return text
    digits = _digits(value) if digits is None else digits
    return f"{text}{chr(10) if wide else ' '}({low:,.{digits}f}–{high:,.{digits}f})"


def _digits(value: float) -> int:
    """Decimals that leave three digits, and at least three decimals below 10."""
    if value == 0:
        return 3
    digits = 2 - floor(log10(abs(value)))
    return min(max(digits, 3 if abs(value) < 10 else 0), 6)


def is_number_column(table: dict[str, Any], key: str) -> bool:
    """Whether a column is to be aligned like numbers."""
    values = [row.get(key) for row in table["rows"] if row.get(key) is not None]
    return bool(values) and not any(isinstance(value, str) for value in values)


def has_intervals(table: dict[str, Any], key: str) -> bool:
    """Whether any number of a column has its interval."""
    return any(row.get(f"{key}_low") is not None for row in table["rows"])


def is_paper(row: dict[str, Any]) -> bool:
    """Whether a row holds the paper's figures."""
    return any(isinstance(value, str) and value.lower().startswith(PAPER_STARTS) for value in row.values())


def tsv(table: dict[str, Any]) -> str:
    """The table for a spreadsheet: numbers in full, both ends of intervals in columns of their own."""
    heads, keys = [], []
    for column in table["columns"]:
        key, title = column["key"], column["title"]
        heads.append(title)
        keys.append(key)
        if has_intervals(table, key):
            heads += [f"{title}, 95 % low", f"{title}, 95 % high"]
            keys += [f"{key}_low", f"{key}_high"]
    lines = [heads, *([_plain(row.get(key)) for key in keys] for row in table["rows"])]
    return "\n".join("\t".join(line) for line in lines) + "\n"


def _plain(value: Any) -> str:
    return "" if value is None else str(value).replace("\t", " ").replace("\n", " ")


def point_text(plot: dict[str, Any], curve: dict[str, Any], index: int) -> str:
    """The readout of one point."""
    x, y = curve["x"][index], curve["y"][index]
    where = x if isinstance(x, str) else f"{plot['x']['label']} {number(x)}"
    low, high = (side[index] if side else None for side in (curve.get("low"), curve.get("high")))
    measured = cell({"y": y, "y_low": low, "y_high": high}, "y", measured=isinstance(y, float))
    return f"{curve['label']} · {where}: {measured}"


def settings_lines(study: Study) -> list[tuple[str, str]]:
    """What was asked for and what made it: settings, then provenance, one line each."""
    config, made = study.config, study.provenance
    settings = [(_words(name), _value(value)) for name, value in config.items() if _matters(name, study)]
    origin = [
        (_words(name), _value(value))
        for name, value in made.items()
        if name not in INNER_FACTS and config.get(name) != value
    ]
    begun = [("Begun", when(study.created)), ("Folder", str(study.folder))]
    return [
        (SETTINGS, ""),
        *(line for line in settings if line[1]),
        (ORIGIN, ""),
        *begun,
        *(line for line in origin if line[1]),
    ]


def _matters(name: str, study: Study) -> bool:
    """Whether a setting had any say in this study."""
    facts = STUDIES.get(study.kind)  # type: ignore[call-overload]
    if name in ("kind", "out") or (name == "test_specimens" and study.config.get("datasets")):
        return False
    if name in SWEPT:
        return bool(study.config.get("train_dataset") and facts and name == facts.trains)
    return not name.startswith("train_") or bool(study.config.get("train_dataset"))


def _words(name: str) -> str:
    if name in SETTING_WORDS:
        return SETTING_WORDS[name]
    for ending, unit in (("_e_per_px", ", e/px"), ("_e_per_a2", ", e/Å²"), ("_pm", ", pm"), ("_nm", ", nm")):
        if name.endswith(ending):
            name = name.removesuffix(ending) + unit
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def _value(value: Any, name: str = "") -> str:
    if name == "sha256":
        return str(value)[:HASH_DIGITS]
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_value(one, str(name))}" for name, one in value.items() if _value(one))
    if isinstance(value, list | tuple):
        between = "; " if any(isinstance(one, dict) for one in value) else ", "
        return between.join(_value(one) for one in value)
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)


def when(created: str) -> str:
    """Day and time, on this computer's clock."""
    try:
        return f"{datetime.fromisoformat(created).astimezone():%d %b %Y %H:%M}"
    except ValueError:
        return created
