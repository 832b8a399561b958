"""The command line that repeats a job, for the cards of what it made."""

import json
import shlex
from typing import Any

from segdepth_app.config import Config, presets, read_values


def repeating_command(verb: str, config: Config, *, leave_out: set[str], **options: str) -> str:
    """`segdepth VERB --preset P --option value …`, with --set for whatever differs from the preset.

    `leave_out` names fields that do not matter for the outcome or are among the options.
    """
    values = config.model_dump(mode="json", exclude=leave_out | {"preset"})
    preset = str(getattr(config, "preset", "custom"))
    known = presets(verb)
    start = _flat(_defaults(type(config)))
    if preset in known:
        start.update(_flat(read_values(known[preset])))
    words = ["segdepth", verb] + (["--preset", preset] if preset in known else [])
    for name, value in _flat(values).items():
        if start.get(name) != value:
            words += ["--set", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
    for name, text in options.items():
        words += [f"--{name}", text]
    return shlex.join(words)


def _defaults(model: type[Config]) -> dict[str, Any]:
    """Defaults of all fields that have one, as in JSON."""
    filled = model.model_construct()
    return json.loads(filled.model_dump_json(exclude_unset=False, warnings=False))


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by dotted name."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat
