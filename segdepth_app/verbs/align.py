"""Options of the verb that measures the drift of a series."""

import argparse
from typing import Any

from segdepth_app.config import Config
from segdepth_app.verbs.options import add_field, given

Values = dict[str, Any]
FIELDS = ("pixel_size_pm", "frame_time_s", "raw", "csv")


def align_options(parser: argparse.ArgumentParser, model: type[Config]) -> None:
    """`align SERIES… [--pixel-size-pm PM] [--raw LAYOUT] [--csv F]`"""
    add_field(parser, model, "series", flag="series", metavar="SERIES", nargs="+")
    add_field(parser, model, "pixel_size_pm")
    add_field(parser, model, "frame_time_s")
    add_field(parser, model, "raw", metavar="LAYOUT")
    add_field(parser, model, "csv", metavar="F")


def align_values(arguments: argparse.Namespace) -> Values:
    """What was given."""
    return given(arguments, ("series", *FIELDS))
