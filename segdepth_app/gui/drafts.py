"""Settings in the making: what was typed against what a job's config allows. No Qt.

Fields are named by dotted paths (`specimen.share_wedge`). What was typed stays text until the config
model has taken it: the model decides what is a number, what is in range, and says why not.
"""

import copy
from collections.abc import Iterable
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

Values = dict[str, Any]
PLAIN = {
    "int_parsing": "This should be a whole number.",
    "int_from_float": "This should be a whole number.",
    "float_parsing": "This should be a number.",
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


def choices(model: type[BaseModel], field: str) -> tuple[Any, ...]:
    """The allowed values where they can be counted, else nothing."""
    annotation = info(model, field).annotation
    if get_origin(annotation) in (Union, UnionType):
        annotation = next((part for part in get_args(annotation) if part is not type(None)), None)
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def complaints(model: type[BaseModel], values: Values) -> dict[str, str]:
    """Why the model refuses these values: reason by field, by section (rules over several fields), or ""."""
    try:
        model.model_validate(values)
    except ValidationError as error:
        found: dict[str, str] = {}
        for item in error.errors():
            where = ".".join(str(part) for part in item["loc"])
            message = item["msg"].removeprefix("Value error, ").replace("Input should", "This should", 1)
            found.setdefault(where, PLAIN.get(item["type"], message))
        return found
    return {}


def concerning(found: dict[str, str], fields: Iterable[str]) -> dict[str, str]:
    """Only the complaints about these fields or the sections they lie in."""
    fields = tuple(fields)
    return {
        where: message
        for where, message in found.items()
        if where in fields or any(where and field.startswith(where + ".") for field in fields)
    }
