"""Options of the verb that says what a series says of itself."""

import argparse
from typing import Any

from segdepth_app.config import Config
from segdepth_app.verbs.options import add_field, given, integers
from segdepth_app.verbs.series import series_options, series_values

Values = dict[str, Any]


def calibrate_options(parser: argparse.ArgumentParser, model: type[Config]) -> None:
    """`calibrate SERIES… [--model M] [--region X,Y,W,H] [--frame T] [--out F.json] [--figure F.png]`"""
    series_options(parser, model)
    add_field(parser, model, "model", metavar="M")
    add_field(parser, model, "region", metavar="X,Y,W,H")
    add_field(parser, model, "frame", metavar="T")
    add_field(parser, model, "out", metavar="F.json")
    add_field(parser, model, "figure", metavar="F.png")


def calibrate_values(arguments: argparse.Namespace) -> Values:
    """What was given. Raises: InputError for a region that is none."""
    values = series_values(arguments) | given(arguments, ("model", "region", "frame", "out", "figure"))
    if "region" in values:
        values["region"] = integers(values["region"], 4, "--region")
    return values
