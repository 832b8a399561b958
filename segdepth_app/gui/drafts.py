"""Settings in the making: what was typed against what a job's config allows. No Qt.

Fields are named by dotted paths (`specimen.share_wedge`). What was typed stays text until the config
model has taken it: the model decides what is a number, what is in range, and says why not.
"""

import copy
from collections.abc import Iterable
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

Values = dict[str, Any]
PLAIN = {
    "int_parsing": "This should be a whole number.",
    "int_from_float": "This should be a whole number.",
    "float_parsing": "This should be a number.",
    "too_short": "Choose at least one.",
}
"""Where pydantic speaks of its own inner life instead of the value."""


def get(values: Values, field: str) -> Any:
    """The raw value of a field; None where it is not set."""
    at: Any = values
    for part in field.split("."):
        at = at.get(part) if isinstance(at, dict) else None
    return at


def put(values: Values, field: str, value: Any) -> None:
    """Sets the raw value of a field."""
    *sections, last = field.split(".")
    for section in sections:
        values = values.setdefault(section, {})
    values[last] = value


def merged(values: Values, typed: Values) -> Values:
    """A copy of nested values with `typed` (by dotted field) put in."""
    trial = copy.deepcopy(values)
    for field, value in typed.items():
        put(trial, field, value)
    return trial


def info(model: type[BaseModel], field: str) -> FieldInfo:
    """A field's type, range and help sentence."""
    *sections, last = field.split(".")
    for section in sections:
        annotation = model.model_fields[section].annotation
        model = cast(type[BaseModel], annotation)
    return model.model_fields[last]


def default(model: type[BaseModel], field: str) -> Any:
    """A field's default, as the section it lies in sets it; None where there is none."""
    first, *rest = field.split(".")
    value = model.model_fields[first].get_default(call_default_factory=True)
    for part in rest:
        value = getattr(value, part, None)
    return None if value is PydanticUndefined else value


def fields_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Every field by its dotted path, those of sections in their place."""
    found: list[str] = []
    for name, field in model.model_fields.items():
        section = field.annotation
        is_section = isinstance(section, type) and issubclass(section, BaseModel)
        found += [f"{name}.{inner}" for inner in fields_of(cast(type[BaseModel], section))] if is_section else [name]
    return tuple(found)


def is_optional(model: type[BaseModel], field: str) -> bool:
    """Whether a field may be left empty."""
    return NoneType in get_args(info(model, field).annotation)


def kind(model: type[BaseModel], field: str) -> str:
    """How a field is edited: choice, choices (any number of them), switch, numbers (several), path or text."""
    annotation = _bare(model, field)
    if get_origin(annotation) is Literal:
        return "choice"
    if get_origin(annotation) is tuple:
        return "choices" if get_origin(get_args(annotation)[0]) is Literal else "numbers"
    return {bool: "switch", Path: "path"}.get(annotation, "text")


def choices(model: type[BaseModel], field: str) -> tuple[Any, ...]:
    """The allowed values where they can be counted, else nothing."""
    annotation = _bare(model, field)
    if get_origin(annotation) is tuple:
        annotation = get_args(annotation)[0]
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def range_text(model: type[BaseModel], field: str) -> str:
    """The range of a number in words: `1 to 10`, `above 0, up to 5`; empty where there is none."""
    words = {Ge: "from {:g}", Gt: "above {:g}", Le: "to {:g}", Lt: "below {:g}"}
    found = {}
    for limit in info(model, field).metadata:
        if type(limit) in words:
            bound = next(getattr(limit, name) for name in ("ge", "gt", "le", "lt") if hasattr(limit, name))
            found[type(limit)] = words[type(limit)].format(bound)
    return " ".join(found[side] for side in words if side in found)


def _bare(model: type[BaseModel], field: str) -> Any:
    """A field's type without the None that makes it optional."""
    annotation = info(model, field).annotation
    if get_origin(annotation) in (Union, UnionType):
        return next(part for part in get_args(annotation) if part is not NoneType)
    return annotation


def complaints(model: type[BaseModel], values: Values) -> dict[str, str]:
    """Why the model refuses these values: reason by field, by section (rules over several fields), or ""."""
    try:
        model.model_validate(values)
    except ValidationError as error:
        found: dict[str, str] = {}
        for item in error.errors():
            # of a field with several numbers, the field is named, not the number
            where = ".".join(part for part in item["loc"] if isinstance(part, str))
            found.setdefault(where, _reason(model, where, cast(Values, item)))
        return found
    return {}


def _reason(model: type[BaseModel], where: str, item: Values) -> str:
    if _is_field(model, where) and kind(model, where) == "numbers":
        parts = get_args(_bare(model, where))
        if Ellipsis not in parts:
            return f"This should be {len(parts)} whole numbers with spaces between them."
    message = item["msg"].removeprefix("Value error, ").replace("Input should", "This should", 1)
    return PLAIN.get(item["type"], message)


def _is_field(model: type[BaseModel], where: str) -> bool:
    try:
        info(model, where)
    except (KeyError, AttributeError):  # all settings together, or a key that does not exist
        return False
    return True


def concerning(found: dict[str, str], fields: Iterable[str]) -> dict[str, str]:
    """Only the complaints about these fields or the sections they lie in."""
    fields = tuple(fields)
    return {
        where: message
        for where, message in found.items()
        if where in fields or any(where and field.startswith(where + ".") for field in fields)
    }
