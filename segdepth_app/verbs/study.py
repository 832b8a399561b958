"""The verb `study`: several models, datasets and doses judged together."""

import argparse
from typing import Any

from segdepth_app.config import STUDIES, Config
from segdepth_app.errors import InputError
from segdepth_app.verbs.options import add_field, dose, given

JUDGING = ("split", "max_images", "n_bootstrap", "test_specimens", "seed", "device")
PLAIN = ("out", "models", "datasets", *JUDGING, "train_dataset", "train_preset", "train_set")
NAMES_WIDTH = 14


def study_options(parser: argparse.ArgumentParser, model: type[Config]) -> None:
    """The kind, what is judged on what, what is trained first."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _kinds_in_words()
    add_field(parser, model, "kind", flag="kind", metavar="KIND")
    add_field(parser, model, "out", metavar="DIR", required=True)
    add_field(parser, model, "models", flag="--model", metavar="M", nargs="+", action="extend")
    add_field(parser, model, "datasets", flag="--dataset", metavar="FILE.h5", nargs="+", action="extend")
    add_field(parser, model, "doses_e_per_px", flag="--dose", metavar="L", nargs="+", action="extend")
    for field in JUDGING:
        add_field(parser, model, field)
    group = parser.add_argument_group("training the models first (model-size, noise, denoising)")
    add_field(group, model, "train_dataset", metavar="FILE.h5")
    add_field(group, model, "train_preset", metavar="P")
    add_field(group, model, "train_set", flag="--set", metavar="KEY=VALUE", action="append")
    add_field(group, model, "widths", metavar="B", nargs="+", action="extend")
    add_field(group, model, "train_doses_e_per_px", flag="--train-dose", metavar="L", nargs="+", action="extend")
    add_field(group, model, "denoisers", flag="--denoiser", metavar="none|separate|joint", nargs="+", action="extend")


def study_values(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings that stood on the command line. Raises: InputError."""
    if arguments.kind not in STUDIES:
        raise InputError(f"No study is called {arguments.kind!r}.", f"Choose one of: {', '.join(STUDIES)}.")
    values = {"kind": arguments.kind, **given(arguments, PLAIN)}
    for field in ("widths", "denoisers"):
        if hasattr(arguments, field):
            values[field] = _parts(getattr(arguments, field))
    for field in ("doses_e_per_px", "train_doses_e_per_px"):
        if hasattr(arguments, field):
            values[field] = [_dose(text) for text in _parts(getattr(arguments, field))]
    return values


def _parts(texts: list[str]) -> list[str]:
    """Several values, several options and commas all mean the same."""
    return [part for text in texts for part in text.split(",") if part]


def _dose(text: str) -> float:
    value = dose(text)
    if value is None:
        raise InputError("--dose none has no noise to judge or train at.", "Give electrons per pixel.")
    return value


def _kinds_in_words() -> str:
    lines = ["kinds:"]
    for name, facts in STUDIES.items():
        where = f" ({facts.paper} of the paper)" if facts.paper else ""
        lines.append(f"  {name:<{NAMES_WIDTH}}{facts.question}{where}")
    lines += [
        "",
        "The same command on the same folder goes on where it ended. Ctrl-C pauses. Without --dataset the study",
        "simulates its own test sets. With --train-dataset it trains what it compares; --model adds models that exist.",
    ]
    return "\n".join(lines).replace("%", "%%")
