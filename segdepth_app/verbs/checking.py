"""Options of the verbs that check a dataset file, and the sampling of its settings."""

import argparse
from typing import Any

from segdepth_app import config
from segdepth_app.config import Config, ConvergenceConfig
from segdepth_app.verbs.options import add_field, given, settings_given

Values = dict[str, Any]


def verify_options(parser: argparse.ArgumentParser, model: type[Config]) -> None:
    """`verify FILE.h5`"""
    add_field(parser, model, "dataset", flag="dataset", metavar="FILE.h5")
    add_field(parser, model, "recompute", metavar="N")
    add_field(parser, model, "device")


def verify_values(arguments: argparse.Namespace) -> Values:
    """What was given."""
    return given(arguments, ("dataset", "recompute", "device"))


def convergence_options(parser: argparse.ArgumentParser, model: type[Config]) -> None:
    """`convergence [CONFIG]`: the settings are those of a dataset."""
    parser.add_argument("config", nargs="?", metavar="CONFIG", help="Settings file of a dataset (JSON).")
    parser.add_argument("--preset", metavar="P", help=f"Shipped settings: {', '.join(config.presets('simulate'))}.")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="Change one setting; may be repeated."
    )
    add_field(parser, model, "against_pm")
    add_field(parser, model, "samplings_pm", metavar="PM,PM,…")
    add_field(parser, model, "out", metavar="F.json")
    add_field(parser, model, "device")


def convergence_values(arguments: argparse.Namespace) -> Values:
    """A dataset's settings without what has no say here: how many specimens, how they are split, who makes them."""
    values = settings_given(arguments, "simulate")
    of_datasets = set(config.SimulateConfig.model_fields) - set(ConvergenceConfig.model_fields)
    values = {name: value for name, value in values.items() if name not in of_datasets | {"out", "device"}}
    for assignment in arguments.set:
        config.set_value(values, assignment)
    values |= given(arguments, ("against_pm", "out", "device"))
    if hasattr(arguments, "samplings_pm"):
        values["samplings_pm"] = [part for part in arguments.samplings_pm.split(",") if part]
    return values
