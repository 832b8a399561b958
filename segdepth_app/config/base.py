"""The base of all settings: how they are read, checked and refused."""

import json
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from segdepth_app.errors import InputError
from segdepth_app.paths import resources

N_CLASSES = 11
"""Classes 0 to 10: the number of atoms in the column."""

C = TypeVar("C", bound="Config")
Device = Literal["auto", "cpu", "cuda"]
Potential = Literal["lobato", "kirkland", "mixed"]


class Config(BaseModel):
    """Base of all settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def ordered(low: float, high: float, what: str) -> None:
    """Raises: ValueError where a range runs backwards."""
    if low > high:
        raise ValueError(f"The {what} range runs from {low:g} to {high:g}. Swap the two values.")


def explain(error: ValidationError) -> str:
    """Pydantic's complaint in one line: which field, and what is wrong with it."""
    parts = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"]) or "settings"
        parts.append(f"{where}: {item['msg'].removeprefix('Value error, ')}")
    return "; ".join(parts)


def build(model: type[C], values: dict[str, Any]) -> C:
    """A validated config. Raises: InputError naming the field and the reason."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise InputError(
            f"Unusable settings: {explain(error)}", "See `segdepth schema` for what is allowed."
        ) from error


def read_values(path: Path) -> dict[str, Any]:
    """The raw settings in a JSON file. Raises: InputError where it is no JSON object."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path} is not valid JSON: {error}.", "Name a settings file, or a preset.") from error
    if not isinstance(values, dict):
        raise InputError(f"{path} holds no settings (a JSON object was expected).", "Name a settings file.")
    return values


def preset_values(job: str, name: str) -> dict[str, Any]:
    """The settings of a shipped preset. Raises: InputError that lists the presets there are."""
    known = presets(job)
    if name not in known:
        raise InputError(f"No {job} preset is called {name!r}.", f"Choose one of: {', '.join(known)}.")
    return {"preset": name, **read_values(known[name])}


def set_value(values: dict[str, Any], assignment: str) -> None:
    """Applies `section.key=value` to raw settings; the value is JSON, or else a plain string.

    Raises: InputError where the assignment has no equals sign, or its section is a plain setting.
    """
    key, equals, text = assignment.partition("=")
    if not equals or not key:
        raise InputError(f"--set needs key=value, not {assignment!r}.", "For example --set n_specimens=20.")
    *sections, last = key.split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise InputError(f"--set {assignment}: {section} has no settings of its own.", f"Set {section} itself.")
    try:
        values[last] = json.loads(text)
    except json.JSONDecodeError:
        values[last] = text


def presets(job: str) -> dict[str, Path]:
    """Shipped presets of a job, by name."""
    return {path.stem: path for path in sorted((resources() / "presets" / job).glob("*.json"))}
