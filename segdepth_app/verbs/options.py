"""Command-line options that take their help and their checks from the config models.

The command line only carries text; pydantic turns it into numbers and refuses what is out of range, with the
same words as the wizard.
"""

import argparse
import math
from collections.abc import Iterable
from typing import Any

from annotated_types import Ge, Gt, Le, Lt

from segdepth_app.config import Config, preset_values, read_values
from segdepth_app.errors import InputError
from segdepth_app.paths import existing_file

UNITS = {"_pm": "PM", "_nm": "NM", "_um": "UM", "_mm": "MM", "_kv": "KV", "_s": "S", "_px": "L", "_mrad": "MRAD"}


def add_field(
    parser: argparse._ActionsContainer, model: type[Config], field: str, *, flag: str = "", **settings: Any
) -> None:
    """An option for one field of a config; absent from the namespace when it is not given."""
    name = flag or "--" + field.replace("_", "-")
    settings.setdefault("default", argparse.SUPPRESS)
    if settings.get("action") != "store_true":
        settings.setdefault("metavar", _metavar(field))
    if name.startswith("--"):
        settings["dest"] = field
    parser.add_argument(name if name.startswith("--") else field, help=field_help(model, field), **settings)


def field_help(model: type[Config], field: str) -> str:
    """The field's own sentence, its range and its default."""
    info = model.model_fields[field]
    text = (info.description or "").rstrip(".")
    low = next((f"{m.ge:g}" for m in info.metadata if isinstance(m, Ge)), None)
    low = low or next((f"above {m.gt:g}" for m in info.metadata if isinstance(m, Gt)), None)
    high = next((f"{m.le:g}" for m in info.metadata if isinstance(m, Le)), None)
    high = high or next((f"below {m.lt:g}" for m in info.metadata if isinstance(m, Lt)), None)
    facts = []
    if low and high:
        facts.append(f"{low} to {high}")
    elif low or high:
        facts.append(low if low else f"at most {high}")
    if not info.is_required() and info.default not in (None, False, ()):
        facts.append(f"default {_shown(info.default)}")
    return (f"{text} ({'; '.join(filter(None, facts))})." if facts else f"{text}.").replace("%", "%%")


def given(arguments: argparse.Namespace, fields: Iterable[str]) -> dict[str, Any]:
    """The fields that stood on the command line."""
    return {field: getattr(arguments, field) for field in fields if hasattr(arguments, field)}


def settings_given(arguments: argparse.Namespace, job: str) -> dict[str, Any]:
    """The raw settings that --preset or CONFIG names; none where neither is given. Raises: InputError for both."""
    if arguments.config and arguments.preset:
        raise InputError("Both a settings file and --preset are given.", "Give one of them.")
    if arguments.preset:
        return preset_values(job, arguments.preset)
    return read_values(existing_file(arguments.config, "Settings file")) if arguments.config else {}


def integers(text: str, n: int, what: str) -> tuple[int, ...]:
    """`n` whole numbers with commas between them. Raises: InputError that shows what was typed."""
    parts = text.split(",")
    try:
        numbers = tuple(int(part) for part in parts)
    except ValueError:
        numbers = ()
    if len(numbers) != n:
        raise InputError(
            f"{what} needs {n} whole numbers with a comma between them, not {text!r}.", "For example 612,88."
        )
    return numbers


def dose(text: str) -> float | None:
    """Electrons per pixel, or None for `none`. Raises: InputError."""
    if text.lower() == "none":
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value > 0 or math.isinf(value):
        raise InputError(f"--dose needs a number above 0, or none; not {text!r}.", "It is in electrons per pixel.")
    return value


def _metavar(field: str) -> str:
    if field == "dose_e_per_px":
        return "L"
    unit = next((unit for suffix, unit in UNITS.items() if field.endswith(suffix)), None)
    return unit or field.rsplit("_", 1)[-1].upper()


def _shown(value: Any) -> str:
    if isinstance(value, tuple | list):
        return " ".join(str(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
